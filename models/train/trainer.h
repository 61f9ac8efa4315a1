// The trainer that the module hands over.
#pragma once
#include "core/learn/trainer.h"

#include <memory>

namespace cristae {

std::unique_ptr<Trainer> makeTrainer();

} // namespace cristae

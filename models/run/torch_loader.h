// TorchLoader: the NetworkLoader of the LibTorch module.
#pragma once
#include "core/segment/engine.h"

#include <memory>

namespace cristae {

std::unique_ptr<NetworkLoader> makeTorchLoader();

} // namespace cristae

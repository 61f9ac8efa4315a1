// What is wrong with a plan of training, found before its first step.
#pragma once
#include "core/learn/trainer.h"

namespace cristae {

/// All complaints at once, as sentences that name the field and a value that would work.
std::vector<std::string> planComplaints(const TrainingPlan& plan);

} // namespace cristae

// How long a training step takes, measured before anything is read.
#pragma once
#include "core/base/progress.h"
#include "core/learn/trainer.h"

namespace cristae {

/// Seconds of a step of the plan's recipe with its classes and channels on its device: the faster of two
/// after a first one, on made-up patches; the data are not looked at. Throws Error{device, model, usage,
/// cancelled}.
double measuredStep(const TrainingPlan& plan, const Progress& progress);

} // namespace cristae

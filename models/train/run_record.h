// The record of a run: who computed it and when, and its curves as a table, in its folder.
#pragma once
#include "core/learn/trainer.h"
#include "models/train/validation.h"

namespace cristae {

/// {"program", "engine", "device", "precision", "threads", "date"}: what a result says of how it was
/// computed.
nlohmann::json computedBy(const NetworkUse& use);
/// Adds a start at `step` to "run.json" in the plan's folder: the command, the seed, where the best model is
/// written, and for every start what computes it, the number of processes and the step. Throws Error{output}.
void recordStart(const TrainingPlan& plan, const NetworkUse& use, int64_t step);
/// "curves.csv" in the folder: a row an epoch with losses, scores and learning rate. Throws Error{output}.
void writeCurves(const std::filesystem::path& folder, const nlohmann::json& history);

} // namespace cristae

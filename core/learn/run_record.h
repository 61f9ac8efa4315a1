// The record of a run, run.json in its folder: what was asked, who computed it and when, and how it ended.
#pragma once
#include "core/learn/trainer.h"

namespace cristae {

/// Adds a start at `step` to "run.json" in the plan's folder: the command, the seed, the inputs and the
/// request of the plan, where the model goes, the working folder, and of this start the time, what computes
/// it (`computedBy`), the number of processes and the step. Throws Error{output}.
void recordStart(const TrainingPlan& plan, const nlohmann::json& computedBy, int64_t step);
/// Adds the time of the end, the sentence and the model (empty: there is none). A run that has ended is
/// neither offered to be resumed nor in the way of another one. Throws Error{output}.
void recordEnd(const std::filesystem::path& runFolder, const std::string& ending,
               const std::filesystem::path& model);
/// The whole record; an empty object where there is none that can be read.
nlohmann::json readRunRecord(const std::filesystem::path& runFolder);
/// Whether the run has come to its end.
bool hasEnded(const std::filesystem::path& runFolder);
/// Where the model of the run goes, absolute. A relative place, as older versions kept it, counts from the
/// folder that the run was started in where that is known, else from the folder around the run folder. Empty
/// where the record does not say.
std::filesystem::path recordedOutput(const std::filesystem::path& runFolder);

} // namespace cristae

// The run folder: what a training that was cancelled or broken off needs to go on, also after a restart.
#pragma once
#include "core/base/progress.h"
#include "core/learn/trainer.h"

namespace cristae {

class StartGuard;

/// A run that can go on: what the folder says of it without its data.
struct UnfinishedRun {
    std::filesystem::path folder;
    ModelCard card;
    nlohmann::json recipe;
    std::filesystem::path output;
    int64_t step = 0, steps = 0;
    double bestDice = 0; // on the validation slices; 0 before the first epoch
    /// The epochs so far, as in log.jsonl.
    nlohmann::json history = nlohmann::json::array();
    std::filesystem::file_time_type lastChange;
};

/// Writes the plan with its slices into plan.runFolder: "plan.json", and "data.safetensors" with every image
/// and its labels as the run sees them, and the neighbours that its network sees of each, so that it can go
/// on when sources are closed or have changed. Throws Error{input, output, cancelled}.
void saveRun(const TrainingPlan& plan, const SlicesSeen& seen, const Progress& progress);
/// The plan as it was saved, to be resumed. Throws Error{input} naming the folder and what is missing.
TrainingPlan loadRun(const std::filesystem::path& folder, const Progress& progress);
/// Whether the folder holds plan and data, so that loadRun() can be tried.
bool keepsItsData(const std::filesystem::path& folder);
/// Takes the data out of the folder of a run that has come to its end; log, recipe and checkpoint stay.
void closeRun(const std::filesystem::path& folder);
/// Runs in the folders under `runs` that have plan, data and a checkpoint and have not ended, newest first.
/// Reads headers only; folders that are no runs, or that the guard leaves out, are passed
/// over.
std::vector<UnfinishedRun> unfinishedRuns(const std::filesystem::path& runs, StartGuard* guard = nullptr);
/// Sentences about what a new run would replace without having been asked to: a model, an unfinished run,
/// files in the run folder that are not of a run.
std::vector<std::string> overwriteComplaints(const TrainingPlan& plan);

} // namespace cristae

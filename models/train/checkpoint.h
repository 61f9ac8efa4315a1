// Checkpoint: all that a run needs to go on as if it had never stopped, its best network too, in one
// safetensors file.
#pragma once
#include "core/learn/error_map.h"
#include "core/learn/trainer.h"
#include "core/segment/safetensors.h"
#include "models/nn/architecture.h"
#include "models/train/optimiser.h"

#include <filesystem>

namespace cristae {

/// Where a run stands, besides the tensors.
struct RunState {
    int64_t step = 0, bestStep = -1;
    double bestDice = -1;
    double epochLoss = 0; // sums since the epoch began
    int64_t epochSteps = 0;
    std::vector<double> epochCounts;                  // of ClassCounts: both, predicted, truth of each class
    std::string precision;                            // as chosen at the start: "fp32" or "bf16"
    nlohmann::json watch = nlohmann::json::object();  // of EpochWatch
    nlohmann::json recipe;                            // as it is followed since the last start
    nlohmann::json history = nlohmann::json::array(); // one object an epoch
    nlohmann::json card;     // what the run was started with; a resumed run ends with the same
    nlohmann::json bestCard; // of the best network; null before the first epoch
    std::vector<NamedTensor> best;
    double epochKnown = 0, epochPixels = 0; // labelled pixels since the epoch began, and all
    nlohmann::json changes =
        nlohmann::json::array();     // of the recipe at a resume: {"step", "key", "from", "to"}
    std::vector<ErrorMap> errorMaps; // of the prepared slices; none where hardFraction is 0
    int64_t errorMapsMade = 0;       // slices looked at so far
};

/// The networks and the optimiser of a run.
struct RunNetworks {
    NetworkModule& network;
    NetworkModule& average;
    Optimiser& optimiser;
};

/// Written whole or not at all, beside the one before it. Throws Error{output}.
void writeCheckpoint(const std::filesystem::path& runFolder, const RunState& state,
                     const RunNetworks& networks);
struct RestoredRun {
    RunState state;
    std::filesystem::path file;                 // that it was read from
    std::vector<std::filesystem::path> damaged; // newer ones, which were passed over
};

/// Restores the newest sound checkpoint of the plan's run folder into networks and optimiser of the same
/// shape. Throws Error{input, model} when there is none, none is sound, or it does not fit.
RestoredRun readCheckpoint(const TrainingPlan& plan, const RunNetworks& networks);

} // namespace cristae

// Checkpoint: all that a run needs to go on as if it had never stopped, in one safetensors file.
#pragma once
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
    nlohmann::json recipe;                            // a resumed run must have the same
    nlohmann::json history = nlohmann::json::array(); // one object an epoch
};

/// Written whole or not at all. Throws Error{output}.
void writeCheckpoint(const std::filesystem::path& file, const RunState& state, NetworkModule& network,
                     NetworkModule& average, Optimiser& optimiser);
/// Restores into networks and optimiser of the same shape. Throws Error{input} naming what does not fit.
RunState readCheckpoint(const std::filesystem::path& file, NetworkModule& network, NetworkModule& average,
                        Optimiser& optimiser);

} // namespace cristae

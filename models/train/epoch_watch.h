// EpochWatch: looks at the validation of each epoch, lowers the learning rate on a plateau and says when to
// stop.
#pragma once
#include <nlohmann/json.hpp>
#include <string>

namespace cristae {

/// An epoch is better than all before when its validation loss is lower or its Dice higher than any before.
class EpochWatch {
public:
    /// Of a complete recipe: "schedule", "plateauEpochs", "plateauFactor", "patience".
    explicit EpochWatch(const nlohmann::json& recipe);
    void add(double validationLoss, double validationDice);
    /// Of the recipe's learning rate; 1 unless the schedule is "plateau".
    double rateFactor() const { return rateFactor_; }
    /// Why the run should end, as a sentence; empty: go on.
    std::string verdict() const;
    /// All that it remembers, for the checkpoint.
    nlohmann::json state() const;
    /// An empty object is the start.
    void restore(const nlohmann::json& state);

private:
    bool plateau_;
    int64_t plateauEpochs_, patience_;
    double plateauFactor_;
    bool any_ = false;
    double lowestLoss_ = 0, highestDice_ = 0, rateFactor_ = 1;
    int64_t sinceBetter_ = 0, sinceLowered_ = 0; // epochs
};

} // namespace cristae

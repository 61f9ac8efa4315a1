// Counting epochs without progress.
#include "models/train/epoch_watch.h"

#include "core/base/text.h"

#include <algorithm>

namespace cristae {

EpochWatch::EpochWatch(const nlohmann::json& recipe)
    : plateau_(recipe.at("schedule") == "plateau"), plateauEpochs_(recipe.at("plateauEpochs")),
      patience_(recipe.at("patience")), plateauFactor_(recipe.at("plateauFactor")) {}

void EpochWatch::add(double validationLoss, double validationDice) {
    const bool better = !any_ || validationLoss < lowestLoss_ || validationDice > highestDice_;
    lowestLoss_ = any_ ? std::min(lowestLoss_, validationLoss) : validationLoss;
    highestDice_ = any_ ? std::max(highestDice_, validationDice) : validationDice;
    any_ = true;
    sinceBetter_ = better ? 0 : sinceBetter_ + 1;
    sinceLowered_ = better ? 0 : sinceLowered_ + 1;
    if (plateau_ && sinceLowered_ >= plateauEpochs_) {
        rateFactor_ *= plateauFactor_;
        sinceLowered_ = 0;
    }
}

std::string EpochWatch::verdict() const {
    if (patience_ == 0 || sinceBetter_ < patience_) return {};
    return "Stopped because neither validation loss nor Dice became better for " +
           countText(patience_, "epoch", "epochs") + " (patience).";
}

nlohmann::json EpochWatch::state() const {
    return {{"any", any_},
            {"lowestLoss", lowestLoss_},
            {"highestDice", highestDice_},
            {"rateFactor", rateFactor_},
            {"sinceBetter", sinceBetter_},
            {"sinceLowered", sinceLowered_}};
}

void EpochWatch::restore(const nlohmann::json& state) {
    any_ = state.value("any", false);
    lowestLoss_ = state.value("lowestLoss", 0.0);
    highestDice_ = state.value("highestDice", 0.0);
    rateFactor_ = state.value("rateFactor", 1.0);
    sinceBetter_ = state.value("sinceBetter", int64_t(0));
    sinceLowered_ = state.value("sinceLowered", int64_t(0));
}

} // namespace cristae

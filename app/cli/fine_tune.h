// cristae-cli train --start-from MODEL without a recipe: the model is fitted to a few labelled slices.
#pragma once
#include "app/cli/train_request.h"
#include "core/learn/trainer.h"

namespace cristae {

class Session;

struct FitArguments {
    std::vector<std::string> complete; // "3", "0:4", "3,100:400,0:500": slices, or a region of them
    double minutes = 10;
};

/// What lies outside the complete parts and is 0 becomes 255, not labelled; without any part all stays.
/// Slices count from 0 in the order of the set. Throws Error{usage} naming a part that cannot be.
void leaveOnlyComplete(TrainingSet& set, const std::vector<std::string>& complete);

/// Reads the request's slices (validation data of its own, if it names some, judge the epochs; else the last
/// network is kept) and fills set, card and recipe of `plan`, whose startFrom is given. `settings` are
/// key=value over the recipe; where they name no steps, as many are taken as fit into the minutes. Throws
/// Error{usage, input, model, device, cancelled}.
void fillFitPlan(Session& session, TrainRequest request, const FitArguments& fit,
                 const std::vector<std::string>& settings, TrainingPlan& plan, const Progress& progress);

} // namespace cristae

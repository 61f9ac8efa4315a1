// Variants: trainings that differ in one thing, and the figures of each: what most studies are made of.
#pragma once
#include "core/session/study.h"

namespace cristae {

/// One training of a study.
struct Variant {
    std::string id, words;
    nlohmann::json recipe;     // complete
    size_t trainingSlices = 0; // only so many, spread evenly; 0 = all
};

/// The study's base recipe: defaults, then `changes`, then the settings of the command line, seed and
/// threads. Throws Error{usage}.
nlohmann::json studyRecipe(const StudySettings& settings, const nlohmann::json& changes);
/// Without any change of the patches: no flips, rotations, noise and so on.
nlohmann::json withoutAugmentation(nlohmann::json recipe);
/// A step that trains (or goes on training) and gives, of the best epoch: training_loss, training_dice,
/// validation_loss, validation_dice, validation_accuracy, seconds_per_epoch, and of the test slices dice and
/// accuracy, where there are any.
StudyStep trainingStep(Session& session, const StudySettings& settings, const Variant& variant);
/// The model that a training step leaves.
std::filesystem::path modelFile(const StudySettings& settings, const std::string& id);
/// A number of a step, or null.
nlohmann::json figure(const std::map<std::string, nlohmann::json>& measured, const std::string& id,
                      const char* key);
size_t countOf(const StudySettings& settings, Role role);

} // namespace cristae

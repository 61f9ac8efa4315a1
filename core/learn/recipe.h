// Recipe: every setting of a training run, declared once as a schema.
#pragma once
#include "core/base/schema.h"

#include <filesystem>
#include <string>
#include <vector>

namespace cristae {

/// All options of a run: network (architecture, base, depth, normalisation), patch, batch, steps, loss,
/// optimiser, learningRate, weightDecay, schedule, warm-up, epoch length, each augmentation with probability
/// and range, pixelSizeNm, seed, precision, threads, validation.
const Schema& recipeSchema();
/// "quick", "balanced", "thorough" with one sentence each.
struct NamedRecipe {
    std::string name, title, description;
    nlohmann::json values; // complete
};
const std::vector<NamedRecipe>& namedRecipes();
/// A recipe that lacks some keys, such as one written before they existed, with what they mean then.
nlohmann::json completeRecipe(const nlohmann::json& recipe);
/// Keys of the schema whose values differ between two complete recipes.
std::vector<std::string> changedOptions(const nlohmann::json& before, const nlohmann::json& now);
/// "key=value, key=value" over the schema's defaults, as the recipe's "network" and "lossOptions" say it.
/// Throws Error{usage} naming the key and what is allowed.
nlohmann::json optionsFromText(const Schema& schema, const std::string& text);
/// A named recipe or a JSON file with some of the keys over the balanced recipe; there "network" and
/// "lossOptions" may also be objects. Throws Error{usage} with all
/// complaints.
nlohmann::json loadRecipe(const std::string& nameOrFile);

} // namespace cristae

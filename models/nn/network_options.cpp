// From a recipe to the options of its network.
#include "models/nn/network_options.h"

#include "core/learn/recipe.h"
#include "models/nn/architecture.h"

namespace cristae {

nlohmann::json networkOptions(const nlohmann::json& recipe) {
    const Architecture& architecture =
        findArchitecture(recipe.at("architecture").get_ref<const std::string&>());
    const std::string text = recipe.value("network", std::string());
    nlohmann::json options = optionsFromText(architecture.options(), text);
    if (architecture.key() != "unet") return options;
    // What the text names counts more than the recipe's own keys.
    const nlohmann::json defaults = architecture.options().defaults();
    for (const char* key : {"levels", "base", "normalisation", "upsampling"})
        if (text.find(std::string(key) + "=") == std::string::npos)
            options[key] = recipe.value(key, defaults[key]);
    return options;
}

SlicesSeen slicesSeen(const nlohmann::json& recipe) {
    const Architecture& architecture =
        findArchitecture(recipe.at("architecture").get_ref<const std::string&>());
    if (architecture.volumetric()) {
        const int64_t depth = recipe.value("patchDepth", int64_t(16));
        return {depth / 2, depth - 1 - depth / 2, true};
    }
    const int64_t half = architecture.slicesIn(networkOptions(recipe)) / 2;
    return {half, half, false};
}

} // namespace cristae

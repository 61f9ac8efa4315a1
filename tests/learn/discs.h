// Bright discs with labels that say the same, and recipes with few augmentations, for the tests of patches.
#pragma once
#include "core/base/random.h"
#include "core/learn/augment.h"
#include "core/learn/recipe.h"

namespace cristae {

/// Grey = 200 inside a few discs and 50 outside; the labels say the same. A corner is unknown.
inline TrainingSlice discs(int64_t height, int64_t width) {
    TrainingSlice slice{"discs",
                        Pixels(PixelType::u8, 1, {1, height, width}),
                        Pixels(PixelType::u8, 1, {1, height, width}),
                        5.0,
                        Role::train,
                        1};
    for (int64_t y = 0; y < height; ++y)
        for (int64_t x = 0; x < width; ++x) {
            const double dy = double(y % 60) - 30, dx = double(x % 70) - 35;
            const bool inside = dy * dy + dx * dx < 20 * 20;
            slice.image.values<uint8_t>()[size_t(y * width + x)] = inside ? 200 : 50;
            slice.labels.values<uint8_t>()[size_t(y * width + x)] = y < 10 && x < 10 ? 255 : inside;
        }
    return slice;
}

inline nlohmann::json recipe(std::initializer_list<std::pair<const char*, nlohmann::json>> changes) {
    nlohmann::json values = recipeSchema().defaults();
    values["patch"] = 96;
    for (const auto& [key, value] : changes) values[key] = value;
    return values;
}

/// Only geometry, each kind always.
inline nlohmann::json geometryOnly() {
    return recipe({{"flip", 1},
                   {"rotate", 1},
                   {"scale", 1},
                   {"elastic", 1},
                   {"quarterTurns", 1},
                   {"shear", 1},
                   {"crop", 1},
                   {"brightness", 0},
                   {"contrast", 0},
                   {"gamma", 0},
                   {"noise", 0},
                   {"blur", 0}});
}

/// As the recipe says of data, but without any augmentation besides these.
inline nlohmann::json nothingBut(std::initializer_list<std::pair<const char*, nlohmann::json>> changes) {
    nlohmann::json values = recipe({});
    for (const Option& option : recipeSchema().options())
        if (option.group == "Augmentation" && option.minimum == 0.0 && option.maximum == 1.0)
            values[option.key] = 0;
    for (const auto& [key, value] : changes) values[key] = value;
    return values;
}

inline TrainingSlice noisyDiscs(int64_t height, int64_t width) {
    TrainingSlice slice = discs(height, width);
    Random random(1);
    for (uint8_t& value : slice.image.values<uint8_t>()) value = uint8_t(value + random.below(40) - 20);
    return slice;
}

} // namespace cristae

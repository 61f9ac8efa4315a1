// AugmentRanges: the augmentations of a recipe, read once.
#pragma once
#include "core/base/random.h"

#include <nlohmann/json.hpp>

namespace cristae {

/// What lies outside a slice: its mirror image, or the mean grey value with labels that are unknown.
enum class Border { reflect, constant };

/// Probabilities and ranges under the names of the recipe.
struct AugmentRanges {
    double flip, reverseZ, quarterTurns, rotate, rotateDegrees, shear, shearDegrees, scale, scaleRange, crop,
        cropShare, shift, elastic, elasticAlpha, elasticSigma;
    double brightness, brightnessRange, contrast, contrastRange, gamma, gammaRange, noise, noiseRange, blur,
        blurRange, median, sharpen, sharpenRange, saltPepper, saltPepperRange;
    int medianSize;
    double foregroundFraction, hardFraction;
    Border border;
};

/// Of a complete recipe.
AugmentRanges augmentRanges(const nlohmann::json& recipe);

/// For what came later than the first recipes: no random number is used up unless it may happen, so that
/// older recipes give the patches that they always gave.
inline bool happens(Random& random, double probability) {
    return probability > 0 && random.chance(probability);
}

/// Between 1 / range and range, evenly on a logarithmic scale.
double randomFactor(Random& random, double range);

} // namespace cristae

// From a recipe's words to numbers.
#include "core/learn/augment_ranges.h"

#include <cmath>

namespace cristae {

AugmentRanges augmentRanges(const nlohmann::json& recipe) {
    const auto number = [&](const char* key) { return recipe.at(key).get<double>(); };
    AugmentRanges ranges{};
    ranges.flip = number("flip");
    ranges.reverseZ = number("reverseZ");
    ranges.quarterTurns = number("quarterTurns");
    ranges.rotate = number("rotate");
    ranges.rotateDegrees = number("rotateDegrees");
    ranges.shear = number("shear");
    ranges.shearDegrees = number("shearDegrees");
    ranges.scale = number("scale");
    ranges.scaleRange = number("scaleRange");
    ranges.crop = number("crop");
    ranges.cropShare = number("cropShare");
    ranges.shift = number("shift");
    ranges.elastic = number("elastic");
    ranges.elasticAlpha = number("elasticAlpha");
    ranges.elasticSigma = number("elasticSigma");
    ranges.brightness = number("brightness");
    ranges.brightnessRange = number("brightnessRange");
    ranges.contrast = number("contrast");
    ranges.contrastRange = number("contrastRange");
    ranges.gamma = number("gamma");
    ranges.gammaRange = number("gammaRange");
    ranges.noise = number("noise");
    ranges.noiseRange = number("noiseRange");
    ranges.blur = number("blur");
    ranges.blurRange = number("blurRange");
    ranges.median = number("median");
    ranges.medianSize = recipe.at("medianSize").get<int>();
    ranges.sharpen = number("sharpen");
    ranges.sharpenRange = number("sharpenRange");
    ranges.saltPepper = number("saltPepper");
    ranges.saltPepperRange = number("saltPepperRange");
    ranges.foregroundFraction = number("foregroundFraction");
    ranges.hardFraction = number("hardFraction");
    ranges.border = recipe.at("border") == "constant" ? Border::constant : Border::reflect;
    return ranges;
}

double randomFactor(Random& random, double range) {
    return std::exp(random.uniform(-1, 1) * std::log(range));
}

} // namespace cristae

// Difference: where a prediction agrees with a truth and where it does not, as a picture in four colours.
#pragma once
#include "core/measure/metrics.h"

namespace cristae {

/// What a voxel is: the values of differenceOf().
enum class Agreement : uint8_t { trueNegative = 0, truePositive = 1, falsePositive = 2, falseNegative = 3 };

/// u8 [1, Z, Y, X] of Agreement, of two blocks of one size. Throws like compareSlices().
Pixels differenceOf(const Pixels& prediction, const Pixels& truth, const EvaluationOptions& options);

/// Names and colours of the three that are drawn, by their value. Sky blue, yellow and vermilion (Okabe and
/// Ito): told apart by people who see few colours, and by their brightness alone.
const ClassTable& differenceClasses();
/// The colour of true negatives in a picture without a micrograph below.
Colour differenceBackground();

/// The picture as RGB u8 [3, Z, Y, X]: solid colours, or over `image` (null: none), whose grey values show
/// through. Slices are made as they are read. Throws Error{input} when sizes differ.
TileSourcePtr differencePicture(TileSourcePtr prediction, TileSourcePtr truth,
                                const EvaluationOptions& options, TileSourcePtr image = nullptr);
/// The colours in words: "true positive sky blue, false positive yellow …".
std::string differenceLegend();

} // namespace cristae

// Helpers of the metrics: counting masks against each other.
#pragma once
#include "core/measure/metrics.h"

#include <span>

namespace cristae {

/// Throws Error{input} naming both.
void throwUnlessSameSize(const Extent3& prediction, const Extent3& truth, const std::string& predictionName,
                         const std::string& truthName);
/// Of two masks of 0 and 1, of one size.
ConfusionCounts countsOf(std::span<const uint8_t> prediction, std::span<const uint8_t> truth);

} // namespace cristae

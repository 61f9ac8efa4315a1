// Bootstrap: how far a score would lie from what was measured, had other images of the kind been drawn.
#pragma once
#include "core/measure/metrics.h"

#include <optional>
#include <span>
#include <vector>

namespace cristae {

struct Interval {
    double low = 0, high = 0;
};

/// Fewer units than this say nothing about their spread.
inline constexpr size_t fewestUnits = 5;
inline constexpr int resamples = 2000;

/// The counts of the union, for each of 2000 draws of as many units as there are, with replacement: the
/// bootstrap of Efron and Tibshirani 1993 ("An Introduction to the Bootstrap", chapter 13). A unit is what
/// may be taken as independent of the others: an image, or a block of one. The same units and seed give the
/// same draws. Empty for fewer than five units.
std::vector<ConfusionCounts> resampledCounts(std::span<const ConfusionCounts> units, uint64_t seed = 1);

/// The 95 % interval of a score, from its values in the draws of so many units: percentiles, taken further
/// out for few units, of which plain ones are too narrow (the "expanded percentile interval" of Hesterberg
/// 2015, doi:10.1080/00031305.2015.1089789): the normal tail beyond √(n/(n − 1)) · t, with Student's t of n −
/// 1 degrees of freedom. Between values by linear interpolation; nothing for no values.
std::optional<Interval> bootstrapInterval(std::vector<double> values, size_t units);

} // namespace cristae

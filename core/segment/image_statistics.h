// Statistics of grey values and noise by which images are told apart: what a network is shown, in a few
// numbers.
#pragma once
#include "core/image/pixels.h"

#include <array>
#include <span>
#include <string_view>

namespace cristae {

/// What imageStatistics() gives, in order.
inline constexpr std::array<std::string_view, 13> imageStatisticNames = {
    "quantile 1 %",  "quantile 5 %",  "quantile 25 %", "median",       "quantile 75 %",
    "quantile 95 %", "quantile 99 %", "noise",         "difference 1", "difference 2",
    "difference 4",  "difference 8",  "difference 16"};
using ImageStatistics = std::array<double, imageStatisticNames.size()>;

/// Of a plane [1, 1, Y, X] f32 that is normalised and at the model's pixel size: quantiles of the grey
/// values; log10 of the noise, estimated from second differences (Immerkær 1996,
/// doi:10.1006/cviu.1996.0060); log10 of the mean absolute difference of pixels 1, 2, 4, 8 and 16 apart along
/// rows and columns, whose course is that of the power spectrum. Distances as long as a side or longer give
/// the one before.
ImageStatistics imageStatistics(const Pixels& plane);

/// Share of the standard deviation by which the tails differ: (q95 + q5 − 2 median) / (q95 − q5), −1 … 1;
/// negative where the image is bright with a dark tail.
double skewOf(const ImageStatistics& statistics);

} // namespace cristae

// scaleBar: the longest round length that fits.
#include "core/render/compose.h"

#include <cmath>
#include <fmt/format.h>

namespace cristae {

namespace {
std::string lengthWords(double length, bool inNm) {
    if (!inNm) return fmt::format("{:g} px", length);
    if (length >= 1e6) return fmt::format("{:g} mm", length / 1e6);
    if (length >= 1e3) return fmt::format("{:g} µm", length / 1e3);
    return fmt::format("{:g} nm", length);
}
} // namespace

ScaleBar scaleBar(std::optional<double> nmPerPixel, double screenPixelsPerPixel, double maxPixels) {
    const bool inNm = nmPerPixel && std::isfinite(*nmPerPixel) && *nmPerPixel > 0;
    const double perUnit = screenPixelsPerPixel / (inNm ? *nmPerPixel : 1.0);
    const double longest = maxPixels / perUnit;
    if (!std::isfinite(perUnit) || perUnit <= 0 || !std::isfinite(longest) || longest <= 0) return {};

    // From the decade above downwards, so that rounding in the logarithm cannot hide the best step.
    for (int decade = int(std::floor(std::log10(longest))) + 1;; --decade)
        for (const double step : {5.0, 2.0, 1.0}) {
            const double length =
                decade >= 0 ? step * std::pow(10.0, decade) : step / std::pow(10.0, -decade);
            if (length > longest * (1 + 1e-12)) continue;
            return {length, length * perUnit, lengthWords(length, inNm)};
        }
}

} // namespace cristae

// Quantiles, noise and differences of a plane.
#include "core/segment/image_statistics.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace cristae {

namespace {

constexpr double least = 1e-6; // before a logarithm

/// Immerkær's mask, the difference of two Laplacians, is blind to constant and linear grey values.
double noiseOf(std::span<const float> v, int64_t height, int64_t width) {
    if (height < 3 || width < 3) return 0;
    double sum = 0;
    for (int64_t y = 1; y + 1 < height; ++y) {
        const float *up = v.data() + (y - 1) * width, *at = up + width, *down = at + width;
        for (int64_t x = 1; x + 1 < width; ++x)
            sum += std::abs(double(up[x - 1] + up[x + 1] + down[x - 1] + down[x + 1]) -
                            2.0 * double(up[x] + down[x] + at[x - 1] + at[x + 1]) + 4.0 * double(at[x]));
    }
    return std::sqrt(std::numbers::pi / 2) / 6 * sum / double((height - 2) * (width - 2));
}

double meanDifference(std::span<const float> v, int64_t height, int64_t width, int64_t apart) {
    double sum = 0;
    int64_t count = 0;
    for (int64_t y = 0; y < height; ++y) {
        const float* row = v.data() + y * width;
        for (int64_t x = apart; x < width; ++x) sum += std::abs(double(row[x] - row[x - apart]));
        count += std::max<int64_t>(0, width - apart);
        if (y < apart) continue;
        const float* above = row - apart * width;
        for (int64_t x = 0; x < width; ++x) sum += std::abs(double(row[x] - above[x]));
        count += width;
    }
    return count > 0 ? sum / double(count) : 0;
}

} // namespace

ImageStatistics imageStatistics(const Pixels& plane) {
    const auto values = plane.plane<float>(0, 0);
    const int64_t height = plane.extent().y, width = plane.extent().x;
    ImageStatistics result{};
    std::vector<float> sorted(values.begin(), values.end());
    std::ranges::sort(sorted);
    size_t at = 0;
    for (const double share : {0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99})
        result[at++] =
            sorted.empty() ? 0 : double(sorted[size_t(std::lround(share * double(sorted.size() - 1)))]);
    result[at++] = std::log10(noiseOf(values, height, width) + least);
    for (const int64_t apart : {1, 2, 4, 8, 16}) {
        const bool possible = apart < std::max(height, width);
        result[at] =
            possible ? std::log10(meanDifference(values, height, width, apart) + least) : result[at - 1];
        ++at;
    }
    return result;
}

double skewOf(const ImageStatistics& s) {
    const double width = s[5] - s[1];
    return width > 0 ? (s[5] + s[1] - 2 * s[3]) / width : 0;
}

} // namespace cristae

// Drawing units with replacement, and percentiles.
#include "core/measure/bootstrap.h"

#include "core/base/random.h"
#include "core/measure/student.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace cristae {

std::vector<ConfusionCounts> resampledCounts(std::span<const ConfusionCounts> units, uint64_t seed) {
    if (units.size() < fewestUnits) return {};
    std::vector<ConfusionCounts> sums(resamples);
    for (size_t i = 0; i < sums.size(); ++i) {
        Random random = Random::forItem(seed, i);
        for (size_t n = 0; n < units.size(); ++n)
            sums[i] += units[size_t(random.below(int64_t(units.size())))];
    }
    return sums;
}

std::optional<Interval> bootstrapInterval(std::vector<double> values, size_t units) {
    if (values.empty() || units < 2) return std::nullopt;
    std::ranges::sort(values);
    const auto at = [&](double share) {
        const double place = share * double(values.size() - 1);
        const auto below = size_t(place);
        const size_t above = std::min(below + 1, values.size() - 1);
        return std::lerp(values[below], values[above], place - double(below));
    };
    const double n = double(units), factor = std::sqrt(n / (n - 1)) * studentFactor95(int64_t(units) - 1);
    const double tail = std::erfc(factor / std::numbers::sqrt2) / 2;
    return Interval{at(tail), at(1 - tail)};
}

} // namespace cristae

// Squared errors summed over cells.
#include "core/learn/error_map.h"

#include <algorithm>
#include <cmath>

namespace cristae {

ErrorMap errorMapOf(const Pixels& probability, const Pixels& labels) {
    const Extent3& e = labels.extent();
    constexpr int64_t side = ErrorMap::cellSide;
    ErrorMap map{(e.y + side - 1) / side, (e.x + side - 1) / side, {}};
    std::vector<double> sums(size_t(map.rows * map.columns));
    const auto truth = labels.values<uint8_t>();
    for (int64_t y = 0; y < e.y; ++y)
        for (int64_t x = 0; x < e.x; ++x) {
            const size_t i = size_t(y * e.x + x);
            if (truth[i] == 255) continue;
            double error = 0;
            for (int64_t c = 0; c < probability.channels(); ++c) {
                const double is = truth[i] == c + 1 ? 1 : 0;
                error = std::max(error, std::abs(double(probability.plane<float>(c, 0)[i]) - is));
            }
            sums[size_t(y / side * map.columns + x / side)] += error * error;
        }
    for (const double sum : sums)
        map.cells.push_back(uint8_t(std::lround(255 * std::sqrt(std::min(1.0, sum / double(side * side))))));
    return map;
}

} // namespace cristae

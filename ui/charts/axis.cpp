// Round numbers for axes.
#include "ui/charts/axis.h"

#include <QLocale>

#include <algorithm>
#include <cmath>

namespace cristae {

QString AxisTicks::label(double value) const {
    return QLocale::c().toString(value, 'f', decimals);
}

AxisTicks niceTicks(double low, double high, int wanted) {
    if (!(high > low)) {
        const double half = std::max(0.5, std::abs(low) * 0.05);
        low -= half;
        high += half;
    }
    const double rough = (high - low) / std::max(1, wanted);
    const double power = std::pow(10.0, std::floor(std::log10(rough)));
    const double factor = rough / power;
    const double step = power * (factor <= 1 ? 1 : factor <= 2 ? 2 : factor <= 5 ? 5 : 10);
    AxisTicks ticks;
    ticks.decimals = std::clamp(int(std::ceil(-std::log10(step) - 1e-9)), 0, 8);
    const auto first = int64_t(std::floor(low / step + 1e-9)), last = int64_t(std::ceil(high / step - 1e-9));
    for (int64_t i = first; i <= last; ++i) ticks.values.push_back(double(i) * step);
    ticks.low = ticks.values.front();
    ticks.high = ticks.values.back();
    return ticks;
}

} // namespace cristae

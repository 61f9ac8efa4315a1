// Hill's expansion of the quantile around that of the normal distribution.
#include "core/measure/student.h"

#include <cmath>
#include <numbers>

namespace cristae {

double studentFactor95(int64_t degrees) {
    constexpr double p = 0.05, pi = std::numbers::pi; // p: of both tails
    const double n = double(degrees);
    if (degrees == 1) return std::cos(p * pi / 2) / std::sin(p * pi / 2);
    if (degrees == 2) return std::sqrt(2 / (p * (2 - p)) - 2);
    const double a = 1 / (n - 0.5), b = 48 / (a * a);
    double c = ((20700 * a / b - 98) * a - 16) * a + 96.36;
    const double d = ((94.5 / (b + c) - 3) / b + 1) * std::sqrt(a * pi / 2) * n;
    double y = std::pow(d * p, 2 / n);
    if (y > 0.05 + a) {
        const double x = -1.959963984540054; // of the normal distribution
        y = x * x;
        if (degrees < 5) c += 0.3 * (n - 4.5) * (x + 0.6);
        c += (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b;
        y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x;
        y = std::expm1(a * y * y);
    } else {
        y = ((1 / (((n + 6) / (n * y) - 0.089 * d - 0.822) * (n + 2) * 3) + 0.5 / (n + 4)) * y - 1) *
                (n + 1) / (n + 2) +
            1 / y;
    }
    return std::sqrt(n * y);
}

} // namespace cristae

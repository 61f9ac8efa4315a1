// Round numbers for the axes of charts.
#pragma once
#include <QString>

#include <vector>

namespace cristae {

struct AxisTicks {
    double low = 0, high = 1;   // the range shown, at round numbers
    std::vector<double> values; // where grid lines stand
    int decimals = 0;           // that the labels need
    QString label(double value) const;
};

/// About `wanted` steps of 1, 2 or 5 × 10ⁿ that cover low…high; a range without extent is widened.
AxisTicks niceTicks(double low, double high, int wanted);

} // namespace cristae

// Sizes in a few figures and as a histogram.
#include "core/measure/size_summary.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace cristae {

SizeSummary summaryOf(std::vector<double> values) {
    SizeSummary summary;
    summary.count = int64_t(values.size());
    if (values.empty()) return summary;
    std::sort(values.begin(), values.end());
    const double n = double(values.size());
    summary.mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
    double squares = 0;
    for (const double value : values) squares += (value - summary.mean) * (value - summary.mean);
    if (values.size() > 1) summary.deviation = std::sqrt(squares / (n - 1));
    const size_t half = values.size() / 2;
    summary.median = values.size() % 2 ? values[half] : (values[half - 1] + values[half]) / 2;
    summary.smallest = values.front();
    summary.largest = values.back();
    return summary;
}

Histogram histogramOf(const std::vector<double>& values, int mostBins) {
    Histogram histogram;
    if (values.empty()) return histogram;
    const double largest = std::max(0.0, *std::max_element(values.begin(), values.end()));
    const int wanted =
        std::clamp(int(std::lround(std::sqrt(double(values.size())))), 5, std::max(5, mostBins));
    // The next of 1, 2, 5 × 10ⁿ from the width that would fit exactly.
    const double exact = largest > 0 ? largest / wanted : 1;
    const double power = std::pow(10, std::floor(std::log10(exact)));
    for (const double step : {1.0, 2.0, 5.0, 10.0})
        if (step * power >= exact * (1 - 1e-12)) {
            histogram.binWidth = step * power;
            break;
        }
    const auto bins = size_t(std::max(1.0, std::ceil(largest / histogram.binWidth - 1e-9)));
    histogram.counts.resize(bins);
    for (const double value : values) {
        const auto bin = size_t(std::max(0.0, std::floor(value / histogram.binWidth)));
        ++histogram.counts[std::min(bin, bins - 1)];
    }
    return histogram;
}

} // namespace cristae

// Sizes in a few figures and as a histogram.
#pragma once
#include <cstdint>
#include <vector>

namespace cristae {

struct SizeSummary {
    int64_t count = 0;
    double mean = 0;
    double deviation = 0; // of the sample (n − 1); 0 for fewer than two
    double median = 0, smallest = 0, largest = 0;
};
/// All zero for no values.
SizeSummary summaryOf(std::vector<double> values);

/// Bins of equal width from 0 to a round number at or above the largest value; a value on an edge belongs to
/// the bin above it, the very last edge to the last bin.
struct Histogram {
    double binWidth = 1;
    std::vector<int64_t> counts;
    double end() const { return binWidth * double(counts.size()); }
};
/// About √n bins, at least 5 and at most `mostBins`; none for no values. Negative values count as 0.
Histogram histogramOf(const std::vector<double>& values, int mostBins = 24);

} // namespace cristae

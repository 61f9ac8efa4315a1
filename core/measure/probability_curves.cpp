// Histograms of probability, inside and outside the truth.
#include "core/measure/probability_curves.h"

#include "core/base/error.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace cristae {

void ProbabilityCurves::add(std::span<const float> probability, std::span<const uint8_t> truth,
                            std::span<const uint8_t> labelled) {
    for (size_t i = 0; i < probability.size(); ++i) {
        if (!labelled.empty() && !labelled[i]) continue;
        const float p = probability[i];
        if (!(p >= 0 && p <= 1))
            throw Error(ErrorKind::input,
                        fmt::format("The prediction holds {}, which is no probability (0 to 1).", p));
        // 0.29f is a little less than 0.29, and means it.
        const auto step = size_t(std::floor(double(p) * double(steps) + 1e-4));
        ++all_[step];
        inside_[step] += truth[i] != 0;
        sums_[std::min<size_t>(9, step * 10 / steps)] += double(p);
    }
}

std::vector<CurvePoint> ProbabilityCurves::precisionRecall() const {
    int64_t foreground = 0;
    for (const int64_t count : inside_) foreground += count;
    std::vector<CurvePoint> points;
    int64_t predicted = 0, both = 0;
    for (size_t step = steps + 1; step-- > 0;) {
        predicted += all_[step];
        both += inside_[step];
        if (step % 10 != 0 || step == 0 || step == steps) continue;
        const double precision = predicted ? double(both) / double(predicted) : 1,
                     recall = foreground ? double(both) / double(foreground) : 1;
        const int64_t sum = predicted + foreground;
        points.push_back(
            {double(step) / double(steps), precision, recall, sum ? 2 * double(both) / double(sum) : 1});
    }
    std::ranges::reverse(points);
    return points;
}

double ProbabilityCurves::averagePrecision() const {
    int64_t foreground = 0;
    for (const int64_t count : inside_) foreground += count;
    if (!foreground) return 1;
    double sum = 0;
    int64_t predicted = 0, both = 0;
    for (size_t step = steps + 1; step-- > 0;) {
        predicted += all_[step];
        both += inside_[step];
        if (inside_[step])
            sum += double(inside_[step]) / double(foreground) * double(both) / double(predicted);
    }
    return sum;
}

std::array<CalibrationBin, 10> ProbabilityCurves::calibration() const {
    std::array<CalibrationBin, 10> bins;
    for (size_t step = 0; step <= steps; ++step) {
        CalibrationBin& bin = bins[std::min<size_t>(9, step * 10 / steps)];
        bin.voxels += all_[step];
        bin.share += double(inside_[step]);
    }
    for (size_t i = 0; i < bins.size(); ++i)
        if (bins[i].voxels) {
            bins[i].share /= double(bins[i].voxels);
            bins[i].meanProbability = sums_[i] / double(bins[i].voxels);
        }
    return bins;
}

double ProbabilityCurves::calibrationError() const {
    double sum = 0;
    int64_t voxels = 0;
    for (const CalibrationBin& bin : calibration()) {
        sum += double(bin.voxels) * std::abs(bin.meanProbability - bin.share);
        voxels += bin.voxels;
    }
    return voxels ? sum / double(voxels) : 0;
}

Pixels probabilitiesOf(const Pixels& slice, const std::string& what) {
    if (slice.channels() != 1 || isInteger(slice.type()))
        throw Error(ErrorKind::input,
                    fmt::format("{} holds no probabilities (one channel of fractions from 0 to 1); curves "
                                "and best thresholds need them.",
                                what));
    return slice.converted(PixelType::f32);
}

ProbabilityCurves curvesOf(const TileSource& prediction, const TileSource& truth,
                           const EvaluationOptions& options, const std::string& predictionName,
                           const std::string& truthName, const Progress& progress) {
    ProbabilityCurves curves;
    const Extent3 extent = truth.info().extent();
    for (int64_t z = 0; z < extent.z; ++z) {
        progress.throwIfCancelled();
        const Box3 box = Box3::ofSlice(extent, z);
        const Pixels floats = probabilitiesOf(prediction.read(0, box, progress), predictionName);
        const Pixels there = truth.read(0, box, progress);
        curves.add(floats.values<float>(),
                   foregroundOf(there, {options.truthLabel, options.truthInverted, truth.info().unlabelled},
                                truthName),
                   labelledOf(there, truth.info().unlabelled));
        progress.report(double(z + 1) / double(extent.z), fmt::format("slice {} of {}", z + 1, extent.z));
    }
    return curves;
}

} // namespace cristae

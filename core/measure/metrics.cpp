// Pixel metrics: counts slice by slice, one division at the end.
#include "core/measure/metrics.h"

#include <cmath>
#include <fmt/format.h>
#include <type_traits>

namespace cristae {

namespace {
std::string nameOf(const TileSource& source, const char* otherwise) {
    const ImageInfo& info = source.info();
    if (info.path.empty()) return otherwise;
    return info.dataset.empty() ? info.path.string()
                                : fmt::format("{} ({})", info.path.string(), info.dataset);
}

std::string sizeOf(const Extent3& e) {
    return fmt::format("{} × {} pixels, {} slice{}", e.x, e.y, e.z, e.z == 1 ? "" : "s");
}

// 1 where a voxel is foreground, [Z, Y, X]; foreground of any channel counts.
std::vector<uint8_t> foreground(const Pixels& pixels, const std::optional<int64_t>& label, bool inverted,
                                const std::string& what) {
    const size_t size = size_t(pixels.extent().count());
    std::vector<uint8_t> mask(size, 0);
    withPixelType(pixels.type(), [&](auto zero) {
        using T = decltype(zero);
        const auto values = pixels.values<T>();
        if constexpr (std::is_floating_point_v<T>)
            for (const T value : values)
                if (!(value == std::floor(value)))
                    throw Error(
                        ErrorKind::input,
                        fmt::format(
                            "{} holds fractions such as {}: probabilities or grey values, not labels. Export "
                            "labels or a mask and compare that.",
                            what, value));
        const bool reachable = !label || double(T(*label)) == double(*label);
        const T wanted = label && reachable ? T(*label) : T(0);
        for (int64_t c = 0; c < pixels.channels(); ++c) {
            const T* channel = values.data() + size_t(c) * size;
            if (!label)
                for (size_t i = 0; i < size; ++i) mask[i] |= uint8_t(channel[i] != T(0));
            else if (reachable)
                for (size_t i = 0; i < size; ++i) mask[i] |= uint8_t(channel[i] == wanted);
        }
    });
    if (inverted)
        for (uint8_t& value : mask) value = !value;
    return mask;
}

ConfusionCounts compare(const Pixels& prediction, const Pixels& truth, const EvaluationOptions& options,
                        const std::string& predictionName, const std::string& truthName) {
    if (prediction.extent() != truth.extent())
        throw Error(
            ErrorKind::input,
            fmt::format("{} has {}, but {} has {}. Compare a prediction with the truth of the same image.",
                        predictionName, sizeOf(prediction.extent()), truthName, sizeOf(truth.extent())));
    const auto p = foreground(prediction, options.predictionLabel, false, predictionName);
    const auto t = foreground(truth, options.truthLabel, options.truthInverted, truthName);
    ConfusionCounts counts;
    int64_t both = 0, predicted = 0, there = 0;
    for (size_t i = 0; i < p.size(); ++i) {
        both += p[i] & t[i];
        predicted += p[i];
        there += t[i];
    }
    counts.truePositive = both;
    counts.falsePositive = predicted - both;
    counts.falseNegative = there - both;
    counts.trueNegative = int64_t(p.size()) - predicted - there + both;
    return counts;
}

double ratio(int64_t part, int64_t whole, bool nothingAtAll) {
    if (whole == 0) return nothingAtAll ? 1.0 : 0.0;
    return double(part) / double(whole);
}
} // namespace

ConfusionCounts& ConfusionCounts::operator+=(const ConfusionCounts& other) {
    truePositive += other.truePositive;
    falsePositive += other.falsePositive;
    falseNegative += other.falseNegative;
    trueNegative += other.trueNegative;
    return *this;
}

double ConfusionCounts::dice() const {
    return ratio(2 * truePositive, 2 * truePositive + falsePositive + falseNegative, true);
}

double ConfusionCounts::iou() const {
    return ratio(truePositive, truePositive + falsePositive + falseNegative, true);
}

double ConfusionCounts::precision() const {
    return ratio(truePositive, truePositive + falsePositive, falseNegative == 0);
}

double ConfusionCounts::recall() const {
    return ratio(truePositive, truePositive + falseNegative, falsePositive == 0);
}

double ConfusionCounts::accuracy() const {
    return ratio(truePositive + trueNegative, truePositive + falsePositive + falseNegative + trueNegative,
                 true);
}

ConfusionCounts compareSlices(const Pixels& prediction, const Pixels& truth,
                              const EvaluationOptions& options) {
    return compare(prediction, truth, options, "The prediction", "the truth");
}

std::vector<Metric> evaluate(const TileSource& prediction, const TileSource& truth,
                             const EvaluationOptions& options, const Progress& progress) {
    const std::string predictionName = nameOf(prediction, "The prediction"),
                      truthName = nameOf(truth, "the truth");
    const Extent3 extent = prediction.info().extent();
    if (extent != truth.info().extent())
        throw Error(
            ErrorKind::input,
            fmt::format("{} has {}, but {} has {}. Compare a prediction with the truth of the same image.",
                        predictionName, sizeOf(extent), truthName, sizeOf(truth.info().extent())));
    ConfusionCounts counts;
    for (int64_t z = 0; z < extent.z; ++z) {
        progress.throwIfCancelled();
        const Box3 box = Box3::ofSlice(extent, z);
        counts += compare(prediction.read(0, box, progress), truth.read(0, box, progress), options,
                          predictionName, truthName);
        progress.report(double(z + 1) / double(extent.z), fmt::format("slice {} of {}", z + 1, extent.z));
    }
    const std::string over = extent.z == 1 ? "over all pixels" : "over all voxels of all slices together";
    return {{"dice", counts.dice(), "2TP/(2TP+FP+FN) " + over + "; empty against empty is 1"},
            {"iou", counts.iou(), "TP/(TP+FP+FN) " + over + "; empty against empty is 1"},
            {"precision", counts.precision(),
             "TP/(TP+FP) " + over + "; nothing predicted is 0, or 1 if nothing was there"},
            {"recall", counts.recall(),
             "TP/(TP+FN) " + over + "; nothing there is 0, or 1 if nothing was predicted"},
            {"accuracy", counts.accuracy(), "(TP+TN)/all " + over}};
}

} // namespace cristae

// Pixel counts and the ratios made of them.
#include "core/measure/metrics.h"

#include "core/base/error.h"
#include "core/measure/confusion.h"
#include "core/measure/label_volume.h"

#include <algorithm>
#include <fmt/format.h>

namespace cristae {

namespace {
std::string sizeOf(const Extent3& e) {
    return fmt::format("{} × {} pixels, {} slice{}", e.x, e.y, e.z, e.z == 1 ? "" : "s");
}

double ratio(int64_t part, int64_t whole, bool nothingAtAll) {
    if (whole == 0) return nothingAtAll ? 1.0 : 0.0;
    return double(part) / double(whole);
}
} // namespace

void throwUnlessSameSize(const Extent3& prediction, const Extent3& truth, const std::string& predictionName,
                         const std::string& truthName) {
    if (prediction != truth)
        throw Error(
            ErrorKind::input,
            fmt::format(
                "{} has {}, but {} has {}. Compare a prediction with the ground truth of the same image.",
                predictionName, sizeOf(prediction), truthName, sizeOf(truth)));
}

EvaluationOptions optionsFor(EvaluationOptions options, const ImageInfo& prediction, const ImageInfo& truth) {
    options.predictionUnlabelled = prediction.unlabelled;
    options.truthUnlabelled = truth.unlabelled;
    return options;
}

Foreground truthForeground(const EvaluationOptions& options) {
    return {options.truthLabel, options.truthInverted, options.truthUnlabelled};
}

SliceMasks masksOf(const Pixels& prediction, const Pixels& truth, const EvaluationOptions& options,
                   const std::string& predictionName, const std::string& truthName) {
    SliceMasks masks{foregroundOf(prediction, {options.predictionLabel, false, options.predictionUnlabelled},
                                  predictionName),
                     foregroundOf(truth, truthForeground(options), truthName),
                     labelledOf(truth, options.truthUnlabelled)};
    for (size_t i = 0; i < masks.labelled.size(); ++i) masks.prediction[i] &= masks.labelled[i];
    return masks;
}

ConfusionCounts countsOf(const SliceMasks& masks) {
    const auto& [prediction, truth, labelled] = masks;
    int64_t both = 0, predicted = 0, there = 0;
    for (size_t i = 0; i < truth.size(); ++i) {
        both += prediction[i] & truth[i];
        predicted += prediction[i];
        there += truth[i];
    }
    const int64_t all =
        labelled.empty() ? int64_t(truth.size()) : int64_t(std::ranges::count(labelled, uint8_t(1)));
    return {both, predicted - both, there - both, all - predicted - there + both};
}

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
    const std::string predictionName = "The prediction", truthName = "the ground truth";
    throwUnlessSameSize(prediction.extent(), truth.extent(), predictionName, truthName);
    return countsOf(masksOf(prediction, truth, options, predictionName, truthName));
}

} // namespace cristae

// Slices and classes counted one slice at a time, and probabilities made into masks.
#include "core/measure/comparison.h"

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/measure/confusion.h"
#include "core/measure/label_volume.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <tuple>

namespace cristae {

namespace {

std::string sourceName(const TileSource& source, const char* otherwise) {
    return source.info().path.empty() ? otherwise : source.info().path.string();
}

/// Values that stand side by side mostly repeat, so that runs of pairs are counted.
class PairCounts {
public:
    void add(const std::vector<uint32_t>& truth, const std::vector<uint32_t>& prediction) {
        for (size_t i = 0; i < truth.size();) {
            size_t end = i + 1;
            while (end < truth.size() && truth[end] == truth[i] && prediction[end] == prediction[i]) ++end;
            counts_[{truth[i], prediction[i]}] += int64_t(end - i);
            i = end;
        }
    }
    /// A side with too many values becomes background and the rest; so does one that is asked for.
    void merge(bool truth, bool prediction) {
        std::map<std::pair<uint32_t, uint32_t>, int64_t> merged;
        for (const auto& [pair, count] : counts_)
            merged[{truth ? uint32_t(pair.first != 0) : pair.first,
                    prediction ? uint32_t(pair.second != 0) : pair.second}] += count;
        counts_ = std::move(merged);
    }
    std::vector<int64_t> values(bool ofTruth) const {
        std::vector<int64_t> values{0};
        for (const auto& [pair, count] : counts_)
            values.push_back(int64_t(ofTruth ? pair.first : pair.second));
        std::ranges::sort(values);
        values.erase(std::unique(values.begin(), values.end()), values.end());
        return values;
    }
    const std::map<std::pair<uint32_t, uint32_t>, int64_t>& counts() const { return counts_; }

private:
    std::map<std::pair<uint32_t, uint32_t>, int64_t> counts_;
};

/// The requested metrics that are of probabilities, and those that are of labels.
std::pair<std::vector<std::string>, std::vector<std::string>>
curvesAndOthers(const std::vector<std::string>& words) {
    std::vector<std::string> curves, others;
    const MetricGroup& group = metricGroups().back();
    for (const std::string& word : words) {
        const bool curve = word == group.name || std::ranges::count(group.metrics, word) > 0;
        if (curve || word == "all") curves.push_back(curve ? word : group.name);
        if (!curve) others.push_back(word);
    }
    return {curves, others};
}

} // namespace

int64_t ConfusionTable::rowSum(size_t truth) const {
    int64_t sum = 0;
    for (size_t i = 0; i < predictionValues.size(); ++i) sum += count(truth, i);
    return sum;
}

ConfusionTable confusionTable(const TileSource& prediction, const TileSource& truth,
                              const EvaluationOptions& options, const Progress& progress) {
    const std::string predictionName = sourceName(prediction, "The prediction"),
                      truthName = sourceName(truth, "the ground truth");
    const Extent3 extent = truth.info().extent();
    throwUnlessSameSize(prediction.info().extent(), extent, predictionName, truthName);
    ConfusionTable table;
    table.truthMerged = options.truthIds || truth.info().channels > 1;
    table.predictionMerged = options.predictionIds || prediction.info().channels > 1;
    constexpr size_t mostValues = 32, mostPairs = 100000;
    const auto valuesOf = [](const Pixels& pixels, bool merged, std::optional<int64_t> unlabelled,
                             const std::string& name) {
        if (!merged) return idsOf(pixels, name, unlabelled);
        const std::vector<uint8_t> mask = foregroundOf(pixels, {{}, false, unlabelled}, name);
        return std::vector<uint32_t>(mask.begin(), mask.end());
    };
    PairCounts pairs;
    for (int64_t z = 0; z < extent.z; ++z) {
        progress.throwIfCancelled();
        const Box3 box = Box3::ofSlice(extent, z);
        const Pixels there = truth.read(0, box, progress);
        auto truths = valuesOf(there, table.truthMerged, truth.info().unlabelled, truthName);
        auto predicted = valuesOf(prediction.read(0, box, progress), table.predictionMerged,
                                  prediction.info().unlabelled, predictionName);
        const auto labelled = labelledOf(there, truth.info().unlabelled);
        if (!labelled.empty()) {
            size_t i = 0, k = 0;
            std::erase_if(truths, [&](uint32_t) { return !labelled[i++]; });
            std::erase_if(predicted, [&](uint32_t) { return !labelled[k++]; });
        }
        pairs.add(truths, predicted);
        // Ids would fill the memory with pairs that nobody looks at.
        if (pairs.counts().size() > mostPairs || z == extent.z - 1) {
            table.truthMerged |= pairs.values(true).size() > mostValues;
            table.predictionMerged |= pairs.values(false).size() > mostValues;
            pairs.merge(table.truthMerged, table.predictionMerged);
        }
        progress.report(double(z + 1) / double(extent.z), fmt::format("slice {} of {}", z + 1, extent.z));
    }
    table.truthValues = pairs.values(true);
    table.predictionValues = pairs.values(false);
    table.counts.resize(table.truthValues.size() * table.predictionValues.size());
    const auto place = [](const std::vector<int64_t>& values, uint32_t value) {
        return size_t(std::ranges::lower_bound(values, int64_t(value)) - values.begin());
    };
    for (const auto& [pair, count] : pairs.counts())
        table.counts[place(table.truthValues, pair.first) * table.predictionValues.size() +
                     place(table.predictionValues, pair.second)] = count;
    return table;
}

std::string confusionName(int64_t value, bool merged, const ClassTable& classes) {
    if (value == 0) return "background";
    if (merged) return "foreground";
    const LabelClass* known = classes.find(uint32_t(value));
    return known ? known->name : fmt::format("value {}", value);
}

std::vector<ConfusionCounts> countsOfSlices(const TileSource& prediction, const TileSource& truth,
                                            const EvaluationOptions& options, const Progress& progress) {
    const Extent3 extent = truth.info().extent();
    throwUnlessSameSize(prediction.info().extent(), extent, sourceName(prediction, "The prediction"),
                        sourceName(truth, "the ground truth"));
    const EvaluationOptions own = optionsFor(options, prediction.info(), truth.info());
    std::vector<ConfusionCounts> counts;
    for (int64_t z = 0; z < extent.z; ++z) {
        progress.throwIfCancelled();
        const Box3 box = Box3::ofSlice(extent, z);
        counts.push_back(compareSlices(prediction.read(0, box, progress), truth.read(0, box, progress), own));
        progress.report(double(z + 1) / double(extent.z), fmt::format("slice {} of {}", z + 1, extent.z));
    }
    return counts;
}

double pixelMetric(const ConfusionCounts& counts, const std::string& name) {
    if (name == "dice") return counts.dice();
    if (name == "iou") return counts.iou();
    if (name == "precision") return counts.precision();
    if (name == "recall") return counts.recall();
    if (name == "accuracy") return counts.accuracy();
    throw Error(ErrorKind::usage,
                fmt::format("There is no pixel metric \"{}\"; there are dice, iou, precision, recall and "
                            "accuracy.",
                            name));
}

ComparedFile comparedFile(const ImageInfo& info, const Progress& progress) {
    ComparedFile file;
    file.name = info.path.filename().string();
    file.path = info.path;
    file.dataset = info.dataset;
    if (!info.dataset.empty()) file.name += fmt::format(" ({})", info.dataset);
    if (info.path.empty()) return file;
    progress.throwIfCancelled();
    file.sha256 = sha256OfInput(info.path, progress);
    return file;
}

PreparedPrediction preparePrediction(const TileSourcePtr& prediction, const EvaluationOptions& options,
                                     std::optional<double> threshold, const Progress& progress) {
    PreparedPrediction prepared{prediction, nullptr, options, threshold, {}};
    const bool wantsCurves = !curvesAndOthers(options.metrics).first.empty() &&
                             std::ranges::find(options.metrics, "all") == options.metrics.end();
    if ((!threshold && !wantsCurves) || options.predictionIds) return prepared;
    const auto scale = probabilityScale(*prediction, progress);
    if (!scale) return prepared;
    prepared.probabilities = scale->one == 1 ? prediction : probabilitiesFrom(prediction, scale->one);
    if (scale->one != 1)
        prepared.remarks.push_back(fmt::format(
            "The values of the prediction are taken for probabilities, {} for 1; the largest is {:g}.",
            scale->one, scale->largest));
    if (scale->missing > 0)
        prepared.remarks.push_back(fmt::format("{} of the prediction {} no number and count{} as background.",
                                               countText(scale->missing, "voxel", "voxels"),
                                               scale->missing == 1 ? "is" : "are",
                                               scale->missing == 1 ? "s" : ""));
    if (threshold) {
        prepared.labels = thresholded(prepared.probabilities, *threshold);
        prepared.options.predictionLabel.reset();
    }
    return prepared;
}

std::vector<ClassScore> classScores(const ConfusionTable& table, const ClassTable& truthNames,
                                    const ClassTable& predictionNames) {
    std::vector<int64_t> values;
    std::ranges::set_union(table.truthValues, table.predictionValues, std::back_inserter(values));
    std::erase(values, 0);
    // A mask of one value beside another value is no matter of classes.
    const bool alone = (table.truthValues.size() == 2 || table.predictionValues.size() == 2) &&
                       table.truthValues != table.predictionValues;
    const bool partOfOther = std::ranges::includes(table.truthValues, table.predictionValues) ||
                             std::ranges::includes(table.predictionValues, table.truthValues);
    if (table.truthMerged || table.predictionMerged || values.size() < 2 || (alone && !partOfOther))
        return {};
    int64_t all = 0;
    for (const int64_t count : table.counts) all += count;
    std::vector<ClassScore> scores;
    for (const int64_t value : values) {
        ClassScore score{value, {}, {}};
        score.name =
            confusionName(value, false, truthNames.find(uint32_t(value)) ? truthNames : predictionNames);
        for (size_t t = 0; t < table.truthValues.size(); ++t)
            for (size_t p = 0; p < table.predictionValues.size(); ++p) {
                const bool there = table.truthValues[t] == value, found = table.predictionValues[p] == value;
                int64_t& of = there ? (found ? score.counts.truePositive : score.counts.falseNegative)
                                    : (found ? score.counts.falsePositive : score.counts.trueNegative);
                of += table.count(t, p);
            }
        scores.push_back(std::move(score));
    }
    return scores;
}

Comparison compareWithTruth(const TileSourcePtr& prediction, const TileSource& truth,
                            const EvaluationOptions& options, std::optional<double> threshold,
                            const Progress& progress, const ComparisonParts& parts) {
    return compareWithTruth(
        preparePrediction(prediction, options, threshold, PartProgress(progress, 0, 0.05)), truth,
        PartProgress(progress, 0.05, 1), parts);
}

namespace {

/// Whether voxels of different labels lie side by side in a slice.
bool labelsTouch(const TileSource& labels, const Progress& progress) {
    const ImageInfo& info = labels.info();
    const Extent3& e = info.extent();
    for (int64_t z = 0; z < e.z; ++z) {
        progress.throwIfCancelled();
        const Pixels slice = labels.read(0, Box3::ofSlice(e, z), progress);
        const bool found = withPixelType(slice.type(), [&](auto zero) {
            using T = decltype(zero);
            const auto plane = slice.plane<T>(0, 0);
            const auto isLabel = [&](T value) {
                return value > zero && !(info.unlabelled && double(value) == double(*info.unlabelled));
            };
            const auto differ = [&](size_t a, size_t b) {
                return plane[a] != plane[b] && isLabel(plane[a]) && isLabel(plane[b]);
            };
            for (int64_t y = 0; y < e.y; ++y)
                for (int64_t x = 0; x < e.x; ++x) {
                    const size_t i = size_t(y * e.x + x);
                    if ((x + 1 < e.x && differ(i, i + 1)) || (y + 1 < e.y && differ(i, i + size_t(e.x))))
                        return true;
                }
            return false;
        });
        if (found) return true;
    }
    return false;
}

/// Ids that touch are one object unless they are said to be ids; of more than 32 that is said anyway.
void remarkOnTouching(const TileSource& labels, bool merged, bool asIds, bool oneLabel, const char* what,
                      const char* flag, std::vector<std::string>& remarks, const Progress& progress) {
    if (merged || asIds || oneLabel || labels.info().channels != 1 || !labelsTouch(labels, progress)) return;
    remarks.push_back(
        fmt::format("{} holds different values side by side, which count as one object where they "
                    "touch. Say {} if they are object ids.",
                    what, flag));
}

} // namespace

Comparison compareWithTruth(const PreparedPrediction& prepared, const TileSource& truth,
                            const Progress& progress, const ComparisonParts& parts) {
    Comparison result;
    const TileSource& labels = *prepared.labels;
    if (parts.file) result.prediction = comparedFile(labels.info(), progress);
    result.remarks = prepared.remarks;
    result.fromProbabilities = prepared.probabilities != nullptr;
    EvaluationOptions forLabels = prepared.options;
    bool wantsLabels = true;
    if (prepared.probabilities) {
        EvaluationOptions forCurves = prepared.options;
        std::tie(forCurves.metrics, forLabels.metrics) = curvesAndOthers(forCurves.metrics);
        wantsLabels = prepared.options.metrics.empty() || !forLabels.metrics.empty();
        if (!forCurves.metrics.empty()) {
            const TileSource& probabilities = *prepared.probabilities;
            result.metrics = evaluate(probabilities, truth, forCurves, PartProgress(progress, 0, 0.1));
            const ProbabilityCurves curves =
                curvesOf(probabilities, truth, forCurves, sourceName(labels, "The prediction"),
                         sourceName(truth, "The ground truth"), PartProgress(progress, 0.1, 0.15));
            result.precisionRecall = curves.precisionRecall();
            for (const CalibrationBin& bin : curves.calibration())
                if (bin.voxels > 0) result.calibration.push_back(bin);
        }
    }
    if (wantsLabels) {
        auto figures = evaluate(labels, truth, forLabels, PartProgress(progress, 0.15, 0.8));
        if (prepared.probabilities && prepared.threshold)
            for (Metric& metric : figures)
                metric.convention +=
                    fmt::format("; probabilities from {} on are foreground", *prepared.threshold);
        result.metrics.insert(result.metrics.begin(), figures.begin(), figures.end());
    } else if (!prepared.threshold) {
        return result; // slices and classes are of labels
    }
    if (parts.slices)
        result.slices = countsOfSlices(labels, truth, forLabels, PartProgress(progress, 0.8, 0.9));
    result.classes = confusionTable(labels, truth, forLabels, PartProgress(progress, 0.9, 1));
    constexpr double complementary = 0.05; // accuracy below which one side is likelier the other turned over
    for (const Metric& metric : result.metrics)
        if (metric.name == "accuracy" && metric.value < complementary)
            result.remarks.push_back(
                fmt::format("Prediction and ground truth agree in {:.1f} % of the voxels only: one of them "
                            "may be inverted. "
                            "--truth-inverted takes the value 0 of the ground truth for foreground.",
                            100 * metric.value));
    const auto note = [&](bool merged, bool asIds, const char* what, const char* flag) {
        if (merged && !asIds)
            result.remarks.push_back(fmt::format(
                "{} holds more than 32 different values, and each other than 0 is foreground. Say {} if they "
                "are object ids.",
                what, flag));
    };
    note(result.classes.truthMerged && truth.info().channels == 1, prepared.options.truthIds,
         "The ground truth", "--truth-ids");
    note(result.classes.predictionMerged && labels.info().channels == 1, forLabels.predictionIds,
         "The prediction", "--prediction-ids");
    if (std::ranges::find(result.metrics, "objects_total", &Metric::name) != result.metrics.end()) {
        remarkOnTouching(truth, result.classes.truthMerged, prepared.options.truthIds,
                         prepared.options.truthLabel.has_value(), "The ground truth", "--truth-ids",
                         result.remarks, progress);
        remarkOnTouching(labels, result.classes.predictionMerged, forLabels.predictionIds,
                         forLabels.predictionLabel.has_value(), "The prediction", "--prediction-ids",
                         result.remarks, progress);
    }
    return result;
}

} // namespace cristae

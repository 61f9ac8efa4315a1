// Slices and classes counted one slice at a time, and probabilities made into masks.
#include "core/measure/comparison.h"

#include "core/base/error.h"
#include "core/base/hash.h"
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

/// The probabilities of a source as a mask.
class ThresholdedSource : public TileSource {
public:
    ThresholdedSource(TileSourcePtr source, double threshold)
        : source_(std::move(source)), threshold_(threshold), info_(source_->info()) {
        info_.levels.resize(1);
        info_.channels = 1;
        info_.type = PixelType::u8;
    }
    const ImageInfo& info() const override { return info_; }
    std::string id() const override { return fmt::format("{} from {}", source_->id(), threshold_); }
    Pixels read(int level, const Box3& box, const Progress& progress) const override {
        const Pixels floats = source_->read(level, box, progress).converted(PixelType::f32);
        Pixels mask(PixelType::u8, 1, floats.extent());
        const auto out = mask.values<uint8_t>();
        for (size_t i = 0; i < out.size(); ++i)
            out[i] = uint8_t(double(floats.values<float>()[i]) >= threshold_);
        return mask;
    }

private:
    TileSourcePtr source_;
    double threshold_;
    ImageInfo info_;
};

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

std::string hashOfFolder(const std::filesystem::path& folder, const Progress& progress) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        if (entry.is_regular_file()) files.push_back(entry.path());
    std::ranges::sort(files);
    Sha256 all;
    for (const auto& file : files) {
        progress.throwIfCancelled();
        const std::string one = sha256OfFile(file);
        all.add(std::as_bytes(std::span(one)));
    }
    return all.finish();
}

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
    const auto valuesOf = [](const Pixels& pixels, bool merged, const std::string& name) {
        if (!merged) return idsOf(pixels, name);
        const std::vector<uint8_t> mask = foregroundOf(pixels, {}, name);
        return std::vector<uint32_t>(mask.begin(), mask.end());
    };
    PairCounts pairs;
    for (int64_t z = 0; z < extent.z; ++z) {
        progress.throwIfCancelled();
        const Box3 box = Box3::ofSlice(extent, z);
        pairs.add(valuesOf(truth.read(0, box, progress), table.truthMerged, truthName),
                  valuesOf(prediction.read(0, box, progress), table.predictionMerged, predictionName));
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
    std::vector<ConfusionCounts> counts;
    for (int64_t z = 0; z < extent.z; ++z) {
        progress.throwIfCancelled();
        const Box3 box = Box3::ofSlice(extent, z);
        counts.push_back(
            compareSlices(prediction.read(0, box, progress), truth.read(0, box, progress), options));
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

bool holdsFractions(const TileSource& source, const Progress& progress) {
    const ImageInfo& info = source.info();
    if (info.channels != 1 || isInteger(info.type)) return false;
    for (int64_t z = 0; z < info.extent().z; ++z) {
        progress.throwIfCancelled();
        const Pixels slice =
            source.read(0, Box3::ofSlice(info.extent(), z), progress).converted(PixelType::f32);
        for (const float value : slice.values<float>())
            if (value != std::floor(value)) return true; // also what is not a number
    }
    return false;
}

TileSourcePtr thresholded(TileSourcePtr probabilities, double threshold) {
    return std::make_shared<ThresholdedSource>(std::move(probabilities), threshold);
}

ComparedFile comparedFile(const ImageInfo& info, const Progress& progress) {
    ComparedFile file;
    file.name = info.path.filename().string();
    file.path = info.path;
    file.dataset = info.dataset;
    if (!info.dataset.empty()) file.name += fmt::format(" ({})", info.dataset);
    if (info.path.empty()) return file;
    progress.throwIfCancelled();
    file.sha256 = std::filesystem::is_directory(info.path) ? hashOfFolder(info.path, progress)
                                                           : sha256OfFile(info.path);
    return file;
}

Comparison compareWithTruth(const TileSourcePtr& prediction, const TileSource& truth,
                            const EvaluationOptions& options, std::optional<double> threshold,
                            const Progress& progress) {
    Comparison result;
    result.prediction = comparedFile(prediction->info(), progress);
    TileSourcePtr labels = prediction;
    EvaluationOptions forLabels = options;
    bool wantsLabels = true;
    if (threshold && holdsFractions(*prediction, PartProgress(progress, 0, 0.05))) {
        labels = thresholded(prediction, *threshold);
        forLabels.predictionLabel.reset();
        forLabels.predictionIds = false;
        EvaluationOptions forCurves = options;
        std::tie(forCurves.metrics, forLabels.metrics) = curvesAndOthers(options.metrics);
        wantsLabels = options.metrics.empty() || !forLabels.metrics.empty();
        if (!forCurves.metrics.empty()) {
            result.metrics = evaluate(*prediction, truth, forCurves, PartProgress(progress, 0.05, 0.1));
            const ProbabilityCurves curves =
                curvesOf(*prediction, truth, forCurves, sourceName(*prediction, "The prediction"),
                         sourceName(truth, "The ground truth"), PartProgress(progress, 0.1, 0.15));
            result.precisionRecall = curves.precisionRecall();
            for (const CalibrationBin& bin : curves.calibration())
                if (bin.voxels > 0) result.calibration.push_back(bin);
        }
    }
    if (wantsLabels) {
        auto figures = evaluate(*labels, truth, forLabels, PartProgress(progress, 0.15, 0.8));
        if (labels != prediction)
            for (Metric& metric : figures)
                metric.convention += fmt::format("; probabilities from {} on are foreground", *threshold);
        result.metrics.insert(result.metrics.begin(), figures.begin(), figures.end());
    }
    result.slices = countsOfSlices(*labels, truth, forLabels, PartProgress(progress, 0.8, 0.9));
    result.classes = confusionTable(*labels, truth, forLabels, PartProgress(progress, 0.9, 1));
    return result;
}

} // namespace cristae

// An evaluation as CSV text, and its first sentence.
#include "core/measure/comparison.h"
#include "core/measure/csv.h"

#include <algorithm>
#include <fmt/ranges.h>

namespace cristae {

namespace {
const std::vector<std::string>& pixelMetrics() {
    return metricGroups().front().metrics;
}
} // namespace

std::string evaluationCsv(const EvaluationRecord& record) {
    std::string text = csvLine({"part", "prediction", "item", "of", "value", "note"});
    for (const Comparison& one : record.predictions) {
        const std::string& name = one.prediction.name;
        for (const Metric& metric : one.metrics)
            text += csvLine(
                {"figure", name, metric.name, record.structure, csvNumber(metric.value), metric.convention});
        for (size_t z = 0; z < one.slices.size(); ++z)
            for (const std::string& metric : pixelMetrics())
                text += csvLine({"slice", name, metric, fmt::format("{}", z + 1),
                                 csvNumber(pixelMetric(one.slices[z], metric)), ""});
        for (const ClassScore& score : classScores(one.classes, record.truthNames, one.classNames))
            for (const std::string& metric : pixelMetrics())
                text += csvLine({"class", name, metric, score.name,
                                 csvNumber(pixelMetric(score.counts, metric)), "against the same class"});
        const ConfusionTable& table = one.classes;
        for (size_t t = 0; t < table.truthValues.size(); ++t)
            for (size_t p = 0; p < table.predictionValues.size(); ++p)
                text += csvLine(
                    {"confusion", name,
                     "truth " + confusionName(table.truthValues[t], table.truthMerged, record.truthNames),
                     "prediction " +
                         confusionName(table.predictionValues[p], table.predictionMerged, one.classNames),
                     fmt::format("{}", table.count(t, p)), "voxels"});
        for (const CurvePoint& point : one.precisionRecall) {
            const std::string from = csvNumber(point.threshold);
            text += csvLine({"curve", name, "precision", from, csvNumber(point.precision), ""});
            text += csvLine({"curve", name, "recall", from, csvNumber(point.recall), ""});
            text += csvLine({"curve", name, "dice", from, csvNumber(point.dice), ""});
        }
        for (const CalibrationBin& bin : one.calibration)
            text += csvLine({"calibration", name, "foreground_share", csvNumber(bin.meanProbability),
                             csvNumber(bin.share), fmt::format("{} voxels", bin.voxels)});
        text += csvLine({"file", name, "prediction", one.prediction.path.string(), one.prediction.sha256,
                         fmt::format("{}", fmt::join(one.prediction.remarks, " "))});
    }
    text += csvLine({"file", "", "truth", record.truth.path.string(), record.truth.sha256, record.program});
    for (const std::string& sentence : record.remarks) text += csvLine({"remark", "", "", "", "", sentence});
    return text;
}

std::string slicesCsv(const EvaluationRecord& record) {
    std::vector<std::string> heading{"slice", "prediction"};
    heading.insert(heading.end(), pixelMetrics().begin(), pixelMetrics().end());
    for (const char* column : {"true_positive", "false_positive", "false_negative", "true_negative"})
        heading.push_back(column);
    std::string text = csvLine(heading);
    size_t slices = 0;
    for (const Comparison& one : record.predictions) slices = std::max(slices, one.slices.size());
    for (size_t z = 0; z < slices; ++z)
        for (const Comparison& one : record.predictions) {
            if (z >= one.slices.size()) continue;
            const ConfusionCounts& counts = one.slices[z];
            std::vector<std::string> row{fmt::format("{}", z + 1), one.prediction.name};
            for (const std::string& metric : pixelMetrics())
                row.push_back(csvNumber(pixelMetric(counts, metric)));
            for (const int64_t count :
                 {counts.truePositive, counts.falsePositive, counts.falseNegative, counts.trueNegative})
                row.push_back(fmt::format("{}", count));
            text += csvLine(row);
        }
    return text;
}

std::string foundWords(const std::vector<Metric>& metrics) {
    const auto value = [&](const char* name) -> std::optional<double> {
        const auto it = std::ranges::find(metrics, name, &Metric::name);
        return it == metrics.end() ? std::nullopt : std::optional(it->value);
    };
    const auto found = value("objects_found"), total = value("objects_total");
    if (!found || !total) return {};
    return fmt::format("{:.0f} of {:.0f} {} found", *found, *total, *total == 1 ? "object" : "objects");
}

} // namespace cristae

// Metrics of a prediction against a truth, each with the convention it follows.
#pragma once
#include "core/base/progress.h"
#include "core/measure/class_statistics.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cristae {

/// Counts of a binary comparison; adding two gives the counts of both.
struct ConfusionCounts {
    int64_t truePositive = 0, falsePositive = 0, falseNegative = 0, trueNegative = 0;
    ConfusionCounts& operator+=(const ConfusionCounts& other);
    /// 2TP/(2TP+FP+FN); 1 when both are empty.
    double dice() const;
    /// TP/(TP+FP+FN); 1 when both are empty.
    double iou() const;
    /// TP/(TP+FP); when nothing was predicted: 1 if nothing was there either, else 0.
    double precision() const;
    /// TP/(TP+FN); when nothing was there: 1 if nothing was predicted either, else 0.
    double recall() const;
    /// (TP+TN)/all; 1 when there are no voxels.
    double accuracy() const;
};

struct Metric {
    std::string name;       // "dice"
    double value = 0;       // NaN where it is not defined
    std::string convention; // "2TP/(2TP+FP+FN) over all voxels; empty against empty is 1"
};

struct EvaluationOptions {
    std::optional<int64_t> truthLabel;      // foreground of the truth; empty = every value ≠ 0
    std::optional<int64_t> predictionLabel; // likewise
    bool truthInverted = false;             // foreground where the truth is 0
    /// ImageInfo::unlabelled of both, filled in by whatever reads sources: what is not labelled in the truth
    /// counts nowhere; in the prediction it is background.
    std::optional<int64_t> truthUnlabelled, predictionUnlabelled;
    /// Names or groups ("pixels", "objects", "surfaces", "partitions", "curves", "all"); empty = pixels.
    std::vector<std::string> metrics;
    bool predictionIds = false, truthIds = false;     // values are object ids; else objects are what touches
    Connectivity connectivity = Connectivity::volume; // what is one object
    int64_t smallest = 0; // objects of fewer voxels are left out of the object metrics, on both sides
    /// Foreground marks the boundaries between cells: partitions are compared by the cells between them in
    /// every slice, where the prediction's boundaries are thinned to one pixel and the truth's do not count.
    bool boundaries = false;
};

/// What `metrics` of the options may hold, by group.
struct MetricGroup {
    std::string name;
    std::vector<std::string> metrics;
};
const std::vector<MetricGroup>& metricGroups();

/// The wanted metrics in the order of metricGroups(). Pixel metrics (dice, iou, precision, recall, accuracy)
/// are read slice by slice and summed before any division; the others hold both volumes in memory, about 12
/// bytes a voxel. Distances are given in px, and in nm where the voxel size of prediction or truth is known.
/// Of probabilities only the curves can be had. Throws Error{input} when sizes differ (names both), {usage}
/// for a metric that does not exist and {cancelled}.
std::vector<Metric> evaluate(const TileSource& prediction, const TileSource& truth,
                             const EvaluationOptions& options, const Progress& progress);
/// The counts of two blocks of one size. RGB counts as foreground where any channel does. Throws like
/// evaluate().
ConfusionCounts compareSlices(const Pixels& prediction, const Pixels& truth,
                              const EvaluationOptions& options);

} // namespace cristae

// Comparison: everything that predictions give against a truth: figures, slice by slice, class by class, and
// where the files came from.
#pragma once
#include "core/measure/metrics.h"
#include "core/measure/probabilities.h"
#include "core/measure/probability_curves.h"

#include <filesystem>

namespace cristae {

/// How many voxels of each value of the truth have each value of the prediction.
struct ConfusionTable {
    std::vector<int64_t> truthValues, predictionValues; // ascending; 0 is always among them
    /// A side of object ids, or of more than 32 values, holds only 0 and 1: background and everything else.
    bool truthMerged = false, predictionMerged = false;
    std::vector<int64_t> counts; // row by row: [truth][prediction]
    int64_t count(size_t truth, size_t prediction) const {
        return counts[truth * predictionValues.size() + prediction];
    }
    int64_t rowSum(size_t truth) const;
};
/// Read slice by slice. Throws Error{input} for fractions, colours and different sizes, and {cancelled}.
ConfusionTable confusionTable(const TileSource& prediction, const TileSource& truth,
                              const EvaluationOptions& options, const Progress& progress);
/// The words for a value of a side of the table: its class, "background", "foreground" (merged) or "value 7".
std::string confusionName(int64_t value, bool merged, const ClassTable& classes);

/// The counts of each slice in order, as compareSlices() gives them.
std::vector<ConfusionCounts> countsOfSlices(const TileSource& prediction, const TileSource& truth,
                                            const EvaluationOptions& options, const Progress& progress);
/// One of the pixel metrics ("dice", "iou", "precision", "recall", "accuracy") of counts. Throws Error{usage}
/// for another name.
double pixelMetric(const ConfusionCounts& counts, const std::string& name);

/// Where something that was compared came from.
struct ComparedFile {
    std::string name;           // as shown: a file name, or what is open in the window
    std::filesystem::path path; // empty for what is in memory
    std::string dataset;
    std::string sha256; // of the file; of a folder that of its files in the order of their names; else empty
    std::vector<std::string> remarks; // models, settings: sentences
};
/// Name, dataset and hash of a source that was read from a file. Throws Error{input} if it cannot be read
/// again and {cancelled}.
ComparedFile comparedFile(const ImageInfo& info, const Progress& progress);

/// One class of both sides, of equal value.
struct ClassScore {
    int64_t value = 0;
    std::string name;
    ConfusionCounts counts;
};
/// Each class against the same class, where both sides hold classes: several values, none of them merged.
/// Beside the joint figures, which take all classes for one, swapped classes are seen in them.
std::vector<ClassScore> classScores(const ConfusionTable& table, const ClassTable& truthNames,
                                    const ClassTable& predictionNames);

/// A prediction as it is compared.
struct PreparedPrediction {
    TileSourcePtr labels;        // as they are, or the probabilities cut at the threshold
    TileSourcePtr probabilities; // from 0 to 1; null for labels
    EvaluationOptions options;   // of the labels; their metrics may be curves too
    std::optional<double> threshold;
    std::vector<std::string> remarks;
};
/// With a threshold, or where curves are asked for, finds out whether the prediction holds probabilities (see
/// probabilityScale()). Throws Error{input, cancelled}.
PreparedPrediction preparePrediction(const TileSourcePtr& prediction, const EvaluationOptions& options,
                                     std::optional<double> threshold, const Progress& progress);

/// What one prediction gave.
struct Comparison {
    ComparedFile prediction;
    std::vector<Metric> metrics;
    std::vector<ConfusionCounts> slices;
    ConfusionTable classes;
    ClassTable classNames; // of the prediction's values, where known
    /// Of probabilities whose curves were wanted, else empty.
    std::vector<CurvePoint> precisionRecall;
    std::vector<CalibrationBin> calibration;
    std::vector<std::string> remarks; // how the values were taken
    bool fromProbabilities = false;
};
/// What is wanted of a comparison besides its figures; each costs reading once more.
struct ComparisonParts {
    bool file = true;   // hash of the prediction
    bool slices = true; // counts of every slice
};
/// evaluate(), countsOfSlices() and confusionTable() of one prediction. With a threshold, probabilities give
/// the curves that are wanted ("all" wants them) and, as a mask from the threshold on, what labels give; the
/// conventions say so. Throws as those do, and what comparedFile() does.
Comparison compareWithTruth(const PreparedPrediction& prediction, const TileSource& truth,
                            const Progress& progress, const ComparisonParts& parts = {});
Comparison compareWithTruth(const TileSourcePtr& prediction, const TileSource& truth,
                            const EvaluationOptions& options, std::optional<double> threshold,
                            const Progress& progress, const ComparisonParts& parts = {});

/// A whole evaluation, ready for a page, a table or a report.
struct EvaluationRecord {
    std::string structure; // what was compared: the name of a class; may be empty
    std::string program;   // "Cristae 1.0.0"
    ComparedFile truth;
    ClassTable truthNames; // of the truth's values, where known
    std::vector<Comparison> predictions;
    std::vector<std::string> remarks; // of the files: what was left out or is doubtful
};
/// Every figure as a row of part, prediction, item, of, value and note (RFC 4180): "figure" (a metric with
/// its convention), "slice" (a pixel metric of a slice, from 1), "class" (of a class against the same),
/// "confusion" (voxels of a class of the truth that have a class of the prediction), "curve" (precision,
/// recall and Dice from a threshold on), "calibration" (share of foreground at a mean probability), "file"
/// (SHA-256) and "remark" (a sentence, as the note).
std::string evaluationCsv(const EvaluationRecord& record);
/// A row for each slice and prediction: slice (from 1), prediction, the pixel metrics and the counts.
std::string slicesCsv(const EvaluationRecord& record);
/// "75 of 302 objects found" where objects were counted, else empty.
std::string foundWords(const std::vector<Metric>& metrics);

} // namespace cristae

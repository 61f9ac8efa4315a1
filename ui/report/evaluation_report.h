// EvaluationReport: a whole evaluation as A4 pages: figures with their conventions, chart, classes,
// difference and where everything came from.
#pragma once
#include "core/base/destination.h"
#include "core/measure/comparison.h"

#include <QImage>

namespace cristae {

/// A slice of the difference in colours.
struct EvaluationPicture {
    QImage image;
    QString caption; // "slice 12 of 40: labels.tif"
};

/// The picture of slice z of a prediction against the truth, over `image` (null: none), at most 1400 px wide
/// and high. Throws what reading throws.
QImage differenceImage(const TileSourcePtr& prediction, const TileSourcePtr& truth,
                       const EvaluationOptions& options, const TileSourcePtr& image, int64_t z,
                       const Progress& progress);
/// The slice with the lowest Dice: where to look first.
int64_t worstSlice(const Comparison& comparison);

/// Writes the pages, checked, whole or not at all. Needs fonts: see ensureGuiApplication(). Throws
/// Error{output}.
void writeEvaluationPdf(const Destination& path, const EvaluationRecord& record,
                        const std::vector<EvaluationPicture>& pictures);

} // namespace cristae

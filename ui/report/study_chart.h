// StudyChart: the chart of a study as PNG and PDF.
#pragma once
#include "core/session/study.h"

class QPainter;
class QRectF;

namespace cristae {

/// Draws axes, curves with marks, legend and title in black on white. `wordScale`: how much larger than usual
/// beside the curves all words are, for small pictures.
void drawStudyChart(QPainter& painter, const QRectF& area, const StudyResult& result, double wordScale = 1);
/// Writes `base`.png (1600 × 1000 px) and `base`.pdf (vector), each whole or not at all. Throws
/// Error{output}.
void writeStudyChart(const Destination& base, const StudyResult& result);

} // namespace cristae

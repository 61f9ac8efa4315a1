// Pictures of a report page: one slice of the original, and the same with the result over it.
#pragma once
#include "core/image/tile_source.h"
#include "core/labels/class_table.h"

#include <QImage>

namespace cristae {

/// Longest side of a picture in pixels: more than a printed pane can show.
constexpr int64_t longestPictureSide = 1400;

struct ReportPictures {
    QImage original;    // grey or RGB, contrast as the window's automatic one
    QImage highlighted; // the original with the labels over it
};

/// `labels` u32 [1, 1, Y, X] of slice z of the original (same Y and X). Images larger than longestPictureSide
/// are reduced (grey by area, labels by the nearest), smaller ones enlarged so that the outline stays thin.
ReportPictures makeReportPictures(const TileSource& original, int64_t z, const Pixels& labels,
                                  const ClassTable& classes);

} // namespace cristae

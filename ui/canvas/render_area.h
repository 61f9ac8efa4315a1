// renderArea: one rectangle of a pane as colours: image below, labels above. Draws device pixels, knows no
// widget.
#pragma once
#include "core/labels/label_layer.h"
#include "core/render/compose.h"
#include "ui/canvas/screen_tiles.h"
#include "ui/canvas/view_maths.h"

#include <QColor>
#include <QImage>
#include <QRect>

#include <vector>

namespace cristae {

struct RenderedArea {
    QImage image;                  // RGB32, the size of the area in device pixels
    std::vector<QRect> unreadable; // parts of the pane, device pixels
};

/// The tiles of the fitting level that the area touches, nearest to its middle first.
std::vector<ScreenTileKey> visibleTiles(const ScreenTiles& tiles, const PaneGeometry& geometry,
                                        const QRect& area, int64_t slice);

/// Nearest neighbour from 100 % on, bilinear below; tiles that are missing are replaced by their stand-in or
/// the background colour.
RenderedArea renderImage(ScreenTiles& tiles, const PaneGeometry& geometry, const QRect& area, int64_t slice,
                         QColor background);

/// Labels of one slice in device pixels: sampled at pixel centres, so that outlines are one device pixel wide
/// at every zoom. Blended onto `target`, whose top left is area.topLeft().
void renderLabels(QImage& target, const LabelSnapshot& labels, const ClassTable& classes,
                  const OverlayStyle& style, const PaneGeometry& geometry, const QRect& area, int64_t slice);

} // namespace cristae

// The geometry of a pane: image points to device pixels and back, zooming at a point, fitting.
#pragma once
#include "core/base/geometry.h"
#include "core/tools/tool.h"
#include "ui/window/workbench.h"

#include <QPointF>
#include <QRect>
#include <QSizeF>

namespace cristae {

/// Where the image lies in a pane, in device pixels of that pane.
struct PaneGeometry {
    double zoom = 1; // device pixels per image pixel
    double originX = 0,
           originY = 0; // device pixel of the image's outer corner; whole numbers, so that 100 % is exact

    ImagePoint imageFromDevice(QPointF device) const {
        return {(device.y() - originY) / zoom, (device.x() - originX) / zoom};
    }
    QPointF deviceFromImage(ImagePoint point) const {
        return {originX + point.x * zoom, originY + point.y * zoom};
    }
    /// Device pixels that show any part of the image pixels [y0, y1) × [x0, x1), with `margin` pixels around.
    QRect deviceRect(int64_t y0, int64_t x0, int64_t y1, int64_t x1, int margin = 0) const;
};

/// `size` is the pane in logical pixels.
PaneGeometry paneGeometry(const ViewState& view, QSizeF size, double devicePixelRatio);
/// The view with another zoom that keeps the image point under `position` (logical pixels of the pane) in its
/// place.
ViewState zoomedAt(const ViewState& view, QSizeF size, QPointF position, double zoom, const Extent3& extent);
/// The view moved by `distance` logical pixels; the centre stays inside the image.
ViewState panned(const ViewState& view, QPointF distance, const Extent3& extent);
/// The whole slice in the pane, with a little air.
ViewState fitted(const ViewState& view, QSizeF size, const Extent3& extent);
/// The next zoom from `zoom` by `steps` of a quarter octave, caught by powers of two so that 100 % and 200 %
/// are met exactly.
double steppedZoom(double zoom, double steps);
/// The level whose pixels are at least half a device pixel and at most one, or 0 from 100 % on.
int levelForZoom(double deviceZoom, int levels);

} // namespace cristae

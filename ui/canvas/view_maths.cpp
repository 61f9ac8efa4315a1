// The geometry of a pane.
#include "ui/canvas/view_maths.h"

#include <algorithm>
#include <cmath>

namespace cristae {

namespace {
constexpr double maximalZoom = 64;
} // namespace

QRect PaneGeometry::deviceRect(int64_t y0, int64_t x0, int64_t y1, int64_t x1, int margin) const {
    const QPointF topLeft = deviceFromImage({double(y0), double(x0)});
    const QPointF bottomRight = deviceFromImage({double(y1), double(x1)});
    // Far outside the pane only the side matters; int cannot hold an image of 100 000 pixels at 6400 %.
    auto whole = [](double value) { return int(std::clamp(value, -1e8, 1e8)); };
    return QRect(QPoint(whole(std::floor(topLeft.x())) - margin, whole(std::floor(topLeft.y())) - margin),
                 QPoint(whole(std::ceil(bottomRight.x())) - 1 + margin,
                        whole(std::ceil(bottomRight.y())) - 1 + margin));
}

PaneGeometry paneGeometry(const ViewState& view, QSizeF size, double devicePixelRatio) {
    PaneGeometry geometry;
    geometry.zoom = view.zoom * devicePixelRatio;
    geometry.originX = std::round(size.width() * devicePixelRatio / 2 - view.centreX * geometry.zoom);
    geometry.originY = std::round(size.height() * devicePixelRatio / 2 - view.centreY * geometry.zoom);
    return geometry;
}

ViewState zoomedAt(const ViewState& view, QSizeF size, QPointF position, double zoom, const Extent3& extent) {
    const double smallest = std::min(1.0, 0.25 * fitted(view, size, extent).zoom);
    zoom = std::clamp(zoom, smallest, maximalZoom);
    const QPointF fromCentre = position - QPointF(size.width() / 2, size.height() / 2);
    ViewState result = view;
    // The point under the cursor: centre + fromCentre / zoom is the same before and after.
    result.centreX = view.centreX + fromCentre.x() / view.zoom - fromCentre.x() / zoom;
    result.centreY = view.centreY + fromCentre.y() / view.zoom - fromCentre.y() / zoom;
    result.zoom = zoom;
    return result;
}

ViewState panned(const ViewState& view, QPointF distance, const Extent3& extent) {
    ViewState result = view;
    result.centreX = std::clamp(view.centreX - distance.x() / view.zoom, 0.0, double(extent.x));
    result.centreY = std::clamp(view.centreY - distance.y() / view.zoom, 0.0, double(extent.y));
    return result;
}

ViewState fitted(const ViewState& view, QSizeF size, const Extent3& extent) {
    ViewState result = view;
    result.centreX = double(extent.x) / 2;
    result.centreY = double(extent.y) / 2;
    const double air = 16;
    result.zoom = std::min(std::max(1.0, size.width() - air) / double(std::max<int64_t>(1, extent.x)),
                           std::max(1.0, size.height() - air) / double(std::max<int64_t>(1, extent.y)));
    result.zoom = std::min(result.zoom, maximalZoom);
    return result;
}

double steppedZoom(double zoom, double steps) {
    const double octave = std::log2(zoom) + steps / 4;
    const double nearest = std::round(octave);
    return std::exp2(std::abs(octave - nearest) < 0.04 ? nearest : octave);
}

int levelForZoom(double deviceZoom, int levels) {
    if (deviceZoom >= 1) return 0;
    return std::clamp(int(std::floor(-std::log2(deviceZoom) + 1e-9)), 0, std::max(0, levels - 1));
}

} // namespace cristae

// CanvasPane: drawing, mouse and wheel.
#include "ui/canvas/canvas_pane.h"
#include "ui/canvas/difference_layer.h"
#include "ui/canvas/explanation_layer.h"
#include "ui/canvas/screen_tiles.h"
#include "ui/canvas/strokes.h"
#include "ui/theme/theme.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

namespace cristae {

namespace {

/// The parts of a circle that lie in the area, as lines that leave it by less than a quarter of a pixel. Qt
/// strokes a whole circle, and one of ten thousand pixels (a large brush, zoomed in) takes it a hundred
/// milliseconds.
std::vector<QPolygonF> circleIn(const QRectF& area, QPointF centre, double radius) {
    const int count =
        std::clamp(int(std::ceil(2 * M_PI / (2 * std::acos(1 - 0.25 / std::max(1.0, radius))))), 32, 8192);
    std::vector<QPolygonF> parts;
    bool joined = false;
    QPointF last = centre + QPointF(radius, 0);
    for (int i = 1; i <= count; ++i) {
        const double angle = 2 * M_PI * i / count;
        const QPointF next = centre + radius * QPointF(std::cos(angle), std::sin(angle));
        const bool seen =
            std::max(last.x(), next.x()) >= area.left() && std::min(last.x(), next.x()) <= area.right() &&
            std::max(last.y(), next.y()) >= area.top() && std::min(last.y(), next.y()) <= area.bottom();
        if (seen && !joined) parts.push_back({last});
        if (seen) parts.back() << next;
        joined = seen;
        last = next;
    }
    return parts;
}

} // namespace

CanvasPane::CanvasPane(Workbench& bench, ScreenTiles& tiles, Strokes& strokes, bool withLabels,
                       QWidget* parent)
    : QWidget(parent), bench_(bench), tiles_(tiles), strokes_(strokes), withLabels_(withLabels) {
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_OpaquePaintEvent);
    setMinimumSize(120, 120);
    tileTimer_.setSingleShot(true);
    tileTimer_.setInterval(0);
    connect(&tileTimer_, &QTimer::timeout, this, &CanvasPane::wantTiles);
    connect(&tiles_, &ScreenTiles::arrived, this, [this](const ScreenTileKey& key) {
        if (isVisible() && key.z == bench_.view().slice) update();
    });
    for (auto signal : {&Workbench::viewChanged, &Workbench::completeChanged})
        connect(&bench_, signal, this, [this] { update(); });
    updateTool();
}

CanvasPane::~CanvasPane() {
    tiles_.forget(this);
}

void CanvasPane::setTitle(const QString& title) {
    if (title == title_) return;
    title_ = title;
    setAccessibleName(tr("Canvas: %1").arg(title));
    update();
}

void CanvasPane::setScaleBarShown(bool shown) {
    scaleBarShown_ = shown;
    update();
}

PaneGeometry CanvasPane::geometryNow() const {
    return paneGeometry(bench_.view(), QSizeF(size()), devicePixelRatioF());
}

ImagePoint CanvasPane::imageAt(QPointF position) const {
    return geometryNow().imageFromDevice(position * devicePixelRatioF());
}

QRect CanvasPane::pointerRect() const {
    if (!pointer_) return {};
    const QPointF centre = geometryNow().deviceFromImage(*pointer_) / devicePixelRatioF();
    const double radius = std::max(12.0, bench_.brushRadius() * bench_.view().zoom) + 4;
    return QRectF(centre.x() - radius, centre.y() - radius, 2 * radius, 2 * radius).toAlignedRect();
}

void CanvasPane::setPointer(std::optional<ImagePoint> point, bool here) {
    update(pointerRect());
    pointer_ = point;
    pointerHere_ = here;
    update(pointerRect());
    if (!strokes_.outline().empty()) update();
}

void CanvasPane::updateLabels(const Box3& box) {
    const int64_t slice = bench_.view().slice;
    if (!withLabels_ || slice < box.z0 || slice >= box.z1) return;
    // Neighbours of a changed voxel may gain or lose their outline.
    const QRect device = geometryNow().deviceRect(box.y0 - 1, box.x0 - 1, box.y1 + 1, box.x1 + 1, 1);
    const double ratio = devicePixelRatioF();
    update(QRectF(device.x() / ratio, device.y() / ratio, device.width() / ratio, device.height() / ratio)
               .toAlignedRect() &
           rect());
}

void CanvasPane::setPanHeld(bool held) {
    panHeld_ = held;
    updateTool();
}

void CanvasPane::updateTool() {
    const QString tool = bench_.tool();
    if (panning_)
        setCursor(Qt::ClosedHandCursor);
    else if (panHeld_ || tool == QLatin1String("browse"))
        setCursor(Qt::OpenHandCursor);
    else
        setCursor(Qt::CrossCursor);
    update();
}

void CanvasPane::wantTiles() {
    if (!isVisible() || !tiles_.source()) {
        tiles_.forget(this);
        return;
    }
    const PaneGeometry geometry = geometryNow();
    const double ratio = devicePixelRatioF();
    const QRect area(0, 0, int(std::ceil(width() * ratio)), int(std::ceil(height() * ratio)));
    const int64_t slice = bench_.view().slice;
    std::vector<ScreenTileKey> keys = visibleTiles(tiles_, geometry, area, slice);
    const size_t visible = keys.size();
    // The neighbours of the slice come next: the wheel then finds them ready.
    for (int64_t other : {slice + 1, slice - 1})
        if (other >= 0 && other < bench_.document()->info().extent().z)
            for (size_t i = 0; i < visible; ++i) {
                ScreenTileKey key = keys[i];
                key.z = other;
                keys.push_back(key);
            }
    if (visible > 0 && pointer_ && keys.front().level > 0) { // for the grey value under the pointer
        const Extent3 extent = tiles_.levelExtent(0);
        if (pointer_->y >= 0 && pointer_->x >= 0 && pointer_->y < double(extent.y) &&
            pointer_->x < double(extent.x))
            keys.push_back({0, slice, int64_t(pointer_->y) / ScreenTiles::side,
                            int64_t(pointer_->x) / ScreenTiles::side});
    }
    tiles_.want(this, std::move(keys));
}

void CanvasPane::paintEvent(QPaintEvent* event) {
    const ThemeColours colours = themeColours(palette());
    QPainter painter(this);
    Document* document = bench_.document();
    if (!document || !tiles_.source()) {
        painter.fillRect(event->rect(), colours.surround);
        return;
    }
    const double ratio = devicePixelRatioF();
    const QRectF part(event->rect());
    const QRect area = QRectF(part.x() * ratio, part.y() * ratio, part.width() * ratio, part.height() * ratio)
                           .toAlignedRect();
    const PaneGeometry geometry = geometryNow();
    const int64_t slice = bench_.view().slice;
    RenderedArea rendered = renderImage(tiles_, geometry, area, slice, colours.surround);
    const DifferenceLayer& difference = bench_.difference();
    const LabelSnapshot* labels =
        difference.shown() ? difference.codes(slice) : &document->labels().snapshot();
    const ClassTable& classes = difference.shown() ? differenceClasses() : document->classes();
    if (withLabels_ && bench_.labelsShown() && labels) {
        QRect labelled = area;
        if (swipe_) labelled.setLeft(std::max(area.left(), int(std::lround(dividerX() * ratio))));
        if (labelled == area) {
            renderLabels(rendered.image, *labels, classes, bench_.overlayStyle(), geometry, area, slice);
        } else if (labelled.isValid()) {
            QImage right = rendered.image.copy(labelled.translated(-area.topLeft()));
            renderLabels(right, *labels, classes, bench_.overlayStyle(), geometry, labelled, slice);
            QPainter(&rendered.image).drawImage(labelled.topLeft() - area.topLeft(), right);
        }
    }
    rendered.image.setDevicePixelRatio(ratio);
    painter.drawImage(QPointF(area.x() / ratio, area.y() / ratio), rendered.image);
    drawUnreadable(painter, rendered.unreadable, ratio);
    painter.setRenderHint(QPainter::Antialiasing);
    if (withLabels_) bench_.explanation().draw(painter, geometry, ratio, slice, rect());
    if (withLabels_ && bench_.labelsShown()) drawComplete(painter);
    drawShape(painter);
    drawMeasureLine(painter);
    drawPointer(painter);
    if (swipe_) drawDivider(painter);
    if (crossShown_) drawCross(painter);
    drawTitle(painter);
    if (withLabels_ && difference.shown())
        DifferenceLayer::drawLegend(painter, rect().bottomLeft() + QPoint(8, -7));
    if (scaleBarShown_) drawScaleBar(painter);
    if (!tileTimer_.isActive()) tileTimer_.start();
}

void CanvasPane::drawUnreadable(QPainter& painter, const std::vector<QRect>& parts, double ratio) const {
    const ThemeColours colours = themeColours(palette());
    for (const QRect& part : parts) {
        // Never so thin that it goes unseen.
        const QRectF place(part.x() / ratio, part.y() / ratio, std::max(2.0, part.width() / ratio),
                           std::max(2.0, part.height() / ratio));
        painter.fillRect(place, colours.surround);
        painter.fillRect(place, QBrush(colours.secondary, Qt::BDiagPattern));
        if (place.width() < 112 || place.height() < 36) continue;
        painter.setPen(colours.text);
        const QRectF seen = place & QRectF(rect());
        const QRectF chip(seen.center().x() - 52, seen.center().y() - 14, 104, 28);
        painter.setBrush(colours.panel);
        painter.drawRoundedRect(chip, 4, 4);
        painter.drawText(chip, Qt::AlignCenter, tr("unreadable"));
        painter.setBrush(Qt::NoBrush);
    }
}

void CanvasPane::drawPointer(QPainter& painter) const {
    if (!pointer_) return;
    const QPointF centre = geometryNow().deviceFromImage(*pointer_) / devicePixelRatioF();
    const Tool* tool = strokes_.tool();
    const bool round = tool && tool->usesRadius();
    if (!round && pointerHere_) return;
    const double radius = round ? bench_.brushRadius() * bench_.view().zoom : 4;
    const std::vector<QPolygonF> circle = circleIn(QRectF(rect()).adjusted(-4, -4, 4, 4), centre, radius);
    painter.setBrush(Qt::NoBrush);
    // Dark under light: seen on any background.
    for (const QPen& pen : {QPen(QColor(0, 0, 0, 160), 2.5), QPen(QColor(255, 255, 255, 230), 1.2)}) {
        painter.setPen(pen);
        for (const QPolygonF& part : circle) painter.drawPolyline(part);
    }
}

void CanvasPane::drawShape(QPainter& painter) const {
    const std::vector<ImagePoint> corners = strokes_.outline();
    if (corners.empty()) return;
    const PaneGeometry geometry = geometryNow();
    QPolygonF line;
    for (const ImagePoint& corner : corners) line << geometry.deviceFromImage(corner) / devicePixelRatioF();
    const bool clicked = strokes_.tool() && strokes_.tool()->multiClick();
    if (pointer_ && clicked) line << geometry.deviceFromImage(*pointer_) / devicePixelRatioF();
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(QColor(0, 0, 0, 160), 3));
    painter.drawPolyline(line);
    painter.setPen(QPen(Qt::white, 1.4));
    painter.drawPolyline(line);
    if (!clicked) return;
    painter.setBrush(Qt::white);
    for (size_t i = 0; i < corners.size(); ++i) painter.drawEllipse(line[qsizetype(i)], 3, 3);
}

Box3 CanvasPane::completingBox() const {
    const auto [a, b] = *completing_;
    const int64_t z = bench_.view().slice;
    const Box3 box{z,     int64_t(std::floor(std::min(a.y, b.y))), int64_t(std::floor(std::min(a.x, b.x))),
                   z + 1, int64_t(std::ceil(std::max(a.y, b.y))),  int64_t(std::ceil(std::max(a.x, b.x)))};
    return box.intersected(Box3::ofExtent(bench_.document()->info().extent()));
}

/// Thin outlines of what was said to be complete.
void CanvasPane::drawComplete(QPainter& painter) const {
    std::vector<Box3> parts;
    for (const Box3& part : bench_.document()->completeParts())
        if (part.z0 == bench_.view().slice) parts.push_back(part);
    if (completing_) parts.push_back(completingBox());
    const PaneGeometry geometry = geometryNow();
    const double ratio = devicePixelRatioF();
    painter.setBrush(Qt::NoBrush);
    for (const Box3& part : parts) {
        const QPointF from = geometry.deviceFromImage({double(part.y0), double(part.x0)}) / ratio,
                      to = geometry.deviceFromImage({double(part.y1), double(part.x1)}) / ratio;
        // What lies far outside would make a dashed line of thousands of dashes.
        const QRectF outline = QRectF(from, to) & QRectF(rect()).adjusted(-8, -8, 8, 8);
        if (outline.isEmpty()) continue;
        painter.setPen(QPen(QColor(0, 0, 0, 150), 3));
        painter.drawRect(outline);
        painter.setPen(QPen(QColor("#7fd4a0"), 1.4, Qt::DashLine));
        painter.drawRect(outline);
    }
}

void CanvasPane::drawMeasureLine(QPainter& painter) const {
    const auto& line = bench_.measureLine();
    if (!line || line->slice != bench_.view().slice) return;
    const PaneGeometry geometry = geometryNow();
    const double ratio = devicePixelRatioF();
    const QPointF from = geometry.deviceFromImage(line->from) / ratio,
                  to = geometry.deviceFromImage(line->to) / ratio;
    const QLineF whole(from, to);
    QLineF end = whole.normalVector();
    end.setLength(5);
    const QPointF tick(end.dx(), end.dy());
    // Dark under light: seen on any background.
    const std::pair<QColor, double> strokes[] = {{QColor(0, 0, 0, 180), 4}, {QColor(Qt::white), 1.6}};
    for (const auto& [colour, width] : strokes) {
        painter.setPen(QPen(colour, width, Qt::SolidLine, Qt::RoundCap));
        painter.drawLine(whole);
        for (const QPointF& point : {from, to}) painter.drawLine(point - tick, point + tick);
    }
    const QString words = bench_.measureWords();
    const QFontMetrics metrics(secondaryFont());
    QRect chip(0, 0, metrics.horizontalAdvance(words) + 16, 24);
    chip.moveCenter((to + QPointF(0, to.y() < from.y() ? -20 : 20)).toPoint());
    chip.moveLeft(std::clamp(chip.left(), 4, std::max(4, width() - chip.width() - 4)));
    chip.moveTop(std::clamp(chip.top(), 4, std::max(4, height() - chip.height() - 4)));
    painter.setFont(secondaryFont());
    painter.setPen(Qt::NoPen);
    painter.setBrush(QColor(20, 20, 22, 215));
    painter.drawRoundedRect(chip, 4, 4);
    painter.setPen(QColor("#e6e6e6"));
    painter.drawText(chip, Qt::AlignCenter, words);
}

void CanvasPane::drawTitle(QPainter& painter) const {
    if (title_.isEmpty()) return;
    painter.setFont(secondaryFont());
    const QFontMetrics metrics(secondaryFont());
    const QString text = metrics.elidedText(title_, Qt::ElideRight, std::max(40, width() - 48));
    const QRect chip(8, 8, metrics.horizontalAdvance(text) + 16, 24);
    painter.setPen(Qt::NoPen);
    painter.setBrush(QColor(20, 20, 22, 215));
    painter.drawRoundedRect(chip, 4, 4);
    painter.setPen(QColor("#e6e6e6"));
    painter.drawText(chip, Qt::AlignCenter, text);
}

void CanvasPane::setSwipe(bool on) {
    swipe_ = on;
    update();
}

void CanvasPane::setCrossShown(bool shown) {
    crossShown_ = shown;
    update();
}

void CanvasPane::drawCross(QPainter& painter) const {
    const QPointF place = geometryNow().deviceFromImage(bench_.cross()) / devicePixelRatioF();
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.setPen(QPen(QColor(74, 163, 223, 200), 1));
    painter.drawLine(QPointF(place.x(), 0), QPointF(place.x(), height()));
    painter.drawLine(QPointF(0, place.y()), QPointF(width(), place.y()));
    painter.setRenderHint(QPainter::Antialiasing);
}

double CanvasPane::dividerX() const {
    return std::round(bench_.swipe() * width());
}

bool CanvasPane::nearDivider(QPointF position) const {
    return swipe_ && std::abs(position.x() - dividerX()) <= 6;
}

void CanvasPane::drawDivider(QPainter& painter) const {
    const double x = dividerX();
    painter.setPen(QPen(QColor(0, 0, 0, 150), 4));
    painter.drawLine(QPointF(x, 0), QPointF(x, height()));
    painter.setPen(QPen(Qt::white, 1.6));
    painter.drawLine(QPointF(x, 0), QPointF(x, height()));
    const QPointF middle(x, height() / 2.0);
    painter.setPen(QPen(QColor(0, 0, 0, 150), 1.5));
    painter.setBrush(Qt::white);
    painter.drawEllipse(middle, 11, 11);
    painter.setPen(QPen(QColor("#141416"), 1.75, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    for (const int side : {-1, 1})
        painter.drawPolyline(QPolygonF{middle + QPointF(side * 3, -4), middle + QPointF(side * 7, 0),
                                       middle + QPointF(side * 3, 4)});
}

void CanvasPane::drawScaleBar(QPainter& painter) const {
    const VoxelSize& size = bench_.document()->voxelSize();
    const ScaleBar bar = scaleBar(size.xNm, bench_.view().zoom, std::min(160.0, width() / 3.0));
    if (bar.screenPixels < 8) return;
    const QFontMetrics metrics(secondaryFont());
    const QString text = QString::fromStdString(bar.text);
    const double wide = std::ceil(std::max(bar.screenPixels, double(metrics.horizontalAdvance(text))));
    // On a dark chip like the title: read on any image, and beside it in the light theme.
    const QRectF chip(width() - 8 - wide - 16, height() - 8 - 36, wide + 16, 36);
    painter.setPen(Qt::NoPen);
    painter.setBrush(QColor(20, 20, 22, 215));
    painter.drawRoundedRect(chip, 4, 4);
    painter.setPen(QColor("#e6e6e6"));
    painter.setFont(secondaryFont());
    painter.drawText(chip.adjusted(0, 4, 0, -12), Qt::AlignHCenter | Qt::AlignVCenter, text);
    painter.fillRect(QRectF(chip.center().x() - bar.screenPixels / 2, chip.bottom() - 9, bar.screenPixels, 3),
                     Qt::white);
}

void CanvasPane::mousePressEvent(QMouseEvent* event) {
    if (!bench_.document()) return;
    lastMouse_ = pressedAt_ = event->position();
    const QString tool = bench_.tool();
    const bool left = event->button() == Qt::LeftButton;
    if (left && nearDivider(event->position())) {
        swiping_ = true;
        return;
    }
    if (event->button() == Qt::MiddleButton || (left && (panHeld_ || tool == QLatin1String("browse")))) {
        panning_ = true;
        updateTool();
        return;
    }
    if (!left) return;
    const ImagePoint point = imageAt(event->position());
    if (tool == QLatin1String("measure")) {
        measuring_ = true;
        bench_.setMeasureLine(Workbench::MeasureLine{bench_.view().slice, point, point});
        return;
    }
    if (tool == QLatin1String("complete")) {
        completing_ = {point, point};
        return;
    }
    if (tool == QLatin1String("explain")) {
        const bool hide = event->modifiers() & Qt::ShiftModifier;
        return bench_.explanation().explain(point, hide ? Explanation::occlusion : Explanation::activation);
    }
    if (tool == QLatin1String("pick") || (event->modifiers() & Qt::AltModifier)) {
        const Extent3 extent = bench_.document()->info().extent();
        const auto y = int64_t(std::floor(point.y)), x = int64_t(std::floor(point.x));
        if (y >= 0 && x >= 0 && y < extent.y && x < extent.x)
            Q_EMIT labelPicked(bench_.document()->labels().at(bench_.view().slice, y, x).label);
        return;
    }
    strokes_.press(point, bench_.view().slice);
    Q_EMIT strokeChanged();
}

void CanvasPane::mouseMoveEvent(QMouseEvent* event) {
    if (!bench_.document()) return;
    if (panning_) {
        bench_.setView(
            panned(bench_.view(), event->position() - lastMouse_, bench_.document()->info().extent()));
        lastMouse_ = event->position();
    }
    const ImagePoint point = imageAt(event->position());
    if (swiping_) bench_.setSwipe(event->position().x() / std::max(1, width()));
    if (swipe_ && !panning_) {
        if (swiping_ || nearDivider(event->position()))
            setCursor(Qt::SplitHCursor);
        else if (cursor().shape() == Qt::SplitHCursor)
            updateTool();
    }
    if (measuring_ && bench_.measureLine()) {
        Workbench::MeasureLine line = *bench_.measureLine();
        line.to = point;
        bench_.setMeasureLine(line);
    }
    if (completing_) {
        completing_->second = point;
        update();
    }
    if (!panning_ && strokes_.running()) {
        strokes_.move(point);
        Q_EMIT strokeChanged();
    }
    Q_EMIT pointerMoved(point);
    if (!tileTimer_.isActive()) tileTimer_.start();
}

void CanvasPane::mouseReleaseEvent(QMouseEvent* event) {
    if (panning_ && (event->button() == Qt::MiddleButton || event->button() == Qt::LeftButton)) {
        panning_ = false;
        updateTool();
        const bool clicked = (event->position() - pressedAt_).manhattanLength() < 4;
        if (crossShown_ && clicked && event->button() == Qt::LeftButton && !panHeld_)
            bench_.setCross(imageAt(event->position()));
        return;
    }
    if (event->button() == Qt::LeftButton && swiping_) {
        swiping_ = false;
        return;
    }
    if (event->button() == Qt::LeftButton && completing_) {
        completing_->second = imageAt(event->position());
        const Box3 part = completingBox();
        completing_.reset();
        if (part.y1 - part.y0 > 2 && part.x1 - part.x0 > 2) bench_.addCompletePart(part); // no mere click
        update();
        return;
    }
    if (event->button() == Qt::LeftButton && measuring_) {
        measuring_ = false;
        // A click without a drag takes the line away.
        const auto& line = bench_.measureLine();
        if (line && line->from.x == line->to.x && line->from.y == line->to.y)
            bench_.setMeasureLine(std::nullopt);
        return;
    }
    if (event->button() == Qt::LeftButton && bench_.document() && strokes_.running()) {
        strokes_.release(imageAt(event->position()));
        Q_EMIT strokeChanged();
    }
}

void CanvasPane::mouseDoubleClickEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton && strokes_.running() && strokes_.tool() &&
        strokes_.tool()->multiClick()) {
        strokes_.finish(); // the first press of the double click has set the last corner
        Q_EMIT strokeChanged();
        return;
    }
    mousePressEvent(event);
}

void CanvasPane::wheelEvent(QWheelEvent* event) {
    Document* document = bench_.document();
    if (!document) return;
    // Alt turns a vertical wheel into a horizontal one on some platforms.
    const double angle = event->angleDelta().y() != 0 ? event->angleDelta().y() : event->angleDelta().x();
    const double notches = angle / 120;
    event->accept();
    if (event->modifiers() & Qt::AltModifier) {
        bench_.setBrushRadius(bench_.brushRadius() * std::exp2(notches / 4));
        return;
    }
    const Extent3 extent = document->info().extent();
    if (extent.z == 1 || (event->modifiers() & Qt::ControlModifier)) {
        bench_.setView(zoomedAt(bench_.view(), QSizeF(size()), event->position(),
                                steppedZoom(bench_.view().zoom, notches), extent));
        return;
    }
    wheelRest_ -= notches; // touch pads send parts of a notch
    const double whole = std::trunc(wheelRest_);
    wheelRest_ -= whole;
    if (whole != 0)
        bench_.setSlice(bench_.view().slice +
                        int64_t(whole) * (event->modifiers() & Qt::ShiftModifier ? 10 : 1));
}

void CanvasPane::leaveEvent(QEvent*) {
    Q_EMIT pointerMoved(std::nullopt);
}

void CanvasPane::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    if (!tileTimer_.isActive()) tileTimer_.start();
}

void CanvasPane::focusInEvent(QFocusEvent*) {
    update(0, 0, width(), 2);
}

void CanvasPane::focusOutEvent(QFocusEvent*) {
    update(0, 0, width(), 2);
}

} // namespace cristae

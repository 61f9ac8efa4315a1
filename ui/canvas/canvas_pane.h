// CanvasPane: one picture of the open slice; all panes share the workbench's view.
#pragma once
#include "ui/canvas/render_area.h"
#include "ui/canvas/view_maths.h"
#include "ui/window/workbench.h"

#include <QTimer>
#include <QWidget>

#include <optional>

namespace cristae {

class ScreenTiles;
class Strokes;

class CanvasPane : public QWidget {
    Q_OBJECT
public:
    CanvasPane(Workbench& bench, ScreenTiles& tiles, Strokes& strokes, bool withLabels,
               QWidget* parent = nullptr);
    ~CanvasPane() override;

    bool withLabels() const { return withLabels_; }
    /// Drawn in the chip at the top left.
    void setTitle(const QString& title);
    void setScaleBarShown(bool shown);
    /// Where the mouse is over any of the linked panes; `here` if it is over this one.
    void setPointer(std::optional<ImagePoint> point, bool here);
    PaneGeometry geometryNow() const;
    /// A divider that can be moved: what lies left of it is shown without labels.
    void setSwipe(bool on);
    /// The cross-hair where the planes meet; a click with the browse tool moves it.
    void setCrossShown(bool shown);
    /// Repaints the part that shows these voxels, outline included.
    void updateLabels(const Box3& box);
    /// While Space is held every tool moves the image.
    void setPanHeld(bool held);
    void updateTool(); // cursor shape, outline of the polygon

Q_SIGNALS:
    void pointerMoved(std::optional<cristae::ImagePoint> point);
    /// A label was picked with the pick tool or Alt-click.
    void labelPicked(uint32_t label);
    void strokeChanged();

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    ImagePoint imageAt(QPointF position) const;
    QRect pointerRect() const;
    void wantTiles();
    void drawPointer(QPainter& painter) const;
    void drawShape(QPainter& painter) const;
    void drawMeasureLine(QPainter& painter) const;
    void drawComplete(QPainter& painter) const;
    Box3 completingBox() const;
    void drawTitle(QPainter& painter) const;
    void drawDivider(QPainter& painter) const;
    void drawCross(QPainter& painter) const;
    double dividerX() const; // logical pixels
    bool nearDivider(QPointF position) const;
    void drawScaleBar(QPainter& painter) const;
    void drawUnreadable(QPainter& painter, const std::vector<QRect>& parts, double ratio) const;

    Workbench& bench_;
    ScreenTiles& tiles_;
    Strokes& strokes_;
    bool withLabels_, scaleBarShown_ = true, pointerHere_ = false, panning_ = false, panHeld_ = false,
                      measuring_ = false, swipe_ = false, swiping_ = false, crossShown_ = false;
    QString title_;
    std::optional<ImagePoint> pointer_;
    std::optional<std::pair<ImagePoint, ImagePoint>> completing_; // corners of the rectangle being drawn
    QPointF lastMouse_, pressedAt_;
    double wheelRest_ = 0;
    QTimer tileTimer_; // gathers repaints before new tiles are asked for
};

} // namespace cristae

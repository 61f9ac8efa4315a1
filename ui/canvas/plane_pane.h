// PlanePane: a cut through the stack across its slices (xz or yz), read off the UI thread.
#pragma once
#include "ui/jobs/jobs.h"
#include "ui/window/workbench.h"

#include <QImage>
#include <QPointer>
#include <QTimer>
#include <QWidget>

namespace cristae {

/// xz: a row of every slice, z downwards. yz: a column of every slice, z to the right.
enum class Plane { xz, yz };

/// What one cut shows; a plain value made in the background.
struct PlaneCut {
    int64_t at = -1; // y of an xz cut, x of a yz cut
    Pixels grey;     // [C, 1, rows, columns] as on the screen
    QImage picture;  // with labels over it, one pixel for each voxel
};

class PlanePane : public QWidget {
    Q_OBJECT
public:
    PlanePane(Workbench& bench, Plane plane, QWidget* parent = nullptr);
    ~PlanePane() override;
    const PlaneCut& cut() const { return cut_; }
    /// Where a voxel of the cut is drawn: along x (or y) and along z; logical pixels of the pane.
    QRectF pictureRect() const;

Q_SIGNALS:
    void arrived();

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void showEvent(QShowEvent* event) override;

private:
    int64_t wanted() const;    // where the cross-hair wants the cut
    double depthScale() const; // how thick a slice is, in pixels of the plane
    void later();
    void load();
    void moveCross(QPointF position);
    Workbench& bench_;
    Plane plane_;
    PlaneCut cut_;
    bool stale_ = true;
    QPointer<Job> job_;
    QTimer delay_;
};

} // namespace cristae

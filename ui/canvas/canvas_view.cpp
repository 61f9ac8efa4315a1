// CanvasView: panes, keys, and the repainting that changes ask for.
#include "ui/canvas/canvas_view.h"
#include "ui/canvas/difference_layer.h"
#include "ui/canvas/explanation_layer.h"
#include "ui/theme/theme.h"

#include <QGridLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QSplitter>
#include <QTimer>

#include <algorithm>
#include <cmath>

namespace cristae {

CanvasView::CanvasView(Workbench& bench, QWidget* parent)
    : QWidget(parent), bench_(bench), tiles_(bench.jobs()), strokes_(bench),
      splitter_(new QSplitter(Qt::Horizontal, this)) {
    panes_ = {new CanvasPane(bench, tiles_, strokes_, false), new CanvasPane(bench, tiles_, strokes_, true)};
    panes_[0]->setObjectName(QStringLiteral("originalPane"));
    panes_[1]->setObjectName(QStringLiteral("labelledPane"));
    for (CanvasPane* pane : panes_) {
        splitter_->addWidget(pane);
        pane->installEventFilter(this);
        connect(pane, &CanvasPane::pointerMoved, this, [this, pane](std::optional<ImagePoint> point) {
            for (CanvasPane* other : panes_) other->setPointer(point, other == pane);
            Q_EMIT pointerMoved(point);
        });
        connect(pane, &CanvasPane::labelPicked, this, [this](uint32_t label) {
            if (label == 0)
                bench_.showRemark(tr("There is no label here to pick."));
            else
                bench_.setCurrentLabel(label);
        });
        connect(pane, &CanvasPane::strokeChanged, this, [this] {
            if (!strokes_.outline().empty() || !strokes_.running())
                for (CanvasPane* other : panes_) other->update();
        });
    }
    splitter_->setHandleWidth(2);
    splitter_->setChildrenCollapsible(false);
    planes_ = {new PlanePane(bench, Plane::xz, this), new PlanePane(bench, Plane::yz, this)};
    auto* layout = new QGridLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(2);
    layout->addWidget(splitter_, 0, 0);
    layout->addWidget(planes_[size_t(Plane::xz)], 1, 0);
    layout->addWidget(planes_[size_t(Plane::yz)], 0, 1);
    planesHint_ = secondaryLabel(tr("Click in any view to move the cross-hair. The wheel moves the plane of "
                                    "the view; Ctrl+wheel zooms."),
                                 this);
    planesHint_->setAlignment(Qt::AlignCenter);
    planesHint_->setMargin(24);
    layout->addWidget(planesHint_, 1, 1);
    planesHint_->hide();
    for (PlanePane* plane : planes_) plane->hide();
    connect(&bench_, &Workbench::crossChanged, this, [this] { panes_[1]->update(); });

    connect(&tiles_, &ScreenTiles::unreadable, this, &CanvasView::unreadable);
    connect(&bench_, &Workbench::documentChanged, this, &CanvasView::showDocument);
    connect(&bench_, &Workbench::labelsChanged, this, [this](const Box3& box) {
        for (CanvasPane* pane : panes_) pane->updateLabels(box);
    });
    connect(&bench_, &Workbench::classesChanged, this, [this] {
        nameLabels();
        panes_[1]->update();
    });
    connect(&bench_, &Workbench::voxelSizeChanged, this, [this] {
        for (CanvasPane* pane : panes_) pane->update();
    });
    connect(&bench_, &Workbench::displayChanged, this, [this] {
        tiles_.setRange(bench_.displayRange());
        for (CanvasPane* pane : panes_) pane->update();
    });
    connect(&bench_.difference(), &DifferenceLayer::changed, this, [this] {
        nameLabels();
        panes_[1]->update();
    });
    connect(&bench_.explanation(), &ExplanationLayer::changed, this, [this] { panes_[1]->update(); });
    connect(&bench_, &Workbench::measureLineChanged, this, [this] {
        for (CanvasPane* pane : panes_) pane->update();
    });
    connect(&bench_, &Workbench::viewModeChanged, this, &CanvasView::arrangePanes);
    connect(&bench_, &Workbench::toolChanged, this, [this] {
        if (strokes_.running() && (!strokes_.tool() || strokes_.tool()->key() != bench_.tool().toStdString()))
            strokes_.cancel();
        if (bench_.tool() != QLatin1String("eraser")) toolBefore_ = bench_.tool();
        for (CanvasPane* pane : panes_) pane->updateTool();
    });
    connect(&bench_, &Workbench::viewChanged, this, [this] {
        // A shape belongs to the slice it was begun on.
        if (strokes_.running() && strokes_.tool() && strokes_.slice() != bench_.view().slice)
            strokes_.cancel();
    });
    arrangePanes();
    showDocument();
}

CanvasView::~CanvasView() {
    // What draws goes before the tiles and strokes that it draws from.
    qDeleteAll(findChildren<QWidget*>(QString(), Qt::FindDirectChildrenOnly));
}

void CanvasView::showDocument() {
    strokes_.forget();
    tiles_.setSource(bench_.screenSource());
    tiles_.setRange(bench_.displayRange());
    nameLabels();
    lastFit_.reset();
    arrangePanes();
    if (bench_.document()) fit();
    for (CanvasPane* pane : panes_) pane->update();
}

void CanvasView::arrangePanes() {
    const bool both = bench_.viewMode() == ViewMode::sideBySide;
    panes_[0]->setVisible(both);
    panes_[0]->setTitle(tr("original"));
    panes_[0]->setScaleBarShown(false);
    const bool planes = bench_.viewMode() == ViewMode::planes && bench_.document() &&
                        bench_.document()->info().extent().z > 1;
    auto* grid = static_cast<QGridLayout*>(layout());
    grid->setColumnStretch(0, planes ? 13 : 1);
    grid->setColumnStretch(1, planes ? 7 : 0);
    grid->setRowStretch(0, planes ? 13 : 1);
    grid->setRowStretch(1, planes ? 7 : 0);
    for (PlanePane* plane : planes_) plane->setVisible(planes);
    planesHint_->setVisible(planes);
    panes_[1]->setCrossShown(planes);
    panes_[1]->setSwipe(bench_.viewMode() == ViewMode::swipe);
    if (both && splitter_->sizes().value(0) == 0) splitter_->setSizes({1000, 1000});
    QTimer::singleShot(0, this, [this] { refitIfFitted(); });
}

void CanvasView::nameLabels() {
    if (bench_.difference().shown()) {
        panes_[1]->setTitle(tr("difference from %1").arg(bench_.difference().name()));
        return;
    }
    QStringList names;
    if (const Document* document = bench_.document())
        for (const LabelClass& entry : document->classes().classes())
            if (entry.visible) names << QString::fromStdString(entry.name);
    if (names.size() > 3) names = names.mid(0, 3) << QStringLiteral("…");
    panes_[1]->setTitle(names.isEmpty() ? tr("labels: none yet") : names.join(QStringLiteral(" · ")));
}

void CanvasView::fit() {
    if (!bench_.document()) return;
    const QSizeF size(panes_[1]->size());
    ViewState view = fitted(bench_.view(), size, bench_.document()->info().extent());
    lastFit_ = view;
    bench_.setView(view);
}

void CanvasView::refitIfFitted() {
    if (!bench_.document() || !lastFit_) return;
    const ViewState& now = bench_.view();
    if (now.zoom == lastFit_->zoom && now.centreX == lastFit_->centreX && now.centreY == lastFit_->centreY)
        fit();
}

void CanvasView::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    QTimer::singleShot(0, this, [this] { refitIfFitted(); }); // the splitter has not yet laid out its panes
}

void CanvasView::zoomBy(double steps) {
    zoomTo(steppedZoom(bench_.view().zoom, 2 * steps));
}

void CanvasView::zoomTo(double zoom) {
    if (!bench_.document()) return;
    const QSizeF size(panes_[1]->size());
    bench_.setView(zoomedAt(bench_.view(), size, QPointF(size.width() / 2, size.height() / 2), zoom,
                            bench_.document()->info().extent()));
}

void CanvasView::stepSlice(int64_t steps) {
    bench_.setSlice(bench_.view().slice + steps);
}

void CanvasView::undo() {
    if (strokes_.running()) {
        strokes_.cancel();
        for (CanvasPane* pane : panes_) pane->update();
        return;
    }
    bench_.undo();
}

void CanvasView::redo() {
    if (!strokes_.running()) bench_.redo();
}

void CanvasView::focusCanvas() {
    panes_[1]->setFocus();
}

bool CanvasView::viewKey(QKeyEvent* event) {
    const bool control = event->modifiers() & Qt::ControlModifier;
    const int64_t steps = event->modifiers() & Qt::ShiftModifier ? 10 : 1;
    switch (event->key()) {
    // Shift turns , and . into < and > on most keyboards.
    case Qt::Key_Comma:
    case Qt::Key_Less:
    case Qt::Key_PageUp:
        stepSlice(-steps);
        return true;
    case Qt::Key_Period:
    case Qt::Key_Greater:
    case Qt::Key_PageDown:
        stepSlice(steps);
        return true;
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        zoomBy(1);
        return true;
    case Qt::Key_Minus:
        zoomBy(-1);
        return true;
    case Qt::Key_0:
        if (control) fit();
        return control;
    case Qt::Key_1:
        if (control) zoomTo(1);
        return control;
    case Qt::Key_Tab:
        bench_.setLabelsShown(!bench_.labelsShown());
        return true;
    case Qt::Key_H:
        if (!event->isAutoRepeat()) bench_.setLabelsShown(false);
        return true;
    case Qt::Key_C:
        if (control) return false;
        bench_.autoContrast();
        return true;
    case Qt::Key_Space:
        if (!event->isAutoRepeat())
            for (CanvasPane* pane : panes_) pane->setPanHeld(true);
        return true;
    case Qt::Key_Left:
    case Qt::Key_Right:
    case Qt::Key_Up:
    case Qt::Key_Down: {
        if (!bench_.document() || control) return false;
        const double d = 64;
        const QPointF distance(event->key() == Qt::Key_Left    ? d
                               : event->key() == Qt::Key_Right ? -d
                                                               : 0,
                               event->key() == Qt::Key_Up     ? d
                               : event->key() == Qt::Key_Down ? -d
                                                              : 0);
        bench_.setView(panned(bench_.view(), distance, bench_.document()->info().extent()));
        return true;
    }
    default:
        return false;
    }
}

bool CanvasView::toolKey(QKeyEvent* event) {
    const bool control = event->modifiers() & Qt::ControlModifier;
    if (event->key() == Qt::Key_BracketLeft || event->key() == Qt::Key_BracketRight ||
        event->key() == Qt::Key_BraceLeft || event->key() == Qt::Key_BraceRight) {
        const bool up = event->key() == Qt::Key_BracketRight || event->key() == Qt::Key_BraceRight;
        if (control) {
            OverlayStyle style = bench_.overlayStyle();
            style.fill = std::clamp(style.fill + (up ? 0.05 : -0.05), 0.0, 1.0);
            bench_.setOverlayStyle(style);
        } else {
            const double step = event->modifiers() & Qt::ShiftModifier
                                    ? 10
                                    : std::max(1.0, std::round(bench_.brushRadius() / 8));
            bench_.setBrushRadius(bench_.brushRadius() + (up ? step : -step));
        }
        return true;
    }
    if (control) return false;
    if (event->key() >= Qt::Key_1 && event->key() <= Qt::Key_9 && bench_.document()) {
        const auto& classes = bench_.document()->classes().classes();
        const size_t index = size_t(event->key() - Qt::Key_1);
        if (index < classes.size())
            bench_.setCurrentLabel(classes[index].value);
        else
            bench_.showRemark(
                tr("There is no class %1 yet. Add one under “Layers and classes”.").arg(index + 1));
        return true;
    }
    switch (event->key()) {
    case Qt::Key_B:
        bench_.setTool(QStringLiteral("brush"));
        return true;
    case Qt::Key_E:
        bench_.setTool(QStringLiteral("eraser"));
        return true;
    case Qt::Key_F:
        bench_.setTool(QStringLiteral("fill"));
        return true;
    case Qt::Key_P:
        bench_.setTool(QStringLiteral("polygon"));
        return true;
    case Qt::Key_L:
        bench_.setTool(QStringLiteral("lasso"));
        return true;
    case Qt::Key_W:
        bench_.setTool(QStringLiteral("wand"));
        return true;
    case Qt::Key_R:
        bench_.setTool(QStringLiteral("measure"));
        return true;
    case Qt::Key_I:
        bench_.setTool(QStringLiteral("pick"));
        return true;
    case Qt::Key_V:
        bench_.setTool(QStringLiteral("browse"));
        return true;
    case Qt::Key_K:
        bench_.setTool(QStringLiteral("complete"));
        return true;
    case Qt::Key_Y:
        bench_.setTool(QStringLiteral("explain"));
        return true;
    case Qt::Key_X:
        bench_.setTool(bench_.tool() == QLatin1String("eraser") ? toolBefore_ : QStringLiteral("eraser"));
        return true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        strokes_.finish();
        for (CanvasPane* pane : panes_) pane->update();
        return true;
    case Qt::Key_Escape:
        if (!strokes_.running() && bench_.measureLine()) {
            bench_.setMeasureLine(std::nullopt);
            return true;
        }
        if (!strokes_.running() && (bench_.explanation().shown() || bench_.explanation().running())) {
            bench_.explanation().clear();
            return true;
        }
        if (!strokes_.running()) return false;
        strokes_.cancel();
        for (CanvasPane* pane : panes_) pane->update();
        return true;
    default:
        return false;
    }
}

bool CanvasView::eventFilter(QObject* watched, QEvent* event) {
    if (!bench_.document()) return QWidget::eventFilter(watched, event);
    if (event->type() == QEvent::KeyPress) {
        // Here and not in keyPressEvent(): Tab would have moved the focus before. Shift+Tab still leads out.
        auto* key = static_cast<QKeyEvent*>(event);
        return toolKey(key) || viewKey(key);
    }
    if (event->type() == QEvent::KeyRelease) {
        const auto* key = static_cast<QKeyEvent*>(event);
        if (key->isAutoRepeat()) return false;
        if (key->key() == Qt::Key_H) bench_.setLabelsShown(true);
        if (key->key() == Qt::Key_Space)
            for (CanvasPane* pane : panes_) pane->setPanHeld(false);
    }
    return QWidget::eventFilter(watched, event);
}

} // namespace cristae

// CanvasView: one or two linked panes, the keys that work on them, and what they share.
#pragma once
#include "ui/canvas/canvas_pane.h"
#include "ui/canvas/plane_pane.h"
#include "ui/canvas/screen_tiles.h"
#include "ui/canvas/strokes.h"
#include "ui/window/workbench.h"

#include <QWidget>

#include <array>
#include <optional>

class QLabel;
class QSplitter;

namespace cristae {

class CanvasView : public QWidget {
    Q_OBJECT
public:
    explicit CanvasView(Workbench& bench, QWidget* parent = nullptr);
    ~CanvasView() override;

    ScreenTiles& tiles() { return tiles_; }
    Strokes& strokes() { return strokes_; }
    QSplitter* splitter() const { return splitter_; }
    CanvasPane* originalPane() const { return panes_[0]; }
    CanvasPane* labelledPane() const { return panes_[1]; }
    PlanePane* planePane(Plane plane) const { return planes_[size_t(plane)]; }
    void fit();
    /// Keeps the middle of the view in place; +1 is half an octave in.
    void zoomBy(double steps);
    void zoomTo(double zoom);
    void stepSlice(int64_t steps);
    /// Undo while a stroke runs takes the stroke back.
    void undo();
    void redo();
    /// Puts the keyboard focus on the pane that shows labels.
    void focusCanvas();

Q_SIGNALS:
    void pointerMoved(std::optional<cristae::ImagePoint> point);
    void unreadable(const QString& message);

protected:
    /// Keys reach the panes only while one of them has the focus, so that letters typed elsewhere stay
    /// letters.
    bool eventFilter(QObject* watched, QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void showDocument();
    void arrangePanes();
    void nameLabels();
    void refitIfFitted();
    bool viewKey(QKeyEvent* event);
    bool toolKey(QKeyEvent* event);

    Workbench& bench_;
    ScreenTiles tiles_;
    Strokes strokes_;
    QSplitter* splitter_;
    std::array<CanvasPane*, 2> panes_;
    std::array<PlanePane*, 2> planes_;
    QLabel* planesHint_ = nullptr;
    std::optional<ViewState> lastFit_;
    QString toolBefore_ = QStringLiteral("brush");
};

} // namespace cristae

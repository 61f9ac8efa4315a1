// CorrectPage: what a person needs to repair labels by hand: class, tool, what a stroke may change, and the
// steps so far.
#pragma once
#include <QWidget>

class QComboBox;
class QLabel;
class QPushButton;
class QToolButton;

namespace cristae {

class FitPanel;
class Workbench;

class CorrectPage : public QWidget {
    Q_OBJECT
public:
    explicit CorrectPage(Workbench& bench, QWidget* parent = nullptr);
    FitPanel* fitPanel() const { return fit_; }

Q_SIGNALS:
    /// Undo and redo go through the canvas, which takes back a running stroke first.
    void undoWanted();
    void redoWanted();
    /// A tool was chosen here: the canvas should have the keys now.
    void toolChosen();

private:
    void showState();
    void clearSlice();
    void copyFromNeighbour(int step);
    Workbench& bench_;
    FitPanel* fit_ = nullptr;
    QLabel *class_ = nullptr, *hint_ = nullptr, *steps_ = nullptr;
    QComboBox* tool_ = nullptr;
    QPushButton *undo_ = nullptr, *redo_ = nullptr, *clear_ = nullptr, *before_ = nullptr, *after_ = nullptr;
};

} // namespace cristae

// TopBar: open, export, undo, redo; how to look; which file; predict.
#pragma once
#include <QWidget>

class QAction;
class QLabel;
class QPushButton;
class QToolButton;

namespace cristae {

class Workbench;

class TopBar : public QWidget {
    Q_OBJECT
public:
    struct Actions {
        QAction *open, *exportLabels, *undo, *redo, *sideBySide, *overlay, *swipe, *planes;
    };
    TopBar(Workbench& bench, const Actions& actions, QWidget* parent = nullptr);
    QPushButton* predictButton() const { return predict_; }
    /// Why nothing can be predicted now; empty if it can.
    void setPredictState(bool running, const QString& obstacle);

Q_SIGNALS:
    void predictWanted();
    void voxelSizeWanted();

private:
    void showFile();
    Workbench& bench_;
    QToolButton* file_ = nullptr;
    QWidget* segments_ = nullptr;
    QPushButton* predict_ = nullptr;
};

} // namespace cristae

// StatusLine: where the pointer is and what lies there; the running job; zoom; device.
#pragma once
#include "core/tools/tool.h"

#include <QStatusBar>

#include <functional>
#include <optional>

class QLabel;
class QProgressBar;
class QToolButton;

namespace cristae {

class ScreenTiles;
class Workbench;

class StatusLine : public QStatusBar {
    Q_OBJECT
public:
    StatusLine(Workbench& bench, ScreenTiles& tiles, QWidget* parent = nullptr);
    void setPointer(std::optional<ImagePoint> point);
    void setDevice(const QString& words);

Q_SIGNALS:
    void jobsWanted();

protected:
    void mousePressEvent(QMouseEvent* event) override;

private:
    void showPointer();
    void showJob();
    Workbench& bench_;
    ScreenTiles& tiles_;
    std::optional<ImagePoint> point_;
    QLabel *place_ = nullptr, *length_ = nullptr, *grey_ = nullptr, *label_ = nullptr, *zoom_ = nullptr,
           *device_ = nullptr, *measure_ = nullptr;
    QLabel *jobWords_ = nullptr, *jobLeft_ = nullptr;
    QProgressBar* jobBar_ = nullptr;
    QToolButton* jobCancel_ = nullptr;
};

} // namespace cristae

// VolumeDialog: the open stack from any side, beside the window: its outside, or its objects' surfaces.
#pragma once
#include "core/render/volume_scene.h"

#include <QDialog>
#include <QPointer>

class QComboBox;
class QLabel;
class QProgressBar;
class QPushButton;

namespace cristae {

class Job;
class VolumeView;
class Workbench;

class VolumeDialog : public QDialog {
    Q_OBJECT
public:
    explicit VolumeDialog(Workbench& workbench, QWidget* parent = nullptr);
    ~VolumeDialog() override;
    VolumeView& view() const { return *view_; }
    /// The picture as it is seen, in twice the window's pixels; in the background.
    void savePicture(const QString& path);

public Q_SLOTS:
    /// Reads image and labels as they are now, in the background.
    void refresh();

Q_SIGNALS:
    void refreshed();

protected:
    void showEvent(QShowEvent* event) override;

private:
    void buildLayout();
    void choosePicture();
    void updateState();

    Workbench& workbench_;
    VolumeView* view_ = nullptr;
    QComboBox* rendering_ = nullptr;
    QPushButton *refresh_ = nullptr, *cancel_ = nullptr, *front_ = nullptr, *save_ = nullptr;
    QProgressBar* bar_ = nullptr;
    QLabel *facts_ = nullptr, *hint_ = nullptr;
    QPointer<Job> job_;
    bool stale_ = true;  // labels or image have changed since the scene was read
    bool again_ = false; // another image was opened while one was being read
};

} // namespace cristae

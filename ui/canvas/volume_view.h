// VolumeView: a stack that is turned with the mouse or the arrow keys; drawn off the UI thread.
#pragma once
#include "core/render/volume_picture.h"

#include <QImage>
#include <QPointer>
#include <QTimer>
#include <QWidget>

class QPainter;

namespace cristae {

class Job;
class Jobs;

class VolumeView : public QWidget {
    Q_OBJECT
public:
    explicit VolumeView(Jobs& jobs, QWidget* parent = nullptr);
    ~VolumeView() override;

    /// Null: nothing is shown but the words.
    void setScene(std::shared_ptr<const VolumeScene> scene);
    const std::shared_ptr<const VolumeScene>& scene() const { return scene_; }
    /// What stands in the middle while there is nothing to see.
    void setWords(const QString& words);
    void setRendering(VolumeRendering rendering);
    VolumeRendering rendering() const { return rendering_; }
    void setCamera(const VolumeCamera& camera);
    const VolumeCamera& camera() const { return camera_; }
    const QImage& picture() const { return picture_; }
    QSize sizeHint() const override { return {720, 560}; }

Q_SIGNALS:
    /// A picture stands there; `fine`: in full resolution.
    void drawn(bool fine);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void showEvent(QShowEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    /// Coarse while it moves, fine when it rests.
    void later();
    void draw();
    void drawScaleBar(QPainter& painter) const;
    Jobs& jobs_;
    std::shared_ptr<const VolumeScene> scene_;
    QString words_;
    VolumeRendering rendering_ = VolumeRendering::outside;
    VolumeCamera camera_;
    QImage picture_;
    double stepsPerPixel_ = 1; // of the picture, in logical pixels of the widget
    bool stale_ = false, fine_ = false;
    QPointer<Job> job_;
    QTimer rest_;
    std::optional<QPointF> dragged_;
};

} // namespace cristae

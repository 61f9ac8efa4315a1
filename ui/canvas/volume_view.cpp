// VolumeView: turning, the coarse picture while it moves and the fine one when it rests.
#include "ui/canvas/volume_view.h"

#include "core/render/compose.h"
#include "ui/jobs/jobs.h"
#include "ui/panels/parts.h"
#include "ui/theme/theme.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

namespace cristae {

namespace {

constexpr double degreesPerPixel = 0.4;

QImage imageOf(const Pixels& colours) {
    const Extent3 e = colours.extent();
    std::vector<uint32_t> rgb;
    greyToRgb(colours, {}, rgb);
    return QImage(reinterpret_cast<const uchar*>(rgb.data()), int(e.x), int(e.y), int(e.x) * 4,
                  QImage::Format_RGB32)
        .copy();
}

} // namespace

VolumeView::VolumeView(Jobs& jobs, QWidget* parent) : QWidget(parent), jobs_(jobs) {
    setObjectName(QStringLiteral("volumeView"));
    setAccessibleName(tr("3D view of the stack"));
    setAttribute(Qt::WA_OpaquePaintEvent);
    setFocusPolicy(Qt::StrongFocus);
    setMinimumSize(240, 200);
    setCursor(Qt::OpenHandCursor);
    rest_.setSingleShot(true);
    rest_.setInterval(150);
    connect(&rest_, &QTimer::timeout, this, &VolumeView::draw);
}

VolumeView::~VolumeView() {
    if (job_) job_->cancel();
}

void VolumeView::setScene(std::shared_ptr<const VolumeScene> scene) {
    scene_ = std::move(scene);
    picture_ = {};
    later();
}

void VolumeView::setWords(const QString& words) {
    words_ = words;
    update();
}

void VolumeView::setRendering(VolumeRendering rendering) {
    rendering_ = rendering;
    later();
}

void VolumeView::setCamera(const VolumeCamera& camera) {
    camera_ = camera;
    camera_.turn = std::remainder(camera_.turn, 360.0);
    camera_.tilt = std::clamp(camera_.tilt, -90.0, 90.0);
    camera_.zoom = std::clamp(camera_.zoom, 0.5, 20.0);
    later();
}

void VolumeView::later() {
    stale_ = true;
    update();
    if (!scene_ || !isVisible()) return;
    rest_.start();
    if (!job_) draw();
}

void VolumeView::draw() {
    if (!scene_ || !isVisible() || job_ || width() < 1 || height() < 1) return;
    if (!stale_ && fine_) return;
    stale_ = false;
    // While it is being turned a pixel of the picture is two of the screen, so that it follows.
    const bool fine = !rest_.isActive();
    const double scale = fine ? devicePixelRatioF() : 0.5;
    const QSize size(std::max(1, int(width() * scale)), std::max(1, int(height() * scale)));
    job_ = jobs_.start<VolumePicture>(
        Queue::view, tr("Rendering the 3D view"),
        [scene = scene_, camera = camera_, rendering = rendering_, size,
         background = fromQColor(themeColours(palette()).surround)](const Progress& progress) {
            return volumePicture(*scene, camera, rendering, size.width(), size.height(), background,
                                 progress);
        },
        [self = QPointer(this), fine, size, scene = scene_](const VolumePicture& picture) {
            if (!self || self->scene_ != scene) return;
            self->picture_ = imageOf(picture.colours);
            self->stepsPerPixel_ = picture.stepsPerPixel * size.width() / std::max(1, self->width());
            self->fine_ = fine;
            self->update();
            Q_EMIT self->drawn(fine && !self->stale_);
        },
        {}, {}, false);
    connect(job_, &Job::ended, this, [this] {
        job_ = nullptr;
        if (stale_ || (!fine_ && !rest_.isActive())) draw();
    });
}

void VolumeView::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const ThemeColours colours = themeColours(palette());
    painter.fillRect(rect(), colours.surround);
    if (scene_ && !picture_.isNull()) {
        painter.setRenderHint(QPainter::SmoothPixmapTransform);
        painter.drawImage(rect(), picture_);
        drawScaleBar(painter);
        return;
    }
    painter.setPen(colours.secondary);
    painter.drawText(rect().adjusted(24, 24, -24, -24), Qt::AlignCenter | Qt::TextWordWrap, words_);
}

void VolumeView::drawScaleBar(QPainter& painter) const {
    const ScaleBar bar = scene_->nmPerStep
                             ? scaleBar(*scene_->nmPerStep, 1 / stepsPerPixel_, 160)
                             : scaleBar({}, scene_->step[2] / double(scene_->block.x) / stepsPerPixel_, 160);
    const ThemeColours colours = themeColours(palette());
    const QRectF line(width() - 16 - bar.screenPixels, height() - 20, bar.screenPixels, 3);
    painter.fillRect(line, colours.text);
    painter.setPen(colours.text);
    painter.drawText(QRectF(line.left() - 100, line.top() - 22, line.width() + 100, 20),
                     Qt::AlignRight | Qt::AlignBottom, QString::fromStdString(bar.text));
}

void VolumeView::resizeEvent(QResizeEvent*) {
    later();
}
void VolumeView::showEvent(QShowEvent*) {
    later();
}

void VolumeView::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) later();
    QWidget::changeEvent(event);
}

void VolumeView::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) return;
    dragged_ = event->position();
    setCursor(Qt::ClosedHandCursor);
}

void VolumeView::mouseMoveEvent(QMouseEvent* event) {
    if (!dragged_) return;
    const QPointF way = event->position() - *dragged_;
    dragged_ = event->position();
    // The near side follows the pointer.
    setCamera(
        {camera_.turn - way.x() * degreesPerPixel, camera_.tilt + way.y() * degreesPerPixel, camera_.zoom});
}

void VolumeView::mouseReleaseEvent(QMouseEvent*) {
    dragged_.reset();
    setCursor(Qt::OpenHandCursor);
}

void VolumeView::mouseDoubleClickEvent(QMouseEvent*) {
    setCamera({});
}

void VolumeView::wheelEvent(QWheelEvent* event) {
    setCamera({camera_.turn, camera_.tilt, camera_.zoom * std::pow(2.0, event->angleDelta().y() / 480.0)});
    event->accept();
}

void VolumeView::keyPressEvent(QKeyEvent* event) {
    VolumeCamera camera = camera_;
    const double step = event->modifiers() & Qt::ShiftModifier ? 1 : 10;
    switch (event->key()) {
    case Qt::Key_Left:
        camera.turn += step;
        break;
    case Qt::Key_Right:
        camera.turn -= step;
        break;
    case Qt::Key_Up:
        camera.tilt -= step;
        break;
    case Qt::Key_Down:
        camera.tilt += step;
        break;
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        camera.zoom *= 1.25;
        break;
    case Qt::Key_Minus:
        camera.zoom /= 1.25;
        break;
    case Qt::Key_0:
        camera = {};
        break;
    default:
        QWidget::keyPressEvent(event);
        return;
    }
    setCamera(camera);
}

} // namespace cristae

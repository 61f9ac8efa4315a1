// PlanePane: loading a cut, drawing it beside the slice, and the cross-hair.
#include "ui/canvas/plane_pane.h"
#include "ui/canvas/view_maths.h"
#include "ui/theme/theme.h"

#include <QMouseEvent>
#include <QPainter>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

namespace cristae {

namespace {

/// The box of a cut in the volume.
Box3 boxOf(Plane plane, int64_t at, const Extent3& e) {
    return plane == Plane::xz ? Box3{0, at, 0, e.z, at + 1, e.x} : Box3{0, 0, at, e.z, e.y, at + 1};
}

/// [C, Z, Y, X] of a cut as [C, 1, rows, columns] of its picture.
Pixels turned(Plane plane, const Pixels& block) {
    const Extent3 e = block.extent();
    const int64_t rows = plane == Plane::xz ? e.z : e.y, columns = plane == Plane::xz ? e.x : e.z;
    Pixels picture(block.type(), block.channels(), {1, rows, columns});
    withPixelType(block.type(), [&](auto tag) {
        using T = decltype(tag);
        const auto from = block.values<T>();
        const auto to = picture.values<T>();
        for (int64_t c = 0; c < block.channels(); ++c)
            for (int64_t z = 0; z < e.z; ++z)
                for (int64_t i = 0; i < e.y * e.x; ++i) { // one of the two is 1
                    const int64_t row = plane == Plane::xz ? z : i, column = plane == Plane::xz ? i : z;
                    to[size_t((c * rows + row) * columns + column)] =
                        from[size_t((c * e.z + z) * e.y * e.x + i)];
                }
    });
    return picture;
}

/// A few slices at a time, so that a newer request need not wait for the whole stack.
Pixels readCut(const TileSource& image, const Box3& box, const Progress& progress) {
    const Extent3 size = box.extent();
    Pixels whole(image.info().type, image.info().channels, size);
    const size_t perSlice = size_t(size.y * size.x) * byteSize(whole.type());
    for (int64_t z = 0; z < size.z; ++z) {
        progress.throwIfCancelled();
        Box3 part = box;
        part.z0 = box.z0 + z;
        part.z1 = part.z0 + 1;
        const Pixels slice = image.read(0, part, progress);
        for (int64_t c = 0; c < whole.channels(); ++c)
            std::copy_n(slice.data() + size_t(c) * perSlice, perSlice,
                        whole.data() + size_t(c * size.z + z) * perSlice);
    }
    return whole;
}

QImage pictureOf(const Pixels& grey, const DisplayRange& range, const Pixels& labels,
                 const ClassTable& classes, const OverlayStyle& style) {
    const Extent3 e = grey.extent();
    std::vector<uint32_t> colours;
    greyToRgb(grey, range, colours);
    QImage picture = QImage(reinterpret_cast<const uchar*>(colours.data()), int(e.x), int(e.y), int(e.x) * 4,
                            QImage::Format_RGB32)
                         .copy();
    if (labels.empty()) return picture;
    Pixels framed(PixelType::u32, 1, {1, e.y + 2, e.x + 2}); // labelsToArgb wants a border
    for (int64_t y = 0; y < e.y; ++y)
        std::copy_n(labels.values<uint32_t>().begin() + y * e.x, e.x,
                    framed.values<uint32_t>().begin() + (y + 1) * (e.x + 2) + 1);
    std::vector<uint32_t> overlay;
    labelsToArgb(framed, classes, style, overlay);
    QPainter painter(&picture);
    painter.drawImage(0, 0,
                      QImage(reinterpret_cast<const uchar*>(overlay.data()), int(e.x), int(e.y), int(e.x) * 4,
                             QImage::Format_ARGB32_Premultiplied));
    return picture;
}

} // namespace

PlanePane::PlanePane(Workbench& bench, Plane plane, QWidget* parent)
    : QWidget(parent), bench_(bench), plane_(plane) {
    setAttribute(Qt::WA_OpaquePaintEvent);
    setMinimumSize(80, 80);
    setCursor(Qt::CrossCursor);
    setObjectName(plane == Plane::xz ? QStringLiteral("planeXz") : QStringLiteral("planeYz"));
    setAccessibleName(plane == Plane::xz ? tr("Orthogonal view xz") : tr("Orthogonal view yz"));
    delay_.setSingleShot(true);
    delay_.setInterval(30); // a stroke or a dragged cross-hair asks many times a second
    connect(&delay_, &QTimer::timeout, this, &PlanePane::load);
    for (auto signal : {&Workbench::documentChanged, &Workbench::classesChanged, &Workbench::displayChanged})
        connect(&bench_, signal, this, [this, signal] {
            if (signal == &Workbench::documentChanged) cut_ = {};
            stale_ = true;
            later();
        });
    connect(&bench_, &Workbench::labelsChanged, this, [this](const Box3&) {
        stale_ = true;
        later();
    });
    connect(&bench_, &Workbench::crossChanged, this, &PlanePane::later);
    connect(&bench_, &Workbench::viewChanged, this, [this] { update(); });
    connect(&bench_, &Workbench::voxelSizeChanged, this, [this] { update(); });
}

PlanePane::~PlanePane() {
    if (job_) job_->cancel();
}

int64_t PlanePane::wanted() const {
    const Extent3 e = bench_.document()->info().extent();
    const ImagePoint cross = bench_.cross();
    return plane_ == Plane::xz ? std::clamp<int64_t>(int64_t(cross.y), 0, e.y - 1)
                               : std::clamp<int64_t>(int64_t(cross.x), 0, e.x - 1);
}

double PlanePane::depthScale() const {
    const VoxelSize& size = bench_.document()->voxelSize();
    const auto& inPlane = plane_ == Plane::xz ? size.xNm : size.yNm;
    return size.zNm && inPlane ? *size.zNm / *inPlane : 1;
}

void PlanePane::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    later();
}

void PlanePane::later() {
    update();
    if (isVisible() && !delay_.isActive()) delay_.start();
}

void PlanePane::load() {
    const Document* document = bench_.document();
    if (!document || !isVisible()) return;
    const int64_t at = wanted();
    if (!stale_ && at == cut_.at) return;
    if (job_) return; // its end asks again
    stale_ = false;
    const Pixels known = at == cut_.at ? cut_.grey : Pixels();
    job_ = bench_.jobs().start<PlaneCut>(
        Queue::view, tr("Orthogonal view"),
        [plane = plane_, at, known, image = document->image(), labels = document->labels().snapshot(),
         classes = document->classes(), style = bench_.overlayStyle(), range = bench_.displayRange(),
         shown = bench_.labelsShown()](const Progress& progress) {
            const Box3 box = boxOf(plane, at, image->info().extent());
            PlaneCut cut;
            cut.at = at;
            cut.grey = known.empty() ? turned(plane, readCut(*image, box, progress)) : known;
            const Pixels values = shown ? turned(plane, labels.labels(box)) : Pixels();
            cut.picture = pictureOf(cut.grey, range, values, classes, style);
            return cut;
        },
        [self = QPointer(this), document](PlaneCut cut) {
            if (!self || document != self->bench_.document()) return;
            self->cut_ = std::move(cut);
            self->update();
            Q_EMIT self->arrived();
        },
        [](const Error&) {}, {}, false); // the slice says which pixels cannot be read
    connect(job_, &Job::ended, this, [this] {
        const bool failed = job_ && job_->state() == Job::State::failed;
        job_ = nullptr;
        if (!failed) later();
    });
}

QRectF PlanePane::pictureRect() const {
    const Extent3 e = bench_.document()->info().extent();
    const double ratio = devicePixelRatioF(), zoom = bench_.view().zoom;
    const PaneGeometry geometry = paneGeometry(bench_.view(), QSizeF(size()), ratio);
    const double depth = zoom * depthScale() * double(e.z);
    const double room = plane_ == Plane::xz ? height() : width();
    // The whole stack in the middle if there is room, else the slice in view.
    const double start = depth <= room ? (room - depth) / 2
                                       : room / 2 - (double(bench_.view().slice) + 0.5) * zoom * depthScale();
    return plane_ == Plane::xz ? QRectF(geometry.originX / ratio, start, double(e.x) * zoom, depth)
                               : QRectF(start, geometry.originY / ratio, depth, double(e.y) * zoom);
}

void PlanePane::paintEvent(QPaintEvent*) {
    const ThemeColours colours = themeColours(palette());
    QPainter painter(this);
    painter.fillRect(rect(), colours.surround);
    const Document* document = bench_.document();
    if (!document) return;
    const QRectF place = pictureRect();
    if (!cut_.picture.isNull()) {
        painter.setRenderHint(QPainter::SmoothPixmapTransform, bench_.view().zoom * devicePixelRatioF() < 1);
        painter.drawImage(place, cut_.picture);
    }
    const Extent3 e = document->info().extent();
    const ImagePoint cross = bench_.cross();
    const double slice = (double(bench_.view().slice) + 0.5) / double(e.z);
    const double x = plane_ == Plane::xz ? place.left() + cross.x * bench_.view().zoom
                                         : place.left() + slice * place.width();
    const double y = plane_ == Plane::xz ? place.top() + slice * place.height()
                                         : place.top() + cross.y * bench_.view().zoom;
    painter.setPen(QPen(QColor(74, 163, 223, 200), 1));
    painter.drawLine(QPointF(x, 0), QPointF(x, height()));
    painter.drawLine(QPointF(0, y), QPointF(width(), y));
    const QString words = plane_ == Plane::xz ? tr("xz · y %1").arg(wanted()) : tr("yz · x %1").arg(wanted());
    painter.setFont(secondaryFont());
    const QRect chip(8, 8, QFontMetrics(secondaryFont()).horizontalAdvance(words) + 16, 24);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(QColor(20, 20, 22, 215));
    painter.drawRoundedRect(chip, 4, 4);
    painter.setPen(QColor("#e6e6e6"));
    painter.drawText(chip, Qt::AlignCenter, words);
}

void PlanePane::moveCross(QPointF position) {
    const Document* document = bench_.document();
    if (!document) return;
    const Extent3 e = document->info().extent();
    const QRectF place = pictureRect();
    const double right = (position.x() - place.left()) / place.width(),
                 down = (position.y() - place.top()) / place.height();
    ImagePoint cross = bench_.cross();
    if (plane_ == Plane::xz)
        cross.x = right * double(e.x);
    else
        cross.y = down * double(e.y);
    bench_.setCross(cross);
    bench_.setSlice(int64_t(std::floor((plane_ == Plane::xz ? down : right) * double(e.z))));
}

void PlanePane::mousePressEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton) moveCross(event->position());
}

void PlanePane::mouseMoveEvent(QMouseEvent* event) {
    if (event->buttons() & Qt::LeftButton) moveCross(event->position());
}

void PlanePane::wheelEvent(QWheelEvent* event) {
    const Document* document = bench_.document();
    if (!document || event->angleDelta().y() == 0) return;
    event->accept();
    const double notches = event->angleDelta().y() / 120.0;
    if (event->modifiers() & Qt::ControlModifier) {
        const QSizeF size(this->size());
        bench_.setView(zoomedAt(bench_.view(), size, QPointF(size.width() / 2, size.height() / 2),
                                steppedZoom(bench_.view().zoom, notches), document->info().extent()));
        return;
    }
    ImagePoint cross = bench_.cross();
    (plane_ == Plane::xz ? cross.y : cross.x) -= notches * (event->modifiers() & Qt::ShiftModifier ? 10 : 1);
    bench_.setCross(cross);
}

} // namespace cristae

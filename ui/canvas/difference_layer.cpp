// DifferenceLayer: one slice at a time, and the legend.
#include "ui/canvas/difference_layer.h"

#include "ui/panels/parts.h"
#include "ui/theme/theme.h"
#include "ui/window/workbench.h"

#include <QFontMetrics>
#include <QPainter>

namespace cristae {

namespace {

/// Agreement of every voxel of slice z of the image, as labels that the canvas can draw.
LabelSnapshot codesOf(const DifferenceLayer::Request& request, const LabelSnapshot& labels, int64_t z,
                      const Progress& progress) {
    const Extent3 extent = labels.extent(), one{1, extent.y, extent.x};
    // Truth and prediction of a single slice have only that one.
    const auto slice = [&](const TileSource& source) {
        return source.read(0, Box3::ofSlice(one, source.info().extent().z == 1 ? 0 : z), progress);
    };
    const Pixels prediction =
        request.prediction ? slice(*request.prediction) : labels.labels(Box3::ofSlice(extent, z));
    const Pixels codes = differenceOf(prediction, slice(*request.truth), request.options);
    progress.throwIfCancelled();
    LabelLayer layer(extent);
    LabelEdit edit(layer.snapshot(), {});
    edit.setBlock(Box3::ofSlice(extent, z), codes, Origin::model);
    progress.throwIfCancelled();
    layer.apply(edit.delta());
    return layer.snapshot();
}

} // namespace

DifferenceLayer::DifferenceLayer(Workbench& bench) : bench_(bench) {
    connect(&bench_, &Workbench::documentChanged, this, [this] { compare({}); });
    connect(&bench_, &Workbench::viewChanged, this, [this] {
        if (bench_.view().slice != codesOf_) make();
    });
    connect(&bench_, &Workbench::labelsChanged, this, [this](const Box3& box) {
        if (shown() && !request_->prediction && box.z0 <= codesOf_ && codesOf_ < box.z1) strokes_.start();
    });
    strokes_.setSingleShot(true);
    strokes_.setInterval(100);
    connect(&strokes_, &QTimer::timeout, this, &DifferenceLayer::make);
}

DifferenceLayer::~DifferenceLayer() {
    if (making_) making_->cancel();
}

void DifferenceLayer::compare(std::optional<Request> request) {
    if (!request && !request_) return;
    request_ = std::move(request);
    codes_.reset();
    codesOf_ = -1;
    if (!request_) shown_ = false;
    make();
    Q_EMIT changed();
}

void DifferenceLayer::setShown(bool shown) {
    if (shown == shown_ || (shown && !request_)) return;
    shown_ = shown;
    make();
    Q_EMIT changed();
}

const LabelSnapshot* DifferenceLayer::codes(int64_t slice) const {
    return codes_ && slice == codesOf_ ? &*codes_ : nullptr;
}

void DifferenceLayer::make() {
    strokes_.stop();
    if (making_) making_->cancel();
    making_ = nullptr;
    const Document* document = bench_.document();
    if (!shown() || !document) return;
    const int64_t slice = bench_.view().slice;
    if (request_->slice && *request_->slice != slice) {
        codes_.reset(); // the truth says nothing of this one
        codesOf_ = slice;
        return;
    }
    making_ = bench_.jobs().start<LabelSnapshot>(
        Queue::view, tr("Difference"),
        [request = *request_, labels = document->labels().snapshot(), slice](const Progress& progress) {
            return codesOf(request, labels, slice, progress);
        },
        [self = QPointer(this), slice](LabelSnapshot codes) {
            if (!self) return;
            self->codes_ = std::move(codes);
            self->codesOf_ = slice;
            Q_EMIT self->changed();
        },
        [self = QPointer(this)](const Error& error) {
            if (!self) return;
            self->setShown(false);
            self->bench_.showError(tr("The difference cannot be shown"), QString::fromUtf8(error.what()));
        },
        {}, false);
}

QString DifferenceLayer::words(Agreement agreement) {
    switch (agreement) {
    case Agreement::truePositive:
        return tr("true positive");
    case Agreement::falsePositive:
        return tr("false positive");
    case Agreement::falseNegative:
        return tr("false negative");
    case Agreement::trueNegative:
        break;
    }
    return tr("background in both");
}

void DifferenceLayer::drawLegend(QPainter& painter, QPoint corner) {
    const QFontMetrics metrics(secondaryFont());
    constexpr int swatchSide = 10, inside = 8, gap = 14;
    int width = inside;
    for (const LabelClass& one : differenceClasses().classes())
        width += swatchSide + 5 + metrics.horizontalAdvance(words(Agreement(one.value))) + gap;
    QRect chip(corner.x(), corner.y() - 24, width - gap + inside, 24);
    painter.setFont(secondaryFont());
    painter.setPen(Qt::NoPen);
    painter.setBrush(QColor(20, 20, 22, 215));
    painter.drawRoundedRect(chip, 4, 4);
    int x = chip.left() + inside;
    for (const LabelClass& one : differenceClasses().classes()) {
        painter.fillRect(QRect(x, chip.center().y() - swatchSide / 2 + 1, swatchSide, swatchSide),
                         toQColor(one.colour));
        x += swatchSide + 5;
        painter.setPen(QColor("#e6e6e6"));
        const QString word = words(Agreement(one.value));
        painter.drawText(QPoint(x, chip.top() + (chip.height() + metrics.ascent() - metrics.descent()) / 2),
                         word);
        x += metrics.horizontalAdvance(word) + gap;
    }
}

} // namespace cristae

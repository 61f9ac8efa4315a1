// SliceBar: slider, marks and words.
#include "ui/window/slice_bar.h"
#include "core/base/text.h"
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"
#include "ui/window/workbench.h"

#include <QGridLayout>
#include <QHelpEvent>
#include <QLabel>
#include <QMouseEvent>
#include <QPainter>
#include <QSignalBlocker>
#include <QSlider>
#include <QToolButton>
#include <QToolTip>

#include <algorithm>
#include <utility>

namespace cristae {

namespace {

SliceMark markOf(const LabelSnapshot& labels, int64_t z) {
    SliceMark mark;
    if (labels.sliceEmpty(z)) return mark;
    const Extent3 extent = labels.extent();
    for (int64_t row = 0; row * LabelTile::side < extent.y; ++row)
        for (int64_t column = 0; column * LabelTile::side < extent.x; ++column)
            if (const LabelTile* tile = labels.tileAt(z, row, column)) {
                // Erased by hand counts as a correction too: the origin says so even where the label is 0.
                for (Origin origin : tile->origins) {
                    mark.predicted = mark.predicted || origin == Origin::model;
                    mark.byHand = mark.byHand || origin == Origin::human;
                }
                if (mark.predicted && mark.byHand) return mark;
            }
    return mark;
}

} // namespace

MarksStrip::MarksStrip(QWidget* parent) : QWidget(parent) {
    setFixedHeight(8);
    setAccessibleName(tr("Slices with predictions and hand corrections"));
}

void MarksStrip::setMarks(std::vector<SliceMark> marks) {
    marks_ = std::move(marks);
    update();
}

void MarksStrip::setSlice(int64_t slice) {
    slice_ = slice;
    update();
}

int64_t MarksStrip::sliceAt(double x) const {
    return std::clamp<int64_t>(int64_t(x / std::max(1, width()) * double(marks_.size())), 0,
                               int64_t(marks_.size()) - 1);
}

void MarksStrip::paintEvent(QPaintEvent*) {
    const ThemeColours colours = themeColours(palette());
    QPainter painter(this);
    painter.fillRect(QRect(0, 2, width(), 4), colours.border);
    const double step = width() / std::max(1.0, double(marks_.size()));
    for (size_t i = 0; i < marks_.size(); ++i) {
        if (!marks_[i].predicted && !marks_[i].byHand) continue;
        const QRectF place(double(i) * step, 2, std::max(1.0, step), 4);
        // Height tells the two apart as well as colour: hand corrections fill the lower half.
        if (marks_[i].predicted) painter.fillRect(place, colours.accent);
        if (marks_[i].byHand)
            painter.fillRect(marks_[i].predicted ? place.adjusted(0, 2, 0, 0) : place, colours.warning);
    }
}

void MarksStrip::mousePressEvent(QMouseEvent* event) {
    if (!marks_.empty()) Q_EMIT sliceClicked(sliceAt(event->position().x()));
}

bool MarksStrip::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip && !marks_.empty()) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const int64_t slice = sliceAt(help->pos().x());
        const SliceMark mark = marks_[size_t(slice)];
        QStringList words;
        if (mark.predicted) words << tr("predicted");
        if (mark.byHand) words << tr("corrected by hand");
        if (words.isEmpty()) words << tr("no labels");
        QToolTip::showText(help->globalPos(),
                           tr("Slice %1: %2").arg(slice + 1).arg(words.join(QStringLiteral(", "))), this);
        return true;
    }
    return QWidget::event(event);
}

SliceBar::SliceBar(Workbench& bench, QWidget* parent) : QWidget(parent), bench_(bench) {
    setObjectName(QStringLiteral("sliceBar"));
    setAttribute(Qt::WA_StyledBackground);
    setFixedHeight(48);
    number_ = new QLabel(this);
    number_->setMinimumWidth(72);
    depth_ = secondaryLabel({}, this);
    depth_->setWordWrap(false);
    before_ = new QToolButton(this);
    before_->setIcon(icon(QStringLiteral("chevron-left"), IconTone::secondary));
    before_->setToolTip(tr("Previous slice  ,"));
    after_ = new QToolButton(this);
    after_->setIcon(icon(QStringLiteral("chevron-right"), IconTone::secondary));
    after_->setToolTip(tr("Next slice  ."));
    for (QToolButton* button : {before_, after_}) {
        button->setIconSize({16, 16});
        button->setAutoRepeat(true);
        button->setFocusPolicy(Qt::TabFocus);
        button->setAccessibleName(button->toolTip());
    }
    slider_ = new QSlider(Qt::Horizontal, this);
    slider_->setObjectName(QStringLiteral("sliceSlider"));
    slider_->setAccessibleName(tr("Slice"));
    slider_->setPageStep(10);
    marks_ = new MarksStrip(this);
    auto* layout = new QGridLayout(this);
    layout->setContentsMargins(16, 6, 16, 6);
    layout->setHorizontalSpacing(8);
    layout->setVerticalSpacing(0);
    layout->addWidget(number_, 0, 0, 2, 1);
    layout->addWidget(before_, 0, 1, 2, 1);
    layout->addWidget(marks_, 0, 2);
    layout->addWidget(slider_, 1, 2);
    layout->addWidget(after_, 0, 3, 2, 1);
    layout->addWidget(depth_, 0, 4, 2, 1);
    layout->setColumnStretch(2, 1);

    connect(slider_, &QSlider::valueChanged, this, [this](int value) { bench_.setSlice(value); });
    connect(marks_, &MarksStrip::sliceClicked, this, [this](int64_t slice) { bench_.setSlice(slice); });
    connect(before_, &QToolButton::clicked, this, [this] { bench_.setSlice(bench_.view().slice - 1); });
    connect(after_, &QToolButton::clicked, this, [this] { bench_.setSlice(bench_.view().slice + 1); });
    connect(&bench_, &Workbench::documentChanged, this, &SliceBar::showDocument);
    connect(&bench_, &Workbench::viewChanged, this, &SliceBar::showSlice);
    connect(&bench_, &Workbench::voxelSizeChanged, this, &SliceBar::showSlice);
    connect(&bench_, &Workbench::labelsChanged, this, [this](const Box3& box) {
        for (int64_t z = box.z0; z < box.z1; ++z) stale_.insert(z);
        later_.start();
    });
    later_.setSingleShot(true);
    later_.setInterval(250); // a stroke is over or at rest by then
    connect(&later_, &QTimer::timeout, this, &SliceBar::scan);
    showDocument();
}

void SliceBar::showDocument() {
    stale_.clear();
    const Document* document = bench_.document();
    const int64_t slices = document ? document->info().extent().z : 1;
    setVisible(slices > 1);
    marks_->setMarks(std::vector<SliceMark>(size_t(slices)));
    const QSignalBlocker block(slider_);
    slider_->setRange(0, int(slices - 1));
    showSlice();
}

void SliceBar::showSlice() {
    const Document* document = bench_.document();
    if (!document) return;
    const int64_t slice = bench_.view().slice;
    const QSignalBlocker block(slider_);
    slider_->setValue(int(slice));
    marks_->setSlice(slice);
    number_->setText(tr("%1 / %2").arg(slice + 1).arg(document->info().extent().z));
    number_->setToolTip(tr("Slice %1 of %2").arg(slice + 1).arg(document->info().extent().z));
    const auto& zNm = document->voxelSize().zNm;
    depth_->setText(zNm ? tr("z %1").arg(QString::fromStdString(lengthText(double(slice) * *zNm)))
                        : QString());
    depth_->setMinimumWidth(zNm ? 64 : 0);
}

void SliceBar::scan() {
    if (!bench_.document() || stale_.empty() || !isVisible()) return;
    using Found = std::vector<std::pair<int64_t, SliceMark>>;
    const Document* document = bench_.document();
    bench_.jobs().start<Found>(
        Queue::view, tr("Marks"),
        [labels = document->labels().snapshot(),
         slices = std::exchange(stale_, {})](const Progress& progress) {
            Found found;
            for (int64_t z : slices) {
                progress.throwIfCancelled();
                found.emplace_back(z, markOf(labels, z));
            }
            return found;
        },
        [this, document](Found found) {
            if (document != bench_.document()) return;
            std::vector<SliceMark> marks = marks_->marks();
            for (const auto& [z, mark] : found)
                if (size_t(z) < marks.size()) marks[size_t(z)] = mark;
            marks_->setMarks(std::move(marks));
        },
        {}, {}, false);
}

} // namespace cristae

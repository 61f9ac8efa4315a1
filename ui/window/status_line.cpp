// StatusLine.
#include "ui/window/status_line.h"
#include "core/base/progress.h"
#include "ui/canvas/screen_tiles.h"
#include "ui/theme/icons.h"
#include "ui/window/workbench.h"

#include <QLabel>
#include <QMouseEvent>
#include <QPointer>
#include <QProgressBar>
#include <QToolButton>

#include <cmath>

namespace cristae {

StatusLine::StatusLine(Workbench& bench, ScreenTiles& tiles, QWidget* parent)
    : QStatusBar(parent), bench_(bench), tiles_(tiles) {
    setSizeGripEnabled(false);
    setContentsMargins(12, 0, 12, 0);
    setMinimumHeight(28);
    auto left = [this](int width) {
        auto* label = new QLabel(this);
        label->setMinimumWidth(width);
        addWidget(label);
        return label;
    };
    place_ = left(136);
    length_ = left(112);
    grey_ = left(72);
    label_ = left(80);
    label_->setObjectName(QStringLiteral("labelUnderPointer"));

    measure_ = left(0);
    measure_->setObjectName(QStringLiteral("measuredLength"));
    measure_->setProperty("strong", true);

    jobWords_ = new QLabel(this);
    jobWords_->setProperty("strong", true);
    jobBar_ = new QProgressBar(this);
    jobBar_->setRange(0, 1000);
    jobBar_->setTextVisible(false);
    jobBar_->setFixedWidth(144);
    jobLeft_ = new QLabel(this);
    jobCancel_ = new QToolButton(this);
    jobCancel_->setIcon(icon(QStringLiteral("close"), IconTone::secondary));
    jobCancel_->setIconSize({14, 14});
    jobCancel_->setStyleSheet(QStringLiteral("padding: 1px;"));
    jobCancel_->setToolTip(tr("Cancel this job"));
    jobCancel_->setAccessibleName(jobCancel_->toolTip());
    zoom_ = new QLabel(this);
    zoom_->setMinimumWidth(48);
    zoom_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    device_ = new QLabel(this);
    device_->setObjectName(QStringLiteral("device"));
    for (QWidget* widget :
         std::initializer_list<QWidget*>{jobWords_, jobBar_, jobLeft_, jobCancel_, zoom_, device_})
        addPermanentWidget(widget);
    for (QLabel* label : {jobWords_, jobLeft_}) label->setToolTip(tr("Click to see all jobs"));

    connect(jobCancel_, &QToolButton::clicked, this, [this] {
        if (Job* job = bench_.jobs().newest()) job->cancel();
    });
    connect(&bench_.jobs(), &Jobs::jobsChanged, this, [this] {
        for (Job* job : bench_.jobs().jobs())
            connect(job, &Job::changed, this, &StatusLine::showJob, Qt::UniqueConnection);
        showJob();
    });
    connect(&bench_, &Workbench::viewChanged, this, &StatusLine::showPointer);
    connect(&bench_, &Workbench::measureLineChanged, this, &StatusLine::showPointer);
    connect(&bench_, &Workbench::voxelSizeChanged, this, &StatusLine::showPointer);
    connect(&bench_, &Workbench::documentChanged, this, &StatusLine::showPointer);
    connect(&bench_, &Workbench::labelsChanged, this, &StatusLine::showPointer);
    connect(&tiles_, &ScreenTiles::arrived, this, [this](const ScreenTileKey& key) {
        if (key.level == 0) showPointer();
    });
    showPointer();
    showJob();
}

void StatusLine::setPointer(std::optional<ImagePoint> point) {
    point_ = point;
    showPointer();
}

void StatusLine::setDevice(const QString& words) {
    device_->setText(words);
}

void StatusLine::showPointer() {
    const Document* document = bench_.document();
    for (QLabel* label : {place_, length_, grey_, label_, zoom_}) label->setVisible(document);
    measure_->setVisible(document && bench_.measureLine());
    measure_->setText(tr("line %1").arg(bench_.measureWords()));
    if (!document) return;
    const double percent = bench_.view().zoom * devicePixelRatioF() * 100;
    zoom_->setText(tr("%1 %").arg(percent, 0, 'f', percent < 10 ? 1 : 0));
    const Extent3 extent = document->info().extent();
    const int64_t z = bench_.view().slice;
    if (!point_ || point_->x < 0 || point_->y < 0 || point_->x >= double(extent.x) ||
        point_->y >= double(extent.y)) {
        for (QLabel* label : {place_, length_, grey_, label_}) label->clear();
        return;
    }
    const auto x = int64_t(point_->x), y = int64_t(point_->y);
    place_->setText(extent.z > 1 ? tr("x %1  y %2  z %3").arg(x).arg(y).arg(z + 1)
                                 : tr("x %1  y %2").arg(x).arg(y));
    const VoxelSize& size = document->voxelSize();
    if (size.knownInPlane()) {
        const double xNm = point_->x * *size.xNm, yNm = point_->y * *size.yNm;
        const bool micrometres = double(std::max(extent.x, extent.y)) * *size.xNm >= 1000;
        length_->setText(micrometres ? tr("%1, %2 µm").arg(xNm / 1000, 0, 'f', 3).arg(yNm / 1000, 0, 'f', 3)
                                     : tr("%1, %2 nm").arg(xNm, 0, 'f', 1).arg(yNm, 0, 'f', 1));
    } else
        length_->setText(tr("pixel size unknown"));
    if (const auto values = tiles_.valueAt(z, y, x)) {
        QStringList words;
        for (double value : *values) words << QString::number(value, 'g', 6);
        grey_->setText(values->size() == 1 ? tr("grey %1").arg(words[0]) : words.join(QLatin1Char(' ')));
    } else
        grey_->setText(tr("grey …"));
    const Voxel voxel = document->labels().at(z, y, x);
    const LabelClass* entry = document->classes().find(voxel.label);
    QString words = entry         ? QString::fromStdString(entry->name)
                    : voxel.label ? tr("label %1").arg(voxel.label)
                                  : tr("no label");
    if (voxel.label && voxel.origin == Origin::human) words += tr(" (by hand)");
    label_->setText(words);
}

void StatusLine::showJob() {
    const Job* job = bench_.jobs().newest();
    for (QWidget* widget : std::initializer_list<QWidget*>{jobWords_, jobBar_, jobLeft_, jobCancel_})
        widget->setVisible(job);
    if (!job) return;
    QString words = job->title();
    if (!job->words().isEmpty()) words += QStringLiteral(" · ") + job->words();
    jobWords_->setText(jobWords_->fontMetrics().elidedText(words, Qt::ElideRight, 360));
    jobBar_->setValue(int(job->fraction() * 1000));
    const auto left = job->secondsLeft();
    jobLeft_->setText(left ? tr("%1 left").arg(QString::fromStdString(TimeLeft::text(*left))) : QString());
}

void StatusLine::mousePressEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton && event->position().x() > width() / 2.0) Q_EMIT jobsWanted();
    QStatusBar::mousePressEvent(event);
}

} // namespace cristae

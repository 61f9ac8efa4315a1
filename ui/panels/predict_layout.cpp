// PredictPage, what is on it: the column of controls.
#include "ui/panels/parts.h"
#include "ui/panels/predict_rows.h"
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"
#include "ui/window/workbench.h"

#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QSpinBox>
#include <QTimer>
#include <QVBoxLayout>

namespace cristae {

void PredictPage::buildLayout() {
    QVBoxLayout* column = scrollingColumn(this);

    column->addWidget(secondaryLabel(tr("Classes"), this));
    rowsLayout_ = new QVBoxLayout;
    rowsLayout_->setSpacing(6);
    column->addLayout(rowsLayout_);
    help_ = secondaryLabel(QString(), this);
    help_->setTextFormat(Qt::RichText);
    help_->setTextInteractionFlags(Qt::TextBrowserInteraction);
    column->addWidget(help_);
    buildLook(*column);
    column->addSpacing(8);

    column->addWidget(secondaryLabel(tr("Region"), this));
    where_ = new QComboBox(this);
    where_->setObjectName(QStringLiteral("where"));
    where_->setAccessibleName(tr("Region to predict"));
    column->addWidget(where_);
    range_ = new QWidget(this);
    auto* rangeRow = new QHBoxLayout(range_);
    rangeRow->setContentsMargins(0, 0, 0, 0);
    first_ = new QSpinBox(range_);
    first_->setObjectName(QStringLiteral("firstSlice"));
    first_->setAccessibleName(tr("First slice"));
    last_ = new QSpinBox(range_);
    last_->setObjectName(QStringLiteral("lastSlice"));
    last_->setAccessibleName(tr("Last slice"));
    rangeRow->addWidget(new QLabel(tr("from"), range_));
    rangeRow->addWidget(first_, 1);
    rangeRow->addWidget(new QLabel(tr("to"), range_));
    rangeRow->addWidget(last_, 1);
    range_->hide();
    column->addWidget(range_);

    keepHuman_ = new QCheckBox(tr("Keep hand corrections"), this);
    keepHuman_->setObjectName(QStringLiteral("keepHuman"));
    keepHuman_->setChecked(true);
    keepHuman_->setToolTip(tr("Voxels that you painted or erased stay as they are."));
    column->addSpacing(4);
    column->addWidget(keepHuman_);

    more_ = new QWidget(this);
    auto* form = new QFormLayout(more_);
    form->setContentsMargins(0, 0, 0, 0);
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    averaging_ = new QComboBox(more_);
    averaging_->setObjectName(QStringLiteral("averaging"));
    averaging_->addItem(tr("none"), int(Averaging::none));
    averaging_->addItem(tr("flips, 4 × the time"), int(Averaging::flips));
    averaging_->addItem(tr("flips and rotations, 8 × the time"), int(Averaging::all));
    averaging_->setToolTip(
        tr("Test-time augmentation: average over flips and rotations; a little better, and slower."));
    form->addRow(tr("Averaging"), averaging_);
    threshold_ = new QDoubleSpinBox(more_);
    threshold_->setObjectName(QStringLiteral("threshold"));
    threshold_->setRange(0, 0.99);
    threshold_->setSingleStep(0.05);
    threshold_->setSpecialValueText(tr("of the model"));
    threshold_->setToolTip(
        tr("Voxels of at least this probability belong to the class; lower values find more."));
    form->addRow(tr("Threshold"), threshold_);
    device_ = new QComboBox(more_);
    device_->setObjectName(QStringLiteral("device"));
    device_->addItem(tr("automatic"), QStringLiteral("auto"));
    form->addRow(tr("Device"), device_);
    for (QWidget* field : {static_cast<QWidget*>(averaging_), static_cast<QWidget*>(threshold_),
                           static_cast<QWidget*>(device_)})
        field->setMinimumWidth(60);
    averaging_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    device_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    column->addWidget(foldButton(tr("More options"), more_, this));
    column->addWidget(more_);
    remarks_ = secondaryLabel(QString(), this);
    remarks_->setObjectName(QStringLiteral("predictRemarks"));
    remarks_->hide();
    column->addWidget(remarks_);
    column->addStretch(1);

    QVBoxLayout* foot = fixedFoot(this);
    predict_ = primaryButton(tr("Predict"), this);
    predict_->setObjectName(QStringLiteral("predict"));
    predict_->setIcon(icon(QStringLiteral("play"), IconTone::onAccent));
    foot->addWidget(predict_);
    improve_ = new QPushButton(tr("Improve with my corrections"), this);
    improve_->setObjectName(QStringLiteral("improve"));
    improve_->setToolTip(tr("Trains the model on with what you corrected in this image."));
    improve_->hide();
    foot->addWidget(improve_);
    obstacle_ = complaintLabel(this);
    obstacle_->setObjectName(QStringLiteral("obstacle"));
    foot->addWidget(obstacle_);
    estimate_ = secondaryLabel(QString(), this);
    estimate_->setObjectName(QStringLiteral("estimate"));
    estimate_->setAlignment(Qt::AlignHCenter);
    foot->addWidget(estimate_);

    progress_ = new QWidget(this);
    auto* running = new QVBoxLayout(progress_);
    running->setContentsMargins(0, 0, 0, 0);
    running->setSpacing(8);
    progressWords_ = secondaryLabel(QString(), progress_);
    bar_ = new QProgressBar(progress_);
    bar_->setRange(0, 1000);
    bar_->setTextVisible(false);
    cancel_ = new QPushButton(tr("Cancel"), progress_);
    cancel_->setObjectName(QStringLiteral("cancel"));
    running->addWidget(bar_);
    running->addWidget(progressWords_);
    running->addWidget(cancel_);
    progress_->hide();
    foot->addWidget(progress_);

    connect(predict_, &QPushButton::clicked, this, &PredictPage::predict);
    connect(cancel_, &QPushButton::clicked, this, &PredictPage::cancel);
    connect(improve_, &QPushButton::clicked, this, &PredictPage::improveWanted);
    connect(obstacle_, &QLabel::linkActivated, this, &PredictPage::trainPageWanted);
    connect(help_, &QLabel::linkActivated, this, [this](const QString& link) {
        if (link == QLatin1String("scale")) return findScale();
        Q_EMIT voxelSizeWanted();
    });
    connect(where_, &QComboBox::currentIndexChanged, this, [this] {
        range_->setVisible(where_->currentData().toInt() == int(PredictWhere::range));
        updateState();
    });
    for (QSpinBox* box : {first_, last_})
        connect(box, &QSpinBox::valueChanged, this, &PredictPage::updateState);
    for (QComboBox* box : {averaging_, device_})
        connect(box, &QComboBox::currentIndexChanged, this, &PredictPage::updateState);
}

void PredictPage::updateWhere() {
    const QSignalBlocker block(where_);
    const QVariant before = where_->currentData();
    where_->clear();
    const Document* document = workbench_.document();
    const int slices = document ? int(document->info().extent().z) : 1;
    where_->addItem(slices > 1 ? tr("This slice") : tr("The whole image"), int(PredictWhere::slice));
    if (slices > 1) {
        where_->addItem(tr("All %n slices", nullptr, slices), int(PredictWhere::all));
        where_->addItem(tr("Slices from … to …"), int(PredictWhere::range));
    }
    where_->addItem(slices > 1 ? tr("The visible region of this slice") : tr("The visible region"),
                    int(PredictWhere::region));
    if (const int index = where_->findData(before); index >= 0) where_->setCurrentIndex(index);
    for (QSpinBox* box : {first_, last_}) {
        const QSignalBlocker blockBox(box);
        const bool fresh = box->maximum() != slices;
        box->setRange(1, slices);
        if (fresh) box->setValue(box == first_ ? 1 : slices);
    }
    range_->setVisible(where_->currentData().toInt() == int(PredictWhere::range));
}

} // namespace cristae

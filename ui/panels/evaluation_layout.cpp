// EvaluationPanel, what is on it.
#include "ui/canvas/difference_layer.h"
#include "ui/charts/line_chart.h"
#include "ui/panels/evaluation_panel.h"
#include "ui/panels/parts.h"
#include "ui/report/evaluation_words.h"
#include "ui/theme/theme.h"
#include "ui/window/workbench.h"

#include <QCheckBox>
#include <QComboBox>
#include <QGridLayout>
#include <QHeaderView>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QSpinBox>
#include <QTableWidget>
#include <QVBoxLayout>

namespace cristae {

namespace {

QTableWidget* quietTable(const char* name, const QString& words, QWidget* parent) {
    auto* table = new QTableWidget(0, 0, parent);
    table->setObjectName(QString::fromLatin1(name));
    table->setAccessibleName(words);
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->setSelectionMode(QAbstractItemView::NoSelection);
    table->setFocusPolicy(Qt::NoFocus);
    table->setShowGrid(false);
    table->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    return table;
}

QComboBox* namedCombo(const char* name, const QString& words, QWidget* parent) {
    auto* box = new QComboBox(parent);
    box->setObjectName(QString::fromLatin1(name));
    box->setAccessibleName(words);
    box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    box->setMinimumContentsLength(10);
    return box;
}

} // namespace

void EvaluationPanel::buildLayout() {
    QVBoxLayout* column = scrollingColumn(this);
    column->addWidget(headingLabel(tr("Compare with ground truth"), this));
    column->addWidget(
        secondaryLabel(tr("Compares the labels of a class with a ground-truth label image."), this));
    column->addWidget(buildQuestion());
    column->addWidget(buildResult());
    column->addStretch(1);
}

/// What to compare, and the way of a comparison under way.
QWidget* EvaluationPanel::buildQuestion() {
    auto* all = new QWidget(this);
    auto* column = new QVBoxLayout(all);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    class_ = namedCombo("truthClass", tr("Class to compare"), all);
    column->addWidget(class_);
    inverted_ = new QCheckBox(tr("In the ground truth, 0 is the structure"), all);
    column->addWidget(inverted_);

    options_ = new QWidget(all);
    auto* options = new QVBoxLayout(options_);
    options->setContentsMargins(0, 0, 0, 0);
    options->setSpacing(8);
    objectsIn_ = namedCombo("objectsIn", tr("Connectivity of objects"), options_);
    objectsIn_->addItem(tr("Objects in 3D, through the slices"), true);
    objectsIn_->addItem(tr("Objects in 2D, in each slice"), false);
    options->addWidget(objectsIn_);
    smallest_ = new QSpinBox(options_);
    smallest_->setObjectName(QStringLiteral("smallestCompared"));
    smallest_->setAccessibleName(tr("Minimum object size in voxels"));
    smallest_->setRange(0, 99999999);
    smallest_->setPrefix(tr("Objects from "));
    smallest_->setSuffix(tr(" px"));
    smallest_->setSpecialValueText(tr("Objects of any size"));
    smallest_->setToolTip(
        tr("Objects of fewer pixels (in a stack: voxels) are left out of the object metrics, in "
           "the prediction and in the ground truth."));
    options->addWidget(smallest_);
    truthIds_ = new QCheckBox(tr("Values of the ground truth are object ids"), options_);
    truthIds_->setToolTip(tr("Otherwise objects are connected components."));
    options->addWidget(truthIds_);
    boundaries_ = new QCheckBox(tr("The class marks boundaries of cells"), options_);
    boundaries_->setToolTip(
        tr("Partition metrics (V-rand, V-info …) then compare the cells between the boundaries. Boundaries "
           "of the prediction are thinned to one pixel, those of the ground truth do not count."));
    options->addWidget(boundaries_);
    pixelsOnly_ = new QCheckBox(tr("Pixel metrics only (fast)"), options_);
    pixelsOnly_->setToolTip(tr("Leaves out the metrics of objects, surfaces and partitions, which hold large "
                               "stacks in memory and take up to a minute."));
    options->addWidget(pixelsOnly_);
    column->addWidget(foldButton(tr("Options"), options_, all));
    column->addWidget(options_);

    compare_ = new QPushButton(tr("Compare with…"), all);
    compare_->setObjectName(QStringLiteral("compare"));
    column->addWidget(compare_);
    running_ = new QWidget(all);
    auto* running = new QGridLayout(running_);
    running->setContentsMargins(0, 0, 0, 0);
    bar_ = new QProgressBar(running_);
    bar_->setRange(0, 1000);
    bar_->setTextVisible(false);
    runningWords_ = secondaryLabel(QString(), running_);
    cancel_ = new QPushButton(tr("Cancel"), running_);
    cancel_->setObjectName(QStringLiteral("cancelComparison"));
    running->addWidget(bar_, 0, 0, 1, 2);
    running->addWidget(runningWords_, 1, 0);
    running->addWidget(cancel_, 1, 1);
    running->setColumnStretch(0, 1);
    column->addWidget(running_);
    connect(compare_, &QPushButton::clicked, this, &EvaluationPanel::chooseTruth);
    connect(cancel_, &QPushButton::clicked, this, [this] {
        if (job_) job_->cancel();
    });
    return all;
}

QWidget* EvaluationPanel::buildResult() {
    result_ = new QWidget(this);
    auto* column = new QVBoxLayout(result_);
    column->setContentsMargins(0, 8, 0, 0);
    column->setSpacing(8);
    auto* head = new QGridLayout;
    head->setHorizontalSpacing(16);
    head->setVerticalSpacing(0);
    const auto addFigure = [&](QLabel*& number, QLabel*& words, const char* name, int place) {
        number = new QLabel(result_);
        number->setObjectName(QString::fromLatin1(name));
        number->setProperty("role", QStringLiteral("number"));
        words = secondaryLabel(QString(), result_);
        words->setWordWrap(false);
        head->addWidget(number, 0, place);
        head->addWidget(words, 1, place);
    };
    QLabel* diceWords = nullptr;
    addFigure(found_, foundWords_, "objectsFound", 0);
    addFigure(dice_, diceWords, "diceFigure", 1);
    diceWords->setText(tr("Dice"));
    head->setColumnStretch(2, 1);
    column->addLayout(head);
    comparedWords_ = secondaryLabel(QString(), result_);
    comparedWords_->setObjectName(QStringLiteral("comparedWords"));
    column->addWidget(comparedWords_);
    stale_ = complaintLabel(result_);
    column->addWidget(stale_);
    again_ = new QPushButton(tr("Compare again"), result_);
    again_->setObjectName(QStringLiteral("compareAgain"));
    column->addWidget(again_);

    difference_ = new QCheckBox(tr("Show the difference on the image"), result_);
    difference_->setObjectName(QStringLiteral("showDifference"));
    column->addWidget(difference_);
    auto* legend = new QHBoxLayout;
    legend->setSpacing(5);
    for (const LabelClass& one : differenceClasses().classes()) {
        auto* colour = new QLabel(result_);
        colour->setPixmap(outlinedSwatch(one.colour, devicePixelRatioF()));
        legend->addWidget(colour);
        auto* words = secondaryLabel(DifferenceLayer::words(Agreement(one.value)), result_);
        words->setToolTip(text(one.name));
        words->setWordWrap(false);
        legend->addWidget(words);
        legend->addSpacing(8);
    }
    legend->addStretch(1);
    column->addLayout(legend);

    figures_ = quietTable("figures", tr("Metrics of the comparison"), result_);
    figures_->verticalHeader()->hide();
    figures_->verticalHeader()->setDefaultSectionSize(22);
    figures_->verticalHeader()->setMinimumSectionSize(18);
    figures_->horizontalHeader()->setHighlightSections(false);
    column->addWidget(figures_);
    conventions_ = secondaryLabel(QString(), result_);
    conventions_->setObjectName(QStringLiteral("conventions"));
    conventions_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    column->addWidget(foldButton(tr("Convention of each metric"), conventions_, result_));
    column->addWidget(conventions_);

    slices_ = new QWidget(result_);
    auto* slices = new QVBoxLayout(slices_);
    slices->setContentsMargins(0, 8, 0, 0);
    slices->setSpacing(8);
    metric_ = namedCombo("sliceMetric", tr("Metric for each slice"), slices_);
    for (const std::string& name : metricGroups().front().metrics)
        metric_->addItem(tr("%1 for each slice").arg(metricTitle(name)), text(name));
    slices->addWidget(metric_);
    chart_ = new LineChart(QString(), slices_);
    chart_->setObjectName(QStringLiteral("sliceChart"));
    chart_->setLegendBelow(true);
    slices->addWidget(chart_);
    column->addWidget(slices_);
    curves_ = new QWidget(result_);
    auto* curves = new QVBoxLayout(curves_);
    curves->setContentsMargins(0, 8, 0, 0);
    curves->setSpacing(8);
    precisionRecall_ = new LineChart(tr("Precision–recall curve"), curves_);
    precisionRecall_->setObjectName(QStringLiteral("precisionRecall"));
    precisionRecall_->setXAxis(tr("recall"), 1.0);
    calibration_ = new LineChart(tr("Share of foreground"), curves_);
    calibration_->setObjectName(QStringLiteral("calibration"));
    calibration_->setXAxis(tr("mean probability"), 1.0);
    for (LineChart* chart : {precisionRecall_, calibration_}) {
        chart->setLegendBelow(true);
        chart->setYRange(0.0, 1.0);
        curves->addWidget(chart);
    }
    column->addWidget(curves_);
    add_ = new QPushButton(tr("Add prediction…"), result_);
    add_->setObjectName(QStringLiteral("addPrediction"));
    column->addWidget(add_);

    ofWhich_ = new QWidget(result_);
    auto* of = new QVBoxLayout(ofWhich_);
    of->setContentsMargins(0, 0, 0, 0);
    of->addWidget(secondaryLabel(tr("Confusion matrix and difference of"), ofWhich_));
    which_ =
        namedCombo("comparedWhich", tr("Prediction of the confusion matrix and the difference"), ofWhich_);
    of->addWidget(which_);
    column->addWidget(ofWhich_);
    column->addSpacing(8);
    column->addWidget(headingLabel(tr("Confusion matrix"), result_));
    column->addWidget(secondaryLabel(
        tr("Rows: ground truth. Columns: prediction. Voxels, and their share of the row."), result_));
    classes_ =
        quietTable("confusion", tr("Classes of the ground truth by classes of the prediction"), result_);
    classes_->horizontalHeader()->setHighlightSections(false);
    classes_->verticalHeader()->setHighlightSections(false);
    classes_->verticalHeader()->setDefaultSectionSize(40);
    column->addWidget(classes_);

    auto* buttons = new QHBoxLayout;
    picture_ = new QPushButton(tr("Save picture…"), result_);
    picture_->setToolTip(tr("The difference in colours over the image, as PNG, TIFF, JPEG or HDF5."));
    report_ = primaryButton(tr("Save report…"), result_);
    report_->setObjectName(QStringLiteral("evaluationReport"));
    report_->setToolTip(tr("Every metric with its convention, the chart, the difference and the files with "
                           "their SHA-256, as PDF or CSV."));
    picture_->setMinimumHeight(38);
    buttons->addWidget(picture_, 1);
    buttons->addWidget(report_, 1);
    column->addLayout(buttons);

    connect(again_, &QPushButton::clicked, this, [this] { compareWith(truthPath_, truthOptions_); });
    connect(difference_, &QCheckBox::clicked, &workbench_.difference(), &DifferenceLayer::setShown);
    connect(metric_, &QComboBox::currentIndexChanged, this, &EvaluationPanel::showSlices);
    connect(add_, &QPushButton::clicked, this, &EvaluationPanel::choosePrediction);
    connect(which_, &QComboBox::currentIndexChanged, this, [this] {
        showClasses();
        requestDifference();
    });
    connect(picture_, &QPushButton::clicked, this, &EvaluationPanel::choosePicture);
    connect(report_, &QPushButton::clicked, this, &EvaluationPanel::chooseReport);
    return result_;
}

} // namespace cristae

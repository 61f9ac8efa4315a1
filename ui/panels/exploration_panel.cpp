// ExplorationPanel.
#include "ui/panels/exploration_panel.h"

#include "core/base/atomic_file.h"
#include "ui/charts/line_chart.h"
#include "ui/dialogs/chosen_file.h"
#include "ui/panels/measure_page.h"
#include "ui/panels/parts.h"
#include "ui/panels/sized_source.h"
#include "ui/theme/theme.h"
#include "ui/window/workbench.h"

#include <QComboBox>
#include <QFileDialog>
#include <QGridLayout>
#include <QLabel>
#include <QLocale>
#include <QProgressBar>
#include <QPushButton>
#include <QVBoxLayout>

#include <numeric>

namespace cristae {

namespace {

QString figure(double value) {
    return QLocale::c().toString(value, 'g', 3);
}

/// Each bin's share of its side, in percent.
std::vector<QPointF> sharesOf(const std::vector<int64_t>& counts, double low, double high) {
    const double all = double(std::accumulate(counts.begin(), counts.end(), int64_t(0)));
    std::vector<QPointF> points;
    if (all == 0) return points;
    const double width = (high - low) / double(counts.size());
    for (size_t i = 0; i < counts.size(); ++i)
        points.emplace_back(low + (double(i) + 0.5) * width, 100 * double(counts[i]) / all);
    return points;
}

} // namespace

ExplorationPanel::ExplorationPanel(Workbench& workbench, QWidget* parent)
    : QWidget(parent), workbench_(workbench) {
    buildLayout();
    connect(&workbench_, &Workbench::documentChanged, this, [this] {
        if (job_) job_->cancel();
        result_.reset();
        showResult();
    });
    connect(&workbench_, &Workbench::classesChanged, this, &ExplorationPanel::updateState);
    showResult();
}

ExplorationPanel::~ExplorationPanel() {
    if (job_) job_->cancel();
}

void ExplorationPanel::buildLayout() {
    QVBoxLayout* column = scrollingColumn(this);
    column->addWidget(headingLabel(tr("Image statistics"), this));
    column->addWidget(secondaryLabel(tr("Number and size of the objects, grey values inside and outside "
                                        "them, correlation between slices."),
                                     this));
    class_ = new QComboBox(this);
    class_->setObjectName(QStringLiteral("exploredClass"));
    class_->setAccessibleName(tr("Class to describe"));
    column->addWidget(class_);
    objectsIn_ = new QComboBox(this);
    objectsIn_->setObjectName(QStringLiteral("exploredObjects"));
    objectsIn_->setAccessibleName(tr("Connectivity of objects"));
    objectsIn_->addItem(tr("Objects in 3D, through the slices"), true);
    objectsIn_->addItem(tr("Objects in 2D, in each slice"), false);
    column->addWidget(objectsIn_);
    start_ = new QPushButton(tr("Compute statistics"), this);
    start_->setObjectName(QStringLiteral("explore"));
    column->addWidget(start_);
    running_ = new QWidget(this);
    auto* running = new QGridLayout(running_);
    running->setContentsMargins(0, 0, 0, 0);
    bar_ = new QProgressBar(running_);
    bar_->setRange(0, 1000);
    bar_->setTextVisible(false);
    runningWords_ = secondaryLabel(QString(), running_);
    cancel_ = new QPushButton(tr("Cancel"), running_);
    running->addWidget(bar_, 0, 0, 1, 2);
    running->addWidget(runningWords_, 1, 0);
    running->addWidget(cancel_, 1, 1);
    running->setColumnStretch(0, 1);
    column->addWidget(running_);

    results_ = new QWidget(this);
    auto* results = new QVBoxLayout(results_);
    results->setContentsMargins(0, 8, 0, 0);
    results->setSpacing(8);
    auto* head = new QGridLayout;
    head->setHorizontalSpacing(16);
    head->setVerticalSpacing(0);
    int place = 0;
    const auto addFigure = [&](QLabel*& number, QLabel*& words, const char* name) {
        number = new QLabel(results_);
        number->setObjectName(QString::fromLatin1(name));
        number->setProperty("role", QStringLiteral("number"));
        words = secondaryLabel(QString(), results_);
        words->setWordWrap(false);
        head->addWidget(number, 0, place);
        head->addWidget(words, 1, place++);
    };
    addFigure(count_, countWords_, "exploredCount");
    addFigure(share_, shareWords_, "exploredShare");
    head->setColumnStretch(place, 1);
    results->addLayout(head);
    auto* sizes = new QGridLayout;
    sizes->setVerticalSpacing(4);
    sizes->setColumnStretch(0, 1);
    const auto addSize = [&](QLabel*& size, const QString& words, const char* name, int row) {
        size = new QLabel(results_);
        size->setObjectName(QString::fromLatin1(name));
        size->setTextInteractionFlags(Qt::TextSelectableByMouse);
        sizes->addWidget(new QLabel(words, results_), row, 0);
        sizes->addWidget(size, row, 1, Qt::AlignRight);
    };
    addSize(area_, tr("Mean area in a slice"), "exploredArea", 0);
    addSize(volume_, tr("Mean volume"), "exploredVolume", 1);
    results->addLayout(sizes);
    sizeWords_ = secondaryLabel(QString(), results_);
    results->addWidget(sizeWords_);
    histograms_ = new LineChart(tr("Grey values, % of voxels"), results_);
    histograms_->setObjectName(QStringLiteral("greyHistograms"));
    histograms_->setLegendBelow(true);
    results->addWidget(histograms_);
    overlapWords_ = secondaryLabel(QString(), results_);
    overlapWords_->setObjectName(QStringLiteral("overlapWords"));
    results->addWidget(overlapWords_);
    alike_ = new QWidget(results_);
    auto* alike = new QVBoxLayout(alike_);
    alike->setContentsMargins(0, 8, 0, 0);
    correlation_ = new LineChart(tr("Correlation between slices"), alike_);
    correlation_->setObjectName(QStringLiteral("sliceCorrelation"));
    correlation_->setLegendBelow(true);
    alike->addWidget(correlation_);
    correlationWords_ = secondaryLabel(QString(), alike_);
    alike->addWidget(correlationWords_);
    results->addWidget(alike_);
    save_ = new QPushButton(tr("Save table…"), results_);
    save_->setToolTip(tr("All statistics, both histograms and the correlations, as CSV."));
    results->addWidget(save_);
    column->addWidget(results_);
    obstacle_ = secondaryLabel(QString(), this);
    column->addWidget(obstacle_);
    column->addStretch(1);

    connect(start_, &QPushButton::clicked, this, &ExplorationPanel::start);
    connect(cancel_, &QPushButton::clicked, this, [this] {
        if (job_) job_->cancel();
    });
    connect(save_, &QPushButton::clicked, this, &ExplorationPanel::chooseTable);
}

void ExplorationPanel::start() {
    const Document* document = workbench_.document();
    if (!document || job_) return;
    ExplorationOptions options;
    if (const uint32_t value = class_->currentData().toUInt()) options.foreground.label = value;
    options.identity.connectivity =
        objectsIn_->currentData().toBool() ? Connectivity::volume : Connectivity::slices;
    job_ = workbench_.jobs().start<Exploration>(
        Queue::writing, tr("Computing image statistics"),
        [image = imageForJobs(*document), labels = document->labels().snapshot(),
         size = document->voxelSize(), options](const Progress& progress) {
            return explore(*image, *labelsToMeasure(labels, size, {}), options, progress);
        },
        [self = QPointer(this)](Exploration found) {
            if (!self) return;
            self->result_ = std::move(found);
            self->showResult();
            Q_EMIT self->explored();
        });
    connect(job_, &Job::changed, this, &ExplorationPanel::updateState);
    connect(job_, &Job::ended, this, [this] {
        job_ = nullptr;
        updateState();
    });
    updateState();
}

void ExplorationPanel::showResult() {
    for (LineChart* chart : {histograms_, correlation_}) chart->clear();
    if (result_) {
        const Exploration& found = *result_;
        count_->setText(QLocale().toString(qint64(found.objects)));
        countWords_->setText(found.objects == 1 ? tr("object") : tr("objects"));
        share_->setText(tr("%1 %").arg(figure(100 * found.foregroundShare)));
        shareWords_->setText(tr("of all voxels"));
        const auto whole = [](double value) { return QLocale().toString(qint64(std::llround(value))); };
        area_->setText(found.meanAreaNm2 ? tr("%1 nm²").arg(whole(*found.meanAreaNm2))
                                         : tr("%1 px").arg(whole(found.meanAreaPx)));
        area_->setToolTip(tr("Over %1 sections.").arg(found.sections));
        volume_->setText(found.meanVolumeNm3 ? tr("%1 nm³").arg(whole(*found.meanVolumeNm3))
                                             : tr("%1 voxels").arg(whole(found.meanVolumeVoxels)));
        setSentence(sizeWords_, found.meanVolumeNm3 ? QString()
                                : found.meanAreaNm2
                                    ? tr("The slice spacing is not known, so volumes are in voxels.")
                                    : tr("The pixel size is not known, so sizes are in pixels."));
        histograms_->setXAxis(tr("grey value"));
        histograms_->setXFromData(true);
        histograms_->setYRange(0.0, {});
        histograms_->setPoints(histograms_->addSeries(tr("inside the objects")),
                               sharesOf(found.grey.inside, found.grey.low, found.grey.high));
        histograms_->setPoints(histograms_->addSeries(tr("outside")),
                               sharesOf(found.grey.outside, found.grey.low, found.grey.high));
        overlapWords_->setText(tr("Histogram overlap: %1 % (0 % = separable by grey value).")
                                   .arg(figure(100 * found.grey.overlap())));
        std::vector<QPointF> means;
        std::vector<LineChart::Interval> intervals;
        for (const SliceCorrelation& one : found.correlation) {
            if (one.pairs == 0) continue;
            means.emplace_back(double(one.distance), one.mean);
            intervals.push_back({one.pairs > 1 ? one.low : one.mean, one.pairs > 1 ? one.high : one.mean});
        }
        correlation_->setXAxis(tr("slices apart"));
        correlation_->setYRange({}, 1.0);
        const int series = correlation_->addSeries(tr("Pearson correlation, mean and 95 % interval"));
        correlation_->setPoints(series, means);
        correlation_->setIntervals(series, intervals);
        alike_->setVisible(means.size() > 1);
        if (means.size() > 1)
            correlationWords_->setText(tr("Adjacent slices: %1 (%2 to %3, %4 pairs).")
                                           .arg(QLocale::c().toString(found.correlation[1].mean, 'f', 3),
                                                QLocale::c().toString(found.correlation[1].low, 'f', 3),
                                                QLocale::c().toString(found.correlation[1].high, 'f', 3))
                                           .arg(found.correlation[1].pairs));
    }
    updateState();
}

void ExplorationPanel::updateState() {
    const Document* document = workbench_.document();
    const QVariant before = class_->currentData();
    class_->clear();
    class_->addItem(tr("all classes together"), 0u);
    if (document)
        for (const LabelClass& known : document->classes().classes())
            class_->addItem(QIcon(swatch(known.colour, devicePixelRatioF())), text(known.name), known.value);
    if (const int index = class_->findData(before); before.isValid() && index >= 0)
        class_->setCurrentIndex(index);
    objectsIn_->setVisible(document && document->info().extent().z > 1);
    start_->setEnabled(document && !job_);
    start_->setToolTip(!document ? tr("Open an image first.")
                       : job_    ? tr("The statistics are being computed.")
                                 : tr("Reads the whole image once."));
    running_->setVisible(job_);
    if (job_) {
        bar_->setValue(int(job_->fraction() * 1000));
        QStringList words{job_->words()};
        if (const QString left = leftWords(job_->secondsLeft()); !left.isEmpty()) words << left;
        runningWords_->setText(words.join(QStringLiteral(" · ")));
    }
    results_->setVisible(result_.has_value());
    setSentence(obstacle_, document ? QString() : tr("Open an image first."));
}

void ExplorationPanel::saveTable(const QString& path) {
    if (!result_) return;
    workbench_.jobs().start<bool>(
        Queue::writing, tr("Save table"),
        [result = *result_, file = chosenFile(workbench_, path)](const Progress&) {
            writeFileAtomically(file, explorationCsv(result));
            return true;
        },
        [bench = &workbench_, path](bool) { bench->showRemark(tr("The table was saved as %1.").arg(path)); });
}

void ExplorationPanel::chooseTable() {
    auto* dialog = new QFileDialog(this, tr("Save table"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(QStringLiteral("csv"));
    dialog->setNameFilters({tr("Table (*.csv)")});
    dialog->selectFile(QStringLiteral("exploration.csv"));
    connect(dialog, &QFileDialog::fileSelected, this, &ExplorationPanel::saveTable);
    dialog->open();
}

} // namespace cristae

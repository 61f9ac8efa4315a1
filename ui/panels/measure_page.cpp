// MeasurePage: counting in the background, the table, and the comparison.
#include "ui/panels/measure_page.h"

#include "core/base/atomic_file.h"
#include "core/io/format.h"
#include "core/labels/label_source.h"
#include "ui/panels/parts.h"
#include "ui/panels/sized_source.h"
#include "ui/theme/theme.h"
#include "ui/window/workbench.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QTableWidget>
#include <QTimer>
#include <QVBoxLayout>

#include <algorithm>

namespace cristae {

namespace {

QString figure(double value) {
    return QLocale::c().toString(value, 'g', 3);
}

/// The labels of one slice or of the whole volume as a source.
TileSourcePtr labelsOf(const LabelSnapshot& labels, const VoxelSize& voxelSize,
                       std::optional<int64_t> slice) {
    const TileSourcePtr all = makeLabelSource(labels, voxelSize);
    return slice ? partOf(all, Box3::ofSlice(labels.extent(), *slice)) : all;
}

QTableWidgetItem* cell(const QString& words, bool number) {
    auto* item = new QTableWidgetItem(words);
    item->setTextAlignment((number ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    return item;
}

} // namespace

MeasurePage::MeasurePage(Workbench& workbench, QWidget* parent) : QWidget(parent), workbench_(workbench) {
    buildLayout();
    delay_ = new QTimer(this);
    delay_->setSingleShot(true);
    delay_->setInterval(500);
    connect(delay_, &QTimer::timeout, this, &MeasurePage::refresh);
    connect(&workbench_, &Workbench::documentChanged, this, [this] {
        showResult({});
        setSentence(comparison_, {});
        later();
    });
    connect(&workbench_, &Workbench::labelsChanged, this, &MeasurePage::later);
    connect(&workbench_, &Workbench::classesChanged, this, &MeasurePage::later);
    connect(&workbench_, &Workbench::voxelSizeChanged, this, &MeasurePage::later);
    connect(&workbench_, &Workbench::viewChanged, this, [this] {
        if (!result_.volume && result_.slice != workbench_.view().slice) later();
    });
    updateState();
}

MeasurePage::~MeasurePage() {
    for (Job* job : {counting_.data(), comparing_.data()})
        if (job) job->cancel();
}

void MeasurePage::buildLayout() {
    QVBoxLayout* column = scrollingColumn(this);
    where_ = new QComboBox(this);
    where_->setObjectName(QStringLiteral("measureWhere"));
    where_->setAccessibleName(tr("Where to measure"));
    where_->addItem(tr("This slice"), false);
    where_->addItem(tr("The whole stack"), true);
    column->addWidget(where_);
    table_ = new QTableWidget(0, 4, this);
    table_->setObjectName(QStringLiteral("measures"));
    table_->setAccessibleName(tr("Measurements of each class"));
    table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table_->setSelectionMode(QAbstractItemView::NoSelection);
    table_->setFocusPolicy(Qt::NoFocus);
    table_->setShowGrid(false);
    table_->verticalHeader()->hide();
    table_->verticalHeader()->setDefaultSectionSize(26);
    table_->setIconSize(QSize(12, 12));
    table_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    for (int c = 0; c < 4; ++c)
        table_->horizontalHeader()->setSectionResizeMode(c, c == 0 ? QHeaderView::Stretch
                                                                   : QHeaderView::ResizeToContents);
    column->addWidget(table_);
    obstacle_ = secondaryLabel(QString(), this);
    obstacle_->setObjectName(QStringLiteral("measureObstacle"));
    column->addWidget(obstacle_);
    sizeWords_ = secondaryLabel(QString(), this);
    sizeWords_->setTextInteractionFlags(Qt::TextBrowserInteraction);
    column->addWidget(sizeWords_);
    save_ = new QPushButton(tr("Save table…"), this);
    save_->setToolTip(tr("A row for each object, or for each class, as CSV."));
    column->addWidget(save_);

    column->addSpacing(16);
    column->addWidget(headingLabel(tr("Compare with ground truth"), this));
    column->addWidget(
        secondaryLabel(tr("How well the labels of a class agree with a label image of your own."), this));
    truthClass_ = new QComboBox(this);
    truthClass_->setAccessibleName(tr("Class to compare"));
    column->addWidget(truthClass_);
    inverted_ = new QCheckBox(tr("In the truth, 0 is the structure"), this);
    column->addWidget(inverted_);
    compare_ = new QPushButton(tr("Compare with…"), this);
    compare_->setObjectName(QStringLiteral("compare"));
    column->addWidget(compare_);
    comparison_ = new QLabel(this);
    comparison_->setObjectName(QStringLiteral("comparison"));
    comparison_->setWordWrap(true);
    comparison_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    comparison_->hide();
    column->addWidget(comparison_);
    column->addStretch(1);

    connect(where_, &QComboBox::currentIndexChanged, this, &MeasurePage::refresh);
    connect(save_, &QPushButton::clicked, this, &MeasurePage::chooseTableFile);
    connect(compare_, &QPushButton::clicked, this, &MeasurePage::chooseTruth);
    connect(sizeWords_, &QLabel::linkActivated, this, &MeasurePage::voxelSizeWanted);
}

void MeasurePage::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    if (stale_) refresh();
}

void MeasurePage::later() {
    stale_ = true;
    updateState();
    if (isVisible()) delay_->start();
}

void MeasurePage::refresh() {
    delay_->stop();
    if (counting_) counting_->cancel();
    const Document* document = workbench_.document();
    if (!document) return updateState();
    stale_ = false;
    const bool volume = document->info().extent().z > 1 && where_->currentData().toBool();
    const auto work = [labels = document->labels().snapshot(), names = document->classes(),
                       size = document->voxelSize(), volume,
                       slice = workbench_.view().slice](const Progress& progress) {
        MeasureResult result;
        result.names = names;
        result.voxelSize = size;
        result.volume = volume;
        result.slice = slice;
        const TileSourcePtr source = labelsOf(labels, size, volume ? std::nullopt : std::optional(slice));
        result.objects =
            measureObjects(*source, progress, volume ? Connectivity::volume : Connectivity::slices);
        result.classes = classStatistics(result.objects, source->info().extent(), size);
        if (!volume)
            for (LabelObject& object : result.objects) { // back to the stack's slices
                object.centroidZ += double(slice);
                object.box.z0 += slice;
                object.box.z1 += slice;
            }
        return result;
    };
    counting_ = workbench_.jobs().start<MeasureResult>(
        Lane::files, tr("Measuring"), work,
        [self = QPointer(this)](MeasureResult result) {
            if (self) self->showResult(std::move(result));
        },
        {}, {}, volume);
    updateState();
}

void MeasurePage::showResult(MeasureResult result) {
    result_ = std::move(result);
    const bool known = result_.volume ? result_.voxelSize.knownInPlane() && result_.voxelSize.zNm
                                      : result_.voxelSize.knownInPlane();
    const QString size = !known           ? (result_.volume ? tr("Voxels") : tr("Pixels"))
                         : result_.volume ? tr("Volume µm³")
                                          : tr("Area µm²");
    table_->setHorizontalHeaderLabels({tr("Class"), tr("Objects"), size, tr("Share")});
    for (int c = 0; c < 4; ++c)
        table_->horizontalHeaderItem(c)->setTextAlignment((c ? Qt::AlignRight : Qt::AlignLeft) |
                                                          Qt::AlignVCenter);
    table_->setRowCount(int(result_.classes.size()));
    for (int row = 0; row < int(result_.classes.size()); ++row) {
        const ClassStatistics& one = result_.classes[size_t(row)];
        const LabelClass* entry = result_.names.find(one.label);
        auto* name = cell(entry ? text(entry->name) : tr("label %1").arg(one.label), false);
        name->setIcon(
            QIcon(swatch(entry ? entry->colour : standardColour("", one.label), devicePixelRatioF())));
        table_->setItem(row, 0, name);
        table_->setItem(row, 1, cell(QLocale().toString(qint64(one.objects)), true));
        const double amount = !known           ? double(one.voxels)
                              : result_.volume ? one.volumeNm3.value_or(0) / 1e9
                                               : one.areaNm2.value_or(0) / 1e6;
        table_->setItem(row, 2, cell(known ? figure(amount) : QLocale().toString(qint64(one.voxels)), true));
        table_->setItem(row, 3, cell(tr("%1 %").arg(figure(one.fraction * 100)), true));
    }
    table_->setFixedHeight(table_->horizontalHeader()->sizeHint().height() + 26 * table_->rowCount() + 4);
    updateState();
    Q_EMIT measured();
}

void MeasurePage::updateState() {
    const Document* document = workbench_.document();
    const bool stack = document && document->info().extent().z > 1;
    where_->setVisible(stack);
    const bool anything = document && !result_.classes.empty();
    table_->setVisible(anything);
    save_->setVisible(anything);
    QString sentence;
    if (!document)
        sentence = tr("Open an image first.");
    else if (!anything)
        sentence = stale_ || counting_ ? tr("Counting…")
                   : stack && !result_.volume
                       ? tr("Nothing to measure on this slice: predict or paint something, or choose the "
                            "whole stack.")
                       : tr("Nothing to measure yet: predict or paint something first.");
    setSentence(obstacle_, sentence);
    QString size;
    if (document && anything && !document->voxelSize().knownInPlane())
        size = tr("The pixel size is not known, so sizes are in pixels. <a href=\"size\">Enter it…</a>");
    else if (document && anything && result_.volume && !document->voxelSize().zNm)
        size = tr("The distance of the slices is not known, so volumes are in voxels. <a href=\"size\">Enter "
                  "it…</a>");
    else if (document && anything)
        size = tr("Pixel size %1 nm, from: %2.")
                   .arg(nmWords(*document->voxelSize().xNm), text(document->voxelSize().source));
    setSentence(sizeWords_, size);

    const QVariant before = truthClass_->currentData();
    truthClass_->clear();
    if (document)
        for (const LabelClass& known : document->classes().classes())
            truthClass_->addItem(QIcon(swatch(known.colour, devicePixelRatioF())), text(known.name),
                                 known.value);
    truthClass_->addItem(tr("all classes together"), 0u);
    if (const int index = truthClass_->findData(before); index >= 0) truthClass_->setCurrentIndex(index);
    for (QWidget* widget : {static_cast<QWidget*>(truthClass_), static_cast<QWidget*>(inverted_),
                            static_cast<QWidget*>(compare_)})
        widget->setEnabled(document);
    compare_->setToolTip(document ? tr("A label image of the same size; any format that can be opened.")
                                  : tr("Open an image first."));
}

void MeasurePage::saveTable(const QString& path, bool objects) const {
    writeFileAtomically(path.toStdString(),
                        objects ? objectTableCsv(result_.objects, result_.voxelSize, result_.names)
                                : classTableCsv(result_.classes, result_.names));
}

void MeasurePage::chooseTableFile() {
    auto* dialog = new QFileDialog(this, tr("Save table"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(QStringLiteral("csv"));
    const QString objects = tr("A row for each object (*.csv)");
    dialog->setNameFilters({objects, tr("A row for each class (*.csv)")});
    dialog->selectFile(QStringLiteral("objects.csv"));
    connect(dialog, &QFileDialog::fileSelected, this, [this, dialog, objects](const QString& path) {
        try {
            saveTable(path, dialog->selectedNameFilter() == objects);
            workbench_.showRemark(tr("The table was saved as %1.").arg(path));
        } catch (const Error& error) {
            workbench_.showError(tr("Save table"), QString::fromUtf8(error.what()));
        }
    });
    dialog->open();
}

void MeasurePage::chooseTruth() {
    auto* dialog = new QFileDialog(this, tr("Choose the ground truth"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, &MeasurePage::compareWith);
    dialog->open();
}

void MeasurePage::compareWith(const QString& truthPath) {
    const Document* document = workbench_.document();
    if (!document) return;
    if (comparing_) comparing_->cancel();
    EvaluationOptions options;
    const uint32_t value = truthClass_->currentData().toUInt();
    if (value) options.predictionLabel = value;
    options.truthInverted = inverted_->isChecked();
    struct Compared {
        std::vector<Metric> metrics;
        bool oneSlice = false;
    };
    const auto work = [path = truthPath.toStdString(), labels = document->labels().snapshot(),
                       size = document->voxelSize(), slice = workbench_.view().slice,
                       options](const Progress& progress) {
        const TileSourcePtr truth = openImage(path);
        // A single truth image belongs to the slice that is shown.
        const bool oneSlice = truth->info().extent().z == 1 && labels.extent().z > 1;
        const TileSourcePtr mine = labelsOf(labels, size, oneSlice ? std::optional(slice) : std::nullopt);
        return Compared{evaluate(*mine, *truth, options, progress), oneSlice};
    };
    const QString name = QFileInfo(truthPath).fileName();
    const int64_t slice = workbench_.view().slice;
    comparing_ = workbench_.jobs().start<Compared>(
        Lane::files, tr("Comparing with %1").arg(name), work,
        [self = QPointer(this), name, slice](Compared result) {
            if (!self) return;
            self->showMetrics(result.metrics,
                              result.oneSlice ? tr("%1, slice %2").arg(name).arg(slice + 1) : name);
        });
}

void MeasurePage::showMetrics(const std::vector<Metric>& metrics, const QString& words) {
    QString rows;
    QStringList conventions;
    for (const Metric& metric : metrics) {
        const QString name = text(metric.name);
        rows += QStringLiteral("<tr><td>%1</td><td align=right>&nbsp;&nbsp;%2</td></tr>")
                    .arg(name == QLatin1String("iou") ? QStringLiteral("IoU")
                                                      : name.left(1).toUpper() + name.mid(1),
                         QLocale::c().toString(metric.value, 'f', 4));
        conventions << tr("%1: %2").arg(name, text(metric.convention));
    }
    setSentence(comparison_, tr("Compared with %1").arg(words.toHtmlEscaped()) +
                                 QStringLiteral("<table>%1</table>").arg(rows));
    comparison_->setToolTip(conventions.join(QLatin1Char('\n')));
    Q_EMIT compared(metrics);
}

} // namespace cristae

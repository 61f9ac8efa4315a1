// MeasurePage: counting in the background, and what was counted on the page.
#include "ui/panels/measure_page.h"

#include "core/base/atomic_file.h"
#include "core/labels/label_source.h"
#include "core/measure/size_summary.h"
#include "ui/charts/bar_chart.h"
#include "ui/dialogs/chosen_file.h"
#include "ui/panels/object_model.h"
#include "ui/panels/parts.h"
#include "ui/panels/sized_source.h"
#include "ui/theme/theme.h"
#include "ui/window/workbench.h"

#include <QComboBox>
#include <QFileDialog>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QTableView>
#include <QTableWidget>
#include <QTimer>

#include <algorithm>

namespace cristae {

namespace {

QString figure(double value) {
    return QLocale::c().toString(value, 'g', 3);
}

QTableWidgetItem* cell(const QString& words, bool number) {
    auto* item = new QTableWidgetItem(words);
    item->setTextAlignment((number ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    return item;
}

void writeTable(const MeasureResult& result, const Destination& file, bool objects) {
    const ObjectIdentity identity{result.volume ? Connectivity::volume : Connectivity::slices};
    writeFileAtomically(file, objects
                                  ? objectTableCsv(result.objects, result.voxelSize, result.names, identity)
                                  : classTableCsv(result.classes, result.names));
}

} // namespace

TileSourcePtr labelsToMeasure(const LabelSnapshot& labels, const VoxelSize& voxelSize,
                              std::optional<int64_t> slice) {
    const TileSourcePtr all = makeLabelSource(labels, voxelSize);
    return slice ? partOf(all, Box3::ofSlice(labels.extent(), *slice)) : all;
}

MeasurePage::MeasurePage(Workbench& workbench, QWidget* parent) : QWidget(parent), workbench_(workbench) {
    buildLayout();
    delay_ = new QTimer(this);
    delay_->setSingleShot(true);
    delay_->setInterval(500);
    connect(delay_, &QTimer::timeout, this, &MeasurePage::refresh);
    connect(&workbench_, &Workbench::documentChanged, this, [this] {
        showResult({});
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
    if (counting_) counting_->cancel();
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
                       size = document->voxelSize(), volume, smallest = int64_t(smallest_->value()),
                       slice = workbench_.view().slice](const Progress& progress) {
        MeasureResult result;
        result.names = names;
        result.voxelSize = size;
        result.volume = volume;
        result.slice = slice;
        const TileSourcePtr source =
            labelsToMeasure(labels, size, volume ? std::nullopt : std::optional(slice));
        result.objects =
            measureObjects(*source, progress, {volume ? Connectivity::volume : Connectivity::slices});
        result.smallest = smallest;
        result.leftOut = leaveOutSmall(result.objects, smallest);
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
        Queue::writing, tr("Measuring"), work,
        [self = QPointer(this)](MeasureResult result) {
            if (self) self->showResult(std::move(result));
        },
        {}, {}, volume);
    updateState();
}

void MeasurePage::showResult(MeasureResult result) {
    counting_ = nullptr; // the job goes a little later
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
    const QVariant before = which_->currentData();
    const QSignalBlocker block(which_);
    which_->clear();
    which_->addItem(tr("all classes"));
    for (const ClassStatistics& one : result_.classes) {
        const LabelClass* entry = result_.names.find(one.label);
        which_->addItem(entry ? text(entry->name) : tr("label %1").arg(one.label), one.label);
    }
    // Means of several classes together are of nothing: the first class unless a person has chosen.
    if (const int index = which_->findData(before); before.isValid() && index >= 0)
        which_->setCurrentIndex(index);
    else if (result_.classes.size() > 1 && !allChosen_)
        which_->setCurrentIndex(1);
    showObjects();
    updateState();
    Q_EMIT measured();
}

/// The objects of the chosen class: figures, rows and histogram.
void MeasurePage::showObjects() {
    const QVariant label = which_->currentData();
    const std::optional<uint32_t> wanted =
        label.isValid() ? std::optional<uint32_t>(label.toUInt()) : std::nullopt;
    objects_->show(result_.objects, result_.names, sizeUnit(result_.voxelSize, result_.volume), wanted);
    const std::vector<double> sizes = objects_->sizes();
    const SizeSummary summary = summaryOf(sizes);
    const SizeUnit& unit = objects_->unit();
    double share = 0;
    for (const ClassStatistics& one : result_.classes)
        if (!wanted || one.label == *wanted) share += one.fraction;
    count_->setText(QLocale().toString(qint64(summary.count)));
    countWords_->setText(summary.count == 1 ? tr("object") : tr("objects"));
    const bool mixed = !wanted && result_.classes.size() > 1;
    mean_->setText(mixed ? QStringLiteral("–") : tr("%1 %2").arg(figure(summary.mean), unit.name));
    meanWords_->setText(mixed ? tr("mean %1: choose a class").arg(unit.title.toLower())
                              : tr("mean %1, SD %2").arg(unit.title.toLower(), figure(summary.deviation)));
    share_->setText(tr("%1 %").arg(figure(share * 100)));
    shareWords_->setText(result_.volume ? tr("of the stack") : tr("of the slice"));
    histogram_->show(histogramOf(mixed ? std::vector<double>() : sizes), unit.name);
    histogram_->setVisible(!mixed && !sizes.empty());
    view_->setColumnHidden(ObjectModel::slices, !result_.volume); // all lie on the one that is shown
    const int rows = std::clamp(objects_->rowCount(), 1, 10);
    view_->setFixedHeight(view_->horizontalHeader()->sizeHint().height() + 24 * rows + 4);
}

void MeasurePage::goTo(const LabelObject& object) {
    if (!workbench_.document()) return;
    ViewState view = workbench_.view();
    view.slice = std::clamp<int64_t>(int64_t(object.centroidZ), object.box.z0, object.box.z1 - 1);
    view.centreY = object.centroidY;
    view.centreX = object.centroidX;
    workbench_.setView(view);
}

void MeasurePage::updateState() {
    const Document* document = workbench_.document();
    const bool stack = document && document->info().extent().z > 1;
    where_->setVisible(stack);
    const bool anything = document && (!result_.classes.empty() || result_.leftOut > 0);
    for (QWidget* widget :
         std::initializer_list<QWidget*>{figures_, table_, objectsHead_, sizeRow_, view_, save_})
        widget->setVisible(anything);
    if (!anything) histogram_->hide();
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
        size = tr("The slice spacing is not known, so volumes are in voxels. <a href=\"size\">Enter it…</a>");
    else if (document && anything)
        size = tr("Pixel size %1 nm, from: %2.")
                   .arg(nmWords(*document->voxelSize().xNm), text(document->voxelSize().source));
    if (result_.leftOut > 0)
        size = tr("%1 objects of fewer than %2 %3 are left out. ")
                   .arg(QLocale().toString(qlonglong(result_.leftOut)),
                        QLocale().toString(qlonglong(result_.smallest)),
                        result_.volume ? tr("voxels") : tr("pixels")) +
               size;
    setSentence(sizeWords_, size);
}

void MeasurePage::saveTable(const QString& path, bool objects) const {
    writeTable(result_, chosenFile(workbench_, path), objects);
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
        workbench_.jobs().start<bool>(
            Queue::writing, tr("Save table"),
            [result = result_, file = chosenFile(workbench_, path),
             each = dialog->selectedNameFilter() == objects](const Progress&) {
                writeTable(result, file, each);
                return true;
            },
            [bench = &workbench_, path](bool) {
                bench->showRemark(tr("The table was saved as %1.").arg(path));
            });
    });
    dialog->open();
}

} // namespace cristae

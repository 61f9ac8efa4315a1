// EvaluationPanel, files: choosing what to compare, the report and the picture.
#include "core/base/atomic_file.h"
#include "core/export/difference_file.h"
#include "core/measure/difference.h"
#include "ui/dialogs/chosen_file.h"
#include "ui/panels/evaluation_panel.h"
#include "ui/panels/parts.h"
#include "ui/panels/sized_source.h"
#include "ui/report/evaluation_report.h"
#include "ui/window/workbench.h"

#include <QComboBox>
#include <QFileDialog>
#include <QFileInfo>

#include <algorithm>

namespace cristae {

namespace {

QFileDialog* fileDialog(QWidget* parent, const QString& title) {
    auto* dialog = new QFileDialog(parent, title);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    return dialog;
}

} // namespace

void EvaluationPanel::chooseTruth() {
    QFileDialog* dialog = fileDialog(this, tr("Choose the ground truth"));
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) { compareWith(path); });
    dialog->open();
}

void EvaluationPanel::choosePrediction() {
    QFileDialog* dialog = fileDialog(this, tr("Choose a prediction"));
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) { addPrediction(path); });
    dialog->open();
}

void EvaluationPanel::chooseReport() {
    QFileDialog* dialog = fileDialog(this, tr("Save the report"));
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setFileMode(QFileDialog::AnyFile);
    dialog->setDefaultSuffix(QStringLiteral("pdf"));
    const QString csv = tr("Table (*.csv)");
    dialog->setNameFilters({tr("PDF pages (*.pdf)"), csv});
    dialog->selectFile(QStringLiteral("evaluation.pdf"));
    connect(dialog, &QFileDialog::filterSelected, dialog, [dialog, csv](const QString& filter) {
        dialog->setDefaultSuffix(filter == csv ? QStringLiteral("csv") : QStringLiteral("pdf"));
    });
    connect(dialog, &QFileDialog::fileSelected, this, &EvaluationPanel::saveReport);
    dialog->open();
}

void EvaluationPanel::choosePicture() {
    QFileDialog* dialog = fileDialog(this, tr("Save the difference"));
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setFileMode(QFileDialog::AnyFile);
    dialog->setNameFilters({tr("Pictures (*.png *.tif *.tiff *.jpg *.h5)")});
    dialog->setDefaultSuffix(truth_ && truth_->info().extent().z > 1 ? QStringLiteral("tif")
                                                                     : QStringLiteral("png"));
    dialog->selectFile(QStringLiteral("difference.") + dialog->defaultSuffix());
    connect(dialog, &QFileDialog::fileSelected, this, &EvaluationPanel::savePicture);
    dialog->open();
}

Destination EvaluationPanel::placeFor(const QString& path) const {
    Destination file = chosenFile(workbench_, path);
    file.reading(record_.truth.path);
    for (const Comparison& one : record_.predictions) file.reading(one.prediction.path);
    return file;
}

void EvaluationPanel::saveReport(const QString& path) {
    const Document* document = workbench_.document();
    if (record_.predictions.empty() || !document) return;
    const int64_t shown = slice_ ? 0 : workbench_.view().slice;
    TileSourcePtr image = imageForJobs(*document);
    if (slice_) image = partOf(image, Box3::ofSlice(image->info().extent(), *slice_));
    workbench_.jobs().start<bool>(
        Queue::writing, tr("Save the report"),
        [path, file = placeFor(path), record = record_, compared = compared_, truth = truth_, image, shown,
         number = slice_.value_or(shown)](const Progress& progress) {
            if (QFileInfo(path).suffix().compare(QLatin1String("csv"), Qt::CaseInsensitive) == 0) {
                writeFileAtomically(file, evaluationCsv(record));
                return true;
            }
            std::vector<EvaluationPicture> pictures;
            for (size_t i = 0; i < compared.size(); ++i) {
                progress.report(double(i) / double(compared.size()), tr("pictures").toStdString());
                pictures.push_back(
                    {differenceImage(compared[i].source, truth, compared[i].options, image, shown, progress),
                     tr("slice %1: %2").arg(number + 1).arg(text(record.predictions[i].prediction.name))});
            }
            writeEvaluationPdf(file, record, pictures);
            return true;
        },
        [self = QPointer(this), path](bool) {
            if (!self) return;
            self->workbench_.showRemark(tr("The report was saved as %1.").arg(path));
            Q_EMIT self->reportSaved(path);
        });
}

void EvaluationPanel::savePicture(const QString& path) {
    const Document* document = workbench_.document();
    const size_t index = size_t(std::max(0, which_->currentIndex()));
    if (!document || index >= compared_.size()) return;
    TileSourcePtr image = imageForJobs(*document);
    if (slice_) image = partOf(image, Box3::ofSlice(image->info().extent(), *slice_));
    workbench_.jobs().start<QString>(
        Queue::writing, tr("Save the difference"),
        [file = placeFor(path), session = &workbench_.session(), one = compared_[index], truth = truth_,
         image, name = record_.predictions[index].prediction.name,
         truthName = record_.truth.name](const Progress& progress) {
            const TileSourcePtr picture = differencePicture(one.source, truth, one.options, image);
            return text(
                writeDifferencePicture(*picture, session->exporters(), file, name, truthName, progress)
                    .string());
        },
        [self = QPointer(this)](const QString& place) {
            if (self) self->workbench_.showRemark(tr("The difference was saved as %1.").arg(place));
        });
}

} // namespace cristae

// Workbench: the labels of the document as a file.
#include "ui/window/workbench.h"

#include "core/document/complete_parts.h"

#include <QFileInfo>

namespace cristae {

LabelExport Workbench::labelsForFile() const {
    LabelExport what;
    what.labels = document_->labels().snapshot();
    what.classes = document_->classes();
    what.voxelSize = document_->voxelSize();
    what.image = document_->image();
    what.history = document_->history();
    if (!document_->completeParts().empty()) what.history.push_back(toJson(document_->completeParts()));
    return what;
}

bool Workbench::savingPresentLabels() const {
    return saving_ && !saving_->over() && !stepping() && entering_ == 0 &&
           document_->labels().generation() == savingGeneration_ && document_->classes() == savingClasses_;
}

void Workbench::saveLabels(const QString& path) {
    if (!document_) return;
    const QString name = QFileInfo(path).fileName();
    savingGeneration_ = document_->labels().generation();
    savingClasses_ = document_->classes();
    const auto failed = [this] { Q_EMIT saveFailed(); };
    saving_ = jobs_->start<bool>(
        Queue::saving, tr("Save labels as %1").arg(name),
        [session = &session_, file = std::filesystem::path(path.toStdString()),
         what = labelsForFile()](const Progress& progress) {
            const Exporter& exporter = findExporter(session->exporters(), {}, file);
            if (!exporter.lossless())
                throw Error(ErrorKind::usage, tr("%1 files lose detail; save labels as TIFF or HDF5.")
                                                  .arg(QString::fromStdString(exporter.name()))
                                                  .toStdString());
            ExportDescription shape;
            shape.info = what.image->info();
            const std::filesystem::path place = exporter.placeOf(file, shape);
            std::error_code ignored;
            // The dialog has asked about the name that was typed, and nothing else.
            if (place != file && std::filesystem::exists(place, ignored))
                throw Error(
                    ErrorKind::output,
                    tr("The slices would go into the folder “%1”, which exists already; choose another "
                       "name, or TIFF or HDF5.")
                        .arg(QString::fromStdString(place.string()))
                        .toStdString());
            session->exportLabels(what, exporter, {file, Existing::replace}, progress);
            return true;
        },
        [this, path, name, generation = savingGeneration_, number = documentNumber_,
         classes = savingClasses_](bool) {
            if (number != documentNumber_) return;
            labelsPath_ = path;
            // Strokes made while the file was being written are not in it.
            if (document_->labels().generation() == generation && document_->classes() == classes)
                document_->markSaved();
            showRemark(tr("Labels saved as “%1”.").arg(name));
            Q_EMIT labelsSaved();
        },
        [this, name, failed](const Error& error) {
            showError(tr("Labels could not be saved as “%1”").arg(name),
                      QString::fromStdString(error.what()));
            failed();
        },
        failed);
}

} // namespace cristae

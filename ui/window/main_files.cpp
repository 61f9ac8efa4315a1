// MainWindow: opening and saving.
#include "core/io/format.h"
#include "ui/dialogs/dataset_dialog.h"
#include "ui/dialogs/export_dialog.h"
#include "ui/window/main_window.h"
#include "ui/window/message_bar.h"
#include "ui/window/start_page.h"

#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QMimeData>
#include <QSettings>
#include <QUrl>

namespace cristae {

void MainWindow::openFile(const QString& path) {
    whenLabelsAreSafe(tr("Open another image?"), [this, path] { bench_.open(path); });
}

void MainWindow::chooseFile() {
    QStringList patterns;
    for (const std::string& extension : openableExtensions())
        patterns << QStringLiteral("*.") + QString::fromStdString(extension);
    auto* dialog = new QFileDialog(this, tr("Open a micrograph or a stack"),
                                   QSettings().value(QStringLiteral("folder")).toString(),
                                   tr("Images (%1);;All files (*)").arg(patterns.join(QLatin1Char(' '))));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) {
        QSettings().setValue(QStringLiteral("folder"), QFileInfo(path).absolutePath());
        openFile(path);
    });
    dialog->open();
}

void MainWindow::chooseFolder() {
    auto* dialog = new QFileDialog(this, tr("Open a folder of slices"),
                                   QSettings().value(QStringLiteral("folder")).toString());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    connect(dialog, &QFileDialog::fileSelected, this, &MainWindow::openFile);
    dialog->open();
}

void MainWindow::exportLabels() {
    if (!bench_.document()) return;
    auto* dialog = new ExportDialog(bench_, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

void MainWindow::saveLabels() {
    if (!bench_.document()) return;
    if (bench_.labelsPath().isEmpty())
        saveLabelsAs();
    else
        bench_.saveLabels(bench_.labelsPath());
}

void MainWindow::saveLabelsAs() {
    const Document* document = bench_.document();
    if (!document) return;
    const QFileInfo image(QString::fromStdString(document->info().path.string()));
    const QString proposal = bench_.labelsPath().isEmpty()
                                 ? image.absolutePath() + QLatin1Char('/') + image.completeBaseName() +
                                       QStringLiteral("_labels.tif")
                                 : bench_.labelsPath();
    auto* dialog =
        new QFileDialog(this, tr("Save labels"), proposal, tr("TIFF (*.tif *.tiff);;HDF5 (*.h5 *.hdf5)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(QStringLiteral("tif"));
    dialog->selectFile(proposal);
    connect(dialog, &QFileDialog::fileSelected, &bench_, &Workbench::saveLabels);
    connect(dialog, &QFileDialog::rejected, this, [this] { afterSaving_ = {}; });
    dialog->open();
}

void MainWindow::loadLabels() {
    if (!bench_.document()) return;
    const QFileInfo image(QString::fromStdString(bench_.document()->info().path.string()));
    auto* dialog = new QFileDialog(this, tr("Load labels"), image.absolutePath(), tr("All files (*)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, &bench_,
            [this](const QString& path) { bench_.loadLabels(path); });
    dialog->open();
}

QDialog* MainWindow::askDataset(const QString& path, const std::vector<SceneInfo>& datasets, bool labels,
                                std::function<void(const OpenOptions&)> then) {
    auto* dialog = new DatasetDialog(bench_, path, datasets, this);
    if (labels) dialog->preferLabels();
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &DatasetDialog::chosen, this,
            [then = std::move(then)](const QString&, const QString& dataset, const QString& axes) {
                OpenOptions options;
                options.scene = dataset.toStdString();
                options.axes = axes.toStdString();
                then(options);
            });
    dialog->open();
    return dialog;
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
    if (!event->mimeData()->hasUrls()) return;
    event->acceptProposedAction();
    start_->setDropHint(true);
}

void MainWindow::dragLeaveEvent(QDragLeaveEvent*) {
    start_->setDropHint(false);
}

void MainWindow::dropEvent(QDropEvent* event) {
    start_->setDropHint(false);
    QStringList files;
    for (const QUrl& url : event->mimeData()->urls())
        if (url.isLocalFile()) files << url.toLocalFile();
    if (files.isEmpty()) {
        messages_->showRemark(tr("Only files and folders of this computer can be dropped here."));
        return;
    }
    event->acceptProposedAction();
    if (files.size() > 1)
        messages_->showRemark(
            tr("One image is opened at a time; drop the folder to open its files as a stack."));
    openFile(files.first());
}

} // namespace cristae

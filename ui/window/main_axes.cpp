// MainWindow: the axes of the open image, asked for and remembered.
#include "core/io/hdf5_axes.h"
#include "ui/dialogs/dataset_dialog.h"
#include "ui/window/axes_memory.h"
#include "ui/window/main_window.h"
#include "ui/window/offer_bar.h"

#include <QDialog>

#include <algorithm>

namespace cristae {

void MainWindow::editAxes() {
    const Document* document = bench_.document();
    if (!document || document->info().dataset.empty()) return;
    const std::filesystem::path file = document->info().path;
    bench_.jobs().start<std::vector<SceneInfo>>(
        Queue::files, tr("List the images in %1").arg(QString::fromStdString(file.filename().string())),
        [file](const Progress&) { return listScenes(file); },
        [this, file](const std::vector<SceneInfo>& scenes) {
            const Document* now = bench_.document();
            if (!now || now->info().path != file) return;
            const auto shown = std::ranges::find(scenes, now->info().dataset, &SceneInfo::name);
            if (shown == scenes.end()) return;
            SceneInfo scene = *shown;
            scene.axes = now->info().axes;
            const QDialog* dialog = askDataset(QString::fromStdString(file.string()), {scene}, false,
                                               [this](const OpenOptions& chosen) { useAxes(chosen); });
            connect(dialog, &QDialog::rejected, this, &MainWindow::offerAxes);
        });
}

void MainWindow::useAxes(const OpenOptions& chosen) {
    const Document* document = bench_.document();
    if (!document) return;
    OpenOptions options = bench_.openedWith();
    // Unchanged axes are a choice too: they are not asked about again.
    options.axes = chosen.axes.empty() ? document->info().axes : chosen.axes;
    rememberAxes(document->info().path, options);
    const QString path = QString::fromStdString(document->info().path.string());
    if (options.axes == document->info().axes) return closeAxesOffer();
    whenLabelsAreSafe(tr("Read the image with other axes?"),
                      [this, path, options] { bench_.open(path, options); });
}

void MainWindow::closeAxesOffer() {
    if (axesOffer_) axesOffer_->deleteLater();
}

void MainWindow::offerAxes() {
    closeAxesOffer();
    const Document* document = bench_.document();
    if (!document || !bench_.openedWith().axes.empty()) return;
    const std::string sentence = remarkOnAxes(document->info().remarks);
    if (sentence.empty()) return;
    axesOffer_ = new OfferBar(QString::fromStdString(sentence));
    axesOffer_->addChoice(tr("Set axes…"), QStringLiteral("setAxes"), [this] { editAxes(); });
    axesOffer_->addChoice(tr("They are right"), QStringLiteral("keepAxes"), [this] { useAxes({}); });
    addOffer(axesOffer_);
}

} // namespace cristae

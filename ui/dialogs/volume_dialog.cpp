// VolumeDialog.
#include "ui/dialogs/volume_dialog.h"

#include "core/export/picture_file.h"
#include "core/image/memory_source.h"
#include "core/render/volume_picture.h"
#include "ui/canvas/volume_view.h"
#include "ui/dialogs/chosen_file.h"
#include "ui/panels/measure_page.h"
#include "ui/panels/parts.h"
#include "ui/panels/sized_source.h"
#include "ui/theme/theme.h"
#include "ui/window/workbench.h"

#include <QComboBox>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QProgressBar>
#include <QPushButton>
#include <QVBoxLayout>

#include <utility>

namespace cristae {

VolumeDialog::VolumeDialog(Workbench& workbench, QWidget* parent) : QDialog(parent), workbench_(workbench) {
    setWindowTitle(tr("Volume"));
    setObjectName(QStringLiteral("volumeDialog"));
    buildLayout();
    connect(&workbench_, &Workbench::documentChanged, this, [this] {
        view_->setScene(nullptr);
        stale_ = true;
        // What is being read belongs to the image before.
        if (job_) job_->cancel();
        again_ = job_ && isVisible();
        if (!job_ && isVisible()) refresh();
        updateState();
    });
    const auto changed = [this] {
        stale_ = true;
        updateState();
    };
    connect(&workbench_, &Workbench::labelsChanged, this, changed);
    connect(&workbench_, &Workbench::classesChanged, this, changed);
    connect(&workbench_, &Workbench::voxelSizeChanged, this, changed);
    updateState();
}

VolumeDialog::~VolumeDialog() {
    if (job_) job_->cancel();
}

void VolumeDialog::buildLayout() {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 16, 16, 16);
    column->setSpacing(8);
    auto* tools = new QHBoxLayout;
    tools->setSpacing(8);
    rendering_ = new QComboBox(this);
    rendering_->setObjectName(QStringLiteral("volumeRendering"));
    rendering_->setAccessibleName(tr("Rendering"));
    rendering_->addItem(tr("Volume"), int(VolumeRendering::outside));
    rendering_->addItem(tr("Surfaces of the objects"), int(VolumeRendering::objects));
    front_ = new QPushButton(tr("Reset view"), this);
    front_->setToolTip(tr("Restores the first view, as a double click does."));
    refresh_ = new QPushButton(tr("Reload"), this);
    refresh_->setObjectName(QStringLiteral("volumeRefresh"));
    save_ = new QPushButton(tr("Save picture…"), this);
    save_->setObjectName(QStringLiteral("volumeSave"));
    tools->addWidget(rendering_);
    tools->addWidget(front_);
    tools->addStretch(1);
    tools->addWidget(refresh_);
    tools->addWidget(save_);
    column->addLayout(tools);
    view_ = new VolumeView(workbench_.jobs(), this);
    column->addWidget(view_, 1);
    auto* foot = new QHBoxLayout;
    foot->setSpacing(8);
    facts_ = secondaryLabel(QString(), this);
    facts_->setObjectName(QStringLiteral("volumeFacts"));
    hint_ = secondaryLabel(tr("Drag or use the arrow keys to rotate, the wheel to zoom."), this);
    hint_->setWordWrap(false);
    bar_ = new QProgressBar(this);
    bar_->setRange(0, 1000);
    bar_->setTextVisible(false);
    bar_->setFixedWidth(160);
    cancel_ = new QPushButton(tr("Cancel"), this);
    foot->addWidget(facts_, 1);
    foot->addWidget(bar_);
    foot->addWidget(cancel_);
    foot->addWidget(hint_);
    column->addLayout(foot);
    for (QPushButton* button : {front_, refresh_, save_, cancel_}) button->setAutoDefault(false);

    connect(rendering_, &QComboBox::activated, this, [this] {
        view_->setRendering(VolumeRendering(rendering_->currentData().toInt()));
        updateState();
    });
    connect(front_, &QPushButton::clicked, this, [this] { view_->setCamera({}); });
    connect(refresh_, &QPushButton::clicked, this, &VolumeDialog::refresh);
    connect(save_, &QPushButton::clicked, this, &VolumeDialog::choosePicture);
    connect(cancel_, &QPushButton::clicked, this, [this] {
        if (job_) job_->cancel();
    });
}

void VolumeDialog::showEvent(QShowEvent* event) {
    QDialog::showEvent(event);
    if (stale_) refresh();
    view_->setFocus();
}

void VolumeDialog::refresh() {
    const Document* document = workbench_.document();
    if (!document || job_) return;
    if (document->info().extent().z < 2) return updateState();
    stale_ = false;
    using Scene = std::shared_ptr<const VolumeScene>;
    job_ = workbench_.jobs().start<Scene>(
        Queue::files, tr("Reading the volume"),
        [image = imageForJobs(*document), labels = document->labels().snapshot(),
         size = document->voxelSize(), classes = document->classes()](const Progress& progress) -> Scene {
            return std::make_shared<const VolumeScene>(volumeScene(
                *image, labelsToMeasure(labels, size, {}).get(), classes, size, mostSceneVoxels, progress));
        },
        [self = QPointer(this)](const Scene& scene) {
            if (!self) return;
            self->view_->setScene(scene);
            // Without labels there are no surfaces to show.
            if (scene->colours.empty()) self->rendering_->setCurrentIndex(0);
            self->view_->setRendering(VolumeRendering(self->rendering_->currentData().toInt()));
            Q_EMIT self->refreshed();
        },
        {},
        [self = QPointer(this)] {
            if (self) self->stale_ = true;
        });
    connect(job_, &Job::changed, this, &VolumeDialog::updateState);
    connect(job_, &Job::ended, this, [this] {
        job_ = nullptr;
        if (std::exchange(again_, false)) refresh();
        updateState();
    });
    updateState();
}

void VolumeDialog::updateState() {
    const Document* document = workbench_.document();
    const bool stack = document && document->info().extent().z > 1;
    const auto& scene = view_->scene();
    view_->setWords(!document ? tr("Open a stack to view it in 3D.")
                    : !stack  ? tr("A single slice has no depth; open a stack to view it in 3D.")
                    : job_    ? tr("Reading the stack…")
                              : tr("The stack has not been read; press Reload."));
    bar_->setVisible(job_);
    cancel_->setVisible(job_);
    hint_->setVisible(!job_);
    if (job_) bar_->setValue(int(job_->fraction() * 1000));
    for (QWidget* widget : std::initializer_list<QWidget*>{rendering_, front_, save_})
        widget->setEnabled(scene != nullptr);
    refresh_->setEnabled(stack && !job_ && (stale_ || !scene));
    refresh_->setToolTip(!stack             ? tr("Open a stack first.")
                         : stale_ || !scene ? tr("Image, labels or classes have changed since it was read.")
                                            : tr("The view is up to date."));
    if (!scene) return setSentence(facts_, QString());
    const Extent3& e = scene->imageExtent;
    QStringList facts{tr("%1 × %2 × %3 voxels").arg(e.x).arg(e.y).arg(e.z)};
    if (scene->nmPerStep) {
        // Of the image, not of the scene, whose last blocks may be filled in part.
        const auto micrometres = [&](size_t axis, int64_t voxels, int64_t block) {
            const double nm = scene->step[axis] * *scene->nmPerStep / double(block);
            return QLocale::c().toString(double(voxels) * nm / 1000, 'g', 3);
        };
        facts << tr("%1 × %2 × %3 µm")
                     .arg(micrometres(2, e.x, scene->block.x), micrometres(1, e.y, scene->block.y),
                          micrometres(0, e.z, scene->block.z));
    } else {
        facts << tr("slice spacing unknown, drawn as one pixel");
    }
    if (scene->extent != e)
        facts << tr("downsampled to %1 × %2 × %3")
                     .arg(scene->extent.x)
                     .arg(scene->extent.y)
                     .arg(scene->extent.z);
    if (scene->colours.empty() && view_->rendering() == VolumeRendering::objects) facts << tr("no labels");
    setSentence(facts_, facts.join(QStringLiteral(" · ")));
}

void VolumeDialog::savePicture(const QString& path) {
    if (!view_->scene()) return;
    const Document* document = workbench_.document();
    workbench_.jobs().start<QString>(
        Queue::writing, tr("Save picture"),
        [scene = view_->scene(), camera = view_->camera(), rendering = view_->rendering(),
         size = view_->size() * 2, colour = fromQColor(themeColours(palette()).surround),
         name = document ? document->info().path.string() : std::string(), session = &workbench_.session(),
         file = chosenFile(workbench_, path)](const Progress& progress) {
            const VolumePicture picture =
                volumePicture(*scene, camera, rendering, size.width(), size.height(), colour,
                              PartProgress(progress, 0, 0.8));
            const auto place =
                writePicture(MemorySource(picture.colours), session->exporters(), file,
                             volumeProvenance(name, {}, camera, rendering), PartProgress(progress, 0.8, 1));
            return QString::fromStdString(place.string());
        },
        [bench = &workbench_](const QString& place) {
            bench->showRemark(tr("The picture was saved as %1.").arg(place));
        });
}

void VolumeDialog::choosePicture() {
    auto* dialog = new QFileDialog(this, tr("Save picture"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(QStringLiteral("png"));
    dialog->setNameFilters({tr("Picture (*.png *.jpg *.tif)")});
    dialog->selectFile(QStringLiteral("volume.png"));
    connect(dialog, &QFileDialog::fileSelected, this, &VolumeDialog::savePicture);
    dialog->open();
}

} // namespace cristae

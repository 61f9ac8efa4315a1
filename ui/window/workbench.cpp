// Workbench: opening, the shared view and the current tool.
#include "ui/window/workbench.h"
#include "core/base/text.h"
#include "core/document/complete_parts.h"
#include "core/image/pyramid.h"
#include "core/image/with_voxel_size.h"
#include "core/io/format.h"
#include "core/io/hdf5_axes.h"
#include "ui/canvas/difference_layer.h"
#include "ui/canvas/explanation_layer.h"
#include "ui/window/axes_memory.h"
#include "ui/window/label_files.h"

#include <QFileInfo>
#include <QLocale>

#include <algorithm>
#include <cmath>

namespace cristae {

/// What the files queue brings back from opening.
struct Workbench::Opened {
    TileSourcePtr image, screen;
    OpenOptions options; // as it was opened, with axes that were set before
    DisplayRange range;
    std::vector<SceneInfo> choices; // not empty: the user must choose first
};

namespace {

/// How long a file may give no sign of life while it is read.
constexpr std::chrono::seconds readingSilence(60);

/// A part of a slice that is large enough for a histogram and quick to read.
Pixels contrastSample(const TileSource& image, int64_t slice, const Progress& progress) {
    const Extent3 extent = image.info().extent();
    constexpr int64_t side = 1024;
    const int64_t y0 = std::max<int64_t>(0, (extent.y - side) / 2),
                  x0 = std::max<int64_t>(0, (extent.x - side) / 2);
    return image.read(
        0, {slice, y0, x0, slice + 1, std::min(extent.y, y0 + side), std::min(extent.x, x0 + side)},
        progress);
}

/// Bytes are shown as they are; other types by ImageJ's "Auto" on the middle slice.
DisplayRange firstRange(const TileSource& image, const Progress& progress) {
    if (image.info().type == PixelType::u8) return {};
    try {
        return autoRange(contrastSample(image, image.info().extent().z / 2, progress));
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::cancelled) throw;
        return {0, 65535, 1, false}; // the canvas will say which pixels cannot be read
    }
}

} // namespace

Workbench::Workbench(Session& session, QObject* parent)
    : QObject(parent), session_(session), jobs_(std::make_unique<Jobs>()),
      difference_(std::make_unique<DifferenceLayer>(*this)),
      explanation_(std::make_unique<ExplanationLayer>(*this)) {
    connect(jobs_.get(), &Jobs::errorRaised, this, &Workbench::errorShown);
}

Workbench::~Workbench() {
    difference_.reset();
    explanation_.reset();
    jobs_.reset(); // jobs may hold the document's snapshots and call back
}

void Workbench::open(const QString& path, const OpenOptions& options, std::function<void()> then) {
    if (opening_) opening_->cancel();
    const QString name = QFileInfo(path).fileName();
    auto work = [file = std::filesystem::path(path.toStdString()), options](const Progress& progress) {
        Opened opened;
        opened.options = options;
        if (options.axes.empty()) opened.options.axes = rememberedAxes(file, options.scene);
        ImageOrScenes found = openOrList(file, opened.options);
        opened.choices = std::move(found.scenes);
        if (!found.image) return opened;
        opened.image = std::move(found.image);
        opened.screen = withPyramid(opened.image);
        opened.range = firstRange(*opened.image, progress);
        return opened;
    };
    opening_ = jobs_->start<Opened>(
        Queue::files, tr("Open %1").arg(name), work,
        [this, path, options, then = std::move(then)](Opened opened) {
            if (!opened.choices.empty()) {
                Q_EMIT datasetChoiceNeeded(path, opened.choices);
                return;
            }
            displayRange_ = opened.range;
            screenSource_ = opened.screen;
            setDocument(std::make_unique<Document>(opened.image));
            openedWith_ = opened.options;
            QStringList remarks;
            for (const std::string& remark : document_->info().remarks)
                if (remarkOnAxes({remark}).empty()) // the window offers to set them
                    remarks << QString::fromStdString(remark);
            if (!remarks.isEmpty()) showRemark(remarks.join(QLatin1Char(' ')));
            if (then) then();
        },
        [this, name](const Error& error) {
            showError(tr("“%1” could not be opened").arg(name), QString::fromStdString(error.what()));
        },
        {}, true, readingSilence);
}

void Workbench::showImage(const TileSourcePtr& image, const DisplayRange& range) {
    displayRange_ = range;
    screenSource_ = withPyramid(image);
    setDocument(std::make_unique<Document>(image));
}

void Workbench::closeDocument() {
    screenSource_.reset();
    setDocument(nullptr);
}

void Workbench::setDocument(std::unique_ptr<Document> document) {
    ++documentNumber_;
    steps_.clear();
    auto before = document_ ? std::make_shared<LabelSnapshot>(document_->labels().snapshot()) : nullptr;
    document_ = std::move(document);
    if (before) release(std::move(before));
    labelsPath_.clear();
    openedWith_ = {};
    saving_ = nullptr; // a file that is being written is of the document before
    entering_ = 0;
    labelsShown_ = true;
    contrastPress_ = 0;
    onlyOver_.reset();
    measureLine_.reset();
    currentLabel_ = 1;
    view_ = {};
    if (document_) {
        view_.slice = document_->info().extent().z / 2;
        cross_ = {double(document_->info().extent().y) / 2, double(document_->info().extent().x) / 2};
        document_->addListener([this](Document::Change change, const Box3& box) {
            switch (change) {
            case Document::Change::labels:
                Q_EMIT labelsChanged(box);
                break;
            case Document::Change::classes: {
                const auto& classes = document_->classes().classes();
                if (!classes.empty() && !document_->classes().find(currentLabel_))
                    setCurrentLabel(classes.front().value);
                Q_EMIT classesChanged();
                break;
            }
            case Document::Change::voxelSize:
                Q_EMIT voxelSizeChanged();
                break;
            case Document::Change::complete:
                Q_EMIT completeChanged();
                break;
            case Document::Change::state:
                break;
            }
            Q_EMIT stateChanged();
        });
    }
    Q_EMIT documentChanged();
    Q_EMIT viewChanged();
    Q_EMIT stateChanged();
    Q_EMIT toolChanged();
}

void Workbench::loadLabels(const QString& path, const OpenOptions& options, std::function<void()> then) {
    if (!document_) return;
    const QString name = QFileInfo(path).fileName();
    struct Loaded {
        LoadedLabels labels;
        std::vector<SceneInfo> choices; // not empty: the user must choose first
    };
    jobs_->start<Loaded>(
        Queue::files, tr("Load labels from %1").arg(name),
        [file = std::filesystem::path(path.toStdString()), base = document_->labels().snapshot(),
         classes = document_->classes(), options](const Progress& progress) {
            Loaded loaded;
            OpenOptions values = options;
            values.labels = true;
            ImageOrScenes found = openOrList(file, values);
            loaded.choices = std::move(found.scenes);
            if (found.image) loaded.labels = readLabels(found.image, base, classes, progress);
            return loaded;
        },
        [this, path, name, then = std::move(then), number = documentNumber_](Loaded done) {
            if (number != documentNumber_) return;
            if (!done.choices.empty()) {
                Q_EMIT labelsChoiceNeeded(path, done.choices);
                return;
            }
            LoadedLabels& loaded = done.labels;
            const std::optional<VoxelSize> size = sizeFromLabels(loaded);
            const bool sameParts = loaded.complete.empty() || loaded.complete == document_->completeParts();
            if (loaded.delta.empty() && loaded.classes == document_->classes() && !size && sameParts) {
                showRemark(tr("“%1” holds the labels that are here already.").arg(name));
                if (then) then();
                return;
            }
            LabelWork work;
            work.words = tr("Load labels from %1").arg(name);
            work.enter = [this, classes = loaded.classes, size, complete = loaded.complete,
                          words = work.words.toStdString()](const std::function<void()>& labels) {
                document_->setClasses(classes, words);
                document_->setCompleteParts(complete, words);
                if (size) document_->setVoxelSize(*size);
                labels();
            };
            work.done = [this, then, remarks = loaded.remarks](bool) {
                for (const std::string& remark : remarks) showRemark(QString::fromStdString(remark));
                if (then) then();
            };
            enterLabels(std::move(loaded.delta), std::nullopt, std::move(work));
        },
        [this, name](const Error& error) {
            showError(tr("Labels from “%1” could not be loaded").arg(name),
                      QString::fromStdString(error.what()));
        },
        {}, true, readingSilence);
}

/// The voxel size that labels bring to an image without one, for instance what was entered by hand when they
/// were saved; where both have one and they differ, a remark.
std::optional<VoxelSize> Workbench::sizeFromLabels(LoadedLabels& loaded) const {
    const VoxelSize &own = document_->voxelSize(), &stated = loaded.voxelSize;
    if (!stated.knownInPlane()) return std::nullopt;
    if (own.knownInPlane()) {
        ImageInfo image, labels;
        image.path = document_->info().path;
        image.voxelSize = own;
        labels.path = "the labels";
        labels.voxelSize = stated;
        if (const std::string remark = remarkOnSizes(image, labels); !remark.empty())
            loaded.remarks.push_back(remark);
        return std::nullopt;
    }
    loaded.remarks.push_back(
        tr("The pixel size of %1 nm was taken from the labels (%2).")
            .arg(QLocale().toString(*stated.xNm, 'g', 4), QString::fromStdString(stated.source))
            .toStdString());
    return stated;
}

void Workbench::setView(const ViewState& view) {
    if (view.slice == view_.slice && view.centreX == view_.centreX && view.centreY == view_.centreY &&
        view.zoom == view_.zoom)
        return;
    view_ = view;
    Q_EMIT viewChanged();
}

void Workbench::setSlice(int64_t slice) {
    if (!document_) return;
    ViewState view = view_;
    view.slice = std::clamp<int64_t>(slice, 0, document_->info().extent().z - 1);
    setView(view);
}

void Workbench::setViewMode(ViewMode mode) {
    if (mode == viewMode_) return;
    viewMode_ = mode;
    Q_EMIT viewModeChanged();
}

void Workbench::setCross(ImagePoint cross) {
    if (!document_) return;
    const Extent3 extent = document_->info().extent();
    cross.y = std::clamp(cross.y, 0.0, double(extent.y) - 0.5);
    cross.x = std::clamp(cross.x, 0.0, double(extent.x) - 0.5);
    cross_ = cross;
    Q_EMIT crossChanged();
}

void Workbench::setSwipe(double share) {
    share = std::clamp(share, 0.0, 1.0);
    if (share == swipe_) return;
    swipe_ = share;
    Q_EMIT displayChanged();
}

void Workbench::setDisplayRange(const DisplayRange& range) {
    if (range == displayRange_) return;
    displayRange_ = range;
    Q_EMIT displayChanged();
}

void Workbench::autoContrast() {
    if (!document_) return;
    jobs_->start<DisplayRange>(
        Queue::view, tr("Contrast"),
        [image = document_->image(), slice = view_.slice, press = contrastPress_](const Progress& progress) {
            return autoRange(contrastSample(*image, slice, progress), press);
        },
        [this, number = documentNumber_](DisplayRange range) {
            if (number != documentNumber_) return;
            contrastPress_ =
                (contrastPress_ + 1) % 10; // 5000 halved nine times is below ImageJ's limit of 10
            range.inverted = displayRange_.inverted;
            setDisplayRange(range);
        },
        {}, {}, false);
}

void Workbench::setOverlayStyle(const OverlayStyle& style) {
    overlayStyle_ = style;
    Q_EMIT displayChanged();
}

void Workbench::setLabelsShown(bool shown) {
    if (shown == labelsShown_) return;
    labelsShown_ = shown;
    Q_EMIT displayChanged();
}

void Workbench::setTool(const QString& key) {
    if (key == tool_) return;
    tool_ = key;
    Q_EMIT toolChanged();
}

void Workbench::setCurrentLabel(uint32_t value) {
    if (value == currentLabel_) return;
    currentLabel_ = value;
    Q_EMIT toolChanged();
}

void Workbench::ensureCurrentClass() {
    if (!document_ || document_->classes().find(currentLabel_)) return;
    ClassTable classes = document_->classes();
    const LabelClass entry = classes.empty() ? classes.ensure("mitochondria") : classes.classes().front();
    currentLabel_ = entry.value;
    if (!(classes == document_->classes()))
        document_->setClasses(classes,
                              tr("Add class %1").arg(QString::fromStdString(entry.name)).toStdString());
    Q_EMIT toolChanged();
}

nlohmann::json Workbench::toolOptions(const QString& key) const {
    const auto found = toolOptions_.find(key);
    return found == toolOptions_.end() ? nlohmann::json::object() : found->second;
}

void Workbench::setToolOption(const QString& tool, const std::string& option, const nlohmann::json& value) {
    nlohmann::json options = toolOptions(tool);
    options[option] = value;
    toolOptions_[tool] = options;
    Q_EMIT toolChanged();
}

void Workbench::setMeasureLine(const std::optional<MeasureLine>& line) {
    measureLine_ = line;
    Q_EMIT measureLineChanged();
}

void Workbench::addCompletePart(const Box3& part) {
    if (!document_) return;
    const Box3 inside = part.intersected(Box3::ofExtent(document_->info().extent()));
    if (inside.empty()) return;
    document_->setCompleteParts(withPart(document_->completeParts(), inside),
                                tr("Part of slice %1 is complete").arg(inside.z0 + 1).toStdString());
}

void Workbench::setSliceComplete(int64_t z, bool complete) {
    if (!document_) return;
    std::vector<Box3> parts = withoutSlice(document_->completeParts(), z);
    if (complete) parts = withPart(std::move(parts), Box3::ofSlice(document_->info().extent(), z));
    document_->setCompleteParts(std::move(parts), (complete ? tr("Slice %1 is complete").arg(z + 1)
                                                            : tr("Slice %1 is not complete").arg(z + 1))
                                                      .toStdString());
}

QString Workbench::measureWords() const {
    if (!measureLine_ || !document_) return {};
    const double x = measureLine_->to.x - measureLine_->from.x, y = measureLine_->to.y - measureLine_->from.y;
    const VoxelSize& size = document_->voxelSize();
    if (size.knownInPlane())
        return QString::fromStdString(lengthText(std::hypot(x * *size.xNm, y * *size.yNm)));
    const double pixels = std::hypot(x, y);
    return tr("%1 px").arg(pixels, 0, 'f', pixels < 100 ? 1 : 0);
}

void Workbench::setBrushRadius(double px) {
    px = std::clamp(px, 0.5, 500.0);
    if (px == brushRadius_) return;
    brushRadius_ = px;
    Q_EMIT toolChanged();
}

WriteRule Workbench::strokeRule() const {
    WriteRule rule;
    rule.onlyOver = onlyOver_;
    if (document_)
        for (const LabelClass& entry : document_->classes().classes())
            if (entry.locked) rule.lockedLabels.push_back(entry.value);
    return rule;
}

void Workbench::setOnlyOver(std::optional<uint32_t> label) {
    if (label == onlyOver_) return;
    onlyOver_ = label;
    Q_EMIT toolChanged();
}

void Workbench::showError(const QString& title, const QString& message) {
    Q_EMIT errorShown(title, message);
}

void Workbench::showRemark(const QString& message) {
    Q_EMIT remarkShown(message);
}

} // namespace cristae

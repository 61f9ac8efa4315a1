// EvaluationPanel: comparing in the background, and what came of it kept for the page.
#include "ui/panels/evaluation_panel.h"

#include "core/export/metadata.h"
#include "core/image/with_voxel_size.h"
#include "core/io/label_image.h"
#include "ui/canvas/difference_layer.h"
#include "ui/dialogs/dataset_dialog.h"
#include "ui/panels/measure_page.h"
#include "ui/panels/parts.h"
#include "ui/panels/sized_source.h"
#include "ui/window/workbench.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QSpinBox>

namespace cristae {

/// Probabilities from here on count as foreground; what the page says of them says so.
constexpr double pageThreshold = 0.5;

/// What a comparison brings back.
struct EvaluationPanel::Evaluated {
    std::vector<SceneInfo> choices; // not empty: the user must choose first
    QString path;
    OpenOptions openOptions;
    bool first = false; // a new truth: what was compared before goes
    ComparedFile truthFile;
    ClassTable truthNames;
    TileSourcePtr truth;
    std::optional<int64_t> slice;
    uint64_t generation = 0;
    Comparison comparison;
    Compared compared;
    std::vector<std::string> remarks; // of the file
};

namespace {

/// Opens a file whose values are wanted; one with several datasets fills `choices` and gives nothing.
TileSourcePtr openOrAsk(const std::string& path, OpenOptions options, std::vector<SceneInfo>& choices) {
    options.labels = true;
    ImageOrScenes found = openOrList(path, options);
    choices = std::move(found.scenes);
    return found.image;
}

/// Labels, or probabilities as they are.
TileSourcePtr labelsOrProbabilities(const TileSourcePtr& source, const Progress& progress) {
    try {
        return asLabels(source, {}, progress);
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::input || !holdsFractions(*source, progress)) throw;
        return source;
    }
}

/// Models and settings of the labels, for the report.
std::vector<std::string> remarksOf(const std::vector<nlohmann::json>& history) {
    std::vector<std::string> remarks;
    for (const nlohmann::json& entry : history) {
        if (entry.value("verb", "") == "correct") remarks.push_back("Corrected by hand.");
        if (entry.value("verb", "") != "predict") continue;
        for (const auto& model : entry.value("models", nlohmann::json::array()))
            remarks.push_back("Model " + model.value("name", std::string("?")) + ", SHA-256 " +
                              model.value("sha256", std::string("unknown")) + ".");
    }
    return remarks;
}

} // namespace

EvaluationPanel::EvaluationPanel(Workbench& workbench, QWidget* parent)
    : QWidget(parent), workbench_(workbench) {
    buildLayout();
    connect(&workbench_, &Workbench::documentChanged, this, &EvaluationPanel::forget);
    connect(&workbench_, &Workbench::classesChanged, this, &EvaluationPanel::updateState);
    connect(&workbench_, &Workbench::labelsChanged, this, [this] {
        if (!record_.predictions.empty()) updateState();
    });
    connect(&workbench_.difference(), &DifferenceLayer::changed, this, &EvaluationPanel::updateState);
    connect(class_, &QComboBox::activated, this, [this] { classChosen_ = true; });
    updateState();
}

EvaluationPanel::~EvaluationPanel() {
    if (job_) job_->cancel();
}

EvaluationOptions EvaluationPanel::optionsNow() const {
    EvaluationOptions options;
    if (const uint32_t value = class_->currentData().toUInt()) options.predictionLabel = value;
    options.truthInverted = inverted_->isChecked();
    options.truthIds = truthIds_->isChecked();
    options.boundaries = boundaries_->isChecked();
    options.smallest = smallest_->value();
    options.connectivity = objectsIn_->currentData().toBool() ? Connectivity::volume : Connectivity::slices;
    options.metrics = {pixelsOnly_->isChecked() ? "pixels" : "all"};
    return options;
}

void EvaluationPanel::compareWith(const QString& truthPath, const OpenOptions& options) {
    const Document* document = workbench_.document();
    if (!document) return;
    const auto work = [path = truthPath, openOptions = options, labels = document->labels().snapshot(),
                       generation = document->labels().generation(), size = document->voxelSize(),
                       slice = workbench_.view().slice, wanted = optionsNow(), classes = document->classes(),
                       name = tr("labels in the window").toStdString(),
                       remarks = remarksOf(document->history())](const Progress& progress) {
        Evaluated result;
        result.path = path;
        result.openOptions = openOptions;
        result.first = true;
        result.truth = openOrAsk(path.toStdString(), openOptions, result.choices);
        if (!result.truth) return result;
        result.truth = asLabels(result.truth, {}, PartProgress(progress, 0, 0.1));
        result.remarks = result.truth->info().remarks;
        result.truthFile = comparedFile(result.truth->info(), progress);
        result.truthNames = classTableOf(result.truth->info());
        if (result.truth->info().extent().z == 1 && labels.extent().z > 1) result.slice = slice;
        result.generation = generation;
        result.compared = {labelsToMeasure(labels, size, result.slice), wanted, true};
        result.comparison =
            compareWithTruth(result.compared.source, *result.truth, wanted, std::nullopt, progress);
        result.comparison.prediction.name = name;
        result.comparison.prediction.remarks = remarks;
        result.comparison.classNames = classes;
        return result;
    };
    record_.structure = class_->currentData().toUInt() ? class_->currentText().toStdString() : std::string();
    start(tr("Comparing with %1").arg(QFileInfo(truthPath).fileName()), work,
          [this, truthPath](const OpenOptions& chosen) { compareWith(truthPath, chosen); });
}

void EvaluationPanel::addPrediction(const QString& path, const OpenOptions& options) {
    if (!truth_) return;
    EvaluationOptions wanted = compared_.front().options;
    wanted.predictionLabel.reset();
    const Document* document = workbench_.document();
    const auto work = [path, openOptions = options, wanted, truth = truth_, slice = slice_,
                       size = document ? document->voxelSize() : VoxelSize(),
                       structure = record_.structure](const Progress& progress) {
        Evaluated result;
        result.path = path;
        result.openOptions = openOptions;
        TileSourcePtr source = openOrAsk(path.toStdString(), openOptions, result.choices);
        if (!source) return result;
        source = labelsOrProbabilities(source, PartProgress(progress, 0, 0.1));
        result.remarks = source->info().remarks;
        if (!source->info().voxelSize.knownInPlane()) source = withVoxelSize(source, size);
        result.comparison.classNames = classTableOf(source->info());
        EvaluationOptions own = wanted;
        if (const LabelClass* same = result.comparison.classNames.findByName(structure))
            own.predictionLabel = same->value;
        if (slice && source->info().extent().z > 1)
            source = partOf(source, Box3::ofSlice(source->info().extent(), *slice));
        // Nobody said that whole numbers are probabilities; fractions can be nothing else.
        const auto threshold =
            holdsFractions(*source, progress) ? std::optional(pageThreshold) : std::nullopt;
        const PreparedPrediction prepared = preparePrediction(source, own, threshold, progress);
        const ClassTable names = result.comparison.classNames;
        result.comparison = compareWithTruth(prepared, *truth, progress);
        result.comparison.classNames = names;
        result.compared = {prepared.labels, prepared.options, false};
        return result;
    };
    start(tr("Comparing %1").arg(QFileInfo(path).fileName()), work,
          [this, path](const OpenOptions& chosen) { addPrediction(path, chosen); });
}

void EvaluationPanel::start(const QString& words, std::function<Evaluated(const Progress&)> work,
                            std::function<void(const OpenOptions&)> again) {
    if (job_) job_->cancel();
    job_ = workbench_.jobs().start<Evaluated>(
        Queue::files, words, std::move(work),
        [self = QPointer(this), again = std::move(again)](Evaluated evaluated) {
            if (!self) return;
            if (evaluated.choices.empty()) return self->take(std::move(evaluated));
            auto* dialog =
                new DatasetDialog(self->workbench_, evaluated.path, evaluated.choices, self->window());
            dialog->preferLabels();
            dialog->setAttribute(Qt::WA_DeleteOnClose);
            connect(dialog, &DatasetDialog::chosen, self,
                    [again](const QString&, const QString& dataset, const QString& axes) {
                        OpenOptions options;
                        options.scene = dataset.toStdString();
                        options.axes = axes.toStdString();
                        again(options);
                    });
            dialog->open();
        });
    connect(job_, &Job::changed, this, &EvaluationPanel::updateState);
    connect(job_, &Job::ended, this, [this, ended = job_.data()] {
        if (job_ == ended) job_ = nullptr;
        updateState();
    });
    updateState();
}

void EvaluationPanel::take(Evaluated evaluated) {
    if (evaluated.first) {
        record_.predictions.clear();
        compared_.clear();
        record_.program = "Cristae " CRISTAE_VERSION;
        record_.truth = evaluated.truthFile;
        record_.truthNames = evaluated.truthNames;
        truth_ = evaluated.truth;
        truthPath_ = evaluated.path;
        truthOptions_ = evaluated.openOptions;
        slice_ = evaluated.slice;
        generation_ = evaluated.generation;
    } else if (!truth_) {
        return; // another image was opened meanwhile
    }
    if (evaluated.first) record_.remarks.clear();
    const std::string file = QFileInfo(evaluated.path).fileName().toStdString();
    for (const std::string& remark : evaluated.remarks) {
        record_.remarks.push_back(file + ": " + remark);
        workbench_.showRemark(text(record_.remarks.back()));
    }
    record_.predictions.push_back(std::move(evaluated.comparison));
    compared_.push_back(std::move(evaluated.compared));
    showResult();
    Q_EMIT compared(record_.predictions.back().metrics);
}

void EvaluationPanel::forget() {
    if (job_) job_->cancel();
    record_ = {};
    compared_.clear();
    truth_.reset();
    classChosen_ = false;
    showResult();
}

void EvaluationPanel::requestDifference() {
    const int index = std::max(0, which_->currentIndex());
    if (index >= int(compared_.size())) return workbench_.difference().compare({});
    const Compared& one = compared_[size_t(index)];
    workbench_.difference().compare(DifferenceLayer::Request{
        QFileInfo(truthPath_).fileName(), truth_, one.document ? nullptr : one.source, one.options, slice_});
}

void EvaluationPanel::updateState() {
    const Document* document = workbench_.document();
    const QVariant before = class_->currentData();
    class_->clear();
    if (document)
        for (const LabelClass& known : document->classes().classes())
            class_->addItem(QIcon(swatch(known.colour, devicePixelRatioF())), text(known.name), known.value);
    class_->addItem(tr("all classes together"), 0u);
    // The first class unless a person has chosen.
    if (const int index = class_->findData(before); classChosen_ && index >= 0)
        class_->setCurrentIndex(index);
    const bool isRunning = job_;
    objectsIn_->setVisible(document && document->info().extent().z > 1);
    for (QWidget* widget : std::initializer_list<QWidget*>{class_, inverted_, options_, compare_})
        widget->setEnabled(document && !isRunning);
    compare_->setToolTip(document ? tr("A label image of the same size; any format that can be opened.")
                                  : tr("Open an image first."));
    running_->setVisible(isRunning);
    if (isRunning) {
        bar_->setValue(int(job_->fraction() * 1000));
        QStringList words{job_->title()};
        if (const QString left = leftWords(job_->secondsLeft()); !left.isEmpty()) words << left;
        runningWords_->setText(words.join(QStringLiteral(" · ")));
    }
    const bool anything = !record_.predictions.empty();
    result_->setVisible(anything);
    add_->setEnabled(anything && !isRunning);
    add_->setToolTip(isRunning ? tr("A comparison is running.")
                               : tr("Labels, a mask or probabilities of another model, of the same image."));
    const bool changed =
        anything && document && document->labels().generation() != generation_ && compared_.front().document;
    setSentence(stale_, changed ? tr("The labels have changed since the comparison.") : QString());
    again_->setVisible(changed);
    again_->setEnabled(!isRunning);
    again_->setToolTip(isRunning ? tr("A comparison is running.") : QString());
    difference_->setChecked(workbench_.difference().shown());
}

} // namespace cristae

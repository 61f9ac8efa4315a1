// FitPanel, what it does: the plan, the run, and the model that is used or given up.
#include "ui/panels/fit_panel.h"

#include "core/document/complete_parts.h"
#include "ui/panels/before_after.h"
#include "ui/panels/fit_feed.h"
#include "ui/panels/parts.h"
#include "ui/panels/train_page.h"
#include "ui/window/workbench.h"

#include <QCheckBox>
#include <QDateTime>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QProgressBar>
#include <QPushButton>
#include <QSignalBlocker>
#include <QTimer>

#include <algorithm>
#include <cmath>
#include <set>

namespace cristae {

namespace {

/// What a fit works on, as it is when it starts.
struct FitWork {
    Corrections corrections;
    std::optional<ModelPackage> model;
    FitSettings settings;
    std::string title, name;
    std::filesystem::path models;
};

/// The model in use on the slice that the fit is not trained on.
void showBefore(Session& session, const FitWork& work, const TrainingPlan& plan, FitFeed& feed,
                const Progress& progress) {
    std::vector<Colour> colours;
    for (const ModelClass& c : plan.card.classes) colours.push_back(c.colour);
    feed.setColours(colours);
    const auto preview = std::ranges::find(plan.set.slices, Role::validation, &TrainingSlice::role);
    if (preview == plan.set.slices.end() || !work.model) return;
    std::vector<double> thresholds;
    for (const ModelClass& c : work.model->card.classes) thresholds.push_back(c.threshold);
    SlicesRequest request{.role = Role::validation, .wantProbabilities = true};
    request.device = work.settings.device;
    session.predictSlices(
        *work.model, {*preview}, request,
        [&](size_t, const PredictedSlice& predicted) {
            feed.showBefore(predictedImage(preview->image, predicted.probabilities, colours, thresholds),
                            preview->z);
        },
        progress);
}

FinishedRun fit(Session& session, const FitWork& work, FitFeed& feed, const Progress& progress) {
    progress.report(0, FitPanel::tr("reading what was corrected").toStdString());
    TrainingPlan plan = fitPlan(session, work.corrections, work.model, work.settings, progress);
    plan.card.name = work.name;
    plan.card.title = work.title;
    plan.output = work.models / (work.name + ".safetensors");
    plan.runFolder =
        work.models / "runs" /
        (work.name + QDateTime::currentDateTime().toString(QStringLiteral("-yyyyMMdd-HHmmss")).toStdString());
    showBefore(session, work, plan, feed, progress);
    for (const std::string& sentence : plan.set.remarks) feed.onRemark(sentence);
    return trainAndKeep(session, std::move(plan), feed, PartProgress(progress, 0.03, 1));
}

/// What a model is called when it is fitted: "mitochondria"; of several classes, its title.
std::string nameToFit(const ModelCard& card) {
    const bool fitted = card.title.find(", fitted to ") != std::string::npos;
    return card.classes.size() == 1 && !fitted ? card.classes.front().name : card.title;
}

QString listOf(const std::set<int64_t>& slices) {
    QStringList words;
    for (const int64_t z : slices) words << QString::number(z + 1);
    return words.join(QStringLiteral(", "));
}

} // namespace

FitPanel::FitPanel(Workbench& workbench, QWidget* parent) : QWidget(parent), workbench_(workbench) {
    buildLayout();
    timer_ = new QTimer(this);
    timer_->setInterval(100);
    connect(timer_, &QTimer::timeout, this, &FitPanel::takeUpdates);
    for (auto signal : {&Workbench::documentChanged, &Workbench::completeChanged, &Workbench::classesChanged,
                        &Workbench::viewChanged, &Workbench::stateChanged, &Workbench::toolChanged})
        connect(&workbench_, signal, this, &FitPanel::updateState);
    updateState();
}

FitPanel::~FitPanel() {
    if (Job* job = running()) job->cancel();
}

Job* FitPanel::running() const {
    return job_ && !job_->over() ? job_.data() : nullptr;
}

void FitPanel::start() {
    const Document* document = workbench_.document();
    if (!document || running()) return;
    problem_.clear();
    made_.reset();
    FitWork work;
    work.corrections = {document->image(), document->labels().snapshot(), document->classes(),
                        document->voxelSize(), document->completeParts()};
    if (model_) work.model = model_();
    work.settings.minutes = minutes_->value();
    work.settings.fittedTo = imageName(document->info()).toStdString();
    work.title = name_->text().trimmed().toStdString();
    work.name = shortName(name_->text()).toStdString();
    work.models = workbench_.session().paths().userModels;
    std::error_code ignored;
    if (work.name.empty())
        problem_ = tr("Give the model a name.");
    else if (std::filesystem::exists(work.models / (work.name + ".safetensors"), ignored))
        problem_ = tr("There is a model named %1 already; choose another name.").arg(text(work.name));
    if (!problem_.isEmpty()) return updateState();
    feed_ = std::make_shared<FitFeed>();
    pictures_->clear();
    const QString title = tr("Fitting “%1”").arg(text(work.title)); // before the work is handed over
    job_ = workbench_.jobs().start<FinishedRun>(
        Queue::fitting, title,
        [session = &workbench_.session(), work = std::move(work), feed = feed_](const Progress& progress) {
            return fit(*session, work, *feed, progress);
        },
        [self = QPointer(this)](const FinishedRun& run) {
            if (self) self->finished(run);
        },
        [self = QPointer(this)](const Error& error) {
            if (self) self->problem_ = QString::fromUtf8(error.what());
        });
    connect(job_, &Job::changed, this, &FitPanel::updateState);
    connect(job_, &Job::ended, this, [this] {
        timer_->stop();
        takeUpdates();
        if (job_ && job_->state() == Job::State::cancelled)
            // Behind the work, which writes its checkpoint before it ends.
            workbench_.jobs().start<bool>(
                Queue::fitting, tr("Waiting for the checkpoint"), [](const Progress&) { return true; },
                [self = QPointer(this)](bool) {
                    if (self) Q_EMIT self->runLeft();
                },
                {}, {}, false);
        updateState();
    });
    timer_->start();
    updateState();
}

void FitPanel::stopAndKeep() {
    if (running() && feed_) feed_->requestStop();
    updateState();
}

void FitPanel::cancel() {
    if (Job* job = running()) job->cancel();
}

void FitPanel::finished(const FinishedRun& run) {
    made_ = run.result.package;
    Q_EMIT modelsChanged();
}

void FitPanel::useIt() {
    if (!made_) return;
    const QString name = text(made_->card.name);
    made_.reset();
    updateState();
    Q_EMIT useModel(name);
}

void FitPanel::goBack() {
    if (!made_) return;
    workbench_.jobs().start<bool>(
        Queue::writing, tr("Deleting “%1”").arg(text(made_->card.title)),
        [file = made_->file](const Progress&) {
            std::error_code failed;
            std::filesystem::remove(file, failed);
            if (failed) throw outputError(file, failed.value());
            return true;
        },
        [self = QPointer(this)](bool) {
            if (self) Q_EMIT self->modelsChanged();
        },
        {}, {}, false);
    made_.reset();
    pictures_->clear();
    updateState();
}

void FitPanel::takeUpdates() {
    if (!feed_) return;
    for (const FitPicture& picture : feed_->takePictures())
        if (picture.before)
            pictures_->showBefore(picture.image, tr("slice %1, before").arg(picture.slice + 1));
        else
            pictures_->showAfter(picture.image, tr("after %1 steps").arg(picture.step));
    feed_->takeEpochs();
    for (const std::string& remark : feed_->takeRemarks()) workbench_.showRemark(text(remark));
    updateState();
}

/// What is complete, in words; labels are not looked at here.
QString FitPanel::knownWords() const {
    const Document* document = workbench_.document();
    if (!document) return {};
    std::set<int64_t> whole, parts;
    for (const Box3& part : document->completeParts())
        (sliceComplete(document->completeParts(), document->info().extent(), part.z0) ? whole : parts)
            .insert(part.z0);
    if (document->info().extent().z == 1)
        return !whole.empty()   ? tr("The whole image is complete.")
               : !parts.empty() ? tr("Parts of the image are complete; elsewhere hand-set pixels count.")
                                : tr("Nothing is complete yet; only hand-set pixels count.");
    QStringList sentences;
    if (!whole.empty()) sentences << tr("Complete: slice %1.").arg(listOf(whole));
    if (!parts.empty()) sentences << tr("Complete parts on slice %1.").arg(listOf(parts));
    if (sentences.isEmpty()) return tr("Nothing is complete yet; only hand-set pixels count.");
    return sentences.join(QLatin1Char(' ')) + tr(" Elsewhere hand-set pixels count.");
}

QString FitPanel::runningWords() const {
    if (feed_ && feed_->stopRequested()) return tr("Ending the run…");
    QStringList words;
    words << (job_->words().isEmpty() ? tr("Starting…") : job_->words());
    if (const QString left = leftWords(job_->secondsLeft()); !left.isEmpty()) words << left;
    return words.join(QStringLiteral(" · "));
}

void FitPanel::updateState() {
    const Document* document = workbench_.document();
    const std::optional<ModelPackage> model = model_ ? model_() : std::nullopt;
    const bool isRunning = running();
    setVisible(document);
    if (!document) return;
    setup_->setVisible(!isRunning && !made_);
    runBox_->setVisible(isRunning);
    endBox_->setVisible(!isRunning && made_.has_value());
    pictures_->setVisible(!pictures_->before().isNull() || !pictures_->after().isNull());
    {
        const QSignalBlocker block(complete_);
        complete_->setChecked(
            sliceComplete(document->completeParts(), document->info().extent(), workbench_.view().slice));
    }
    complete_->setText(document->info().extent().z > 1 ? tr("This slice is complete")
                                                       : tr("This image is complete"));
    known_->setText(knownWords());
    background_->setVisible(!model);
    explanation_->setText(
        model ? tr("Trains “%1” on with what was corrected, in the background.").arg(text(model->card.title))
              : tr("No model is chosen: a small network learns from your strokes. Paint a few of each class "
                   "and of the background."));
    start_->setText(model ? tr("Improve with my corrections") : tr("Train from my strokes"));
    const std::string image = imageName(document->info()).toStdString();
    const LabelClass* painted = document->classes().find(workbench_.currentLabel());
    const std::string from = model     ? nameToFit(model->card)
                             : painted ? painted->name
                                       : tr("strokes").toStdString();
    const QString suggestion = text(fittedTitle(
        from, image, taken_ ? taken_ : [](const std::string&) { return false; }));
    if ((name_->text().isEmpty() && !name_->hasFocus()) || name_->text() == suggested_) {
        if (name_->text() != suggestion) name_->setText(suggestion);
        if (!name_->hasFocus()) name_->setCursorPosition(0);
    }
    suggested_ = suggestion;
    if (isRunning) {
        bar_->setValue(int(std::lround(job_->fraction() * 1000)));
        words_->setText(runningWords());
        stop_->setEnabled(feed_ && feed_->lastStep() > 0 && !feed_->stopRequested());
        stop_->setToolTip(stop_->isEnabled() ? tr("Ends the run now; the network as it is becomes the model.")
                                             : tr("There is nothing to keep before the first step."));
    }
    if (made_) end_->setText(tr("“%1” is ready.").arg(text(made_->card.title)));
    setSentence(complaint_, isRunning ? QString() : problem_);
}

void FitPanel::strokeBackground() {
    Document* document = workbench_.document();
    if (!document) return;
    ClassTable classes = document->classes();
    if (classes.empty()) {
        workbench_.ensureCurrentClass();
        classes = document->classes();
    }
    LabelClass entry = classes.ensure(backgroundClass);
    if (!(classes == document->classes())) {
        entry.colour = {140, 140, 140};
        classes.set(entry);
        document->setClasses(classes, tr("Add class %1").arg(text(entry.name)).toStdString());
    }
    workbench_.setCurrentLabel(entry.value);
    workbench_.setTool(QStringLiteral("brush"));
}

} // namespace cristae

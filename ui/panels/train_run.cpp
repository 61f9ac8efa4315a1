// TrainPage, a run: starting and resuming it, and its progress on the screen.
#include "core/learn/checkpoint_files.h"
#include "core/learn/fine_tune.h"
#include "core/learn/leak_guard.h"
#include "core/learn/run_record.h"
#include "ui/charts/line_chart.h"
#include "ui/panels/data_set.h"
#include "ui/panels/data_set_memory.h"
#include "ui/panels/parts.h"
#include "ui/panels/train_page.h"
#include "ui/panels/training_feed.h"
#include "ui/panels/training_preview.h"
#include "ui/window/workbench.h"

#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QMessageBox>
#include <QPushButton>
#include <QTimer>

#include <algorithm>

namespace cristae {

FinishedRun trainAndKeep(Session& session, TrainingPlan plan, TrainingListener& listener,
                         const Progress& progress) {
    const std::filesystem::path models = session.paths().userModels;
    std::error_code failed;
    std::filesystem::create_directories(models, failed); // where that fails the complaints say why
    // Runs of older versions had their model moved here at the end.
    if (plan.output.parent_path() == plan.runFolder) plan.output = models / (plan.card.name + ".safetensors");
    std::string sentences;
    for (const std::string& sentence : session.engine().trainer->complaints(plan))
        sentences += (sentences.empty() ? "" : "\n") + sentence;
    if (!sentences.empty()) throw Error(ErrorKind::usage, sentences);
    FinishedRun finished;
    for (const TrainingSlice& slice : plan.set.slices)
        if (slice.role == Role::validation) finished.validation.push_back(slice);
    finished.classNames = plan.set.classNames;
    const TrainingSet sample{sampleOf(plan.set), plan.set.classNames};
    const std::filesystem::path folder = plan.runFolder;
    try {
        if (!plan.resume) saveRun(plan, session.engine().trainer->slicesSeen(plan.recipe), progress);
        finished.result = session.train(std::move(plan), listener, progress);
    } catch (...) {
        // Of a run that cannot go on the data would only fill the disk.
        if (!hasCheckpoint(folder) || hasEnded(folder)) closeRun(folder);
        throw;
    }
    closeRun(folder);
    try {
        keepSample(finished.result.package.file, sample);
    } catch (const Error& error) { // the model is there
        listener.onRemark(error.what());
    }
    return finished;
}

void TrainPage::start() {
    if (running()) return;
    startPressed_ = true;
    problem_.clear();
    if (!obstacles().isEmpty()) return updateState();
    rememberRows(dataSet_->rows());
    remembered_ = rememberedRowCount();
    previewName_.clear();
    for (const DataSetRow& row : dataSet_->rows())
        if (row.role == RowRole::validation && previewName_.isEmpty()) previewName_ = text(row.pair.name);
    forgetCurves();
    Session* session = &workbench_.session();
    beginRun(name_->text().trimmed(), [session, plan = planWithoutSlices(), rows = dataSet_->rows(),
                                       feed = feed_](const Progress& progress) mutable {
        const PartProgress reading(progress, 0, 0.02);
        for (const DataSetRow& row : rows) {
            if (row.role == RowRole::off) continue;
            TrainingPair pair = row.pair;
            pair.role = row.role == RowRole::validation ? Role::validation : Role::train;
            TrainingSet part = loadTrainingSet({pair}, row.meaning, row.classNames, reading);
            plan.set.classNames = row.classNames;
            std::move(part.slices.begin(), part.slices.end(), std::back_inserter(plan.set.slices));
            std::move(part.remarks.begin(), part.remarks.end(), std::back_inserter(plan.set.remarks));
        }
        choosePixelSize(plan.set, plan.recipe);
        remarkOnValidation(plan.set);
        markLeaks(plan.set, plan.card, reading);
        for (const std::string& sentence : plan.set.remarks) feed->onRemark(sentence);
        return trainAndKeep(*session, std::move(plan), *feed, PartProgress(progress, 0.02, 1));
    });
}

const UnfinishedRun* TrainPage::chosenRun() const {
    const int index = std::max(0, unfinishedBox_->currentIndex());
    return index < int(unfinished_.size()) ? &unfinished_[size_t(index)] : nullptr;
}

void TrainPage::resumeRun() {
    const UnfinishedRun* run = chosenRun();
    if (running() || !run) return;
    problem_.clear();
    previewName_ = text(run->card.title);
    forgetCurves();
    const int64_t length = std::max<int64_t>(1, run->recipe.value("stepsPerEpoch", int64_t(1)));
    for (const nlohmann::json& entry : run->history) {
        EpochUpdate latest;
        EpochReport& report = latest.report;
        report.epoch = entry.value("epoch", int64_t(0));
        report.epochs = (run->steps + length - 1) / length;
        report.step = entry.value("step", int64_t(0));
        report.steps = run->steps;
        report.trainingLoss = entry.value("trainingLoss", 0.0);
        report.trainingDice = entry.value("trainingDice", 0.0);
        report.validationLoss = entry.value("validationLoss", 0.0);
        report.validationDice = entry.value("validationDice", 0.0);
        report.best = entry.value("best", false);
        showEpoch(latest);
    }
    Session* session = &workbench_.session();
    beginRun(text(run->card.title), [session, folder = run->folder, feed = feed_](const Progress& progress) {
        progress.report(0, tr("reading the data of the run").toStdString());
        return trainAndKeep(*session, loadRun(folder, progress), *feed, progress);
    });
}

void TrainPage::forgetCurves() {
    feed_ = std::make_shared<TrainingFeed>();
    finished_.reset();
    lastEpoch_.reset();
    bestEpoch_ = 0;
    bestDice_ = 0;
    lossChart_->clearPoints();
    diceChart_->clearPoints();
    preview_->clear();
    clearComparison();
}

void TrainPage::beginRun(const QString& title, std::function<FinishedRun(const Progress&)> work) {
    job_ = workbench_.jobs().start<FinishedRun>(
        Queue::compute, tr("Training “%1”").arg(title), std::move(work),
        [self = QPointer(this)](FinishedRun finished) {
            if (self) self->finished(std::move(finished));
        },
        [self = QPointer(this)](const Error& error) {
            if (self) self->problem_ = QString::fromUtf8(error.what());
        });
    connect(job_, &Job::changed, this, &TrainPage::updateState);
    connect(job_, &Job::ended, this, &TrainPage::ended);
    updateTimer_->start();
    updateState();
}

void TrainPage::refreshRuns() {
    // Behind a run that was cancelled just now, whose thread writes the checkpoint before it ends; else where
    // a folder that does not answer holds up nothing.
    const Queue queue = job_ ? Queue::compute : Queue::background;
    workbench_.jobs().start<std::vector<UnfinishedRun>>(
        queue, tr("Looking for runs to resume"),
        [folder = runsFolder(), guard = &workbench_.session().startGuard()](const Progress&) {
            return unfinishedRuns(folder, guard);
        },
        [self = QPointer(this)](std::vector<UnfinishedRun> runs) {
            if (!self) return;
            self->unfinished_ = std::move(runs);
            self->listUnfinished();
        },
        [self = QPointer(this), bench = QPointer(&workbench_),
         leftOut = workbench_.session().startGuard().leftOut().size()](const Error& error) {
            if (!self || !bench) return;
            if (bench->session().startGuard().leftOut().size() > leftOut)
                self->refreshRuns(); // without what did not answer
            else
                bench->showError(tr("Looking for runs to resume"), QString::fromUtf8(error.what()));
        },
        {}, false, queue == Queue::background ? std::chrono::seconds(8) : std::chrono::seconds(0));
}

void TrainPage::listUnfinished() {
    unfinishedBox_->clear();
    for (const UnfinishedRun& run : unfinished_)
        unfinishedBox_->addItem(tr("%1, step %2 of %3")
                                    .arg(text(run.card.title), QLocale().toString(qint64(run.step)),
                                         QLocale().toString(qint64(run.steps))));
    updateState();
}

void TrainPage::showUnfinished() {
    const UnfinishedRun* run = chosenRun();
    unfinishedPart_->setVisible(run && !running());
    unfinishedBox_->setVisible(unfinished_.size() > 1);
    if (!run) return;
    QString words = tr("“%1” was stopped at step %2 of %3.")
                        .arg(text(run->card.title), QLocale().toString(qint64(run->step)),
                             QLocale().toString(qint64(run->steps)));
    if (run->bestDice > 0)
        words += tr(" Best Dice so far: %1.").arg(QLocale::c().toString(run->bestDice, 'f', 3));
    unfinishedWords_->setText(words);
}

void TrainPage::discardRun() {
    const UnfinishedRun* run = chosenRun();
    if (!run) return;
    auto* box = new QMessageBox(QMessageBox::NoIcon, tr("Discard the run"),
                                tr("Discard the training of “%1”?").arg(text(run->card.title)),
                                QMessageBox::Cancel, this);
    box->setObjectName(QStringLiteral("discardQuestion"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setInformativeText(tr("It cannot be resumed afterwards. Its log and recipe stay in %1.")
                                .arg(text(run->folder.string())));
    auto* discard = box->addButton(tr("Discard"), QMessageBox::DestructiveRole);
    discard->setObjectName(QStringLiteral("discard"));
    connect(discard, &QPushButton::clicked, this, [this, folder = run->folder] {
        closeRun(folder);
        refreshRuns();
    });
    box->open();
}

void TrainPage::pauseOrResume() {
    if (!running() || !feed_) return;
    feed_->setPaused(!feed_->paused());
    updateState();
}

void TrainPage::stopAndKeep() {
    if (!running() || !feed_) return;
    feed_->requestStop();
    updateState();
}

void TrainPage::cancel() {
    if (Job* job = running()) job->cancel();
}

void TrainPage::takeUpdates() {
    if (!feed_) return;
    for (const EpochUpdate& latest : feed_->takeEpochs()) showEpoch(latest);
    for (const std::string& remark : feed_->takeRemarks()) workbench_.showRemark(text(remark));
    updateState();
}

void TrainPage::showEpoch(const EpochUpdate& latest) {
    const EpochReport& report = latest.report;
    lastEpoch_ = report;
    const double epoch = double(report.epoch);
    for (LineChart* chart : {lossChart_, diceChart_}) chart->setXAxis(tr("epoch"), double(report.epochs));
    lossChart_->addPoint(0, epoch, report.trainingLoss);
    lossChart_->addPoint(1, epoch, report.validationLoss);
    diceChart_->addPoint(0, epoch, report.trainingDice);
    diceChart_->addPoint(1, epoch, report.validationDice);
    if (report.best) {
        bestEpoch_ = report.epoch;
        bestDice_ = report.validationDice;
    }
    if (!latest.comparison.isNull()) {
        preview_->show(latest.image, latest.comparison,
                       tr("%1, after epoch %2").arg(previewName_).arg(report.epoch));
    }
}

QString TrainPage::epochWords() const {
    if (!lastEpoch_) return {};
    const EpochReport& report = *lastEpoch_;
    QStringList words{tr("Epoch %1 of %2").arg(report.epoch).arg(report.epochs)};
    if (report.secondsPerStep > 0) {
        words << tr("%1 steps/s").arg(QLocale::c().toString(1 / report.secondsPerStep, 'g', 2));
        const int64_t stepsLeft = report.steps - std::max(report.step, feed_ ? feed_->lastStep() : 0);
        if (stepsLeft > 0)
            words << tr("%1 left").arg(durationWords(double(stepsLeft) * report.secondsPerStep));
    }
    if (report.shareWaitingForData >= 0.01)
        words << tr("%1 % of the time waiting for data").arg(qRound(100 * report.shareWaitingForData));
    if (bestEpoch_ > 0)
        words << tr("best so far: epoch %1, Dice %2")
                     .arg(bestEpoch_)
                     .arg(QLocale::c().toString(bestDice_, 'f', 3));
    return words.join(QStringLiteral(" · "));
}

void TrainPage::ended() {
    updateTimer_->stop();
    takeUpdates();
    startPressed_ = false;
    refreshRuns();
    updateState();
}

} // namespace cristae

// TrainPage, what it does: rows in, a plan out, and the run's news on the screen.
#include "ui/panels/train_page.h"

#include "core/base/atomic_file.h"
#include "core/learn/recipe.h"
#include "ui/charts/line_chart.h"
#include "ui/dialogs/pairs_dialog.h"
#include "ui/dialogs/recipe_dialog.h"
#include "ui/panels/data_set.h"
#include "ui/panels/parts.h"
#include "ui/panels/training_feed.h"
#include "ui/panels/training_preview.h"
#include "ui/window/workbench.h"

#include <QButtonGroup>
#include <QDateTime>
#include <QFileDialog>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QProgressBar>
#include <QPushButton>
#include <QRegularExpression>
#include <QTableView>
#include <QTimer>

#include <algorithm>
#include <cmath>

namespace cristae {

namespace {

constexpr int ownRecipe = 3;

/// "Mitochondria, my data" → "mitochondria-my-data": what the model is called on the command line and on the
/// disk.
QString shortName(const QString& title) {
    QString name = title.trimmed().toLower();
    name.replace(QRegularExpression(QStringLiteral("[^a-z0-9_]+")), QStringLiteral("-"));
    name.remove(QRegularExpression(QStringLiteral("^-+|-+$")));
    return name;
}

/// The pixel size to train at: the median of the known ones, or nothing.
std::optional<double> commonPixelSize(const std::vector<DataSetRow>& rows) {
    std::vector<double> sizes;
    for (const DataSetRow& row : rows)
        if (const auto& size = row.pair.image->info().voxelSize.xNm; size && row.role != RowRole::off)
            sizes.push_back(*size);
    if (sizes.empty()) return {};
    std::sort(sizes.begin(), sizes.end());
    return sizes[sizes.size() / 2];
}

} // namespace

TrainPage::TrainPage(Workbench& workbench, QWidget* parent)
    : QWidget(parent), workbench_(workbench), dataSet_(std::make_unique<DataSetModel>()) {
    buildLayout();
    newsTimer_ = new QTimer(this);
    newsTimer_->setInterval(100);
    connect(newsTimer_, &QTimer::timeout, this, &TrainPage::takeNews);
    for (auto signal : {&QAbstractItemModel::rowsInserted, &QAbstractItemModel::rowsRemoved})
        connect(dataSet_.get(), signal, this, [this] {
            fitTable();
            updateState();
        });
    connect(dataSet_.get(), &QAbstractItemModel::dataChanged, this, &TrainPage::updateState);
    connect(&workbench_, &Workbench::documentChanged, this, &TrainPage::updateState);
    connect(&workbench_, &Workbench::labelsChanged, this, [this] {
        if (isVisible()) updateState();
    });
    setRecipe(namedRecipes()[1].values, text(namedRecipes()[1].name));
    fitTable();
    updateState();
}

TrainPage::~TrainPage() {
    for (Job* job : {job_.data(), reading_.data()})
        if (job) job->cancel();
    table_->setModel(nullptr);
}

void TrainPage::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    fitTable();
}

/// The table is as high as its rows, up to a third of the page; combos are always there.
void TrainPage::fitTable() {
    for (int row = 0; row < dataSet_->rowCount(); ++row) {
        const QModelIndex role = dataSet_->index(row, 1);
        if (!table_->isPersistentEditorOpen(role)) table_->openPersistentEditor(role);
    }
    table_->resizeRowsToContents();
    int height = 0;
    for (int row = 0; row < dataSet_->rowCount(); ++row) height += table_->rowHeight(row);
    table_->setFixedHeight(std::clamp(height, 0, std::max(220, this->height() / 3)) + 2);
    table_->setVisible(dataSet_->rowCount() > 0);
}

void TrainPage::addRows(const std::vector<DataSetRow>& rows) {
    takeRows(rows);
}

void TrainPage::takeRows(std::vector<DataSetRow> rows) {
    if (name_->text().trimmed().isEmpty() && !rows.empty() && !rows.front().classNames.empty())
        name_->setText(tr("%1, my data").arg(text(rows.front().classNames.front())));
    dataSet_->add(std::move(rows));
}

void TrainPage::addThisImage() {
    const Document* document = workbench_.document();
    if (!document || reading_) return;
    problem_.clear();
    const auto work = [image = document->image(), labels = document->labels().snapshot(),
                       classes = document->classes(),
                       voxelSize = document->voxelSize()](const Progress& progress) {
        const DocumentPairs found = pairsOfDocument(image, labels, classes, voxelSize);
        std::vector<DataSetRow> rows;
        for (const TrainingPair& pair : found.pairs)
            rows.push_back(describeRow(pair, found.meaning, found.classNames, progress));
        return rows;
    };
    reading_ = workbench_.jobs().start<std::vector<DataSetRow>>(
        Lane::files, tr("Reading labels for training"), work,
        [self = QPointer(this)](std::vector<DataSetRow> rows) {
            if (!self) return;
            self->reading_ = nullptr;
            if (rows.empty())
                self->problem_ = tr(
                    "This image has no labels yet: predict and correct a slice, or paint one, then add it.");
            self->takeRows(std::move(rows));
            self->updateState();
        },
        {}, {}, false);
    updateState();
}

void TrainPage::addFiles() {
    problem_.clear();
    auto* dialog = new PairsDialog(workbench_, window());
    connect(dialog, &PairsDialog::taken, this, &TrainPage::addRows);
    dialog->open();
}

void TrainPage::setRecipe(const nlohmann::json& values, const QString& name) {
    recipe_ = values;
    recipeName_ = name;
    int index = ownRecipe;
    for (int i = 0; i < int(namedRecipes().size()); ++i)
        if (text(namedRecipes()[size_t(i)].name) == name) index = i;
    recipes_->button(index)->setChecked(true);
    const auto number = [&](const char* key) { return recipe_.value(key, 0.0); };
    const QString facts = tr("%1 filters, patches of %2 × %2, %3 steps.")
                              .arg(number("base"))
                              .arg(number("patch"))
                              .arg(QLocale().toString(qint64(number("steps"))));
    const QString description =
        index < ownRecipe ? text(namedRecipes()[size_t(index)].description) : tr("Your own settings.");
    recipeWords_->setText(description + QLatin1Char(' ') + facts);
    updateState();
}

void TrainPage::chooseRecipe(int index) {
    if (index < ownRecipe) {
        const NamedRecipe& recipe = namedRecipes()[size_t(index)];
        setRecipe(recipe.values, text(recipe.name));
        return;
    }
    editRecipe();
}

void TrainPage::editRecipe() {
    auto* dialog = new RecipeDialog(recipeSchema(), recipe_, window());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &RecipeDialog::chosen, this,
            [this](const nlohmann::json& values) { setRecipe(values, QStringLiteral("own")); });
    connect(dialog, &QDialog::rejected, this, [this] { setRecipe(recipe_, recipeName_); });
    dialog->open();
}

void TrainPage::setModelName(const QString& name) {
    name_->setText(name);
}

Job* TrainPage::running() const {
    return job_ && (job_->state() == Job::State::running || job_->state() == Job::State::waiting)
               ? job_.data()
               : nullptr;
}

std::filesystem::path TrainPage::outputFile() const {
    return workbench_.session().paths().userModels /
           (shortName(name_->text()).toStdString() + ".safetensors");
}

QStringList TrainPage::obstacles() const {
    QStringList sentences;
    const std::vector<DataSetRow>& rows = dataSet_->rows();
    if (rows.empty())
        return {tr("Add what the network shall learn from: this image, once a slice of it is labelled, or "
                   "image files with "
                   "label files.")};
    const std::vector<std::string>* names = nullptr;
    for (const DataSetRow& row : rows) {
        if (row.role == RowRole::off) continue;
        if (!row.complaints.isEmpty())
            sentences << tr("%1 cannot be used; see the row, and set it to off or remove it.")
                             .arg(text(row.pair.name));
        if (!names) names = &row.classNames;
        if (row.classNames != *names) {
            const auto list = [](const std::vector<std::string>& of) {
                QStringList words;
                for (const std::string& one : of) words << text(one);
                return words.join(QStringLiteral(", "));
            };
            sentences
                << tr("%1 shows %2, but the data set began with %3; a model learns one list of classes.")
                       .arg(text(row.pair.name), list(row.classNames), list(*names));
        }
    }
    if (dataSet_->slicesFor(RowRole::train) == 0) sentences << tr("Set at least one row to train.");
    if (dataSet_->slicesFor(RowRole::validation) == 0)
        sentences << tr("Set at least one row to validation: without slices set aside nobody knows how good "
                        "the model is.");
    if (shortName(name_->text()).isEmpty())
        sentences << tr("Give the model a name.");
    else if (std::error_code ignored; std::filesystem::exists(outputFile(), ignored))
        sentences
            << tr("There is a model named %1 already; choose another name.").arg(shortName(name_->text()));
    for (const std::string& sentence : recipeSchema().complaints(recipe_)) sentences << text(sentence);
    return sentences;
}

TrainingPlan TrainPage::planWithoutSlices() const {
    TrainingPlan plan;
    plan.recipe = recipe_;
    const std::vector<DataSetRow>& rows = dataSet_->rows();
    const auto size = commonPixelSize(rows);
    if (recipeName_ != QLatin1String("own") && size) plan.recipe["pixelSizeNm"] = *size;
    plan.card.name = shortName(name_->text()).toStdString();
    plan.card.title = name_->text().trimmed().toStdString();
    QStringList train, validation;
    for (const DataSetRow& row : rows) {
        if (row.role == RowRole::train) train << text(row.pair.name);
        if (row.role == RowRole::validation) validation << text(row.pair.name);
        if (row.role == RowRole::off || !plan.card.classes.empty()) continue;
        for (const std::string& name : row.classNames) {
            const LabelClass* known =
                workbench_.document() ? workbench_.document()->classes().findByName(name) : nullptr;
            const auto value = uint32_t(plan.card.classes.size() + 1);
            plan.card.classes.push_back({name, known ? known->colour : standardColour(name, value), 0.5});
        }
    }
    plan.card.description =
        tr("Trained in the window on %1.").arg(train.join(QStringLiteral("; "))).toStdString();
    plan.card.data.push_back(
        {"the user's own images", "not stated",
         tr("training: %1. Set aside: %2.")
             .arg(train.join(QStringLiteral("; ")), validation.join(QStringLiteral("; ")))
             .toStdString(),
         ""});
    plan.output = outputFile();
    plan.runFolder =
        plan.output.parent_path() / "runs" /
        (plan.card.name +
         QDateTime::currentDateTime().toString(QStringLiteral("-yyyyMMdd-HHmmss")).toStdString());
    return plan;
}

void TrainPage::start() {
    if (running()) return;
    startPressed_ = true;
    problem_.clear();
    if (!obstacles().isEmpty()) return updateState();
    feed_ = std::make_shared<TrainingFeed>();
    result_.reset();
    lastEpoch_.reset();
    bestEpoch_ = 0;
    bestDice_ = 0;
    lossChart_->clearPoints();
    diceChart_->clearPoints();
    preview_->clear();

    Session* session = &workbench_.session();
    const auto work = [session, plan = planWithoutSlices(), rows = dataSet_->rows(),
                       feed = feed_](const Progress& progress) mutable {
        const PartProgress reading(progress, 0, 0.02);
        for (const DataSetRow& row : rows) {
            if (row.role == RowRole::off) continue;
            TrainingPair pair = row.pair;
            pair.role = row.role == RowRole::validation ? Role::validation : Role::train;
            TrainingSet part = loadTrainingSet({pair}, row.meaning, row.classNames, reading);
            plan.set.classNames = row.classNames;
            std::move(part.slices.begin(), part.slices.end(), std::back_inserter(plan.set.slices));
        }
        std::filesystem::create_directories(plan.runFolder);
        const auto found = session->engine().trainer->complaints(plan);
        std::string sentences;
        for (const std::string& sentence : found) sentences += (sentences.empty() ? "" : "\n") + sentence;
        if (!found.empty()) throw Error(ErrorKind::usage, sentences);
        return session->train(std::move(plan), *feed, PartProgress(progress, 0.02, 1));
    };
    job_ = workbench_.jobs().start<TrainingResult>(
        Lane::compute, tr("Training “%1”").arg(name_->text().trimmed()), work,
        [self = QPointer(this)](TrainingResult result) {
            if (self) self->finished(std::move(result));
        },
        [self = QPointer(this)](const Error& error) {
            if (self) self->problem_ = QString::fromUtf8(error.what());
        });
    connect(job_, &Job::changed, this, &TrainPage::updateState);
    connect(job_, &Job::ended, this, &TrainPage::ended);
    newsTimer_->start();
    updateState();
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

void TrainPage::takeNews() {
    if (!feed_) return;
    for (const EpochNews& news : feed_->takeEpochs()) showEpoch(news);
    updateState();
}

void TrainPage::showEpoch(const EpochNews& news) {
    const EpochReport& report = news.report;
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
    if (!news.comparison.isNull()) {
        QString name;
        for (const DataSetRow& row : dataSet_->rows())
            if (row.role == RowRole::validation && name.isEmpty()) name = text(row.pair.name);
        preview_->show(news.image, news.comparison, tr("%1, after epoch %2").arg(name).arg(report.epoch));
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
    if (bestEpoch_ > 0)
        words << tr("best so far: epoch %1, Dice %2")
                     .arg(bestEpoch_)
                     .arg(QLocale::c().toString(bestDice_, 'f', 3));
    return words.join(QStringLiteral(" · "));
}

void TrainPage::finished(TrainingResult result) {
    const auto figure = [](double value) { return QLocale::c().toString(value, 'f', 3); };
    QStringList lines{tr("<b>“%1” is ready.</b>").arg(text(result.package.card.title).toHtmlEscaped())};
    lines << tr("Best Dice on the slices set aside: %1.").arg(figure(result.bestValidationDice));
    QStringList scores;
    for (const ModelScore& score : result.package.card.scores)
        scores << tr("%1 %2").arg(text(score.metric), figure(score.value));
    if (!scores.isEmpty()) lines << scores.join(QStringLiteral(" · "));
    if (result.stoppedEarly) lines << tr("Stopped after %1 steps.").arg(result.stepsDone);
    scores_->setText(lines.join(QStringLiteral("<br>")));
    result_ = std::move(result);
    Q_EMIT trained(text(result_->package.card.name));
}

void TrainPage::ended() {
    newsTimer_->stop();
    takeNews();
    startPressed_ = false;
    updateState();
}

void TrainPage::saveModel() {
    if (!result_) return;
    auto* dialog = new QFileDialog(this, tr("Save model"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(QStringLiteral("safetensors"));
    dialog->setNameFilter(tr("Cristae models (*.safetensors)"));
    dialog->selectFile(text(result_->package.file.filename().string()));
    connect(
        dialog, &QFileDialog::fileSelected, this, [this, from = result_->package.file](const QString& path) {
            workbench_.jobs().start<bool>(
                Lane::files, tr("Saving the model"),
                [from, path](const Progress&) {
                    AtomicFile file(path.toStdString());
                    std::error_code error;
                    std::filesystem::copy_file(from, file.temporaryPath(), error);
                    if (error)
                        throw Error(ErrorKind::output, tr("%1 cannot be written (%2); choose another folder.")
                                                           .arg(path, text(error.message()))
                                                           .toStdString());
                    file.commit([&](const std::filesystem::path& written) {
                        if (std::filesystem::file_size(written) != std::filesystem::file_size(from))
                            throw Error(
                                ErrorKind::output,
                                tr("%1 was not written whole; is the disk full?").arg(path).toStdString());
                    });
                    return true;
                },
                [bench = QPointer(&workbench_), path](bool) {
                    if (bench) bench->showRemark(tr("The model was saved as %1.").arg(path));
                });
        });
    dialog->open();
}

void TrainPage::updateState() {
    const bool isRunning = running();
    const int64_t train = dataSet_->slicesFor(RowRole::train),
                  validation = dataSet_->slicesFor(RowRole::validation);
    dataSetWords_->setText(dataSet_->rows().empty() ? QString()
                                                    : tr("%n slices", nullptr, int(train + validation)) +
                                                          tr(", %1 for validation").arg(validation));
    addThis_->setEnabled(workbench_.document() && !reading_ && !isRunning);
    addThis_->setToolTip(!workbench_.document() ? tr("Open an image first.")
                                                : tr("The slices of the open image that contain labels."));
    for (QWidget* widget :
         {static_cast<QWidget*>(addFiles_), static_cast<QWidget*>(remove_), static_cast<QWidget*>(name_)})
        widget->setEnabled(!isRunning);
    for (QAbstractButton* button : recipes_->buttons()) button->setEnabled(!isRunning);
    remove_->setVisible(!dataSet_->rows().empty());

    const QStringList sentences = isRunning ? QStringList() : obstacles();
    start_->setVisible(!isRunning);
    start_->setEnabled(sentences.isEmpty() || result_);
    setStyleProperty(start_, "primary",
                     !result_.has_value()); // after a run the next step is to use the model
    start_->setToolTip(sentences.join(QLatin1Char('\n')));
    QStringList shown = problem_.isEmpty() ? QStringList() : QStringList{problem_};
    if (!result_ || startPressed_) shown += sentences; // after a run only when the next one is asked for
    setSentence(obstacles_, shown.join(QLatin1Char('\n')));

    runBox_->setVisible(isRunning);
    endBox_->setVisible(!isRunning && result_.has_value());
    curves_->setVisible(lastEpoch_.has_value());
    if (isRunning) {
        const bool paused = feed_ && feed_->paused(), stopping = feed_ && feed_->stopRequested();
        bar_->setValue(int(std::lround(job_->fraction() * 1000)));
        pause_->setText(paused ? tr("Resume") : tr("Pause"));
        pause_->setEnabled(!stopping);
        stop_->setEnabled(!stopping);
        QString words = epochWords();
        if (words.isEmpty()) words = job_->words().isEmpty() ? tr("Starting…") : job_->words();
        if (stopping)
            words = tr("Ending the run…");
        else if (paused)
            words = tr("Paused. ") + words;
        runWords_->setText(words);
    }
    Q_EMIT stateChanged();
}

} // namespace cristae

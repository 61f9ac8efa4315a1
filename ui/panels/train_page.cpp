// TrainPage, what it does: rows in, a plan out, and the run's progress on the screen.
#include "ui/panels/train_page.h"

#include "core/learn/recipe.h"
#include "ui/charts/line_chart.h"
#include "ui/dialogs/augment_preview.h"
#include "ui/dialogs/network_form.h"
#include "ui/dialogs/pairs_dialog.h"
#include "ui/dialogs/recipe_dialog.h"
#include "ui/panels/data_set.h"
#include "ui/panels/data_set_memory.h"
#include "ui/panels/parts.h"
#include "ui/panels/preview_sample.h"
#include "ui/panels/split_line.h"
#include "ui/panels/split_rows.h"
#include "ui/panels/training_feed.h"
#include "ui/window/workbench.h"

#include <QButtonGroup>
#include <QDateTime>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QProgressBar>
#include <QPushButton>
#include <QTableView>
#include <QTimer>

#include <algorithm>
#include <cmath>

namespace cristae {

namespace {

constexpr int ownRecipe = 3;

} // namespace

TrainPage::TrainPage(Workbench& workbench, QWidget* parent)
    : QWidget(parent), workbench_(workbench), dataSet_(std::make_unique<DataSetModel>()) {
    remembered_ = rememberedRowCount();
    buildLayout();
    updateTimer_ = new QTimer(this);
    updateTimer_->setInterval(100);
    connect(updateTimer_, &QTimer::timeout, this, &TrainPage::takeUpdates);
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
    estimateTimer_ = new QTimer(this);
    estimateTimer_->setSingleShot(true);
    estimateTimer_->setInterval(500);
    connect(estimateTimer_, &QTimer::timeout, this, &TrainPage::askEstimate);
    setRecipe(namedRecipes()[1].values, text(namedRecipes()[1].name));
    fitTable();
    updateState();
    refreshRuns();
}

TrainPage::~TrainPage() {
    for (Job* job : {job_.data(), reading_.data(), comparing_.data()})
        if (job) job->cancel();
    table_->setModel(nullptr);
}

void TrainPage::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    if (!secondsPerStep_) estimateTimer_->start();
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
        name_->setText(freeTitle(tr("%1, my data").arg(text(rows.front().classNames.front()))));
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
        if (rows.empty()) return rows;
        // Held-out parts with a distance, where the image is large enough for it.
        SplitRows split = splitRows(rows, progress);
        const bool oneSlice = rows.size() == 1 && rows.front().slices == 1;
        return split.apart || oneSlice ? split.rows : rows;
    };
    reading_ = workbench_.jobs().start<std::vector<DataSetRow>>(
        Queue::files, tr("Reading labels for training"), work,
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
    const std::string network = recipe_.value("architecture", std::string("unet"));
    const QString facts =
        tr("%1, patches of %2 × %2, %3 steps.")
            .arg(network == "unet" ? tr("U-Net of %1 filters").arg(number("base")) : networkTitle(network))
            .arg(number("patch"))
            .arg(QLocale().toString(qint64(number("steps"))));
    const QString description =
        index < ownRecipe ? text(namedRecipes()[size_t(index)].description) : tr("Custom settings.");
    recipeText_ = description + QLatin1Char(' ') + facts;
    secondsPerStep_.reset();
    estimateTimer_->start();
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
    if (const SampleReader read = sampleReader(workbench_, dataSet_->rows()))
        dialog->setPreview(new AugmentPreview(workbench_.jobs(), read, dialog));
    // The networks are known to the engine, which may still be loading; without it the text line stays.
    workbench_.jobs().start<std::vector<std::pair<std::string, Schema>>>(
        Queue::view, tr("Reading the networks' options"),
        [session = &workbench_.session()](const Progress&) {
            return session->engine().trainer->networkOptions();
        },
        [dialog = QPointer(dialog)](const std::vector<std::pair<std::string, Schema>>& networks) {
            if (dialog) dialog->setNetworks(networks);
        },
        [](const Error&) {}, {}, false);
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

std::filesystem::path TrainPage::runsFolder() const {
    return workbench_.session().paths().userModels / "runs";
}

QStringList TrainPage::obstacles() const {
    QStringList sentences;
    const std::vector<DataSetRow>& rows = dataSet_->rows();
    if (rows.empty())
        return {tr("Add training data: this image, once a slice of it is labelled, or image files with label "
                   "files.")};
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
            sentences << tr("%1 has the classes %2, but the first row has %3; remove one of them, or give "
                            "both the same classes.")
                             .arg(text(row.pair.name), list(row.classNames), list(*names));
        }
    }
    if (dataSet_->slicesFor(RowRole::train) == 0) sentences << tr("Assign at least one row to training.");
    if (dataSet_->slicesFor(RowRole::validation) == 0)
        sentences << tr("Assign at least one row to validation: add validation data to measure accuracy.");
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
         tr("training: %1. Held out: %2.")
             .arg(train.join(QStringLiteral("; ")), validation.join(QStringLiteral("; ")))
             .toStdString(),
         ""});
    plan.runFolder =
        runsFolder() /
        (plan.card.name +
         QDateTime::currentDateTime().toString(QStringLiteral("-yyyyMMdd-HHmmss")).toStdString());
    plan.output = outputFile(); // written when the run has come to its end: a cancelled one leaves none
    return plan;
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
    for (QWidget* widget : {static_cast<QWidget*>(addFiles_), static_cast<QWidget*>(remove_),
                            static_cast<QWidget*>(split_), static_cast<QWidget*>(name_)})
        widget->setEnabled(!isRunning);
    for (QAbstractButton* button : recipes_->buttons()) button->setEnabled(!isRunning);
    remove_->setVisible(!dataSet_->rows().empty());
    const int remembered = dataSet_->rows().empty() && !isRunning ? remembered_ : 0;
    addRemembered_->setVisible(remembered > 0);
    addRemembered_->setEnabled(!reading_);
    addRemembered_->setText(tr("Use the last data set (%n rows)", nullptr, remembered));
    recipeWords_->setText(recipeText_ + timeWords());

    const QStringList sentences = isRunning ? QStringList() : obstacles();
    start_->setVisible(!isRunning);
    start_->setEnabled(sentences.isEmpty() || finished_);
    setStyleProperty(start_, "primary",
                     !finished_.has_value()); // after a run the next step is to use the model
    start_->setToolTip(sentences.join(QLatin1Char('\n')));
    QStringList shown = problem_.isEmpty() ? QStringList() : QStringList{problem_};
    if (!finished_ || startPressed_) shown += sentences; // after a run only when the next one is asked for
    setSentence(obstacles_, shown.join(QLatin1Char('\n')));

    showUnfinished();
    runBox_->setVisible(isRunning);
    endBox_->setVisible(!isRunning && finished_.has_value());
    compare_->setEnabled(!comparing_ && finished_ && !finished_->validation.empty());
    compare_->setToolTip(comparing_ ? tr("A comparison is running.")
                         : compare_->isEnabled()
                             ? tr("Scores another model on the held-out slices of this run.")
                             : tr("This run has no held-out slices to compare on."));
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

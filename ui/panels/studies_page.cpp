// StudiesPage, what it does.
#include "ui/panels/studies_page.h"
#include "ui/dialogs/chosen_file.h"

#include "core/base/atomic_file.h"
#include "core/base/input_file.h"
#include "core/base/own_folder.h"
#include "core/learn/data_list.h"
#include "core/session/study_data.h"
#include "ui/panels/data_set.h"
#include "ui/panels/model_list.h"
#include "ui/panels/parts.h"
#include "ui/panels/study_view.h"
#include "ui/report/study_chart.h"
#include "ui/window/workbench.h"

#include <QButtonGroup>
#include <QComboBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QProgressBar>
#include <QPushButton>
#include <QSettings>
#include <QSignalBlocker>
#include <QTableWidget>

#include <algorithm>

namespace cristae {

namespace {

namespace fs = std::filesystem;

/// The rows of the Train page as a training set whose slices get their roles anew.
TrainingSet setOfRows(const std::vector<DataSetRow>& rows, const Progress& progress) {
    TrainingSet set;
    for (const DataSetRow& row : rows) {
        if (row.role == RowRole::off) continue;
        TrainingSet part = loadTrainingSet({row.pair}, row.meaning, row.classNames, progress);
        set.classNames = row.classNames;
        std::move(part.slices.begin(), part.slices.end(), std::back_inserter(set.slices));
        std::move(part.remarks.begin(), part.remarks.end(), std::back_inserter(set.remarks));
    }
    shareOut(set);
    return set;
}

int64_t stepsDone(const fs::path& folder) {
    std::error_code ignored;
    int64_t count = 0;
    for (const auto& entry : fs::directory_iterator(folder / "steps", ignored))
        count += entry.path().extension() == ".json";
    return count;
}

const QString rootSetting = QStringLiteral("studies/dataFolder");

} // namespace

StudiesPage::StudiesPage(Workbench& workbench, DataSetModel& dataSet, QWidget* parent)
    : QWidget(parent), workbench_(workbench), dataSet_(dataSet) {
    buildLayout();
    for (auto signal : {&QAbstractItemModel::rowsInserted, &QAbstractItemModel::rowsRemoved})
        connect(&dataSet_, signal, this, &StudiesPage::updateState);
    connect(&dataSet_, &QAbstractItemModel::dataChanged, this, &StudiesPage::updateState);
    root_->setText(QSettings().value(rootSetting).toString());
    list_->setCurrentRow(0);
    listModels();
    showResult();
}

StudiesPage::~StudiesPage() {
    if (job_) job_->cancel();
}

const Study* StudiesPage::study() const {
    const QListWidgetItem* item = list_->currentItem();
    return item ? &findStudy(item->data(Qt::UserRole).toString().toStdString()) : nullptr;
}

StudiesPage::Data StudiesPage::data() const {
    return Data(data_->currentData().toInt());
}

void StudiesPage::chooseStudy(const std::string& key) {
    for (int row = 0; row < list_->count(); ++row)
        if (list_->item(row)->data(Qt::UserRole).toString() == text(key)) list_->setCurrentRow(row);
}

void StudiesPage::setFolder(const QString& folder) {
    folderChosen_ = true;
    folder_->setText(folder);
}

void StudiesPage::setQuick(bool quick) {
    size_->button(quick ? 0 : 1)->setChecked(true);
    studyChosen();
}

void StudiesPage::setData(Data data, const QString& list, const QString& root) {
    data_->setCurrentIndex(data_->findData(int(data)));
    if (!list.isEmpty()) listFile_->setText(list);
    if (!root.isEmpty()) root_->setText(root);
}

void StudiesPage::studyChosen() {
    const Study* chosen = study();
    if (!chosen) return;
    problem_.clear();
    question_->setText(text(chosen->question()));
    if (!folderChosen_) {
        const QSignalBlocker block(folder_);
        const fs::path base = workbench_.session().paths().userModels.parent_path() / "studies";
        folder_->setText(
            text((base / (chosen->key() + (size_->checkedId() == 0 ? "-quick" : "-full"))).string()));
    }
    updateState();
}

void StudiesPage::listModels() {
    readModels(workbench_, this, [this](std::vector<ModelPackage> models) {
        models_ = std::move(models);
        model_->clear();
        for (const ModelPackage& one : models_)
            model_->addItem(text(one.card.title.empty() ? one.card.name : one.card.title));
        updateState();
    });
}

QStringList StudiesPage::obstacles() const {
    const Study* chosen = study();
    if (!chosen) return {tr("Choose a study.")};
    QStringList sentences;
    if (chosen->wantsLabels()) switch (data()) {
        case Data::page: {
            const int64_t slices =
                dataSet_.slicesFor(RowRole::train) + dataSet_.slicesFor(RowRole::validation);
            if (slices < 3)
                sentences << tr("The study needs at least three labelled slices: add some on the page "
                                "“Training”, or choose other data.");
            for (const DataSetRow& row : dataSet_.rows())
                if (row.role != RowRole::off && !row.complaints.isEmpty())
                    sentences << tr("%1 cannot be used; set it to off.").arg(text(row.pair.name));
            break;
        }
        case Data::standard:
            if (chosen->defaultData().empty())
                sentences << tr("This study has no data of its own; choose other data.");
            else if (!QFileInfo(root_->text()).isDir())
                sentences << tr("Choose the folder that holds the public data sets.");
            break;
        case Data::list:
            if (!QFileInfo(listFile_->text()).isFile()) sentences << tr("Choose a data list.");
            break;
        }
    if (chosen->wantsModel() && models_.empty()) sentences << tr("There is no model yet: train one first.");
    if (folder_->text().trimmed().isEmpty()) sentences << tr("Choose an output folder.");
    return sentences;
}

void StudiesPage::run() {
    const Study* chosen = study();
    if (job_ || !obstacles().isEmpty() || !chosen) return updateState();
    problem_.clear();
    QSettings().setValue(rootSetting, root_->text());
    StudySettings settings;
    settings.folder = folder_->text().trimmed().toStdString();
    settings.quick = size_->checkedId() == 0;
    const size_t model = size_t(std::max(0, model_->currentIndex()));
    if (chosen->wantsModel()) settings.model = models_[model];
    fs::path list, root = root_->text().toStdString();
    if (data() == Data::list) {
        list = listFile_->text().toStdString();
        if (root.empty()) root = list.parent_path();
    } else if (data() == Data::standard && chosen->wantsLabels()) {
        list = studyData(*chosen, workbench_.session().paths());
    }
    resultFolder_ = settings.folder;
    job_ = workbench_.jobs().start<StudyResult>(
        Queue::compute, tr("Study: %1").arg(text(chosen->title())),
        [chosen, settings, list, root, rows = dataSet_.rows(),
         session = &workbench_.session()](const Progress& progress) mutable {
            requireStudyFolder(settings.folder);
            if (chosen->wantsLabels()) {
                progress.report(0, tr("reading the data").toStdString());
                const PartProgress reading(progress, 0, 0);
                settings.set =
                    list.empty() ? setOfRows(rows, reading) : loadDataList(list, root, reading).set;
            }
            StudyResult result = runStudy(*chosen, *session, settings, progress);
            writeStudyChart(ownFile(settings.folder / "chart"), result);
            return result;
        },
        [self = QPointer(this)](StudyResult result) {
            if (!self) return;
            self->result_ = std::move(result);
            self->showResult();
            Q_EMIT self->finished();
        },
        [self = QPointer(this)](const Error& error) {
            if (self) self->problem_ = QString::fromUtf8(error.what());
        });
    connect(job_, &Job::changed, this, &StudiesPage::updateState);
    connect(job_, &Job::ended, this, [this] {
        job_ = nullptr;
        updateState();
    });
    updateState();
}

void StudiesPage::showResult() {
    if (result_) {
        title_->setText(text(result_->title));
        view_->show(*result_);
        fillStudyTable(table_, *result_);
        const int rows = std::min(table_->rowCount(), 12);
        table_->setFixedHeight(table_->horizontalHeader()->sizeHint().height() + 24 * rows + 14);
        QStringList notes;
        for (const std::string& note : result_->notes) notes << text(note);
        setSentence(notes_, notes.join(QLatin1Char('\n')));
    }
    updateState();
}

void StudiesPage::updateState() {
    const Study* chosen = study();
    if (!chosen) return;
    const bool isRunning = job_;
    dataPart_->setVisible(chosen->wantsLabels());
    listRow_->setVisible(data() == Data::list);
    rootRow_->setVisible(data() != Data::page);
    setSentence(
        dataWords_,
        data() == Data::page
            ? tr("The last fifth of the slices is the test set, the fifth before it the validation set.")
        : data() == Data::standard && !chosen->defaultData().empty()
            ? tr("List: %1.").arg(text(chosen->defaultData()))
            : QString());
    model_->setVisible(chosen->wantsModel() && !models_.empty());
    const fs::path folder = folder_->text().trimmed().toStdString();
    std::error_code ignored;
    const bool begun = !folder.empty() && fs::exists(folder / "study.json", ignored);
    const int64_t done = begun ? stepsDone(folder) : 0;
    setSentence(folderWords_,
                isRunning || done == 0 ? QString()
                : done == 1            ? tr("1 step is finished there; the study continues from it.")
                            : tr("%1 steps are finished there; the study continues from them.").arg(done));
    run_->setText(begun ? tr("Resume the study") : tr("Run the study"));
    run_->setVisible(!isRunning);
    for (QWidget* widget : std::initializer_list<QWidget*>{list_, dataPart_, model_, folder_})
        widget->setEnabled(!isRunning);
    for (QAbstractButton* button : size_->buttons()) button->setEnabled(!isRunning);
    const QStringList sentences = isRunning ? QStringList() : obstacles();
    run_->setEnabled(sentences.isEmpty());
    run_->setToolTip(sentences.join(QLatin1Char('\n')));
    QStringList shown = problem_.isEmpty() ? QStringList() : QStringList{problem_};
    setSentence(obstacles_, (shown + sentences).join(QLatin1Char('\n')));
    running_->setVisible(isRunning);
    if (isRunning) {
        bar_->setValue(int(job_->fraction() * 1000));
        QStringList words{job_->words().isEmpty() ? tr("Starting…") : job_->words()};
        if (const QString left = leftWords(job_->secondsLeft()); !left.isEmpty()) words << left;
        runningWords_->setText(words.join(QStringLiteral(" · ")));
    }
    resultPart_->setVisible(result_.has_value());
}

void StudiesPage::chooseFile(QLineEdit* into, const QString& title, bool folder) {
    auto* dialog = new QFileDialog(this, title, into->text());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(folder ? QFileDialog::Directory : QFileDialog::ExistingFile);
    if (!folder) dialog->setNameFilters({tr("Data lists (*.json)")});
    connect(dialog, &QFileDialog::fileSelected, this, [this, into](const QString& path) {
        if (into == folder_) folderChosen_ = true;
        into->setText(path);
    });
    dialog->open();
}

void StudiesPage::chooseResultFile() {
    auto* dialog = new QFileDialog(this, tr("Save the result"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setNameFilters({tr("Table, chart (*.csv *.pdf *.png)")});
    dialog->setDefaultSuffix(QStringLiteral("pdf"));
    dialog->selectFile(QStringLiteral("study.pdf"));
    connect(dialog, &QFileDialog::fileSelected, this, &StudiesPage::saveResult);
    dialog->open();
}

void StudiesPage::saveResult(const QString& path) {
    if (!result_) return;
    const QString ending = QFileInfo(path).suffix().toLower();
    if (ending != QLatin1String("csv") && ending != QLatin1String("pdf") && ending != QLatin1String("png"))
        return workbench_.showError(tr("The result cannot be saved"),
                                    tr("%1 must end in .csv, .pdf or .png.").arg(path));
    const fs::path from =
        resultFolder_ / (ending == QLatin1String("csv") ? "table.csv" : "chart." + ending.toStdString());
    workbench_.jobs().start<bool>(
        Queue::writing, tr("Save the result"),
        [from, file = chosenFile(workbench_, path).reading(from)](const Progress&) {
            writeFileAtomically(file, readTextFile(from));
            return true;
        },
        [bench = &workbench_, path](bool) {
            bench->showRemark(tr("The result was saved as %1.").arg(path));
        });
}

} // namespace cristae

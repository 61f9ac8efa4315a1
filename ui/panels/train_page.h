// TrainPage: a data set, a recipe, a run with its curves, and the model that comes out of it.
#pragma once
#include "core/learn/run_folder.h"

#include <QPointer>
#include <QWidget>

#include <functional>
#include <memory>

class QButtonGroup;
class QComboBox;
class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;
class QTableView;
class QTimer;

namespace cristae {

class DataSetModel;
class Job;
class Session;
struct EpochUpdate;
class LineChart;
class SplitLine;
class StudiesPage;
class TrainingFeed;
class TrainingPreview;
class Workbench;
struct DataSetRow;

/// What a run leaves for the end screen.
struct FinishedRun {
    TrainingResult result;
    std::vector<TrainingSlice> validation;
    std::vector<std::string> classNames;
};

/// A run of the window, off the UI thread: keeps its data in its folder until it has ended, so that it can be
/// resumed, and a sample of them beside the model. Throws as Session::train().
FinishedRun trainAndKeep(Session& session, TrainingPlan plan, TrainingListener& listener,
                         const Progress& progress);

class TrainPage : public QWidget {
    Q_OBJECT
public:
    explicit TrainPage(Workbench& workbench, QWidget* parent = nullptr);
    ~TrainPage() override;

    DataSetModel& dataSet() { return *dataSet_; }
    StudiesPage& studies() { return *studies_; }
    Job* running() const;
    /// Everything that stands in the way of Start, as sentences.
    QStringList obstacles() const;
    nlohmann::json recipe() const { return recipe_; }
    /// name: "quick", "balanced", "thorough" or "own".
    void setRecipe(const nlohmann::json& values, const QString& name);
    /// The name of the model to be made.
    void setModelName(const QString& name);
    const LineChart& lossChart() const { return *lossChart_; }
    const LineChart& diceChart() const { return *diceChart_; }

public Q_SLOTS:
    void addRows(const std::vector<cristae::DataSetRow>& rows);
    /// The open image with its labels: the slices that contain labels.
    void addThisImage();
    /// Opens the dialog that pairs images and labels and shows the pairs before it takes them.
    void addFiles();
    /// The files of the last training, as they were used.
    void addRemembered();
    void start();
    void pauseOrResume();
    void stopAndKeep();
    /// Ends the run; it can be resumed.
    void cancel();
    /// Goes on with the unfinished run that is shown.
    void resumeRun();
    /// Looks for unfinished runs on the disk.
    void refreshRuns();
    /// Scores another model and the new one on the held-out slices of the run.
    void compareWith(const cristae::ModelPackage& other);

Q_SIGNALS:
    void stateChanged();
    /// "Use this model": the Predict page shows and ticks it (PredictPage::useModel).
    void useModel(const QString& modelName);
    void trained(const QString& modelName);
    void compared();

protected:
    void resizeEvent(QResizeEvent* event) override;
    void showEvent(QShowEvent* event) override;

private:
    void buildLayout();
    void buildTraining(QWidget* page);
    QWidget* buildUnfinished();
    QWidget* buildRunning();
    QWidget* buildRun();
    void askEstimate();
    QString timeWords() const;
    QString freeTitle(const QString& title) const;
    void editRecipe();
    void chooseRecipe(int index);
    void takeRows(std::vector<DataSetRow> rows);
    void fitTable();
    void updateState();
    void takeUpdates();
    void showEpoch(const EpochUpdate& latest);
    void beginRun(const QString& title, std::function<FinishedRun(const Progress&)> work);
    void forgetCurves();
    const UnfinishedRun* chosenRun() const;
    void listUnfinished();
    void showUnfinished();
    void discardRun();
    void finished(FinishedRun finished);
    void ended();
    void chooseComparison();
    void clearComparison();
    void saveModel();
    TrainingPlan planWithoutSlices() const;
    std::filesystem::path outputFile() const; // of the model, when the run has come to its end
    std::filesystem::path runsFolder() const;
    QString epochWords() const;

    Workbench& workbench_;
    std::unique_ptr<DataSetModel> dataSet_;
    nlohmann::json recipe_;
    QString recipeName_;
    std::shared_ptr<TrainingFeed> feed_;
    QPointer<Job> job_, reading_, comparing_;
    std::optional<FinishedRun> finished_;
    std::vector<UnfinishedRun> unfinished_;
    std::optional<EpochReport> lastEpoch_;
    int64_t bestEpoch_ = 0;
    int remembered_ = 0; // rows of the last data set
    double bestDice_ = 0;
    bool startPressed_ = false;
    QString problem_, previewName_, recipeText_;
    std::optional<double> secondsPerStep_; // of recipe_ on this machine, once measured

    QTimer *updateTimer_ = nullptr, *estimateTimer_ = nullptr;
    StudiesPage* studies_ = nullptr;
    SplitLine* split_ = nullptr;
    QTableView* table_ = nullptr;
    QButtonGroup* recipes_ = nullptr;
    QLineEdit* name_ = nullptr;
    LineChart *lossChart_ = nullptr, *diceChart_ = nullptr;
    TrainingPreview* preview_ = nullptr;
    QLabel *dataSetWords_ = nullptr, *recipeWords_ = nullptr, *obstacles_ = nullptr, *runWords_ = nullptr,
           *scores_ = nullptr, *comparison_ = nullptr, *unfinishedWords_ = nullptr;
    QWidget *curves_ = nullptr, *runBox_ = nullptr, *endBox_ = nullptr, *unfinishedPart_ = nullptr;
    QComboBox* unfinishedBox_ = nullptr;
    QProgressBar* bar_ = nullptr;
    QPushButton *addThis_ = nullptr, *addFiles_ = nullptr, *addRemembered_ = nullptr, *remove_ = nullptr;
    QPushButton *start_ = nullptr, *pause_ = nullptr, *stop_ = nullptr, *cancel_ = nullptr, *use_ = nullptr,
                *save_ = nullptr, *compare_ = nullptr;
};

} // namespace cristae

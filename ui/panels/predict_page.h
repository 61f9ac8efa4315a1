// PredictPage: what to find, with which model, where; how long it takes; go, and cancel.
#pragma once
#include "core/segment/domain.h"
#include "core/session/session.h"

#include <QPointer>
#include <QWidget>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <vector>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QProgressBar;
class QPushButton;
class QSpinBox;
class QTimer;
class QVBoxLayout;

namespace cristae {

class Job;
class Workbench;

class PredictPage : public QWidget {
    Q_OBJECT
public:
    explicit PredictPage(Workbench& workbench, QWidget* parent = nullptr);
    ~PredictPage() override;

    /// How large one pane of the canvas is (logical pixels); with the view it gives the "visible region".
    void setPaneSize(std::function<QSize()> paneSize) { paneSize_ = std::move(paneSize); }
    /// Loads the engine in the background if nobody has yet. Called by itself when the page is first shown.
    void loadEngine();
    /// The job that predicts now, or null.
    Job* running() const;
    /// What the Predict button would ask for now.
    PredictionRequest request() const;
    /// Why nothing can be predicted now, as one sentence; empty if it can.
    QString obstacle() const;
    /// Whether a model of this title is among those listed.
    bool hasModel(const std::string& title) const;

public Q_SLOTS:
    /// Starts a prediction with the settings shown, after a question where its scale makes no sense or it
    /// costs much; says why in the window if it cannot.
    void predict();
    void cancel();
    /// Opens the search for the pixel size with the first chosen model that has one.
    void findScale();
    /// Reads the list of models again (a model was trained or added).
    void refreshModels();
    /// Shows this model for its classes and ticks them, and nothing else.
    void useModel(const QString& modelName);

Q_SIGNALS:
    /// Running or not, possible or not: for the toolbar's button.
    void stateChanged();
    void predicted();
    void trainPageWanted();
    /// "Improve with my corrections": the Correct page fits the model.
    void improveWanted();
    void modelsListed();
    /// The link beside "pixel size not known".
    void voxelSizeWanted();

protected:
    void showEvent(QShowEvent* event) override;

private:
    struct ClassRow;
    struct Predicted;
    void buildLayout();
    void showModels(std::vector<ModelPackage> models);
    void rebuildRows();
    void gatherRows();
    void buildRow(ClassRow& row);
    void useWanted();
    void tickLikely();
    /// withKind: with the kind of microscopy that the title names; a list shows the title itself.
    QString fitWords(const ModelCard& card, bool withKind) const;
    void updateHelp();
    void updateWhere();
    void updateState();
    void updateProgress();
    void engineArrived();
    QString deviceWords() const;
    QString modelHelp(const ModelPackage& package) const;
    Box3 visibleRegion() const;
    void takeResult(Predicted predicted, const QString& words);
    void askEstimate();
    void buildLook(QVBoxLayout& column);
    void askLook();
    void showLook();
    void invertChosen();
    const std::string* invertible() const;
    void start();
    std::string requestKey() const;
    QString wantedNames() const;
    QString whereWords(const PredictionSettings& settings) const;

    Workbench& workbench_;
    std::function<QSize()> paneSize_;
    std::vector<ModelPackage> models_;
    std::vector<std::unique_ptr<ClassRow>> rows_;
    QString wantedModel_, engineError_;
    bool chosenByHand_ = false; // classes were ticked by a person
    std::vector<DeviceInfo> devices_;
    bool modelsKnown_ = false, engineAsked_ = false, engineReady_ = false;
    QPointer<Job> job_;
    std::string estimatedKey_; // requestKey() that the shown estimate is of
    std::optional<double> estimatedSeconds_;
    /// How the image suits a chosen model, by the model's file.
    std::map<std::string, Likeness> looks_;
    std::string lookKey_;            // requestKey() that looks_ are of
    std::set<std::string> inverted_; // files of models for which dark and bright are exchanged
    QPointer<Job> lookJob_;

    QTimer *engineTimer_ = nullptr, *estimateTimer_ = nullptr;
    QVBoxLayout* rowsLayout_ = nullptr;
    QLabel *help_ = nullptr, *obstacle_ = nullptr, *estimate_ = nullptr, *progressWords_ = nullptr,
           *remarks_ = nullptr, *unlike_ = nullptr, *inversion_ = nullptr;
    QComboBox *where_ = nullptr, *averaging_ = nullptr, *device_ = nullptr;
    QSpinBox *first_ = nullptr, *last_ = nullptr;
    QWidget *range_ = nullptr, *more_ = nullptr, *progress_ = nullptr;
    QDoubleSpinBox* threshold_ = nullptr;
    QCheckBox* keepHuman_ = nullptr;
    QPushButton *predict_ = nullptr, *cancel_ = nullptr, *improve_ = nullptr, *invert_ = nullptr,
                *doubts_ = nullptr;
    QProgressBar* bar_ = nullptr;
};

} // namespace cristae

// EvaluationPanel: labels and further predictions against a ground truth, with every figure, class by class,
// slice by slice and as a picture.
#pragma once
#include "core/base/destination.h"
#include "core/image/tile_source.h"
#include "core/io/format.h"
#include "core/measure/comparison.h"

#include <QPointer>
#include <QWidget>

class QCheckBox;
class QComboBox;
class QLabel;
class QProgressBar;
class QPushButton;
class QSpinBox;
class QTableWidget;

namespace cristae {

class Job;
class LineChart;
class Workbench;

class EvaluationPanel : public QWidget {
    Q_OBJECT
public:
    explicit EvaluationPanel(Workbench& workbench, QWidget* parent = nullptr);
    ~EvaluationPanel() override;

    /// Compares a class of the document's labels with a label image, in the background. A truth of one slice
    /// belongs to the slice that is shown.
    void compareWith(const QString& truthPath, const OpenOptions& options = {});
    /// One more prediction (labels, a mask or probabilities) against the same truth.
    void addPrediction(const QString& path, const OpenOptions& options = {});
    /// What was compared so far; without predictions before the first comparison.
    const EvaluationRecord& record() const { return record_; }
    /// Writes the evaluation: .csv or .pdf. In the background; a remark or an error follows.
    void saveReport(const QString& path);
    /// Writes the difference in four colours over the image, in any format that holds RGB.
    void savePicture(const QString& path);

Q_SIGNALS:
    /// The figures of the prediction that was compared last.
    void compared(const std::vector<cristae::Metric>& metrics);
    void reportSaved(const QString& path);

private:
    /// A chosen file that takes the place of neither the image, the truth nor a prediction.
    Destination placeFor(const QString& path) const;
    struct Evaluated;
    void buildLayout();
    QWidget* buildQuestion();
    QWidget* buildResult();
    void start(const QString& words, std::function<Evaluated(const Progress&)> work,
               std::function<void(const OpenOptions&)> again);
    void take(Evaluated evaluated);
    void chooseTruth();
    void choosePrediction();
    void chooseReport();
    void choosePicture();
    void forget();
    EvaluationOptions optionsNow() const;
    void showResult();
    void showFigures();
    void showClasses();
    void showSlices();
    void showCurves();
    void requestDifference();
    void updateState();

    /// A prediction as it was compared: of the same extent as the truth.
    struct Compared {
        TileSourcePtr source; // a mask where it was probabilities
        EvaluationOptions options;
        bool document = false; // the labels of the window
    };
    Workbench& workbench_;
    EvaluationRecord record_;
    std::vector<Compared> compared_; // in the order of record_.predictions
    TileSourcePtr truth_;
    QString truthPath_;
    OpenOptions truthOptions_;
    std::optional<int64_t> slice_; // the only one that the truth has
    bool classChosen_ = false;
    uint64_t generation_ = 0; // of the labels that were compared
    QPointer<Job> job_;
    QComboBox *class_ = nullptr, *objectsIn_ = nullptr, *which_ = nullptr, *metric_ = nullptr;
    QSpinBox* smallest_ = nullptr;
    QCheckBox *inverted_ = nullptr, *truthIds_ = nullptr, *boundaries_ = nullptr, *pixelsOnly_ = nullptr,
              *difference_ = nullptr;
    QPushButton *compare_ = nullptr, *cancel_ = nullptr, *add_ = nullptr, *again_ = nullptr,
                *report_ = nullptr, *picture_ = nullptr;
    QWidget *running_ = nullptr, *result_ = nullptr, *options_ = nullptr, *slices_ = nullptr,
            *curves_ = nullptr, *ofWhich_ = nullptr;
    QProgressBar* bar_ = nullptr;
    QLabel *runningWords_ = nullptr, *comparedWords_ = nullptr, *stale_ = nullptr, *found_ = nullptr,
           *foundWords_ = nullptr, *dice_ = nullptr, *conventions_ = nullptr;
    QTableWidget *figures_ = nullptr, *classes_ = nullptr;
    LineChart *chart_ = nullptr, *precisionRecall_ = nullptr, *calibration_ = nullptr;
};

} // namespace cristae

// MeasurePage: objects, voxels and areas of each class with a table to save; beside it the comparison with a
// truth.
#pragma once
#include "core/image/tile_source.h"
#include "core/labels/label_layer.h"
#include "core/measure/class_statistics.h"
#include "core/measure/metrics.h"

#include <QPointer>
#include <QWidget>

#include <vector>

class QComboBox;
class QLabel;
class QPushButton;
class QSpinBox;
class QTableView;
class QTableWidget;
class QTimer;

namespace cristae {

class BarChart;
class EvaluationPanel;
class ExplorationPanel;
class Job;
class ObjectModel;
class Workbench;

/// What was counted: on the slice or in the volume that was current then.
struct MeasureResult {
    std::vector<LabelObject> objects;
    std::vector<ClassStatistics> classes;
    ClassTable names;
    VoxelSize voxelSize;
    bool volume = false;               // else one slice
    int64_t smallest = 0, leftOut = 0; // objects of fewer voxels than that were left out, and how many
    int64_t slice = 0;
};

/// The labels of one slice or of the whole volume as a source.
TileSourcePtr labelsToMeasure(const LabelSnapshot& labels, const VoxelSize& voxelSize,
                              std::optional<int64_t> slice);

class MeasurePage : public QWidget {
    Q_OBJECT
public:
    explicit MeasurePage(Workbench& workbench, QWidget* parent = nullptr);
    ~MeasurePage() override;

    const MeasureResult& result() const { return result_; }
    /// Writes a row for each object (or for each class) as CSV, whole or not at all. Throws Error{output}.
    void saveTable(const QString& path, bool objects) const;
    EvaluationPanel* evaluation() const { return evaluation_; }
    ExplorationPanel* exploration() const { return exploration_; }

public Q_SLOTS:
    /// Counts in the background; by itself when the page is visible and the labels have changed.
    void refresh();

Q_SIGNALS:
    void measured();
    void compared(const std::vector<cristae::Metric>& metrics);
    void voxelSizeWanted();

protected:
    void showEvent(QShowEvent* event) override;

private:
    void buildLayout();
    void buildObjects(QWidget* page);
    void later();
    void showResult(MeasureResult result);
    void showObjects();
    void goTo(const LabelObject& object);
    void chooseTableFile();
    void updateState();

    Workbench& workbench_;
    MeasureResult result_;
    bool stale_ = true, allChosen_ = false; // allChosen_: a person wants all classes together
    QPointer<Job> counting_;
    QTimer* delay_ = nullptr;
    EvaluationPanel* evaluation_ = nullptr;
    ExplorationPanel* exploration_ = nullptr;
    QComboBox* where_ = nullptr;
    QTableWidget* table_ = nullptr;
    QTableView* view_ = nullptr;
    ObjectModel* objects_ = nullptr;
    BarChart* histogram_ = nullptr;
    QWidget *figures_ = nullptr, *objectsHead_ = nullptr, *sizeRow_ = nullptr;
    QComboBox* which_ = nullptr;
    QSpinBox* smallest_ = nullptr;
    QLabel *count_ = nullptr, *countWords_ = nullptr, *mean_ = nullptr, *meanWords_ = nullptr,
           *share_ = nullptr, *shareWords_ = nullptr;
    QLabel *obstacle_ = nullptr, *sizeWords_ = nullptr;
    QPushButton* save_ = nullptr;
};

} // namespace cristae

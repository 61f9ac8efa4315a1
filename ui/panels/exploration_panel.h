// ExplorationPanel: what the labelled image is like: objects and their sizes, grey values inside and outside
// them, and how alike slices are.
#pragma once
#include "core/measure/exploration.h"

#include <QPointer>
#include <QWidget>

class QComboBox;
class QLabel;
class QProgressBar;
class QPushButton;

namespace cristae {

class Job;
class LineChart;
class Workbench;

class ExplorationPanel : public QWidget {
    Q_OBJECT
public:
    explicit ExplorationPanel(Workbench& workbench, QWidget* parent = nullptr);
    ~ExplorationPanel() override;

    const std::optional<Exploration>& result() const { return result_; }
    /// Figures and curves as CSV, whole or not at all; in the background.
    void saveTable(const QString& path);

public Q_SLOTS:
    /// Looks at the chosen class of the document's labels, in the background.
    void start();

Q_SIGNALS:
    void explored();

private:
    void buildLayout();
    void chooseTable();
    void showResult();
    void updateState();

    Workbench& workbench_;
    std::optional<Exploration> result_;
    QPointer<Job> job_;
    QComboBox *class_ = nullptr, *objectsIn_ = nullptr;
    QPushButton *start_ = nullptr, *cancel_ = nullptr, *save_ = nullptr;
    QWidget *running_ = nullptr, *results_ = nullptr, *alike_ = nullptr;
    QProgressBar* bar_ = nullptr;
    QLabel *runningWords_ = nullptr, *count_ = nullptr, *countWords_ = nullptr, *share_ = nullptr,
           *shareWords_ = nullptr, *area_ = nullptr, *volume_ = nullptr, *sizeWords_ = nullptr,
           *overlapWords_ = nullptr, *correlationWords_ = nullptr, *obstacle_ = nullptr;
    LineChart *histograms_ = nullptr, *correlation_ = nullptr;
};

} // namespace cristae

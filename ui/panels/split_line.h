// SplitLine: under the table of the data set: what lies too near to training data, and the split that mends
// it.
#pragma once
#include "ui/panels/data_set.h"

#include <QPointer>
#include <QWidget>

class QLabel;
class QPushButton;
class QTimer;

namespace cristae {

class Job;
class Workbench;

class SplitLine : public QWidget {
    Q_OBJECT
public:
    /// Watches the rows; looks at them in the background when they change.
    SplitLine(Workbench& workbench, DataSetModel& dataSet, QWidget* parent = nullptr);
    ~SplitLine() override;

public Q_SLOTS:
    /// Replaces the rows by parts that lie far enough apart; a second click takes the old rows back.
    void splitOrUndo();

private:
    void rowsChanged();
    void look();
    void showState();
    void put(std::vector<DataSetRow> rows);

    Workbench& workbench_;
    DataSetModel& dataSet_;
    std::vector<DataSetRow> before_; // the rows that were split; empty: nothing to undo
    QStringList leaks_, done_;
    bool putting_ = false;
    QPointer<Job> looking_, splitting_;
    QTimer* soon_ = nullptr;
    QLabel *warning_ = nullptr, *words_ = nullptr;
    QPushButton* button_ = nullptr;
};

} // namespace cristae

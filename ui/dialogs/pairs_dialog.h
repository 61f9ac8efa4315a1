// PairsDialog: finds the label image of each image by name and shows the pairs before they join the data set.
#pragma once
#include "ui/panels/data_set.h"

#include <QDialog>
#include <QPointer>

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QTableWidget;
class QTimer;

namespace cristae {

class Job;
class Workbench;

/// Open with open(); taken() brings the rows.
class PairsDialog : public QDialog {
    Q_OBJECT
public:
    explicit PairsDialog(Workbench& workbench, QWidget* parent = nullptr);
    ~PairsDialog() override;
    void setPaths(const QString& images, const QString& labels);
    /// The names of the classes, separated by commas, in the order of their values.
    void setClassNames(const QString& names);

Q_SIGNALS:
    void taken(const std::vector<cristae::DataSetRow>& rows);

private:
    void buildLayout();
    void browse(QLineEdit* target, bool folder);
    void inspect();
    void update();
    void take();
    LabelMeaning meaning() const;
    std::vector<std::string> classNames() const;

    Workbench& workbench_;
    std::vector<TrainingPair> pairs_;
    std::vector<int64_t> labelValues_; // of the first label image
    QPointer<Job> inspecting_, reading_;
    QString problem_;
    QTimer* delay_ = nullptr;
    QLineEdit *images_ = nullptr, *labels_ = nullptr, *names_ = nullptr;
    QComboBox *meaning_ = nullptr, *role_ = nullptr;
    QTableWidget* table_ = nullptr;
    QLabel *found_ = nullptr, *complaint_ = nullptr, *valuesWords_ = nullptr;
    QPushButton* take_ = nullptr;
};

} // namespace cristae

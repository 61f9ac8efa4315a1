// StudiesPage: one question asked of a method, on the data of the Train page or of a list; its answer as
// chart and table with the published figures beside ours.
#pragma once
#include "core/session/study.h"

#include <QPointer>
#include <QWidget>

class QButtonGroup;
class QComboBox;
class QLabel;
class QLineEdit;
class QListWidget;
class QProgressBar;
class QPushButton;
class QTableWidget;

namespace cristae {

class DataSetModel;
class Job;
class StudyView;
class Workbench;

class StudiesPage : public QWidget {
    Q_OBJECT
public:
    /// Where the labelled slices of a study come from.
    enum class Data { page, standard, list };

    /// `dataSet`: that of the Train page.
    StudiesPage(Workbench& workbench, DataSetModel& dataSet, QWidget* parent = nullptr);
    ~StudiesPage() override;

    void chooseStudy(const std::string& key);
    void setFolder(const QString& folder);
    void setQuick(bool quick);
    /// `list` and `root` count for those data that want them.
    void setData(Data data, const QString& list = {}, const QString& root = {});
    const std::optional<StudyResult>& result() const { return result_; }
    /// What stands in the way of Run, as sentences.
    QStringList obstacles() const;
    /// Copies the table (.csv) or the chart (.pdf, .png) of the result; in the background.
    void saveResult(const QString& path);

public Q_SLOTS:
    /// Runs the study, or goes on with the one that the folder holds.
    void run();

Q_SIGNALS:
    void finished();

private:
    void buildLayout();
    QWidget* buildData();
    QWidget* buildResult();
    const Study* study() const;
    Data data() const;
    void chooseFile(QLineEdit* into, const QString& title, bool folder);
    void chooseResultFile();
    void listModels();
    void studyChosen();
    void showResult();
    void updateState();

    Workbench& workbench_;
    DataSetModel& dataSet_;
    std::optional<StudyResult> result_;
    std::filesystem::path resultFolder_;
    std::vector<ModelPackage> models_;
    QPointer<Job> job_;
    bool folderChosen_ = false; // else it follows the study
    QString problem_;
    QListWidget* list_ = nullptr;
    QComboBox *data_ = nullptr, *model_ = nullptr;
    QButtonGroup* size_ = nullptr;
    QLineEdit *listFile_ = nullptr, *root_ = nullptr, *folder_ = nullptr;
    QWidget *dataPart_ = nullptr, *listRow_ = nullptr, *rootRow_ = nullptr, *running_ = nullptr,
            *resultPart_ = nullptr;
    QLabel *question_ = nullptr, *dataWords_ = nullptr, *folderWords_ = nullptr, *obstacles_ = nullptr,
           *runningWords_ = nullptr, *notes_ = nullptr, *title_ = nullptr;
    QPushButton *run_ = nullptr, *cancel_ = nullptr;
    QProgressBar* bar_ = nullptr;
    StudyView* view_ = nullptr;
    QTableWidget* table_ = nullptr;
};

} // namespace cristae

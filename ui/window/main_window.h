// MainWindow: puts the parts of the window together and connects them; menus, questions, layout.
#pragma once
#include "ui/window/workbench.h"

#include <QMainWindow>
#include <QPointer>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

class QActionGroup;
class QDockWidget;
class QMenu;
class QStackedWidget;
class QTabBar;
class QVBoxLayout;

namespace cristae {

class CanvasView;
class CorrectPage;
class ForcedEnd;
class JobsList;
class VolumeDialog;
class LayersPanel;
class MeasurePage;
class MessageBar;
class OfferBar;
class PredictPage;
class Recovery;
class StartPage;
class StatusLine;
class ToolOptions;
class TopBar;
class TrainPage;
struct RecoveredLabels;

class MainWindow : public QMainWindow {
    Q_OBJECT
public:
    enum class Page { predict, correct, measure, train };

    /// The workbench must outlive the window.
    explicit MainWindow(Workbench& bench, QWidget* parent = nullptr);
    ~MainWindow() override;

    CanvasView* canvas() const { return canvas_; }
    PredictPage* predictPage() const { return predict_; }
    TrainPage* trainPage() const { return train_; }
    MeasurePage* measurePage() const { return measure_; }
    MessageBar* messages() const { return messages_; }
    void showPage(Page page);
    /// Loads the engine in the background and shows the device it found.
    void loadEngine();
    /// Ends without a question: keeps unsaved labels for the next start, calls `end` within seconds.
    void forceEnd(std::function<void()> end);
    /// Keeps unsaved labels for the next start and goes on; waits for the disk, `limit` at most.
    void keepLabelsNow(std::chrono::milliseconds limit);

public Q_SLOTS:
    /// Asks about unsaved labels first.
    void openFile(const QString& path);
    void chooseFile();
    void chooseFolder();
    void exportLabels();
    void saveLabels();
    void saveLabelsAs();
    void loadLabels();
    void resetLayout();

protected:
    void closeEvent(QCloseEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dragLeaveEvent(QDragLeaveEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    struct Actions {
        QAction *open, *openFolder, *closeFile, *exportLabels, *details, *quit;
        QAction *undo, *redo, *voxelSize, *axes;
        QAction *sideBySide, *overlay, *swipe, *planes, *volume, *zoomIn, *zoomOut, *fit, *fullSize,
            *autoContrast, *invert, *labelsShown, *difference, *darkTheme;
        QAction *saveLabels, *saveLabelsAs, *loadLabels, *addClass;
        QAction *predict, *addToTraining, *taskPanel, *taskPanelLeft, *jobs, *resetLayout;
    };
    void buildActions();
    void buildMenus();
    void buildPages();
    void connectParts();
    void showDocument();
    void showState();
    void fillRecent();
    void showDetails();
    void showKeys();
    void showAbout();
    void openJobs();
    void openVolume();
    void editVoxelSize();
    void editAxes();
    void useAxes(const OpenOptions& chosen);
    void offerAxes();
    void closeAxesOffer();
    void predictOrCancel();
    void connectFitting();
    std::optional<ModelPackage> modelInUse() const;
    void switchTheme(bool dark);
    void restoreLayout();
    void rememberLayout();
    /// Lets the user choose among the datasets of a file.
    QDialog* askDataset(const QString& path, const std::vector<SceneInfo>& datasets, bool labels,
                        std::function<void(const OpenOptions&)> then);
    /// Calls `then` at once if nothing would be lost, else after the user has saved or said that it may go.
    void whenLabelsAreSafe(const QString& question, std::function<void()> then);
    /// Likewise about computations and exports: stopped, or the window closes when they are finished.
    void whenWorkMayEnd(std::function<void()> then);
    void askBeforeClosing();
    void closeWhenFinished();
    void closeIfFinished();
    void addOffer(OfferBar* offer);
    void offerRecovered();
    void offerLabels(const RecoveredLabels& labels);
    void offerLeftOut();

    Workbench& bench_;
    Actions actions_{};
    QStackedWidget *pages_ = nullptr, *tasks_ = nullptr;
    QTabBar* tabs_ = nullptr;
    QDockWidget* dock_ = nullptr;
    QMenu* recentMenu_ = nullptr;
    TopBar* topBar_ = nullptr;
    StartPage* start_ = nullptr;
    CanvasView* canvas_ = nullptr;
    MessageBar* messages_ = nullptr;
    StatusLine* status_ = nullptr;
    LayersPanel* layers_ = nullptr;
    PredictPage* predict_ = nullptr;
    CorrectPage* correct_ = nullptr;
    MeasurePage* measure_ = nullptr;
    TrainPage* train_ = nullptr;
    QPointer<JobsList> jobsList_;
    QPointer<VolumeDialog> volume_;
    QPointer<OfferBar> leftOut_, axesOffer_;
    QVBoxLayout* offers_ = nullptr;
    std::unique_ptr<Recovery> recovery_;
    ForcedEnd* forcedEnd_ = nullptr;
    std::function<void()> afterSaving_;
    bool mayClose_ = false, closesLater_ = false;
};

} // namespace cristae

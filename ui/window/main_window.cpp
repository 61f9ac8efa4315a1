// MainWindow: assembly and connections.
#include "ui/window/main_window.h"
#include "ui/canvas/canvas_view.h"
#include "ui/canvas/difference_layer.h"
#include "ui/canvas/explanation_layer.h"
#include "ui/dialogs/jobs_list.h"
#include "ui/dialogs/volume_dialog.h"
#include "ui/dialogs/voxel_size_dialog.h"
#include "ui/panels/measure_page.h"
#include "ui/panels/predict_page.h"
#include "ui/panels/train_page.h"
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"
#include "ui/window/correct_page.h"
#include "ui/window/forced_end.h"
#include "ui/window/layers_panel.h"
#include "ui/window/message_bar.h"
#include "ui/window/offer_bar.h"
#include "ui/window/recovery.h"
#include "ui/window/slice_bar.h"
#include "ui/window/start_page.h"
#include "ui/window/status_line.h"
#include "ui/window/tool_options.h"
#include "ui/window/tool_strip.h"
#include "ui/window/top_bar.h"

#include <QAction>
#include <QDockWidget>
#include <QLayout>
#include <QScreen>
#include <QScrollArea>
#include <QStackedWidget>
#include <QTabBar>
#include <QToolBar>
#include <QVBoxLayout>

namespace cristae {

namespace {

QWidget* scrolled(QWidget* page) {
    auto* scroll = new QScrollArea;
    scroll->setWidget(page);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    // Without a horizontal bar a page must never be wider than its place; 10 px are the vertical bar.
    scroll->setMinimumWidth(page->minimumSizeHint().width() + 10);
    return scroll;
}

} // namespace

MainWindow::MainWindow(Workbench& bench, QWidget* parent) : QMainWindow(parent), bench_(bench) {
    setWindowIcon(applicationIcon());
    setAcceptDrops(true);
    setMinimumSize(960, 600);
    resize(QSize(1440, 900).boundedTo(screen()->availableSize()));
    buildActions();
    buildPages();
    buildMenus();
    recovery_ = std::make_unique<Recovery>(bench_);
    forcedEnd_ = new ForcedEnd(bench_, *recovery_, this);
    connectParts();
    showDocument();
    restoreLayout();
    offerRecovered();
    offerLeftOut();
}

void MainWindow::buildPages() {
    topBar_ = new TopBar(bench_, {actions_.open, actions_.exportLabels, actions_.undo, actions_.redo,
                                  actions_.sideBySide, actions_.overlay, actions_.swipe, actions_.planes});
    auto* bar = addToolBar(tr("Top bar"));
    bar->setObjectName(QStringLiteral("topToolBar"));
    bar->setMovable(false);
    bar->setContextMenuPolicy(Qt::PreventContextMenu);
    bar->toggleViewAction()->setVisible(false);
    bar->setStyleSheet(QStringLiteral("QToolBar { border: none; padding: 0; margin: 0; spacing: 0; }"));
    bar->layout()->setContentsMargins(0, 0, 0, 0);
    bar->layout()->setSpacing(0);
    bar->addWidget(topBar_);

    canvas_ = new CanvasView(bench_);
    auto* strip = new ToolStrip(bench_);
    connect(strip, &ToolStrip::chosen, canvas_, &CanvasView::focusCanvas);
    messages_ = new MessageBar;
    auto* centre = new QWidget;
    auto* column = new QVBoxLayout(centre);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(new ToolOptions(bench_));
    column->addWidget(canvas_, 1);
    column->addWidget(new SliceBar(bench_));
    auto* workspace = new QWidget;
    auto* row = new QHBoxLayout(workspace);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    row->addWidget(strip);
    row->addWidget(centre, 1);

    start_ = new StartPage(bench_);
    pages_ = new QStackedWidget;
    pages_->addWidget(start_);
    pages_->addWidget(workspace);
    auto* whole = new QWidget;
    auto* wholeLayout = new QVBoxLayout(whole);
    wholeLayout->setContentsMargins(0, 0, 0, 0);
    wholeLayout->setSpacing(0);
    offers_ = new QVBoxLayout;
    offers_->setSpacing(0);
    wholeLayout->addLayout(offers_);
    wholeLayout->addWidget(messages_); // here, so that errors show on the start page too
    wholeLayout->addWidget(pages_, 1);
    setCentralWidget(whole);

    predict_ = new PredictPage(bench_);
    correct_ = new CorrectPage(bench_);
    measure_ = new MeasurePage(bench_);
    train_ = new TrainPage(bench_);
    layers_ = new LayersPanel(bench_);
    auto* panel = new QWidget;
    panel->setObjectName(QStringLiteral("taskPanel"));
    panel->setAttribute(Qt::WA_StyledBackground);
    panel->setMinimumWidth(300);
    auto* panelLayout = new QVBoxLayout(panel);
    panelLayout->setContentsMargins(0, 0, 0, 0);
    panelLayout->setSpacing(0);
    tabs_ = new QTabBar;
    tabs_->setObjectName(QStringLiteral("taskTabs"));
    tabs_->setDrawBase(false);
    tabs_->setExpanding(true);
    tabs_->setUsesScrollButtons(false);
    tabs_->setElideMode(Qt::ElideNone);
    for (const QString& name : {tr("Predict"), tr("Correct"), tr("Measure"), tr("Train")})
        tabs_->addTab(name);
    tasks_ = new QStackedWidget;
    for (QWidget* page : std::initializer_list<QWidget*>{predict_, correct_, measure_, train_})
        tasks_->addWidget(scrolled(page));
    connect(tabs_, &QTabBar::currentChanged, tasks_, &QStackedWidget::setCurrentIndex);
    panelLayout->addWidget(tabs_);
    panelLayout->addWidget(tasks_, 1);
    panelLayout->addWidget(layers_);
    dock_ = new QDockWidget(tr("Task panel"), this);
    dock_->setObjectName(QStringLiteral("taskDock"));
    dock_->setAllowedAreas(Qt::LeftDockWidgetArea | Qt::RightDockWidgetArea);
    dock_->setTitleBarWidget(new QWidget(dock_));
    dock_->setWidget(panel);
    addDockWidget(Qt::RightDockWidgetArea, dock_);

    status_ = new StatusLine(bench_, canvas_->tiles());
    setStatusBar(status_);
}

void MainWindow::connectParts() {
    connect(canvas_, &CanvasView::pointerMoved, status_, &StatusLine::setPointer);
    connect(canvas_, &CanvasView::unreadable, this, [this](const QString& message) {
        messages_->showError(tr("A part of the image cannot be read"), message);
    });
    connect(&bench_, &Workbench::errorShown, messages_, &MessageBar::showError);
    connect(&bench_, &Workbench::remarkShown, messages_, &MessageBar::showRemark);
    connect(&bench_, &Workbench::documentChanged, this, &MainWindow::showDocument);
    connect(&bench_, &Workbench::stateChanged, this, &MainWindow::showState);
    connect(&bench_, &Workbench::viewModeChanged, this, [this] {
        actions_.sideBySide->setChecked(bench_.viewMode() == ViewMode::sideBySide);
        actions_.overlay->setChecked(bench_.viewMode() == ViewMode::overlay);
        actions_.swipe->setChecked(bench_.viewMode() == ViewMode::swipe);
        actions_.planes->setChecked(bench_.viewMode() == ViewMode::planes);
    });
    connect(&bench_, &Workbench::displayChanged, this,
            [this] { actions_.labelsShown->setChecked(bench_.labelsShown()); });
    const auto showDifference = [this] {
        const DifferenceLayer& difference = bench_.difference();
        actions_.difference->setEnabled(difference.available());
        actions_.difference->setChecked(difference.shown());
        actions_.difference->setToolTip(
            difference.available() ? actions_.difference->property("words").toString()
                                   : tr("Compare the labels with a ground truth first, on the Measure page"));
    };
    bench_.explanation().setRequest([this] { return predict_->request(); });
    connect(&bench_.difference(), &DifferenceLayer::changed, this, showDifference);
    showDifference();
    connect(&bench_, &Workbench::labelsSaved, this, [this] {
        if (const auto then = std::exchange(afterSaving_, {})) then();
    });
    connect(&bench_, &Workbench::saveFailed, this, [this] {
        afterSaving_ = {};
        mayClose_ = closesLater_ = false;
    });
    // Queued: not in the middle of the step in which a result enters the document.
    for (auto signal : {&Workbench::stateChanged, &Workbench::labelsSaved})
        connect(&bench_, signal, this, &MainWindow::closeIfFinished, Qt::QueuedConnection);
    connect(&bench_.jobs(), &Jobs::jobsChanged, this, &MainWindow::closeIfFinished, Qt::QueuedConnection);
    connect(predict_, &PredictPage::modelsListed, this, &MainWindow::offerLeftOut);
    connect(&bench_, &Workbench::datasetChoiceNeeded, this,
            [this](const QString& path, const std::vector<SceneInfo>& datasets) {
                askDataset(path, datasets, false,
                           [this, path](const OpenOptions& options) { bench_.open(path, options); });
            });
    connect(&bench_, &Workbench::labelsChoiceNeeded, this,
            [this](const QString& path, const std::vector<SceneInfo>& datasets) {
                askDataset(path, datasets, true,
                           [this, path](const OpenOptions& options) { bench_.loadLabels(path, options); });
            });
    connect(start_, &StartPage::openWanted, this, &MainWindow::chooseFile);
    connect(start_, &StartPage::fileChosen, this, &MainWindow::openFile);
    connect(status_, &StatusLine::jobsWanted, this, &MainWindow::openJobs);
    connect(topBar_, &TopBar::voxelSizeWanted, this, &MainWindow::editVoxelSize);
    connect(topBar_, &TopBar::predictWanted, this, &MainWindow::predictOrCancel);
    connect(correct_, &CorrectPage::undoWanted, canvas_, &CanvasView::undo);
    connect(correct_, &CorrectPage::redoWanted, canvas_, &CanvasView::redo);
    connect(correct_, &CorrectPage::toolChosen, canvas_, &CanvasView::focusCanvas);
    predict_->setPaneSize([this] { return canvas_->labelledPane()->size(); });
    auto showPredict = [this] {
        const QString obstacle = bench_.document() ? predict_->obstacle() : tr("Open an image first");
        topBar_->setPredictState(predict_->running(), obstacle);
        actions_.predict->setEnabled(!predict_->running() && obstacle.isEmpty());
    };
    connect(predict_, &PredictPage::stateChanged, this, showPredict);
    connect(&bench_, &Workbench::documentChanged, this, showPredict);
    connect(predict_, &PredictPage::trainPageWanted, this, [this] { showPage(Page::train); });
    connect(predict_, &PredictPage::voxelSizeWanted, this, &MainWindow::editVoxelSize);
    connect(measure_, &MeasurePage::voxelSizeWanted, this, &MainWindow::editVoxelSize);
    connectFitting();
    connect(train_, &TrainPage::trained, predict_, &PredictPage::refreshModels);
    connect(train_, &TrainPage::useModel, this, [this](const QString& model) {
        predict_->useModel(model);
        showPage(Page::predict);
    });
    showPredict();
}

void MainWindow::showPage(Page page) {
    dock_->show();
    tabs_->setCurrentIndex(int(page));
}

void MainWindow::showDocument() {
    const Document* document = bench_.document();
    pages_->setCurrentIndex(document ? 1 : 0);
    dock_->setVisible(document && actions_.taskPanel->isChecked());
    if (document) {
        const QString path = QString::fromStdString(document->info().path.string());
        if (!path.isEmpty()) StartPage::rememberRecent(path);
        canvas_->focusCanvas();
    } else {
        start_->refresh();
        start_->setFocus();
    }
    for (QAction* action :
         {actions_.closeFile,    actions_.exportLabels, actions_.details,       actions_.voxelSize,
          actions_.sideBySide,   actions_.overlay,      actions_.swipe,         actions_.zoomIn,
          actions_.zoomOut,      actions_.fit,          actions_.fullSize,      actions_.autoContrast,
          actions_.invert,       actions_.labelsShown,  actions_.saveLabels,    actions_.saveLabelsAs,
          actions_.loadLabels,   actions_.addClass,     actions_.addToTraining, actions_.taskPanel,
          actions_.taskPanelLeft}) {
        action->setEnabled(document);
        // What it does is in its text already; the tooltip's work is to say why it cannot be used.
        action->setToolTip(document ? action->property("words").toString() : tr("Open an image first"));
    }
    const bool stack = document && document->info().extent().z > 1;
    for (QAction* action : {actions_.planes, actions_.volume}) {
        action->setEnabled(stack);
        action->setToolTip(stack      ? action->property("words").toString()
                           : document ? tr("One slice has no depth; open a stack")
                                      : tr("Open an image first"));
    }
    const bool array = document && !document->info().dataset.empty();
    actions_.axes->setEnabled(array);
    actions_.axes->setToolTip(array      ? actions_.axes->property("words").toString()
                              : document ? tr("Only arrays, as in HDF5 files, have axes to set")
                                         : tr("Open an image first"));
    offerAxes();
    if (document && !stack && bench_.viewMode() == ViewMode::planes) bench_.setViewMode(ViewMode::overlay);
    showState();
}

void MainWindow::showState() {
    const Document* document = bench_.document();
    QString name = tr("Cristae");
    if (document) {
        QString file = QString::fromStdString(document->info().path.filename().string());
        name = tr("Cristae — %1[*]").arg(file.isEmpty() ? tr("image") : file);
    }
    setWindowTitle(name);
    setWindowModified(document && document->modified());
    const bool canUndo = document && document->undoStack().canUndo(),
               canRedo = document && document->undoStack().canRedo();
    const QString undoWords = canUndo ? QString::fromStdString(document->undoStack().undoWords()) : QString();
    const QString redoWords = canRedo ? QString::fromStdString(document->undoStack().redoWords()) : QString();
    actions_.undo->setEnabled(canUndo);
    actions_.undo->setText(canUndo ? tr("Undo: %1").arg(undoWords) : tr("Undo"));
    actions_.undo->setToolTip(canUndo ? tr("Undo: %1  Ctrl+Z").arg(undoWords)
                                      : tr("There is nothing to undo"));
    actions_.redo->setEnabled(canRedo);
    actions_.redo->setText(canRedo ? tr("Redo: %1").arg(redoWords) : tr("Redo"));
    actions_.redo->setToolTip(canRedo ? tr("Redo: %1  Ctrl+Shift+Z").arg(redoWords)
                                      : tr("There is nothing to redo"));
}

void MainWindow::predictOrCancel() {
    if (predict_->running())
        predict_->cancel();
    else {
        showPage(Page::predict);
        predict_->predict();
    }
}

void MainWindow::editVoxelSize() {
    if (!bench_.document()) return;
    auto* dialog = new VoxelSizeDialog(bench_, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

void MainWindow::openJobs() {
    if (!jobsList_) {
        jobsList_ = new JobsList(bench_.jobs(), this);
        jobsList_->setAttribute(Qt::WA_DeleteOnClose);
    }
    jobsList_->show();
    jobsList_->raise();
}

void MainWindow::openVolume() {
    if (!volume_) {
        volume_ = new VolumeDialog(bench_, this);
        volume_->setAttribute(Qt::WA_DeleteOnClose);
    }
    volume_->show();
    volume_->raise();
}

void MainWindow::loadEngine() {
    bench_.jobs().start<std::string>(
        Queue::compute, tr("Load the engine"),
        [&session = bench_.session()](const Progress&) {
            const auto devices = session.engine().networks->devices();
            return devices.empty() ? std::string() : devices.front().label;
        },
        [this](std::string label) { status_->setDevice(QString::fromStdString(label)); },
        [this](const Error& error) {
            status_->setDevice(tr("no engine"));
            messages_->showError(tr("The engine that runs the models could not be loaded"),
                                 QString::fromStdString(error.what()));
        },
        {}, false);
}

} // namespace cristae

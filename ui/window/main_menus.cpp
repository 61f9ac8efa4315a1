// MainWindow: actions, menus and the small dialogs behind them.
#include "core/base/text.h"
#include "ui/canvas/canvas_view.h"
#include "ui/canvas/difference_layer.h"
#include "ui/panels/predict_page.h"
#include "ui/panels/train_page.h"
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"
#include "ui/window/layers_panel.h"
#include "ui/window/main_window.h"
#include "ui/window/start_page.h"
#include "ui/window/tool_list.h"

#include <QActionGroup>
#include <QApplication>
#include <QDockWidget>
#include <QFileInfo>
#include <QMenu>
#include <QMenuBar>
#include <QMessageBox>

namespace cristae {

void MainWindow::buildActions() {
    auto make = [this](const QString& text, const QKeySequence& keys, const QString& iconName = {}) {
        auto* action = new QAction(text, this);
        action->setShortcut(keys);
        if (!iconName.isEmpty()) action->setIcon(icon(iconName));
        action->setIconVisibleInMenu(false);
        QString words = QString(text).remove('&').remove(QStringLiteral("…"));
        if (!keys.isEmpty()) words += QStringLiteral("  ") + keys.toString(QKeySequence::NativeText);
        action->setProperty("words", words);
        action->setToolTip(words);
        return action;
    };
    Actions& a = actions_;
    a.open = make(tr("&Open…"), QKeySequence::Open, QStringLiteral("folder"));
    a.openFolder = make(tr("Open &folder…"), QKeySequence(tr("Ctrl+Shift+O")));
    a.closeFile = make(tr("&Close image"), QKeySequence(tr("Ctrl+W")));
    a.exportLabels = make(tr("&Export…"), QKeySequence(tr("Ctrl+E")), QStringLiteral("export"));
    a.open->setIconText(tr("Open"));
    a.exportLabels->setIconText(tr("Export"));
    a.details = make(tr("&Image details"), QKeySequence(tr("Ctrl+I")));
    a.quit = make(tr("&Quit"), QKeySequence(tr("Ctrl+Q")));
    a.undo = make(tr("Undo"), QKeySequence::Undo, QStringLiteral("undo"));
    a.redo = make(tr("Redo"), QKeySequence(tr("Ctrl+Shift+Z")), QStringLiteral("redo"));
    a.redo->setShortcuts({QKeySequence(tr("Ctrl+Shift+Z")), QKeySequence(tr("Ctrl+Y"))});
    a.voxelSize = make(tr("&Pixel size…"), {});
    a.axes = make(tr("Set a&xes…"), {});
    a.sideBySide = make(tr("&Side by side"), QKeySequence(tr("Ctrl+Alt+1")));
    a.overlay = make(tr("&Overlay"), QKeySequence(tr("Ctrl+Alt+2")));
    a.swipe = make(tr("S&wipe"), QKeySequence(tr("Ctrl+Alt+3")));
    a.planes = make(tr("Ort&hogonal views"), QKeySequence(tr("Ctrl+Alt+4")));
    a.volume = make(tr("&3D view…"), QKeySequence(tr("Ctrl+Alt+5")));
    auto* modes = new QActionGroup(this);
    for (QAction* action : {a.sideBySide, a.overlay, a.swipe, a.planes}) {
        action->setCheckable(true);
        modes->addAction(action);
    }
    a.sideBySide->setChecked(true);
    a.zoomIn = make(tr("Zoom &in\t+"), {});
    a.zoomOut = make(tr("Zoom o&ut\t-"), {});
    a.fit = make(tr("&Fit into the window"), QKeySequence(tr("Ctrl+0")));
    a.fullSize = make(tr("&100 %"), QKeySequence(tr("Ctrl+1")));
    a.autoContrast = make(tr("&Auto contrast\tC"), {});
    a.invert = make(tr("In&vert grey values"), {});
    a.invert->setCheckable(true);
    a.labelsShown = make(tr("Show &labels\tTab"), {});
    a.labelsShown->setCheckable(true);
    a.labelsShown->setChecked(true);
    a.difference = make(tr("Show the di&fference from the ground truth"), QKeySequence(tr("Ctrl+D")));
    a.difference->setCheckable(true);
    a.darkTheme = make(tr("&Dark theme"), {});
    a.darkTheme->setCheckable(true);
    a.darkTheme->setChecked(themeKind(QApplication::palette()) == ThemeKind::dark);
    a.saveLabels = make(tr("&Save labels"), QKeySequence::Save);
    a.saveLabelsAs = make(tr("Save labels &as…"), QKeySequence(tr("Ctrl+Shift+S")));
    a.loadLabels = make(tr("&Load labels…"), QKeySequence(tr("Ctrl+Shift+L")));
    a.addClass = make(tr("Add a &class"), {});
    a.predict = make(tr("&Predict"), QKeySequence(tr("Ctrl+Return")));
    a.addToTraining = make(tr("&Add this image to the data set"), {});
    a.taskPanel = make(tr("&Task panel"), QKeySequence(tr("F9")));
    a.taskPanel->setCheckable(true);
    a.taskPanel->setChecked(true);
    a.taskPanelLeft = make(tr("Task panel on the &left"), {});
    a.taskPanelLeft->setCheckable(true);
    a.jobs = make(tr("&Jobs"), QKeySequence(tr("Ctrl+J")));
    a.resetLayout = make(tr("&Reset layout"), {});
}

void MainWindow::buildMenus() {
    const Actions& a = actions_;
    QMenu* file = menuBar()->addMenu(tr("&File"));
    file->addActions({a.open, a.openFolder});
    recentMenu_ = file->addMenu(tr("Open &recent"));
    connect(recentMenu_, &QMenu::aboutToShow, this, &MainWindow::fillRecent);
    file->addAction(a.closeFile);
    file->addSeparator();
    file->addActions({a.exportLabels, a.details});
    file->addSeparator();
    file->addAction(a.quit);
    QMenu* edit = menuBar()->addMenu(tr("&Edit"));
    edit->addActions({a.undo, a.redo});
    edit->addSeparator();
    edit->addActions({a.voxelSize, a.axes});
    QMenu* view = menuBar()->addMenu(tr("&View"));
    view->addActions({a.sideBySide, a.overlay, a.swipe, a.planes});
    view->addAction(a.volume);
    view->addSeparator();
    view->addActions({a.zoomIn, a.zoomOut, a.fit, a.fullSize});
    view->addSeparator();
    view->addActions({a.autoContrast, a.invert, a.labelsShown, a.difference});
    view->addSeparator();
    view->addAction(a.darkTheme);
    QMenu* labels = menuBar()->addMenu(tr("&Labels"));
    labels->addActions({a.saveLabels, a.saveLabelsAs, a.loadLabels});
    labels->addSeparator();
    for (const ToolWords& tool : toolList()) {
        QAction* action = labels->addAction(icon(tool.icon), tool.title + QLatin1Char('\t') + tool.shortcut);
        connect(action, &QAction::triggered, this, [this, key = tool.key] {
            bench_.setTool(key);
            canvas_->focusCanvas();
        });
    }
    labels->addSeparator();
    labels->addAction(a.addClass);
    QMenu* predict = menuBar()->addMenu(tr("&Predict"));
    predict->addAction(a.predict);
    connect(predict->addAction(tr("&Settings")), &QAction::triggered, this,
            [this] { showPage(Page::predict); });
    connect(predict->addAction(tr("&Reload the list of models")), &QAction::triggered, predict_,
            &PredictPage::refreshModels);
    QMenu* train = menuBar()->addMenu(tr("&Train"));
    train->addAction(a.addToTraining);
    connect(train->addAction(tr("&Data set and recipe")), &QAction::triggered, this,
            [this] { showPage(Page::train); });
    QMenu* window = menuBar()->addMenu(tr("&Window"));
    const std::pair<QString, Page> pages[] = {{tr("Predict"), Page::predict},
                                              {tr("Correct"), Page::correct},
                                              {tr("Measure"), Page::measure},
                                              {tr("Train"), Page::train}};
    for (const auto& [name, page] : pages) {
        QAction* action = window->addAction(name, this, [this, page = page] { showPage(page); });
        action->setShortcut(QKeySequence(QStringLiteral("Alt+%1").arg(int(page) + 1)));
    }
    window->addSeparator();
    window->addActions({a.taskPanel, a.taskPanelLeft, a.jobs});
    window->addSeparator();
    window->addAction(a.resetLayout);
    QMenu* help = menuBar()->addMenu(tr("&Help"));
    connect(help->addAction(tr("&Keys and mouse")), &QAction::triggered, this, &MainWindow::showKeys);
    help->actions().constLast()->setShortcut(QKeySequence::HelpContents);
    connect(help->addAction(tr("&About Cristae")), &QAction::triggered, this, &MainWindow::showAbout);
    for (QMenu* menu : menuBar()->findChildren<QMenu*>()) menu->setToolTipsVisible(true);

    connect(a.open, &QAction::triggered, this, &MainWindow::chooseFile);
    connect(a.openFolder, &QAction::triggered, this, &MainWindow::chooseFolder);
    connect(a.closeFile, &QAction::triggered, this,
            [this] { whenLabelsAreSafe(tr("Close the image?"), [this] { bench_.closeDocument(); }); });
    connect(a.exportLabels, &QAction::triggered, this, &MainWindow::exportLabels);
    connect(a.details, &QAction::triggered, this, &MainWindow::showDetails);
    connect(a.quit, &QAction::triggered, this, &MainWindow::close);
    connect(a.undo, &QAction::triggered, canvas_, &CanvasView::undo);
    connect(a.redo, &QAction::triggered, canvas_, &CanvasView::redo);
    connect(a.voxelSize, &QAction::triggered, this, &MainWindow::editVoxelSize);
    connect(a.axes, &QAction::triggered, this, &MainWindow::editAxes);
    connect(a.sideBySide, &QAction::triggered, this, [this] { bench_.setViewMode(ViewMode::sideBySide); });
    connect(a.overlay, &QAction::triggered, this, [this] { bench_.setViewMode(ViewMode::overlay); });
    connect(a.swipe, &QAction::triggered, this, [this] { bench_.setViewMode(ViewMode::swipe); });
    connect(a.planes, &QAction::triggered, this, [this] { bench_.setViewMode(ViewMode::planes); });
    connect(a.volume, &QAction::triggered, this, &MainWindow::openVolume);
    connect(a.zoomIn, &QAction::triggered, this, [this] { canvas_->zoomBy(1); });
    connect(a.zoomOut, &QAction::triggered, this, [this] { canvas_->zoomBy(-1); });
    connect(a.fit, &QAction::triggered, canvas_, &CanvasView::fit);
    connect(a.fullSize, &QAction::triggered, this, [this] { canvas_->zoomTo(1); });
    connect(a.autoContrast, &QAction::triggered, &bench_, &Workbench::autoContrast);
    connect(a.invert, &QAction::toggled, this, [this](bool on) {
        DisplayRange range = bench_.displayRange();
        range.inverted = on;
        bench_.setDisplayRange(range);
    });
    connect(a.labelsShown, &QAction::triggered, &bench_, &Workbench::setLabelsShown);
    connect(a.difference, &QAction::triggered, &bench_.difference(), &DifferenceLayer::setShown);
    connect(a.darkTheme, &QAction::toggled, this, &MainWindow::switchTheme);
    connect(a.saveLabels, &QAction::triggered, this, &MainWindow::saveLabels);
    connect(a.saveLabelsAs, &QAction::triggered, this, &MainWindow::saveLabelsAs);
    connect(a.loadLabels, &QAction::triggered, this, &MainWindow::loadLabels);
    connect(a.addClass, &QAction::triggered, this, [this] {
        dock_->show();
        layers_->addClass();
    });
    connect(a.predict, &QAction::triggered, this, &MainWindow::predictOrCancel);
    connect(a.addToTraining, &QAction::triggered, this, [this] {
        showPage(Page::train);
        train_->addThisImage();
    });
    connect(a.taskPanel, &QAction::toggled, this,
            [this](bool on) { dock_->setVisible(on && bench_.document()); });
    connect(a.taskPanelLeft, &QAction::triggered, this, [this](bool left) {
        addDockWidget(left ? Qt::LeftDockWidgetArea : Qt::RightDockWidgetArea, dock_);
        dock_->setVisible(bench_.document() && actions_.taskPanel->isChecked());
    });
    connect(a.jobs, &QAction::triggered, this, &MainWindow::openJobs);
    connect(a.resetLayout, &QAction::triggered, this, &MainWindow::resetLayout);
}

void MainWindow::fillRecent() {
    recentMenu_->clear();
    for (const QString& path : StartPage::recentFiles()) {
        QAction* action =
            recentMenu_->addAction(QFileInfo(path).fileName().replace('&', QStringLiteral("&&")));
        action->setToolTip(path); // whether it is there is seen when it is opened: its server may be gone
        connect(action, &QAction::triggered, this, [this, path] { openFile(path); });
    }
    if (recentMenu_->isEmpty()) recentMenu_->addAction(tr("Nothing has been opened yet"))->setEnabled(false);
}

void MainWindow::showDetails() {
    const Document* document = bench_.document();
    if (!document) return;
    const ImageInfo& info = document->info();
    QString text = QStringLiteral("<table cellspacing=6>");
    auto row = [&](const QString& name, const QString& value) {
        if (!value.isEmpty())
            text += QStringLiteral("<tr><td>%1</td><td>%2</td></tr>").arg(name, value.toHtmlEscaped());
    };
    const Extent3& e = info.extent();
    row(tr("File"), QString::fromStdString(info.path.string()));
    row(tr("Dataset"), QString::fromStdString(info.dataset));
    row(tr("Format"), QString::fromStdString(info.format));
    row(tr("Size"), tr("%1 × %2 pixels, %3")
                        .arg(e.x)
                        .arg(e.y)
                        .arg(QString::fromStdString(countText(e.z, "slice", "slices"))));
    row(tr("Pixels"), tr("%1, %2").arg(QString::fromStdString(std::string(cristae::name(info.type))),
                                       info.channels == 1 ? tr("grey") : tr("colour")));
    row(tr("Axes"), QString::fromStdString(info.axes));
    const VoxelSize& size = document->voxelSize();
    auto nm = [](const std::optional<double>& value) {
        return value ? QString::number(*value, 'g', 6) : tr("unknown");
    };
    row(tr("Pixel size"), size.xNm || size.zNm ? tr("x %1, y %2, z %3 nm, from %4")
                                                     .arg(nm(size.xNm), nm(size.yNm), nm(size.zNm),
                                                          QString::fromStdString(size.source))
                                               : tr("unknown"));
    text += QStringLiteral("</table>");
    for (const std::string& remark : info.remarks)
        text += QStringLiteral("<p>%1</p>").arg(QString::fromStdString(remark).toHtmlEscaped());
    auto* box = new QMessageBox(QMessageBox::NoIcon, tr("Image details"), text, QMessageBox::Close, this);
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setTextFormat(Qt::RichText);
    box->open();
}

void MainWindow::showKeys() {
    const std::pair<QString, QString> keys[] = {
        {tr("Wheel"), tr("next or previous slice; zoom in single images")},
        {tr("Ctrl+wheel   +   -"), tr("zoom at the pointer, zoom")},
        {tr("Ctrl+0   Ctrl+1"), tr("fit into the window, 100 %")},
        {tr("Space-drag, middle drag"), tr("move the image with any tool; arrow keys do too")},
        {tr(",   .   PgUp   PgDn"), tr("slice by slice; with Shift ten at a time")},
        {tr("V   B   E   F   P   L   W"), tr("browse, brush, eraser, fill, polygon, lasso, wand")},
        {tr("I   R   Y   K"),
         tr("pick a class, measure a line, explain the prediction, mark a complete part")},
        {tr("[   ]   Alt+wheel"), tr("size of the brush; with Shift in big steps")},
        {tr("1 … 9"), tr("class to paint")},
        {tr("X"), tr("swap between eraser and the previous tool")},
        {tr("Alt+click"), tr("take the class under the pointer")},
        {tr("Return   Esc"), tr("close a polygon; cancel a stroke")},
        {tr("C"), tr("auto contrast, each press stronger")},
        {tr("Tab   hold H"), tr("labels on and off; hide them while the key is held")},
        {tr("Ctrl+[   Ctrl+]"), tr("opacity of labels")},
        {tr("Ctrl+Alt+5"), tr("3D view: volume or surfaces")},
        {tr("Ctrl+D"), tr("difference from the ground truth on and off, after a comparison")},
        {tr("Ctrl+Return"), tr("predict")},
        {tr("Ctrl+Z   Ctrl+Shift+Z"), tr("undo, redo")},
        {tr("Alt+1 … Alt+4"), tr("Predict, Correct, Measure, Train")},
    };
    QString text = QStringLiteral("<table cellspacing=6>");
    for (const auto& [key, words] : keys)
        text += QStringLiteral("<tr><td><b>%1</b></td><td>%2</td></tr>")
                    .arg(key.toHtmlEscaped(), words.toHtmlEscaped());
    text +=
        QStringLiteral("</table><p>%1</p>").arg(tr("Single letters work while the canvas has the focus."));
    auto* box = new QMessageBox(QMessageBox::NoIcon, tr("Keys and mouse"), text, QMessageBox::Close, this);
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setTextFormat(Qt::RichText);
    box->open();
}

void MainWindow::showAbout() {
    auto* box = new QMessageBox(
        QMessageBox::NoIcon, tr("About Cristae"),
        tr("<b>Cristae %1</b><p>Segmentation of electron micrographs: open, predict, correct, measure, "
           "export, "
           "train.</p><p>Free software under the GNU General Public License, version 3 or later.</p>")
            .arg(QStringLiteral(CRISTAE_VERSION)),
        QMessageBox::Close, this);
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setIconPixmap(iconPixmap(QStringLiteral("cristae"), Qt::white, 64, devicePixelRatioF()));
    box->open();
}

} // namespace cristae

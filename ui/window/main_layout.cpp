// MainWindow: theme and layout, and how they are remembered.
#include "ui/canvas/canvas_view.h"
#include "ui/theme/theme.h"
#include "ui/window/main_window.h"

#include <QAction>
#include <QApplication>
#include <QDockWidget>
#include <QSettings>
#include <QSplitter>

#include <algorithm>

namespace cristae {

namespace {
constexpr int taskPanelWidth = 376;
}

void MainWindow::switchTheme(bool dark) {
    const ThemeKind kind = dark ? ThemeKind::dark : ThemeKind::light;
    applyTheme(*qApp, kind);
    rememberTheme(kind);
}

void MainWindow::restoreLayout() {
    QSettings settings;
    if (settings.contains(QStringLiteral("window/geometry"))) {
        restoreGeometry(settings.value(QStringLiteral("window/geometry")).toByteArray());
        restoreState(settings.value(QStringLiteral("window/state")).toByteArray(), 1);
        canvas_->splitter()->restoreState(settings.value(QStringLiteral("window/panes")).toByteArray());
    } else
        resizeDocks({dock_}, {taskPanelWidth}, Qt::Horizontal);
    const int mode = settings.value(QStringLiteral("window/viewMode")).toInt();
    if (mode >= 0 && mode <= int(ViewMode::planes)) bench_.setViewMode(ViewMode(mode));
    const bool panel = settings.value(QStringLiteral("window/taskPanel"), true).toBool();
    actions_.taskPanel->setChecked(panel);
    actions_.taskPanelLeft->setChecked(dockWidgetArea(dock_) == Qt::LeftDockWidgetArea);
    dock_->setVisible(bench_.document() && panel);
}

void MainWindow::rememberLayout() {
    QSettings settings;
    settings.setValue(QStringLiteral("window/geometry"), saveGeometry());
    settings.setValue(QStringLiteral("window/state"), saveState(1));
    settings.setValue(QStringLiteral("window/panes"), canvas_->splitter()->saveState());
    settings.setValue(QStringLiteral("window/viewMode"), int(bench_.viewMode()));
    settings.setValue(QStringLiteral("window/taskPanel"), actions_.taskPanel->isChecked());
}

void MainWindow::resetLayout() {
    addDockWidget(Qt::RightDockWidgetArea, dock_);
    actions_.taskPanelLeft->setChecked(false);
    actions_.taskPanel->setChecked(true);
    dock_->setVisible(bench_.document());
    resizeDocks({dock_}, {taskPanelWidth}, Qt::Horizontal);
    bench_.setViewMode(ViewMode::sideBySide);
    const int half = std::max(200, canvas_->width() / 2);
    canvas_->splitter()->setSizes({half, half});
    canvas_->fit();
}

} // namespace cristae

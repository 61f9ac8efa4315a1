// Turns of the event loop while a person paints with a large brush, zooms, changes slices and predicts at
// once: how many are longer than 50 ms, and what the window did in them. See the usage for its arguments.
#include "app/locations.h"
#include "core/base/error.h"
#include "ui/canvas/canvas_view.h"
#include "ui/panels/predict_page.h"
#include "ui/theme/theme.h"
#include "ui/window/main_window.h"
#include "ui/window/workbench.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QTest>

#include <atomic>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <execinfo.h>
#include <pthread.h>
#include <thread>
#include <unistd.h>

using namespace cristae;

namespace {

double longMs = 50;
std::atomic<double> turnBegan = 0;
std::atomic<int> asked = 0;

/// Milliseconds in which this thread had a processor or waited for something other than one.
double ownMs() {
    double ran = 0, waited = 0;
    if (std::FILE* file = std::fopen("/proc/thread-self/schedstat", "r")) {
        if (std::fscanf(file, "%lf %lf", &ran, &waited) != 2) waited = 0;
        std::fclose(file);
    }
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return double(now.tv_sec) * 1e3 + double(now.tv_nsec) / 1e6 - waited / 1e6;
}

double clockMs() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return double(now.tv_sec) * 1e3 + double(now.tv_nsec) / 1e6;
}

extern "C" void showStack(int) {
    void* places[48];
    const int count = backtrace(places, 48);
    std::fprintf(stderr, "-- turn so far %.0f ms\n", clockMs() - turnBegan);
    backtrace_symbols_fd(places, count, STDERR_FILENO);
}

/// Asks the main thread for its stack when a turn has become long.
void watchTurns(pthread_t thread) {
    for (int last = 0;;) {
        usleep(5000);
        const double began = turnBegan;
        if (began > 0 && clockMs() - began > longMs && asked != last) {
            last = asked;
            pthread_kill(thread, SIGUSR2);
        }
    }
}

} // namespace

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    applyTheme(application, ThemeKind::dark);
    if (argc < 2) return std::fputs("bench_window STACK [SECONDS [BRUSH [LONG_MS]]]\n", stderr), 2;
    if (argc > 4) longMs = std::atof(argv[4]);
    const double seconds = argc > 2 ? std::atof(argv[2]) : 60;
    SessionPaths paths = sessionPaths();
    paths.recovered.clear(); // the person's own are left alone
    paths.marks.clear();
    Session session(paths, engineLoader());
    Workbench bench(session);
    MainWindow window(bench);
    window.resize(1280, 720);
    window.show();
    bench.open(QString::fromLocal8Bit(argv[1]));
    if (!QTest::qWaitFor([&] { return bench.document() != nullptr; }, 60000)) return 1;
    PredictPage& page = *window.predictPage();
    window.showPage(MainWindow::Page::predict);
    if (!QTest::qWaitFor([&] { return page.obstacle().isEmpty(); }, 120000))
        return std::fprintf(stderr, "%s\n", qPrintable(page.obstacle())), 1;
    QTest::qWait(1000);

    void* warm[4];
    backtrace(warm, 4); // loads what it needs now, not in the handler
    std::signal(SIGUSR2, showStack);
    std::thread(watchTurns, pthread_self()).detach();

    CanvasPane* pane = window.canvas()->labelledPane();
    bench.setTool(QStringLiteral("brush"));
    bench.setBrushRadius(argc > 3 ? std::atof(argv[3]) : 200);
    QElapsedTimer clock;
    clock.start();
    int longTurns = 0, turns = 0, predictions = 0;
    double longest = 0;
    const auto turn = [&](const char* what, auto&& work) {
        const double before = ownMs();
        turnBegan = clockMs();
        ++asked;
        work();
        QCoreApplication::processEvents(QEventLoop::AllEvents, 0);
        const double ms = ownMs() - before;
        turnBegan = 0;
        ++turns;
        longest = std::max(longest, ms);
        if (ms <= longMs) return;
        ++longTurns;
        std::printf("%6.1f s  %5.0f ms  %s\n", double(clock.elapsed()) / 1000, ms, what);
        std::fflush(stdout);
    };
    const auto at = [&](double t) {
        return QPointF(pane->width() * (0.5 + 0.4 * std::cos(t)),
                       pane->height() * (0.5 + 0.4 * std::sin(1.7 * t)));
    };
    const auto mouse = [&](QEvent::Type type, QPointF place) {
        const bool held = type != QEvent::MouseButtonRelease;
        QMouseEvent event(type, place, pane->mapToGlobal(place),
                          type == QEvent::MouseMove ? Qt::NoButton : Qt::LeftButton,
                          held ? Qt::LeftButton : Qt::NoButton, Qt::NoModifier);
        QCoreApplication::sendEvent(pane, &event);
    };
    for (int round = 0; double(clock.elapsed()) < seconds * 1000; ++round) {
        if (!page.running()) {
            turn("start of a prediction", [&] { page.predict(); });
            ++predictions;
        }
        turn("press", [&] { mouse(QEvent::MouseButtonPress, at(round)); });
        for (int i = 1; i < 60; ++i) {
            turn("stroke", [&] { mouse(QEvent::MouseMove, at(round + i * 0.05)); });
            usleep(8000);
        }
        turn("release", [&] { mouse(QEvent::MouseButtonRelease, at(round + 3)); });
        for (int i = 0; i < 12; ++i) {
            turn("zoom", [&] { window.canvas()->zoomBy(i < 6 ? 1 : -1); });
            usleep(15000);
        }
        if (round % 3 == 2) turn("undo", [&] { bench.undo(); });
        if (round % 2)
            turn("slice",
                 [&] { bench.setSlice((bench.view().slice + 7) % bench.document()->info().extent().z); });
        for (int i = 0; i < 20; ++i) {
            turn("idle", [] {});
            usleep(5000);
        }
    }
    std::printf(
        "%d turns, %d of them longer than %.0f ms, the longest %.0f ms; %d predictions, brush %.0f px\n",
        turns, longTurns, longMs, longest, predictions, bench.brushRadius());
    std::fflush(stdout);
    std::_Exit(0);
}

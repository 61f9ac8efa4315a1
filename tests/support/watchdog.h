// Watchdog: the longest time the event loop did not come round, without the time the machine gave to other
// programs.
#pragma once
#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

#include <algorithm>
#include <cstdio>

/// Make it on the thread to watch; read longestMs() there.
class Watchdog : public QObject {
public:
    Watchdog() {
        timer_.setTimerType(Qt::PreciseTimer);
        timer_.setInterval(intervalMs);
        connect(&timer_, &QTimer::timeout, this, [this] { note(); });
        restart();
        timer_.start();
    }
    void restart() {
        longest_ = 0;
        clock_.start();
        waited_ = waitedForProcessorNs();
    }
    /// Longest gap so far, the running one included.
    double longestMs() {
        note();
        return longest_;
    }

private:
    static constexpr int intervalMs = 2;

    /// Time this thread was ready to run while others had the processor: not the fault of the program under
    /// test.
    static double waitedForProcessorNs() {
        double ran = 0, waited = 0;
        if (std::FILE* file = std::fopen("/proc/thread-self/schedstat", "r")) {
            if (std::fscanf(file, "%lf %lf", &ran, &waited) != 2) waited = 0;
            std::fclose(file);
        }
        return waited;
    }
    void note() {
        const double waited = waitedForProcessorNs();
        const double gap = double(clock_.nsecsElapsed()) / 1e6 - (waited - waited_) / 1e6 - intervalMs;
        longest_ = std::max(longest_, gap);
        clock_.start();
        waited_ = waited;
    }
    QTimer timer_;
    QElapsedTimer clock_;
    double longest_ = 0, waited_ = 0;
};

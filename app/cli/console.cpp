// Console progress and signals.
#include "app/cli/console.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <fmt/format.h>
#include <unistd.h>

namespace cristae {

namespace {
std::atomic<int> signalSeen{0};
void onSignal(int number) {
    signalSeen = number;
}
} // namespace

void watchSignals() {
    std::signal(SIGINT, onSignal);
    std::signal(SIGTERM, onSignal);
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN); // a file over the limit is an error of the write, with a sentence
}

int caughtSignal() {
    return signalSeen;
}

ConsoleProgress::ConsoleProgress(bool quiet) : quiet_(quiet), terminal_(isatty(STDERR_FILENO) != 0) {}

ConsoleProgress::~ConsoleProgress() {
    if (drawn_) fmt::print(stderr, "\r\033[K");
}

void ConsoleProgress::report(double fraction, const std::string& words) const {
    if (quiet_) return;
    std::lock_guard lock(mutex_);
    const double now = time_.elapsedSeconds();
    if (now - lastSeconds_ < (terminal_ ? 0.1 : 5.0)) return;
    lastSeconds_ = now;
    const auto left = time_.seconds(fraction);
    const std::string leftText = left ? TimeLeft::text(*left) + " left" : "";
    if (terminal_) {
        const int done = std::clamp(int(fraction * 30), 0, 30);
        fmt::print(stderr, "\r\033[K[{}{}] {:3.0f} %  {}  {}", std::string(size_t(done), '#'),
                   std::string(size_t(30 - done), '.'), fraction * 100, words, leftText);
        drawn_ = true;
    } else {
        fmt::print(stderr, "{:3.0f} %  {}  {}\n", fraction * 100, words, leftText);
    }
    std::fflush(stderr);
}

bool ConsoleProgress::cancelled() const {
    return signalSeen != 0;
}

void printScores(const std::vector<ModelScore>& scores) {
    for (const ModelScore& score : scores)
        fmt::print("{:<10} {:.4f}  {}\n", score.metric, score.value, score.data);
}

} // namespace cristae

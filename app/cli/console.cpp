// Console progress and signals.
#include "app/cli/console.h"

#include "core/base/error.h"
#include "core/segment/card_text.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fmt/format.h>
#include <unistd.h>

namespace cristae {

namespace {
std::atomic<int> signalSeen{0};
bool readerGone = false;

/// What the last write to stdout met.
void judgeOutput(bool written) {
    const int failure = errno;
    if (written) return;
    readerGone = true; // nothing more, also not at the end
    std::clearerr(stdout);
    if (failure != EPIPE)
        throw Error(ErrorKind::output,
                    fmt::format("The result could not be printed: {}. Send the standard output elsewhere.",
                                std::strerror(failure)));
}

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

void printText(const std::string& text) {
    if (readerGone) return;
    judgeOutput(std::fwrite(text.data(), 1, text.size(), stdout) == text.size());
}

void flushOutput() {
    if (!readerGone) judgeOutput(std::fflush(stdout) == 0);
}

std::string onOneLine(std::string sentence) {
    for (char& c : sentence)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
    return sentence;
}

ConsoleProgress::ConsoleProgress(bool quiet) : quiet_(quiet), terminal_(isatty(STDERR_FILENO) != 0) {}

ConsoleProgress::~ConsoleProgress() {
    if (drawn_) printError("\r\033[K");
}

void ConsoleProgress::report(double fraction, const std::string& words) const {
    if (quiet_) return;
    std::lock_guard lock(mutex_);
    lastFraction_ = fraction;
    lastWords_ = words;
    if (held_ && !terminal_) return;
    const double now = time_.elapsedSeconds();
    if (now - lastSeconds_ < (terminal_ ? 0.1 : 5.0)) return;
    lastSeconds_ = now;
    printLine(fraction, words);
}

void ConsoleProgress::printLast() const {
    std::lock_guard lock(mutex_);
    if (!quiet_ && !terminal_ && !lastWords_.empty()) printLine(lastFraction_, lastWords_);
}

void ConsoleProgress::printLine(double fraction, const std::string& words) const {
    const auto left = time_.seconds(fraction);
    const std::string leftText = left ? TimeLeft::text(*left) + " left" : "";
    if (terminal_) {
        const int done = std::clamp(int(fraction * 30), 0, 30);
        printError("\r\033[K[{}{}] {:3.0f} %  {}  {}", std::string(size_t(done), '#'),
                   std::string(size_t(30 - done), '.'), fraction * 100, words, leftText);
        drawn_ = true;
    } else {
        printError("{:3.0f} %  {}  {}\n", fraction * 100, words, leftText);
    }
    std::fflush(stderr);
}

bool ConsoleProgress::cancelled() const {
    return signalSeen != 0;
}

void printScores(const std::vector<ModelScore>& scores) {
    size_t width = 10;
    for (const ModelScore& score : scores) width = std::max(width, score.metric.size());
    for (const ModelScore& score : scores)
        printResult("{:<{}} {}  {}{}\n", score.metric, width, scoreText(score), scoredData(score),
                    score.note.empty() ? "" : fmt::format(" ({})", score.note));
}

} // namespace cristae

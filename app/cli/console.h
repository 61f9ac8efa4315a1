// Console: progress on stderr, results on stdout, and what Ctrl+C means.
#pragma once
#include "core/base/progress.h"
#include "core/segment/model_card.h"

#include <atomic>
#include <cstdio>
#include <fmt/format.h>
#include <mutex>
#include <utility>

namespace cristae {

/// A bar on a terminal, a line every few seconds otherwise, nothing when quiet. Cancelled by SIGINT or
/// SIGTERM.
class ConsoleProgress : public Progress {
public:
    explicit ConsoleProgress(bool quiet);
    ~ConsoleProgress() override;
    void report(double fraction, const std::string& words) const override;
    bool cancelled() const override;
    /// Without a terminal: while held back, nothing is written; printLast() writes what was reported last.
    void holdBack(bool held) const { held_ = held; }
    void printLast() const;

private:
    void printLine(double fraction, const std::string& words) const;
    bool quiet_, terminal_;
    mutable std::atomic<bool> held_ = false;
    mutable double lastFraction_ = 0;
    mutable std::string lastWords_;
    TimeLeft time_;
    mutable std::mutex mutex_;
    mutable double lastSeconds_ = -1e9;
    mutable bool drawn_ = false;
};

/// Writes to stdout; the reader may have gone (`| head`), which is no failure of the work: nothing more is
/// printed then. Throws Error{output} when the device is full or fails.
void printText(const std::string& text);
void flushOutput();
template <typename... T> void printResult(fmt::format_string<T...> format, T&&... values) {
    printText(fmt::format(format, std::forward<T>(values)...));
}
/// The sentence with its control characters, as names of files may hold them, replaced by "?": they would
/// move the cursor or change colours of a terminal.
std::string onOneLine(std::string sentence);
/// Writes to stderr, if anything can be written there.
template <typename... T> void printError(fmt::format_string<T...> format, T&&... values) {
    const std::string text = fmt::format(format, std::forward<T>(values)...);
    std::fwrite(text.data(), 1, text.size(), stderr);
}

/// One score a line on stdout: metric, value, data.
void printScores(const std::vector<ModelScore>& scores);

/// Installs handlers for SIGINT and SIGTERM that ask running work to stop.
void watchSignals();
/// The signal that came, or 0.
int caughtSignal();

} // namespace cristae

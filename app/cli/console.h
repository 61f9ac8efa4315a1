// Console: progress on stderr, results on stdout, and what Ctrl+C means.
#pragma once
#include "core/base/progress.h"
#include "core/segment/model_card.h"

#include <mutex>

namespace cristae {

/// A bar on a terminal, a line every few seconds otherwise, nothing when quiet. Cancelled by SIGINT or
/// SIGTERM.
class ConsoleProgress : public Progress {
public:
    explicit ConsoleProgress(bool quiet);
    ~ConsoleProgress() override;
    void report(double fraction, const std::string& words) const override;
    bool cancelled() const override;

private:
    bool quiet_, terminal_;
    TimeLeft time_;
    mutable std::mutex mutex_;
    mutable double lastSeconds_ = -1e9;
    mutable bool drawn_ = false;
};

/// One score a line on stdout: metric, value, data.
void printScores(const std::vector<ModelScore>& scores);

/// Installs handlers for SIGINT and SIGTERM that ask running work to stop.
void watchSignals();
/// The signal that came, or 0.
int caughtSignal();

} // namespace cristae

// Progress without a listener, and the time-left estimate.
#include "core/base/progress.h"

#include "core/base/error.h"

#include <cmath>
#include <fmt/format.h>

namespace cristae {

namespace {
class NoProgress : public Progress {
public:
    void report(double, const std::string&) const override {}
    bool cancelled() const override { return false; }
};
} // namespace

void Progress::throwIfCancelled() const {
    if (cancelled()) throw Error(ErrorKind::cancelled, "Cancelled.");
}

const Progress& Progress::none() {
    static const NoProgress progress;
    return progress;
}

double TimeLeft::elapsedSeconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

std::optional<double> TimeLeft::seconds(double fraction) const {
    const double elapsed = elapsedSeconds();
    if (elapsed < 0.5 || fraction < 0.01) return std::nullopt;
    return elapsed * (1.0 - fraction) / fraction;
}

std::string TimeLeft::text(double seconds) {
    const long s = std::lround(seconds);
    if (s >= 3600) return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
    return fmt::format("{}:{:02}", s / 60, s % 60);
}

} // namespace cristae

// Progress: how a long function tells its caller how far it is, and learns that it should stop.
#pragma once
#include <chrono>
#include <optional>
#include <string>

namespace cristae {

/// Handed by reference to every long function. Implementations must be callable from any thread.
class Progress {
public:
    virtual ~Progress() = default;
    /// fraction in [0, 1]; words such as "slice 12 of 40".
    virtual void report(double fraction, const std::string& words) const = 0;
    virtual bool cancelled() const = 0;
    /// Throws Error{cancelled} when the user asked to stop. Called at least every 0.2 s of work.
    void throwIfCancelled() const;
    /// A Progress that ignores reports and is never cancelled.
    static const Progress& none();
};

/// Maps the reports of a part of the work into [begin, end] of the whole.
class PartProgress : public Progress {
public:
    PartProgress(const Progress& whole, double begin, double end) : whole_(whole), begin_(begin), end_(end) {}
    void report(double fraction, const std::string& words) const override {
        whole_.report(begin_ + (end_ - begin_) * fraction, words);
    }
    bool cancelled() const override { return whole_.cancelled(); }

private:
    const Progress& whole_;
    double begin_, end_;
};

/// Estimates the seconds left from the fractions reported so far.
class TimeLeft {
public:
    TimeLeft() : start_(std::chrono::steady_clock::now()) {}
    /// Nothing until at least half a second and 1 % are done.
    std::optional<double> seconds(double fraction) const;
    double elapsedSeconds() const;
    /// "0:31", "12:05", "2:03:10".
    static std::string text(double seconds);

private:
    std::chrono::steady_clock::time_point start_;
};

} // namespace cristae

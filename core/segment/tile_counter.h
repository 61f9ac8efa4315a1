// TileCounter: how far a prediction is, in words and as a fraction.
#pragma once
#include "core/base/progress.h"

#include <algorithm>
#include <cstdint>
#include <fmt/format.h>
#include <string>

namespace cristae {

/// Counts tiles of the whole run for fraction and words.
class TileCounter {
public:
    TileCounter(const Progress& progress, int64_t firstSlice, int64_t endSlice)
        : progress_(progress), first_(firstSlice), end_(endSlice) {}
    void setTotal(double total) { total_ = std::max(total, 1.0); }
    void beginSlice(int64_t z) { slice_ = z; }
    void tileDone(size_t tile, size_t tiles, double work) {
        done_ += work;
        const int64_t count = end_ - first_;
        std::string words = count > 1 ? fmt::format("slice {} of {}", slice_ - first_ + 1, count) : "";
        if (tiles > 1) words += fmt::format("{}tile {} of {}", words.empty() ? "" : ", ", tile, tiles);
        report(words.empty() ? "predicting" : words);
    }
    void report(const std::string& words) {
        // A halved tile repeats work: the bar waits rather than runs back.
        fraction_ = std::max(fraction_, std::min(done_ / total_, 1.0));
        progress_.report(fraction_, words);
    }
    double done() const { return done_; }
    void goBackTo(double done) { done_ = done; }

private:
    const Progress& progress_;
    int64_t first_, end_, slice_ = 0;
    double total_ = 1, done_ = 0, fraction_ = 0;
};

} // namespace cristae

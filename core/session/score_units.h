// What may be resampled for the interval of a score: independent images, or blocks of them.
#pragma once
#include "core/learn/training_set.h"
#include "core/measure/metrics.h"

#include <compare>
#include <map>
#include <string>
#include <vector>

namespace cristae {

/// The pixels of `label` in rows y0 … y1 and columns x0 … x1 (ends excluded) whose truth is known (not 255).
/// Both u8 [1, 1, Y, X].
ConfusionCounts countsWithin(const Pixels& prediction, const Pixels& truth, int64_t label, const Box3& box);

/// A number for each slice, the same for those that are no independent images: slices of one stack that lie
/// less than 250 nm apart, or less than 10 slices where their distance is not known, and what is joined by
/// others between. Slices without a stack stand alone.
std::vector<int64_t> independentImages(const std::vector<TrainingSlice>& slices);

/// What was drawn to get an interval.
struct ScoreUnits {
    std::vector<ConfusionCounts> counts; // fewer than fewestUnits: there is no interval
    std::string words;                   // "16 blocks of 256 px"
};

/// Counts of one class, gathered slice by slice.
class UnitCounts {
public:
    /// `image`: of independentImages().
    void add(int64_t image, const Pixels& prediction, const Pixels& truth, int64_t label);
    /// The independent images where there are five or more; else blocks of about 256 × 256 px, each with what
    /// lies behind it in the slices of the same image number.
    ScoreUnits units() const;

private:
    struct Block {
        int64_t image, y, x;
        auto operator<=>(const Block&) const = default;
    };
    std::map<Block, ConfusionCounts> blocks_;
};

} // namespace cristae

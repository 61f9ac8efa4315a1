// SliceResult: probabilities of several networks become the labels of one slice.
#pragma once
#include "core/segment/predictor.h"

namespace cristae {

/// A task with its defaults filled in and its place among all wanted classes.
struct PlannedTask {
    const NetworkTask* task = nullptr;
    std::vector<int64_t> classes;   // channels of the network
    std::vector<double> thresholds; // one a wanted class
    bool beatsBackground =
        false; // exclusive, thresholds as on the card: a class must beat background and all others
    int64_t firstLabel = 1; // of its first wanted class
};

/// Checks classes, thresholds and that card and network agree. Throws Error{usage, model}.
std::vector<PlannedTask> planTasks(std::span<const NetworkTask> tasks);

class SliceResult {
public:
    /// box: the region in image pixels; keepBest: several tasks compete for a pixel.
    SliceResult(int64_t z, const Box3& box, int64_t wantedClasses, bool wantProbabilities, bool keepBest);
    /// Probabilities of all channels of the task's network, f32 [K, 1, Y, X], whose pixel (y, x) belongs to
    /// the image's (toY + y, toX + x); only `part` (image pixels, inside the region) is used. Throws
    /// Error{device} for values that are no numbers.
    void add(const PlannedTask& task, const Pixels& probabilities, int64_t toY, int64_t toX,
             const Box3& part);
    /// The network's own objects, in image pixels of the region.
    void setObjects(Pixels objects) { slice_.objects = std::move(objects); }
    const PredictedSlice& slice() const { return slice_; }

private:
    PredictedSlice slice_;
    Pixels best_; // f32 [1, 1, Y, X]: probability of the label so far
};

} // namespace cristae

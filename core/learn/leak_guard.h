// Leak guard: held-out slices that lie too near to training data, or show the same.
#pragma once
#include "core/base/progress.h"
#include "core/learn/slice_places.h"

namespace cristae {

struct ModelCard;

/// Held-out pixels nearer than this to a training pixel of their stack are no independent test: in tissue
/// imaged at 5 nm a slice 15 nm away correlates by 0.93, one 240 nm away by 0.17 (thumbnails of Lucchi++).
inline constexpr double independentNm = 250;
/// Where the distance of slices, or the size of pixels, is not known.
inline constexpr int64_t independentSlices = 10, independentPixels = 64;

enum class LeakReason {
    neighbour, // the same stack, too near
    overlap,   // pixels that are trained on
    alike      // an image in another file that looks nearly the same
};

/// A held-out slice and the training slice that it is nearest to.
struct Leak {
    size_t heldOut = 0, training = 0; // of set.slices
    LeakReason reason = LeakReason::neighbour;
    std::optional<double> distanceNm; // between the nearest labelled pixels, where known
    int64_t slices = 0, pixels = 0;   // that lie between: 0 in the same slice, 0 px over each other
    double likeness = 0;              // correlation of thumbnails, of alike images
};

struct LeakReport {
    std::vector<Leak> leaks;            // at most one for a held-out slice
    std::vector<std::string> sentences; // slices of one kind are one sentence
};

/// Looks at every slice that validates or is for scores. The distance between labelled pixels decides, in
/// three dimensions: sqrt((slices · slice distance)² + (gap in the slice · pixel size)²); an unknown length
/// counts by slices or pixels. Images of different files are alike when their thumbnails correlate by 0.95,
/// or by 0.8 where they are at least 256 px wide and high. Throws Error{cancelled}.
LeakReport findLeaks(const TrainingSet& set, const Progress& progress);

/// Finds leaks and says them everywhere: as remarks of the set, with each slice, and in the card (its data,
/// and "leaks" in its training), so that no score stands without them.
LeakReport markLeaks(TrainingSet& set, ModelCard& card, const Progress& progress);

} // namespace cristae

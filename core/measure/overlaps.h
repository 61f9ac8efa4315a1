// Overlaps: how many voxels each object of one volume shares with each of another; what object and partition
// scores are made of.
#pragma once
#include "core/measure/label_volume.h"

namespace cristae {

struct Overlap {
    uint32_t truth = 0, prediction = 0; // 0 = background
    int64_t voxels = 0;
};

/// Every pair that shares voxels, with the sizes of all objects. Ids run from 1 to their count.
struct OverlapTable {
    std::vector<Overlap> pairs;                       // by truth, then by prediction; background included
    std::vector<int64_t> truthSizes, predictionSizes; // by id; [0] is the background
    int64_t truthObjects() const { return int64_t(truthSizes.size()) - 1; }
    int64_t predictionObjects() const { return int64_t(predictionSizes.size()) - 1; }
};

/// The volumes have equal extents and ids without gaps (see renumber()).
OverlapTable overlapsOf(const LabelVolume& truth, const LabelVolume& prediction);

} // namespace cristae

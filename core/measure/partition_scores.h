// Partition scores: how well cells are kept apart and whole; and the thinning of boundaries that they need.
#pragma once
#include "core/measure/overlaps.h"

namespace cristae {

/// Over the voxels whose truth is not background ("foreground-restricted").
struct PartitionScores {
    double vRand = 0; // Σp²/(½Σs²+½Σt²); 1 is perfect
    double vInfo = 0; // 2·I(S;T)/(H(S)+H(T)); 1 is perfect
    double adaptedRandError = 0;
    double voiSplit = 0, voiMerge = 0; // H(prediction | truth) and H(truth | prediction), bits
};
/// V-rand and V-info of Arganda-Carreras et al. 2015 (doi:10.3389/fnana.2015.00142) with equal weights, where
/// each background voxel of the prediction is a segment of its own; adapted Rand error and variation of
/// information as scikit-image has them (there the prediction's background is one segment). Without any
/// foreground: perfect.
PartitionScores partitionScores(const OverlapTable& table);

/// The cells that the boundaries `mask` (values ≠ 0) leave between them, slice by slice: what touches with a
/// face (4 neighbours) is one cell. Boundaries are background.
LabelVolume cellsBetween(const std::vector<uint8_t>& mask, const Extent3& extent);

/// Thins every slice of `mask` (values ≠ 0) to lines one pixel wide that enclose the same cells: Zhang and
/// Suen 1984 (doi:10.1145/357994.358023), with the removal of corners after Guo and Hall so that no 2×2 block
/// stays.
void thinSlices(std::vector<uint8_t>& mask, const Extent3& extent);

} // namespace cristae

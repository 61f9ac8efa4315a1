// Partition scores of boundary probabilities at the threshold that suits them best.
#pragma once
#include "core/base/progress.h"
#include "core/image/tile_source.h"
#include "core/measure/label_volume.h"
#include "core/measure/metrics.h"
#include "core/measure/partition_scores.h"

#include <span>
#include <vector>

namespace cristae {

struct BestPartitions {
    double vRand = 0, vRandThreshold = 0;
    double vInfo = 0, vInfoThreshold = 0;
};
/// Of the boundaries in a mask [Z, Y, X] (values ≠ 0), which are thinned first, against the truth's cells.
PartitionScores boundaryPartitions(std::vector<uint8_t> boundaries, const LabelVolume& cells);

struct PartitionAt {
    double threshold = 0;
    PartitionScores scores;
};
/// Of boundary probabilities [Z, Y, X], cut at 0.1, 0.2 … 0.9, thinned. Throws Error{cancelled}.
std::vector<PartitionAt> partitionsByThreshold(std::span<const float> probability, const LabelVolume& cells,
                                               const Progress& progress);
/// Of several thresholds the one that suits each score best; the lowest of equal ones.
BestPartitions bestOf(std::span<const PartitionAt> partitions);
/// V-rand and V-info of boundary probabilities [Z, Y, X], cut at 0.1, 0.2 … 0.9 and thinned, against the
/// truth's cells; of the thresholds the best, for each score its own. Throws Error{cancelled}.
BestPartitions bestPartitions(std::span<const float> probability, const LabelVolume& cells,
                              const Progress& progress);
/// V-rand and V-info as the ISBI 2012 challenge scores a submission (Arganda-Carreras et al. 2015,
/// doi:10.3389/fnana.2015.00142), against what the truth's boundaries enclose. Both volumes are held in
/// memory, about 20 bytes a voxel. Throws Error{input} for anything but one channel of fractions, and
/// {cancelled}. The names stand in errors.
BestPartitions bestPartitions(const TileSource& prediction, const TileSource& truth,
                              const EvaluationOptions& options, const std::string& predictionName,
                              const std::string& truthName, const Progress& progress);

} // namespace cristae

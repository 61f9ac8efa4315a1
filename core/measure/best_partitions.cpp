// One partition for each threshold, against the cells of the truth.
#include "core/measure/best_partitions.h"

#include "core/measure/confusion.h"
#include "core/measure/probability_curves.h"

#include <fmt/format.h>

namespace cristae {

BestPartitions bestPartitions(const TileSource& prediction, const TileSource& truth,
                              const EvaluationOptions& options, const std::string& predictionName,
                              const std::string& truthName, const Progress& progress) {
    const Extent3 extent = truth.info().extent();
    const EvaluationOptions own = optionsFor(options, prediction.info(), truth.info());
    std::vector<float> probability;
    std::vector<uint8_t> mask;
    LabelVolume ids{extent, {}};
    for (int64_t z = 0; z < extent.z; ++z) {
        progress.throwIfCancelled();
        const Box3 box = Box3::ofSlice(extent, z);
        const Pixels floats = probabilitiesOf(prediction.read(0, box, progress), predictionName);
        probability.insert(probability.end(), floats.values<float>().begin(), floats.values<float>().end());
        const Pixels there = truth.read(0, box, progress);
        if (options.truthIds) {
            const auto values = idsOf(there, truthName, truth.info().unlabelled);
            ids.labels.insert(ids.labels.end(), values.begin(), values.end());
        } else {
            auto part = foregroundOf(there, truthForeground(own), truthName);
            // What is not labelled belongs to no cell.
            const auto labelled = labelledOf(there, own.truthUnlabelled);
            for (size_t i = 0; i < labelled.size(); ++i) part[i] |= uint8_t(!labelled[i]);
            mask.insert(mask.end(), part.begin(), part.end());
        }
        progress.report(0.1 * double(z + 1) / double(extent.z),
                        fmt::format("slice {} of {}", z + 1, extent.z));
    }
    if (options.truthIds) renumber(ids, options.connectivity);
    return bestPartitions(probability, options.truthIds ? ids : cellsBetween(mask, extent),
                          PartProgress(progress, 0.1, 1));
}

PartitionScores boundaryPartitions(std::vector<uint8_t> boundaries, const LabelVolume& cells) {
    thinSlices(boundaries, cells.extent);
    return partitionScores(overlapsOf(cells, cellsBetween(boundaries, cells.extent)));
}

std::vector<PartitionAt> partitionsByThreshold(std::span<const float> probability, const LabelVolume& cells,
                                               const Progress& progress) {
    std::vector<PartitionAt> found;
    for (int step = 1; step <= 9; ++step) {
        progress.throwIfCancelled();
        const double threshold = step / 10.0;
        std::vector<uint8_t> boundaries(probability.size());
        for (size_t i = 0; i < probability.size(); ++i) boundaries[i] = probability[i] >= float(threshold);
        found.push_back({threshold, boundaryPartitions(std::move(boundaries), cells)});
        progress.report(step / 9.0, fmt::format("partition at {:.1f}", threshold));
    }
    return found;
}

BestPartitions bestOf(std::span<const PartitionAt> partitions) {
    BestPartitions best;
    for (const auto& [threshold, scores] : partitions) {
        if (scores.vRand > best.vRand) {
            best.vRand = scores.vRand;
            best.vRandThreshold = threshold;
        }
        if (scores.vInfo > best.vInfo) {
            best.vInfo = scores.vInfo;
            best.vInfoThreshold = threshold;
        }
    }
    return best;
}

BestPartitions bestPartitions(std::span<const float> probability, const LabelVolume& cells,
                              const Progress& progress) {
    return bestOf(partitionsByThreshold(probability, cells, progress));
}

} // namespace cristae

// Counting pairs of ids, stretch by stretch.
#include "core/measure/overlaps.h"

#include <algorithm>
#include <unordered_map>

namespace cristae {

OverlapTable overlapsOf(const LabelVolume& truth, const LabelVolume& prediction) {
    std::unordered_map<uint64_t, int64_t> counts;
    const size_t size = truth.labels.size();
    for (size_t i = 0; i < size;) {
        const uint32_t t = truth.labels[i], p = prediction.labels[i];
        size_t end = i + 1;
        while (end < size && truth.labels[end] == t && prediction.labels[end] == p) ++end;
        counts[uint64_t(t) << 32 | p] += int64_t(end - i);
        i = end;
    }
    OverlapTable table;
    uint32_t truths = 0, predictions = 0;
    for (const auto& [key, voxels] : counts) {
        table.pairs.push_back({uint32_t(key >> 32), uint32_t(key), voxels});
        truths = std::max(truths, uint32_t(key >> 32));
        predictions = std::max(predictions, uint32_t(key));
    }
    std::ranges::sort(table.pairs, [](const Overlap& a, const Overlap& b) {
        return a.truth != b.truth ? a.truth < b.truth : a.prediction < b.prediction;
    });
    table.truthSizes.resize(size_t(truths) + 1);
    table.predictionSizes.resize(size_t(predictions) + 1);
    for (const Overlap& pair : table.pairs) {
        table.truthSizes[pair.truth] += pair.voxels;
        table.predictionSizes[pair.prediction] += pair.voxels;
    }
    return table;
}

} // namespace cristae

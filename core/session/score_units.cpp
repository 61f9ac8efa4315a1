// Gathering counts by image and block.
#include "core/session/score_units.h"

#include "core/measure/bootstrap.h"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>
#include <tuple>

namespace cristae {

namespace {

constexpr int64_t blockSide = 256;
constexpr double farNm = 250;
constexpr int64_t farSlices = 10;

bool near(const TrainingSlice& a, const TrainingSlice& b) {
    if (!a.source || a.source != b.source) return false;
    const int64_t gap = std::abs(a.z - b.z);
    const auto& depth = a.source->info().voxelSize.zNm;
    return depth ? double(gap) * *depth < farNm : gap < farSlices;
}

/// Blocks of one side: as many equal parts as 256 px fit best.
int64_t partsOf(int64_t length) {
    return std::max<int64_t>(1, (length + blockSide / 2) / blockSide);
}

int64_t total(const ConfusionCounts& counts) {
    return counts.truePositive + counts.falsePositive + counts.falseNegative + counts.trueNegative;
}

} // namespace

ConfusionCounts countsWithin(const Pixels& prediction, const Pixels& truth, int64_t label, const Box3& box) {
    ConfusionCounts counts;
    const auto predicted = prediction.values<uint8_t>(), known = truth.values<uint8_t>();
    const int64_t width = truth.extent().x;
    for (int64_t y = box.y0; y < box.y1; ++y)
        for (auto i = size_t(y * width + box.x0); i < size_t(y * width + box.x1); ++i) {
            if (known[i] == 255) continue;
            const bool says = predicted[i] == label, is = known[i] == label;
            ++(says ? is ? counts.truePositive : counts.falsePositive
               : is ? counts.falseNegative
                    : counts.trueNegative);
        }
    return counts;
}

std::vector<int64_t> independentImages(const std::vector<TrainingSlice>& slices) {
    std::vector<size_t> order(slices.size());
    std::iota(order.begin(), order.end(), size_t(0));
    std::ranges::stable_sort(order, [&](size_t a, size_t b) {
        return std::tuple(slices[a].source.get(), slices[a].z) <
               std::tuple(slices[b].source.get(), slices[b].z);
    });
    std::vector<int64_t> number(slices.size());
    int64_t next = 0;
    for (size_t i = 0; i < order.size(); ++i) {
        const bool joined = i > 0 && near(slices[order[i - 1]], slices[order[i]]);
        number[order[i]] = joined ? number[order[i - 1]] : next++;
    }
    return number;
}

void UnitCounts::add(int64_t image, const Pixels& prediction, const Pixels& truth, int64_t label) {
    const Extent3& e = truth.extent();
    const int64_t rows = partsOf(e.y), columns = partsOf(e.x);
    for (int64_t r = 0; r < rows; ++r)
        for (int64_t c = 0; c < columns; ++c) {
            const Box3 box{0, r * e.y / rows,       c * e.x / columns,
                           1, (r + 1) * e.y / rows, (c + 1) * e.x / columns};
            blocks_[{image, r, c}] += countsWithin(prediction, truth, label, box);
        }
}

ScoreUnits UnitCounts::units() const {
    std::map<int64_t, ConfusionCounts> images;
    ScoreUnits blocks;
    for (const auto& [block, counts] : blocks_) {
        if (total(counts) == 0) continue; // nothing is known there
        images[block.image] += counts;
        blocks.counts.push_back(counts);
    }
    if (images.size() < fewestUnits) {
        blocks.words = fmt::format("{} blocks of {} px", blocks.counts.size(), blockSide);
        return blocks;
    }
    ScoreUnits units;
    for (const auto& [image, counts] : images) units.counts.push_back(counts);
    units.words = fmt::format("{} images", units.counts.size());
    return units;
}

} // namespace cristae

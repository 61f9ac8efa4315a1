// Sums over the table of overlaps, and thinning by neighbourhood.
#include "core/measure/partition_scores.h"

#include "core/base/parallel.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace cristae {

namespace {

double square(double v) {
    return v * v;
}
/// −p·log2 p with 0 for 0.
double surprise(double p) {
    return p > 0 ? -p * std::log2(p) : 0;
}

/// Eight neighbours clockwise from the one above.
constexpr std::array<std::array<int, 2>, 8> clockwise{
    {{-1, 0}, {-1, 1}, {0, 1}, {1, 1}, {1, 0}, {1, -1}, {0, -1}, {-1, -1}}};

/// Whether a pixel with these neighbours goes in the first or second half of a round.
std::array<bool, 256> removable(bool second) {
    std::array<bool, 256> result{};
    for (unsigned bits = 0; bits < 256; ++bits) {
        const auto p = [bits](unsigned i) { return (bits >> i) & 1u; };
        unsigned count = 0, rises = 0;
        for (unsigned i = 0; i < 8; ++i) {
            count += p(i);
            rises += !p(i) && p((i + 1) % 8);
        }
        const bool sides = second ? !(p(0) && p(2) && p(6)) && !(p(0) && p(4) && p(6))
                                  : !(p(0) && p(2) && p(4)) && !(p(2) && p(4) && p(6));
        result[bits] = count >= 2 && count <= 6 && rises == 1 && sides;
    }
    return result;
}

class Slice {
public:
    Slice(uint8_t* values, int64_t height, int64_t width) : values_(values), height_(height), width_(width) {}
    void thin() {
        static const std::array<std::array<bool, 256>, 2> tables{removable(false), removable(true)};
        std::vector<int64_t> alive, gone;
        for (int64_t i = 0; i < height_ * width_; ++i)
            if (values_[i]) alive.push_back(i);
        bool changed = true;
        while (changed) {
            changed = false;
            for (const auto& table : tables) {
                gone.clear();
                std::erase_if(alive, [&](int64_t i) {
                    const bool goes = table[neighbours(i)];
                    if (goes) gone.push_back(i);
                    return goes;
                });
                for (const int64_t i : gone) values_[i] = 0;
                changed |= !gone.empty();
            }
        }
        // Staircases: a pixel goes when the background stays connected to what it was and its line whole.
        for (const int64_t i : alive) {
            const unsigned n = neighbours(i);
            const auto p = [n](unsigned k) { return (n >> k) & 1u; };
            const bool corner =
                (p(0) && p(2) && !p(4) && !p(5) && !p(6)) || (p(2) && p(4) && !p(0) && !p(6) && !p(7)) ||
                (p(4) && p(6) && !p(0) && !p(1) && !p(2)) || (p(6) && p(0) && !p(2) && !p(3) && !p(4));
            if (corner) values_[i] = 0;
        }
    }

private:
    /// Beyond the slice its edge goes on, so that lines reach the border and keep cells apart there.
    unsigned neighbours(int64_t i) const {
        const int64_t y = i / width_, x = i % width_;
        unsigned bits = 0;
        for (unsigned k = 0; k < 8; ++k) {
            const int64_t ny = std::clamp<int64_t>(y + clockwise[k][0], 0, height_ - 1),
                          nx = std::clamp<int64_t>(x + clockwise[k][1], 0, width_ - 1);
            bits |= unsigned(values_[ny * width_ + nx] != 0) << k;
        }
        return bits;
    }
    uint8_t* values_;
    int64_t height_, width_;
};

} // namespace

PartitionScores partitionScores(const OverlapTable& table) {
    PartitionScores scores;
    double n = 0;
    for (size_t id = 1; id < table.truthSizes.size(); ++id) n += double(table.truthSizes[id]);
    if (n == 0) return {1, 1, 0, 0, 0};
    std::vector<double> predicted(table.predictionSizes.size()); // within the truth's foreground
    double sumP = 0, sumPWithBackground = 0, single = 0, joint = 0, jointWithSingles = 0;
    for (const Overlap& pair : table.pairs) {
        if (!pair.truth) continue;
        const double voxels = double(pair.voxels);
        predicted[pair.prediction] += voxels;
        sumPWithBackground += square(voxels);
        joint += surprise(voxels / n);
        if (pair.prediction) {
            sumP += square(voxels);
            jointWithSingles += surprise(voxels / n);
        } else {
            single += voxels;
        }
    }
    double sumT = 0, entropyT = 0, sumS = 0, entropyS = 0;
    for (size_t id = 1; id < table.truthSizes.size(); ++id) {
        sumT += square(double(table.truthSizes[id]));
        entropyT += surprise(double(table.truthSizes[id]) / n);
    }
    for (size_t id = 1; id < predicted.size(); ++id) {
        sumS += square(predicted[id]);
        entropyS += surprise(predicted[id] / n);
    }
    const double sumSWithBackground = sumS + square(predicted[0]),
                 entropySWithBackground = entropyS + surprise(predicted[0] / n);
    // Each background voxel of the prediction: a segment of one voxel.
    const double singles = single * surprise(1 / n);
    scores.vRand = (sumP + single) / ((sumS + single) / 2 + sumT / 2);
    const double information = entropyT + entropyS + singles - (jointWithSingles + singles);
    const double entropies = entropyT + entropyS + singles;
    scores.vInfo = entropies > 0 ? 2 * information / entropies : 1;
    // As scikit-image: pairs of different voxels.
    const double pairs = sumPWithBackground - n, pairsS = sumSWithBackground - n, pairsT = sumT - n;
    const double precision = pairsS > 0 ? pairs / pairsS : 1, recall = pairsT > 0 ? pairs / pairsT : 1;
    scores.adaptedRandError = precision + recall > 0 ? 1 - 2 * precision * recall / (precision + recall) : 1;
    scores.voiSplit = joint - entropyT;
    scores.voiMerge = joint - entropySWithBackground;
    return scores;
}

LabelVolume cellsBetween(const std::vector<uint8_t>& mask, const Extent3& extent) {
    std::vector<uint8_t> inside(mask.size());
    std::ranges::transform(mask, inside.begin(), [](uint8_t value) { return uint8_t(!value); });
    return components(inside, extent, Connectivity::slices, false);
}

void thinSlices(std::vector<uint8_t>& mask, const Extent3& extent) {
    parallelFor(extent.z,
                [&](int64_t z) { Slice(mask.data() + z * extent.y * extent.x, extent.y, extent.x).thin(); });
}

} // namespace cristae

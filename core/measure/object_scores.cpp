// Matching objects by their overlaps.
#include "core/measure/object_scores.h"

#include "core/base/parallel.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>

namespace cristae {

namespace {

double ratioOr(int64_t part, int64_t whole, bool nothingAtAll) {
    return whole ? double(part) / double(whole) : nothingAtAll ? 1 : 0;
}

/// Per object the one of the other side that it overlaps most (the first of equals), 0 = none, with the
/// shared voxels.
struct Partners {
    std::vector<uint32_t> of;
    std::vector<int64_t> voxels;
    explicit Partners(size_t count) : of(count), voxels(count) {}
    void offer(uint32_t object, uint32_t other, int64_t shared) {
        if (shared > voxels[object]) {
            voxels[object] = shared;
            of[object] = other;
        }
    }
};

void findPartners(const OverlapTable& table, Partners& ofPrediction, Partners& ofTruth) {
    for (const Overlap& pair : table.pairs) {
        if (!pair.truth || !pair.prediction) continue;
        ofPrediction.offer(pair.prediction, pair.truth, pair.voxels);
        ofTruth.offer(pair.truth, pair.prediction, pair.voxels);
    }
}

std::vector<Box3> boxesOf(const LabelVolume& volume, size_t count) {
    constexpr int64_t most = std::numeric_limits<int64_t>::max();
    std::vector<Box3> boxes(count, Box3{most, most, most, 0, 0, 0});
    const Extent3& e = volume.extent;
    size_t i = 0;
    for (int64_t z = 0; z < e.z; ++z)
        for (int64_t y = 0; y < e.y; ++y)
            for (int64_t x = 0; x < e.x; ++x, ++i) {
                const uint32_t id = volume.labels[i];
                if (!id) continue;
                Box3& b = boxes[id];
                b = {std::min(b.z0, z),     std::min(b.y0, y),     std::min(b.x0, x),
                     std::max(b.z1, z + 1), std::max(b.y1, y + 1), std::max(b.x1, x + 1)};
            }
    return boxes;
}

Box3 around(const Box3& a, const Box3& b) {
    return {std::min(a.z0, b.z0), std::min(a.y0, b.y0), std::min(a.x0, b.x0),
            std::max(a.z1, b.z1), std::max(a.y1, b.y1), std::max(a.x1, b.x1)};
}

std::vector<uint8_t> cut(const LabelVolume& volume, uint32_t id, const Box3& box) {
    std::vector<uint8_t> mask;
    mask.reserve(size_t(box.extent().count()));
    for (int64_t z = box.z0; z < box.z1; ++z)
        for (int64_t y = box.y0; y < box.y1; ++y) {
            const uint32_t* row = volume.labels.data() + (z * volume.extent.y + y) * volume.extent.x;
            for (int64_t x = box.x0; x < box.x1; ++x) mask.push_back(row[x] == id);
        }
    return mask;
}

/// The larger of the largest distances from a to b and from b to a.
double hausdorff(const std::vector<uint8_t>& a, const std::vector<uint8_t>& b, const Extent3& extent,
                 const Spacing& spacing) {
    float largest = 0;
    const auto oneWay = [&](const std::vector<uint8_t>& from, const std::vector<uint8_t>& to) {
        const std::vector<float> squared = squaredDistances(to, extent, spacing);
        for (size_t i = 0; i < from.size(); ++i)
            if (from[i]) largest = std::max(largest, squared[i]);
    };
    oneWay(a, b);
    oneWay(b, a);
    return std::sqrt(double(largest));
}

/// A lower bound of the distance between objects in two boxes: how far the boxes' sides lie apart.
double boxesApart(const Box3& a, const Box3& b, const Spacing& s) {
    const auto gap = [](int64_t a0, int64_t a1, int64_t b0, int64_t b1) {
        return double(std::max<int64_t>(0, std::max(b0 - a1 + 1, a0 - b1 + 1)));
    };
    const double z = gap(a.z0, a.z1, b.z0, b.z1) * s.z, y = gap(a.y0, a.y1, b.y0, b.y1) * s.y,
                 x = gap(a.x0, a.x1, b.x0, b.x1) * s.x;
    return std::sqrt(z * z + y * y + x * x);
}

/// Sums size-weighted Hausdorff distances from the objects of `mine` to their partners in `other`.
double weightedHausdorff(const LabelVolume& mine, const std::vector<int64_t>& sizes,
                         const std::vector<Box3>& boxes, const Partners& partners, const LabelVolume& other,
                         const std::vector<Box3>& otherBoxes, const Spacing& spacing,
                         const Progress& progress) {
    std::vector<double> distances(sizes.size());
    std::atomic<int64_t> done{0};
    int64_t total = 0;
    for (size_t id = 1; id < sizes.size(); ++id) total += sizes[id];
    parallelFor(int64_t(sizes.size()) - 1, [&](int64_t index) {
        progress.throwIfCancelled();
        const auto id = uint32_t(index + 1);
        const auto to = [&](uint32_t partner) {
            const Box3 box = around(boxes[id], otherBoxes[partner]);
            return hausdorff(cut(mine, id, box), cut(other, partner, box), box.extent(), spacing);
        };
        if (partners.of[id]) {
            distances[id] = to(partners.of[id]);
        } else { // nearest first by its box, so that most need not be measured
            std::vector<std::pair<double, uint32_t>> candidates;
            for (uint32_t partner = 1; partner < otherBoxes.size(); ++partner)
                candidates.push_back({boxesApart(boxes[id], otherBoxes[partner], spacing), partner});
            std::ranges::sort(candidates);
            double best = std::numeric_limits<double>::infinity();
            for (const auto& [atLeast, partner] : candidates) {
                if (atLeast >= best) break;
                best = std::min(best, to(partner));
            }
            distances[id] = best;
        }
        progress.report(double(++done) / double(sizes.size()), "object distances");
    });
    double sum = 0;
    for (size_t id = 1; id < sizes.size(); ++id) sum += double(sizes[id]) * distances[id];
    return sum / double(total);
}

} // namespace

double ObjectCounts::f1() const {
    return ratioOr(2 * found, predicted + truth, true);
}
double ObjectCounts::precision() const {
    return ratioOr(found, predicted, truth == 0);
}
double ObjectCounts::recall() const {
    return ratioOr(found, truth, predicted == 0);
}

ObjectCounts matchedObjects(const OverlapTable& table, double threshold) {
    struct Candidate {
        double iou;
        uint32_t truth, prediction;
    };
    std::vector<Candidate> candidates;
    for (const Overlap& pair : table.pairs) {
        if (!pair.truth || !pair.prediction) continue;
        const int64_t either =
            table.truthSizes[pair.truth] + table.predictionSizes[pair.prediction] - pair.voxels;
        const double iou = double(pair.voxels) / double(either);
        if (iou >= threshold) candidates.push_back({iou, pair.truth, pair.prediction});
    }
    std::ranges::stable_sort(candidates, [](const auto& a, const auto& b) { return a.iou > b.iou; });
    std::vector<char> truthTaken(table.truthSizes.size()), predictionTaken(table.predictionSizes.size());
    ObjectCounts counts{0, table.predictionObjects(), table.truthObjects()};
    for (const Candidate& c : candidates) {
        if (truthTaken[c.truth] || predictionTaken[c.prediction]) continue;
        truthTaken[c.truth] = predictionTaken[c.prediction] = 1;
        ++counts.found;
    }
    return counts;
}

ObjectCounts matchedObjectsGlas(const OverlapTable& table) {
    Partners ofPrediction(table.predictionSizes.size()), ofTruth(table.truthSizes.size());
    findPartners(table, ofPrediction, ofTruth);
    std::vector<char> taken(table.truthSizes.size());
    ObjectCounts counts{0, table.predictionObjects(), table.truthObjects()};
    for (size_t id = 1; id < table.predictionSizes.size(); ++id) {
        const uint32_t partner = ofPrediction.of[id];
        if (!partner || taken[partner] || 2 * ofPrediction.voxels[id] < table.truthSizes[partner]) continue;
        taken[partner] = 1;
        ++counts.found;
    }
    return counts;
}

double objectDice(const OverlapTable& table) {
    if (table.truthObjects() == 0 || table.predictionObjects() == 0)
        return table.truthObjects() == table.predictionObjects() ? 1 : 0;
    Partners ofPrediction(table.predictionSizes.size()), ofTruth(table.truthSizes.size());
    findPartners(table, ofPrediction, ofTruth);
    const auto oneSide = [](const std::vector<int64_t>& sizes, const std::vector<int64_t>& otherSizes,
                            const Partners& partners) {
        double sum = 0, total = 0;
        for (size_t id = 1; id < sizes.size(); ++id) {
            total += double(sizes[id]);
            if (partners.of[id])
                sum += double(sizes[id]) * 2 * double(partners.voxels[id]) /
                       double(sizes[id] + otherSizes[partners.of[id]]);
        }
        return sum / total;
    };
    return (oneSide(table.predictionSizes, table.truthSizes, ofPrediction) +
            oneSide(table.truthSizes, table.predictionSizes, ofTruth)) /
           2;
}

double objectHausdorff(const LabelVolume& truth, const LabelVolume& prediction, const OverlapTable& table,
                       const Spacing& spacing, const Progress& progress) {
    if (table.truthObjects() == 0 || table.predictionObjects() == 0)
        return table.truthObjects() == table.predictionObjects() ? 0
                                                                 : std::numeric_limits<double>::quiet_NaN();
    Partners ofPrediction(table.predictionSizes.size()), ofTruth(table.truthSizes.size());
    findPartners(table, ofPrediction, ofTruth);
    const auto truthBoxes = boxesOf(truth, table.truthSizes.size()),
               predictionBoxes = boxesOf(prediction, table.predictionSizes.size());
    const PartProgress first(progress, 0, 0.5), second(progress, 0.5, 1);
    return (weightedHausdorff(prediction, table.predictionSizes, predictionBoxes, ofPrediction, truth,
                              truthBoxes, spacing, first) +
            weightedHausdorff(truth, table.truthSizes, truthBoxes, ofTruth, prediction, predictionBoxes,
                              spacing, second)) /
           2;
}

} // namespace cristae

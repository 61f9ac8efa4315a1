// Watershed with merging of shallow basins, linking of slices, and the rules made of them.
#include "core/measure/instances.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace cristae {

namespace {

/// Basins that joined, and the lowest height of each.
class Basins {
public:
    uint32_t add(float lowest) {
        parents_.push_back(uint32_t(parents_.size()));
        lowest_.push_back(lowest);
        return parents_.back();
    }
    uint32_t root(uint32_t basin) {
        while (parents_[basin] != basin) basin = parents_[basin] = parents_[parents_[basin]];
        return basin;
    }
    float lowest(uint32_t root) const { return lowest_[root]; }
    /// The deeper one takes the other in.
    void join(uint32_t a, uint32_t b) {
        if (lowest_[b] < lowest_[a] || (lowest_[b] == lowest_[a] && b < a)) std::swap(a, b);
        parents_[b] = a;
    }

private:
    std::vector<uint32_t> parents_;
    std::vector<float> lowest_;
};

/// The mask's voxels from low to high, equal heights in the order of the volume; 65536 steps are fine enough.
std::vector<size_t> inOrderOfHeight(const std::vector<float>& height, const std::vector<uint8_t>& mask) {
    float low = INFINITY, high = -INFINITY;
    size_t count = 0;
    for (size_t i = 0; i < mask.size(); ++i)
        if (mask[i]) {
            low = std::min(low, height[i]);
            high = std::max(high, height[i]);
            ++count;
        }
    const double scale = high > low ? 65535.0 / (double(high) - double(low)) : 0;
    const auto step = [&](size_t i) { return size_t((double(height[i]) - double(low)) * scale); };
    std::vector<size_t> starts(65537);
    for (size_t i = 0; i < mask.size(); ++i)
        if (mask[i]) ++starts[step(i) + 1];
    for (size_t s = 1; s < starts.size(); ++s) starts[s] += starts[s - 1];
    std::vector<size_t> order(count);
    for (size_t i = 0; i < mask.size(); ++i)
        if (mask[i]) order[starts[step(i)]++] = i;
    return order;
}

/// Offsets to the 8 or 26 neighbours of a voxel that lie in the volume.
struct Neighbours {
    const Extent3 extent;
    const bool inSlices;
    template <class F> void each(size_t voxel, F&& f) const {
        const auto i = int64_t(voxel);
        const int64_t x = i % extent.x, y = i / extent.x % extent.y, z = i / extent.x / extent.y;
        const int64_t reach = inSlices ? 0 : 1;
        for (int64_t dz = -reach; dz <= reach; ++dz)
            for (int64_t dy = -1; dy <= 1; ++dy)
                for (int64_t dx = -1; dx <= 1; ++dx) {
                    if (x + dx < 0 || x + dx >= extent.x || y + dy < 0 || y + dy >= extent.y || z + dz < 0 ||
                        z + dz >= extent.z || (dx == 0 && dy == 0 && dz == 0))
                        continue;
                    f(size_t(i + (dz * extent.y + dy) * extent.x + dx));
                }
    }
};

/// Distance of each voxel of the mask to the nearest voxel outside, in px of x; of volumes without any
/// outside the same everywhere.
std::vector<float> depths(const std::vector<uint8_t>& mask, const Extent3& extent, const Spacing& spacing,
                          Connectivity connectivity) {
    std::vector<uint8_t> outside(mask.size());
    for (size_t i = 0; i < mask.size(); ++i) outside[i] = !mask[i];
    const Spacing inPixels{spacing.z / spacing.x, spacing.y / spacing.x, 1};
    std::vector<float> result;
    if (connectivity == Connectivity::volume) {
        result = squaredDistances(outside, extent, inPixels);
    } else {
        const Extent3 slice{1, extent.y, extent.x};
        const size_t size = size_t(slice.count());
        for (int64_t z = 0; z < extent.z; ++z) {
            const auto part =
                squaredDistances(std::span(outside).subspan(size_t(z) * size, size), slice, inPixels);
            result.insert(result.end(), part.begin(), part.end());
        }
    }
    const auto farthest = float(extent.z + extent.y + extent.x);
    for (float& value : result) value = std::min(std::sqrt(value), farthest);
    return result;
}

} // namespace

LabelVolume watershed(const std::vector<float>& height, const std::vector<uint8_t>& mask,
                      const Extent3& extent, Connectivity connectivity, double depth,
                      const Progress& progress) {
    constexpr uint32_t unseen = 0;
    LabelVolume result{extent, std::vector<uint32_t>(mask.size(), unseen)};
    Basins basins;
    basins.add(0); // ids are from 1 on
    const Neighbours neighbours{extent, connectivity == Connectivity::slices};
    const std::vector<size_t> order = inOrderOfHeight(height, mask);
    std::vector<uint32_t> met; // basins round a voxel
    for (size_t n = 0; n < order.size(); ++n) {
        if (n % 65536 == 0) {
            progress.throwIfCancelled();
            progress.report(double(n) / double(order.size()), "separating objects");
        }
        const size_t voxel = order[n];
        const float here = height[voxel];
        uint32_t chosen = 0;
        float steepest = INFINITY;
        met.clear();
        neighbours.each(voxel, [&](size_t other) {
            if (result.labels[other] == unseen) return;
            const uint32_t basin = basins.root(result.labels[other]);
            if (std::ranges::find(met, basin) == met.end()) met.push_back(basin);
            if (height[other] >= steepest) return;
            steepest = height[other];
            chosen = basin;
        });
        for (size_t i = 1; i < met.size(); ++i)
            for (size_t k = 0; k < i; ++k) {
                const uint32_t a = basins.root(met[i]), b = basins.root(met[k]);
                const double shallower = std::max(basins.lowest(a), basins.lowest(b));
                if (a != b && double(here) - shallower < depth) basins.join(a, b);
            }
        result.labels[voxel] = chosen ? chosen : basins.add(here);
    }
    for (uint32_t& label : result.labels)
        if (label) label = basins.root(label);
    renumber(result, connectivity);
    return result;
}

void linkSlices(LabelVolume& objects, double iou) {
    const int64_t size = objects.sliceSize();
    std::unordered_map<uint32_t, uint32_t> parents;
    const auto root = [&](uint32_t id) {
        for (auto found = parents.find(id); found != parents.end() && found->second != id;
             found = parents.find(id))
            id = found->second;
        return id;
    };
    std::unordered_map<uint32_t, int64_t> before, now;
    for (int64_t z = 0; z < objects.extent.z; ++z) {
        const uint32_t* slice = objects.labels.data() + z * size;
        now.clear();
        std::unordered_map<uint64_t, int64_t> shared;
        for (int64_t i = 0; i < size; ++i) {
            if (!slice[i]) continue;
            ++now[slice[i]];
            if (z > 0 && slice[i - size]) ++shared[uint64_t(slice[i - size]) << 32 | slice[i]];
        }
        for (const auto& [pair, overlap] : shared) {
            const auto a = uint32_t(pair >> 32), b = uint32_t(pair);
            if (double(overlap) < iou * double(before[a] + now[b] - overlap)) continue;
            const uint32_t rootA = root(a), rootB = root(b);
            if (rootA != rootB) parents[std::max(rootA, rootB)] = std::min(rootA, rootB);
        }
        std::swap(before, now);
    }
    for (uint32_t& id : objects.labels)
        if (id) id = root(id);
    renumber(objects, Connectivity::volume);
}

int64_t dropSmall(LabelVolume& objects, int64_t smallest) {
    if (smallest > 1) {
        std::unordered_map<uint32_t, int64_t> sizes;
        for (const uint32_t id : objects.labels)
            if (id) ++sizes[id];
        for (uint32_t& id : objects.labels)
            if (id && sizes[id] < smallest) id = 0;
    }
    return renumber(objects, Connectivity::volume);
}

LabelVolume separateObjects(const std::vector<uint8_t>& mask, const std::vector<float>& boundaryProbability,
                            const Extent3& extent, const Spacing& spacing, const ObjectRule& rule,
                            const Progress& progress) {
    LabelVolume objects{extent, {}};
    if (rule.splitting == Splitting::none) {
        objects = components(mask, extent, rule.connectivity, true);
    } else {
        std::vector<uint8_t> inside = mask;
        if (rule.splitting == Splitting::boundary)
            for (uint8_t& value : inside) value = !value;
        std::vector<float> height = depths(inside, extent, spacing, rule.connectivity);
        for (float& value : height) value = -value;
        // A faint boundary counts as if the cell were narrower there, by as much as a full one would be wide.
        if (rule.splitting == Splitting::boundary && !boundaryProbability.empty())
            for (size_t i = 0; i < height.size(); ++i) height[i] += 4 * boundaryProbability[i];
        progress.throwIfCancelled();
        objects = watershed(height, inside, extent, rule.connectivity, rule.depth, progress);
    }
    dropSmall(objects, rule.smallest);
    return objects;
}

} // namespace cristae

// DenseLabels: the label store as a plain array of voxels, slow and obvious; what the sparse one is compared
// with.
#pragma once
#include "core/labels/label_layer.h"

#include <vector>

namespace cristae {

struct DenseLabels {
    Extent3 extent;
    std::vector<Voxel> voxels;

    explicit DenseLabels(const Extent3& e) : extent(e), voxels(size_t(e.count())) {}
    bool inside(int64_t z, int64_t y, int64_t x) const {
        return z >= 0 && y >= 0 && x >= 0 && z < extent.z && y < extent.y && x < extent.x;
    }
    Voxel& at(int64_t z, int64_t y, int64_t x) { return voxels[size_t((z * extent.y + y) * extent.x + x)]; }
    const Voxel& at(int64_t z, int64_t y, int64_t x) const {
        return voxels[size_t((z * extent.y + y) * extent.x + x)];
    }
    void set(int64_t z, int64_t y, int64_t x, Voxel value, const WriteRule& rule) {
        if (inside(z, y, x) && rule.allows(at(z, y, x))) at(z, y, x) = value;
    }
    bool operator==(const DenseLabels&) const = default;
};

/// Every voxel of a snapshot, through its block readers.
inline DenseLabels denseOf(const LabelSnapshot& snapshot) {
    DenseLabels result(snapshot.extent());
    const Box3 all = Box3::ofExtent(snapshot.extent());
    const Pixels labels = snapshot.labels(all), origins = snapshot.origins(all);
    for (size_t i = 0; i < result.voxels.size(); ++i)
        result.voxels[i] = {labels.values<uint32_t>()[i], Origin(origins.values<uint8_t>()[i])};
    return result;
}

} // namespace cristae

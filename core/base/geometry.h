// Integer boxes and extents in image coordinates; axes always z, y, x.
#pragma once
#include <algorithm>
#include <cstdint>

namespace cristae {

struct Extent3 {
    int64_t z = 0, y = 0, x = 0;
    int64_t count() const { return z * y * x; }
    bool operator==(const Extent3&) const = default;
};

/// Half-open box: from (z0, y0, x0) up to but without (z1, y1, x1), in voxels of one level.
struct Box3 {
    int64_t z0 = 0, y0 = 0, x0 = 0, z1 = 0, y1 = 0, x1 = 0;

    static Box3 ofExtent(const Extent3& e) { return {0, 0, 0, e.z, e.y, e.x}; }
    /// The whole slice z of a volume of extent e.
    static Box3 ofSlice(const Extent3& e, int64_t z) { return {z, 0, 0, z + 1, e.y, e.x}; }
    Extent3 extent() const { return {z1 - z0, y1 - y0, x1 - x0}; }
    bool empty() const { return z1 <= z0 || y1 <= y0 || x1 <= x0; }
    bool contains(const Box3& b) const {
        return b.z0 >= z0 && b.y0 >= y0 && b.x0 >= x0 && b.z1 <= z1 && b.y1 <= y1 && b.x1 <= x1;
    }
    Box3 intersected(const Box3& b) const {
        return {std::max(z0, b.z0), std::max(y0, b.y0), std::max(x0, b.x0),
                std::min(z1, b.z1), std::min(y1, b.y1), std::min(x1, b.x1)};
    }
    bool operator==(const Box3&) const = default;
};

} // namespace cristae

// RayCaster: parallel rays through a scene: where they enter its box and where they meet something labelled.
#pragma once
#include "core/render/volume_picture.h"

#include <cmath>

namespace cristae {

/// A place or a way in the scene: x right, y down, z away from the first slice; the origin is in the middle.
struct RayVector {
    double x = 0, y = 0, z = 0;
    RayVector operator+(const RayVector& o) const { return {x + o.x, y + o.y, z + o.z}; }
    RayVector operator-(const RayVector& o) const { return {x - o.x, y - o.y, z - o.z}; }
    RayVector operator*(double f) const { return {x * f, y * f, z * f}; }
    double dot(const RayVector& o) const { return x * o.x + y * o.y + z * o.z; }
    RayVector unit() const;
};

/// The picture's axes in the scene.
struct ViewFrame {
    RayVector right, down, away;
    explicit ViewFrame(const VolumeCamera& camera);
};

/// How far along a ray its way through the box goes, and through which faces (0 x, 1 y, 2 z).
struct RaySpan {
    double from = -INFINITY, to = INFINITY;
    int faceIn = 2, faceOut = 2;
    bool empty() const { return !(from < to); }
};

/// All rays go along frame().away. Voxel coordinates: the middle of voxel 0 is at 0.
class RayCaster {
public:
    RayCaster(const VolumeScene& scene, const VolumeCamera& camera);
    const ViewFrame& frame() const { return frame_; }
    /// Half the edges of the box.
    const RayVector& half() const { return half_; }
    RayVector voxelOf(const RayVector& point) const;
    RaySpan throughBox(const RayVector& origin) const;
    /// How far along the ray half is labelled for the first time; the start of the span where the box cuts
    /// it.
    std::optional<double> surface(const RayVector& origin, const RaySpan& span) const;
    /// Out of the labelled, from the fall of density around a place in voxels.
    RayVector normalAt(const RayVector& voxel) const;
    /// Index of the nearest voxel in the scene's arrays.
    size_t nearest(const RayVector& voxel) const;
    /// The label at a surface: of the nearest voxel, or where that has none of its nearest neighbour that
    /// has.
    uint8_t labelAt(const RayVector& voxel) const;

private:
    double density(const RayVector& voxel) const;
    bool filled(const RayVector& voxel) const;
    double leavesBlock(const RayVector& voxel, double t) const;
    const VolumeScene& scene_;
    const ViewFrame frame_;
    RayVector half_;
    Extent3 blocks_;
    std::vector<uint8_t> filled_; // blocks with something labelled in or beside them
};

} // namespace cristae

// Distances between shapes: exact Euclidean distance transform, and the surface distances made of it.
#pragma once
#include "core/base/geometry.h"
#include "core/base/progress.h"

#include <cstdint>
#include <span>
#include <vector>

namespace cristae {

/// Distance from voxel centre to voxel centre along each axis, in any unit.
struct Spacing {
    double z = 1, y = 1, x = 1;
};

/// Squared distance of every voxel to the nearest voxel of `mask` (values ≠ 0), [Z, Y, X], in units of the
/// spacing; infinity everywhere when the mask is empty. Exact up to float rounding (Felzenszwalb and
/// Huttenlocher 2012, doi:10.4086/toc.2012.v008a019), in one pass along each axis.
std::vector<float> squaredDistances(std::span<const uint8_t> mask, const Extent3& extent,
                                    const Spacing& spacing);

/// The voxels of a mask with a face neighbour outside it; beyond the image is outside. In a single slice only
/// y and x count.
std::vector<uint8_t> surfaceOf(std::span<const uint8_t> mask, const Extent3& extent);

struct SurfaceDistances {
    double hausdorff = 0; // the largest of all distances between the surfaces
    double hd95 = 0;      // their 95th percentile, both directions together, linear between ranks
    double mean = 0;      // mean of the two directions' means
};
/// Distances between the surfaces of two masks, as MedPy defines them. All 0 when both are empty, all NaN
/// when one is. Throws Error{cancelled}.
SurfaceDistances surfaceDistances(std::span<const uint8_t> a, std::span<const uint8_t> b,
                                  const Extent3& extent, const Spacing& spacing, const Progress& progress);

} // namespace cristae

// Warp: the geometry of a patch, drawn once and applied to all its planes and labels alike.
#pragma once
#include "core/image/pixels.h"
#include "core/learn/augment_ranges.h"

#include <vector>

namespace cristae {

/// Where each pixel of a square patch lies in a slice.
struct Warp {
    int64_t side = 0;
    /// The part of the slice that is shown; columns and rows from `left` and `top`.
    int64_t left = 0, top = 0, width = 0, height = 0;
    std::vector<float> x, y; // [S, S], columns and rows of the part; 0 is the centre of its first pixel
    Border border = Border::reflect;
};

/// Draws mirror images, turns, rotation, shear, zoom, crop and elastic deformation, composed into one lookup
/// about the point (middleX, middleY) of a slice of this extent.
Warp drawWarp(Random& random, const AugmentRanges& ranges, int64_t side, double middleX, double middleY,
              const Extent3& extent);

/// Plane (channel, 0) of f32 [C, 1, Y, X], interpolated between pixels, into plane (channel, z) of `to`, f32
/// [C, Z, S, S].
void warpGrey(const Pixels& from, int64_t channel, const Warp& warp, Pixels& to, int64_t z);
/// u8 [1, 1, Y, X] by the nearest pixel into plane z of `to`, u8 [1, Z, S, S].
void warpLabels(const Pixels& from, const Warp& warp, Pixels& to, int64_t z);

} // namespace cristae

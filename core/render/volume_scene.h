// VolumeScene: a stack with its labels, made small enough to be looked at from any side.
#pragma once
#include "core/base/progress.h"
#include "core/image/tile_source.h"
#include "core/labels/class_table.h"

#include <array>
#include <vector>

namespace cristae {

/// Of a scene that turns smoothly.
inline constexpr int64_t mostSceneVoxels = 16'000'000;

/// All arrays are [Z, Y, X] of `extent`, whose voxels each stand for a block of the image.
struct VolumeScene {
    Extent3 extent;
    Extent3 imageExtent;
    Extent3 block; // image voxels that one stands for; the last ones of an axis may stand for fewer
    std::array<double, 3> step{1, 1, 1}; // distance of neighbours along z, y and x; the smallest is 1
    std::optional<double> nmPerStep;     // length of such a 1; empty where the voxel size is unknown
    std::vector<uint8_t> grey;           // 0 black … 255 white, contrast as ImageJ's Auto
    std::vector<uint8_t> label;   // 0 = none, i = colours[i − 1]: of the labels of a block the commonest
    std::vector<uint8_t> density; // 255 × the share of a block that is labelled, smoothed over neighbours
    std::vector<Colour> colours;
};

/// Reads both slice by slice and averages blocks until at most `mostVoxels` are left, nearly cubes. Where the
/// distance of slices is unknown they lie one pixel apart. Values of `classes` that are hidden are left out;
/// values that it does not know are objects with colours of their own. `labels` may be null. Throws
/// Error{input} when sizes differ or labels are fractions, {memory}, {cancelled}.
VolumeScene volumeScene(const TileSource& image, const TileSource* labels, const ClassTable& classes,
                        const VoxelSize& voxelSize, int64_t mostVoxels, const Progress& progress);

} // namespace cristae

// Instances: from a mask to separate objects, within slices or through the volume.
#pragma once
#include "core/measure/distances.h"
#include "core/measure/label_volume.h"

namespace cristae {

enum class Splitting {
    none,     // what touches is one object
    distance, // touching objects are split: watershed on the distance to the background
    boundary  // the mask marks boundaries; objects are the cells between them, split where a boundary has
              // gaps
};

/// How a mask becomes objects.
struct ObjectRule {
    Connectivity connectivity = Connectivity::volume;
    Splitting splitting = Splitting::none;
    /// Two parts stay one object when the neck between them is less than this much narrower (in radius) than
    /// the thinner part: px of y and x.
    double depth = 2;
    int64_t smallest = 0; // objects of fewer voxels are left out
};

/// Objects of a mask [Z, Y, X] (values ≠ 0), numbered from 1 on in the order of their first voxels.
/// `boundaryProbability` [Z, Y, X], only for Splitting::boundary: gaps are then bridged along its ridges;
/// empty = by distance alone. `spacing` makes distances through the volume true. Throws Error{cancelled}.
/// Distance watershed: Beucher and Lantuéjoul 1979, basins merged by their dynamics (Grimaud 1992).
LabelVolume separateObjects(const std::vector<uint8_t>& mask, const std::vector<float>& boundaryProbability,
                            const Extent3& extent, const Spacing& spacing, const ObjectRule& rule,
                            const Progress& progress);

/// Watershed of `height` [Z, Y, X] over the voxels of `mask`: every voxel goes to the basin that its steepest
/// way down leads to; basins less deep than `depth` join the neighbour over their lowest pass.
LabelVolume watershed(const std::vector<float>& height, const std::vector<uint8_t>& mask,
                      const Extent3& extent, Connectivity connectivity, double depth,
                      const Progress& progress);

/// Objects found slice by slice become objects of the volume: two in neighbouring slices are one when their
/// areas overlap by at least `iou`. Each slice's ids must be its own.
void linkSlices(LabelVolume& objects, double iou = 0.25);

/// Leaves out objects of fewer voxels and numbers the others from 1 on; returns how many there are.
int64_t dropSmall(LabelVolume& objects, int64_t smallest);

} // namespace cristae

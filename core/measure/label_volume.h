// LabelVolume: a whole volume of masks or object ids in memory, and its connected components.
#pragma once
#include "core/base/progress.h"
#include "core/image/tile_source.h"
#include "core/measure/class_statistics.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cristae {

/// [Z, Y, X], 0 = background.
struct LabelVolume {
    Extent3 extent;
    std::vector<uint32_t> labels;
    int64_t sliceSize() const { return extent.y * extent.x; }
};

/// What of an image is foreground: the value `label`, or without one every value ≠ 0; `inverted`: the rest.
/// What is `unlabelled` is neither foreground nor background.
struct Foreground {
    std::optional<int64_t> label;
    bool inverted = false;
    std::optional<int64_t> unlabelled; // ImageInfo::unlabelled
};

/// 1 where a voxel is foreground, [Z, Y, X]; of several channels any counts; 0 where it is unlabelled. `what`
/// names the image in errors. Throws Error{input} for fractions, which are probabilities or grey values and
/// no labels.
std::vector<uint8_t> foregroundOf(const Pixels& pixels, const Foreground& foreground,
                                  const std::string& what);

/// 1 where a voxel is labelled, [Z, Y, X]; empty where all are.
std::vector<uint8_t> labelledOf(const Pixels& pixels, std::optional<int64_t> unlabelled);

/// The values of one slice as ids, 0 where it is unlabelled. Throws Error{input} for fractions, negative
/// values and several channels.
std::vector<uint32_t> idsOf(const Pixels& pixels, const std::string& what,
                            std::optional<int64_t> unlabelled = {});

/// Gives every connected component of `mask` (values ≠ 0) a number from 1 on, in the order of first voxels.
/// `corners`: voxels that touch at an edge or corner are connected (8 or 26 neighbours), else only those with
/// a common face (4 or 6). In slices, each slice has its own components, with numbers of their own.
LabelVolume components(const std::vector<uint8_t>& mask, const Extent3& extent, Connectivity connectivity,
                       bool corners);
/// Numbers ids from 1 on, without gaps, and returns how many there are. With Connectivity::slices an id gets
/// another number in every slice.
int64_t renumber(LabelVolume& volume, Connectivity connectivity);

} // namespace cristae

// A part of an image as an image of its own.
#pragma once
#include "core/image/tile_source.h"

namespace cristae {

/// A box of a source as a source of its own with one level; voxelSize replaces the source's if given.
TileSourcePtr partOf(TileSourcePtr whole, const Box3& box, std::optional<VoxelSize> voxelSize = {});

} // namespace cristae

// withVoxelSize: the same image with another voxel size, for sizes that a person has entered.
#pragma once
#include "core/image/tile_source.h"

namespace cristae {

/// The source itself if it already says so; pixels and id are those of the source.
TileSourcePtr withVoxelSize(TileSourcePtr source, const VoxelSize& size);

} // namespace cristae

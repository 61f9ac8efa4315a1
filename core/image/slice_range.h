// sliceRange: some consecutive slices of an image as an image of their own.
#pragma once
#include "core/image/tile_source.h"

namespace cristae {

/// Slices [first, end) of level 0. Throws Error{usage} if they are not in the image. The source itself if all
/// are wanted.
TileSourcePtr sliceRange(TileSourcePtr source, int64_t first, int64_t end);

} // namespace cristae

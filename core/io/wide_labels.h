// Ids of 64 bits as labels of 32.
#pragma once
#include "core/image/tile_source.h"

#include <cstdint>
#include <set>

namespace cristae {

/// Numbers the ids of a source from 1 on, in the order of their first voxels, if it stores 64 bits and some
/// do not fit in 32; else the source itself. 0 and 2^64−1 (the background of CREMI) stay 0; −1 and `missing`
/// become info().unlabelled. Throws Error{input} for other negative numbers and for more than 2^32−2 ids.
TileSourcePtr renumberedIds(const TileSourcePtr& source, const std::set<int64_t>& missing,
                            const Progress& progress);

} // namespace cristae

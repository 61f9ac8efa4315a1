// LabelSource: a snapshot of labels as a TileSource, for export and measurement.
#pragma once
#include "core/image/tile_source.h"
#include "core/labels/label_layer.h"

namespace cristae {

/// Type u8, u16 or u32, the smallest that holds the largest label. voxelSize as given.
TileSourcePtr makeLabelSource(LabelSnapshot snapshot, VoxelSize voxelSize);
/// The smallest of u8, u16, u32 that holds `maxLabel`.
PixelType labelTypeFor(uint32_t maxLabel);

} // namespace cristae

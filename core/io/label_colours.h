// Coloured label images: every colour is a label.
#pragma once
#include "core/io/label_image.h"

namespace cristae {

/// Labels of an image of three channels (8 or 16 bits): u8 or u32, each colour the number that labelOfColour
/// gives; the table stands in the remarks. Greys alone come back as one channel. Throws Error{input}: more
/// than 256 colours, colours blended at edges, white but no black, other types.
TileSourcePtr numberedColours(const TileSourcePtr& source, const Progress& progress);

/// An image whose last channel is its transparency, without it: voxels that are fully transparent are 0.
/// Throws Error{input} where the colour is the same everywhere and only the transparency differs.
TileSourcePtr withoutTransparency(const TileSourcePtr& source, const Progress& progress = Progress::none());

} // namespace cristae

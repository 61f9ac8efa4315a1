// Palettes and lookup tables of pictures: what they say of the values behind them.
#pragma once
#include "core/image/image_info.h"

#include <array>
#include <cstdint>
#include <vector>

namespace cristae {

/// Red, green and blue of each index, 8 bits each.
using Palette = std::vector<std::array<uint8_t, 3>>;

/// Greys only, whatever their order.
bool isGreyPalette(const Palette& palette);
/// A lookup table, as microscopes and ImageJ show grey values with, rather than colours chosen for a picture:
/// at least 128 entries, each hardly different from the one before.
bool isLookupTable(const Palette& palette);
/// The colours of PASCAL VOC, where 255 marks boundaries.
bool isVocPalette(const Palette& palette);

/// Labels of an image with a palette: remarks that the values are indices and which one is the background;
/// with the colours of PASCAL VOC 255 is not labelled.
void takeIndices(ImageInfo& info, const Palette& palette);
/// The image behind a lookup table of colours; remarks on it.
void takeGreyBehindTable(ImageInfo& info);

} // namespace cristae

// turned: an image as the orientation tag of TIFF and EXIF wants it to be seen.
#pragma once
#include "core/image/tile_source.h"

#include <cstddef>
#include <span>

namespace cristae {

/// The image with its first row and column where `orientation` (1 to 8, tag 274) says: 2 mirrored, 3 turned
/// by 180°, 4 flipped, 5 transposed, 6 turned by 90° clockwise, 7 transposed along the other diagonal, 8
/// turned by 90° anticlockwise; with a remark. The source itself for 1 and for what is no orientation.
TileSourcePtr turned(TileSourcePtr source, int orientation);

/// The orientation in EXIF data, a small TIFF file: 1 to 8; 1 (upright) if there is none or it makes no
/// sense.
int exifOrientation(std::span<const std::byte> tiff);
/// Says of a picture that it is read as it is stored; for what is not upright.
void remarkOnExif(ImageInfo& info, int orientation);

} // namespace cristae

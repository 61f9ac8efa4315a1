// Decoding of TIFF strips and tiles into Pixels.
#pragma once
#include "core/io/tiff_pages.h"

namespace cristae {

/// Unit (strip or tile) at column, row of the unit grid as [channels, 1, height, width], clipped to the page;
/// the handle is moved to the page. Throws Error{input} when it is damaged.
Pixels decodeTiffUnit(TiffFile& tiff, const InputFile& file, const TiffPage& page, int64_t unitX,
                      int64_t unitY);
/// Decodes what a codec that fills in damaged data stores (fax, PackBits, JPEG), up to a few megabytes: a
/// remark if libtiff had something to say, else empty. Other codecs refuse damage when it is read.
std::string remarkOnDamage(TiffFile& tiff, const InputFile& file, const TiffTable& table);
/// A box of a plain page straight from the file, as [channels, 1, Y, X]; box.z is ignored.
Pixels readPlainTiff(const InputFile& file, const TiffPage& page, const Box3& box);
/// Rows [y0, y1) of a strip page, decoded line by line; for strips that are too large to decode at once.
/// `nextRow` is where the handle stands on this page (-1: elsewhere) and is updated.
Pixels decodeTiffRows(TiffFile& tiff, const InputFile& file, const TiffPage& page, int64_t y0, int64_t y1,
                      int64_t& nextRow);

} // namespace cristae

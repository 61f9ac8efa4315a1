// Region: the part of an image that a training or a score is about.
#pragma once
#include "core/image/pixels.h"

#include <string>

namespace cristae {

/// Rows [y0, y1) and columns [x0, x1) of an image, in its own pixels.
struct Region {
    int64_t y0 = 0, y1 = 0, x0 = 0, x1 = 0;
    static Region of(const Extent3& extent) { return {0, extent.y, 0, extent.x}; }
    bool empty() const { return y1 <= y0 || x1 <= x0; }
    int64_t count() const { return empty() ? 0 : (y1 - y0) * (x1 - x0); }
    bool operator==(const Region&) const = default;
};

/// "0:768,0:704" (rows, columns; ends exclusive; ":" or an end left out means all). Throws Error{input}.
Region parseRegion(const std::string& text, const Extent3& extent);
/// "rows 0–383, columns 768–1023"; what covers the whole side is left out, of a whole image nothing is said.
std::string regionText(const Region& region, const Extent3& extent);
/// Labels u8 [1, 1, Y, X] as they are inside, 255 (unknown) outside; a new block.
Pixels knownOnlyIn(const Region& region, const Pixels& labels);
/// The smallest region around all pixels that are not 255, and how many there are.
struct KnownPixels {
    Region box;
    int64_t count = 0;
    bool fillsBox() const { return count == box.count(); }
};
KnownPixels knownPixels(const Pixels& labels);

} // namespace cristae

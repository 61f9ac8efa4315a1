// Where a brush or an eraser of a given size sits for a point of the cursor.
#pragma once
#include "core/tools/tool.h"

#include <algorithm>
#include <cmath>

namespace cristae {

struct BrushDab {
    ImagePoint centre;
    double radius = 0;
};

/// Below a radius of one pixel the dab snaps to the centre of its pixel, so that the smallest brush paints
/// one pixel and a line drawn with it has no gaps.
inline BrushDab brushDab(ImagePoint point, double radius) {
    if (radius >= 1) return {point, radius};
    return {{std::floor(point.y) + 0.5, std::floor(point.x) + 0.5}, std::max(radius, 0.5)};
}

} // namespace cristae

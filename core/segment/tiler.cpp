// Tiler: equal tiles on the network's grid whose inner parts cover a region.
#include "core/segment/tiler.h"

#include "core/base/error.h"

#include <algorithm>
#include <fmt/format.h>

namespace cristae {
namespace {

int64_t roundedUp(int64_t value, int64_t multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

/// One axis of a tiling: all inputs are `side` long; tile i decides [begins[i], begins[i] + step).
struct Axis {
    int64_t side = 0, step = 0;
    std::vector<int64_t> begins;
};

Axis makeAxis(int64_t begin, int64_t end, int64_t halo, int64_t multiple, int64_t tileSide) {
    const int64_t alignedBegin = begin / multiple * multiple; // begin is not negative
    const int64_t length = roundedUp(end - alignedBegin, multiple);
    const int64_t largestStep = std::max(multiple, (tileSide - 2 * halo) / multiple * multiple);
    const int64_t count = (length + largestStep - 1) / largestStep;
    Axis axis;
    // Equal shares instead of a last tile that lies mostly outside.
    axis.step = roundedUp((length + count - 1) / count, multiple);
    axis.side = axis.step + 2 * halo;
    for (int64_t at = alignedBegin; at < end; at += axis.step) axis.begins.push_back(at);
    return axis;
}

} // namespace

Tiling makeTiling(const Extent3& plane, const Box3& region, const NetworkInfo& network, int64_t tileSide) {
    const int64_t multiple = network.strideMultiple;
    if (multiple < 1 || network.receptiveRadius < 0)
        throw Error(
            ErrorKind::internal,
            "A network without a stride multiple or with a negative receptive-field radius cannot be tiled.");
    if (region.y0 < 0 || region.x0 < 0 || region.y1 > plane.y || region.x1 > plane.x ||
        region.y0 >= region.y1 || region.x0 >= region.x1)
        throw Error(ErrorKind::input,
                    fmt::format("The region y {}–{}, x {}–{} does not lie in the image of {} × {} pixels.",
                                region.y0, region.y1, region.x0, region.x1, plane.x, plane.y));
    Tiling tiling;
    tiling.halo = roundedUp(network.receptiveRadius, multiple);
    const Axis y = makeAxis(region.y0, region.y1, tiling.halo, multiple, tileSide);
    const Axis x = makeAxis(region.x0, region.x1, tiling.halo, multiple, tileSide);
    tiling.inputHeight = y.side;
    tiling.inputWidth = x.side;
    for (const int64_t tileY : y.begins)
        for (const int64_t tileX : x.begins) {
            const Box3 output = {0, tileY, tileX, 1, tileY + y.step, tileX + x.step};
            const Box3 wanted = {0, region.y0, region.x0, 1, region.y1, region.x1};
            tiling.tiles.push_back({tileY - tiling.halo, tileX - tiling.halo, output.intersected(wanted)});
        }
    return tiling;
}

SlabTiling makeSlabs(int64_t first, int64_t end, const NetworkInfo& network, int64_t depth) {
    const int64_t multiple = network.sliceMultiple;
    if (multiple < 1 || network.sliceRadius < 0 || first < 0 || first >= end)
        throw Error(ErrorKind::internal, "A network of volumes was asked for slices that cannot be tiled.");
    const int64_t halo = roundedUp(network.sliceRadius, multiple);
    if (depth <= 0) depth = 2 * halo + std::max({multiple, 4 * halo, int64_t(8)});
    const Axis z = makeAxis(first, end, halo, multiple, depth);
    SlabTiling tiling;
    tiling.inputDepth = z.side;
    for (const int64_t begin : z.begins)
        tiling.slabs.push_back({begin - halo, std::max(begin, first), std::min(begin + z.step, end)});
    return tiling;
}

int64_t reflectedIndex(int64_t i, int64_t n) {
    if (n <= 1) return 0;
    const int64_t period = 2 * (n - 1);
    i %= period;
    if (i < 0) i += period;
    return i < n ? i : period - i;
}

} // namespace cristae

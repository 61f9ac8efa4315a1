// The orientations of a tile.
#include "core/segment/averaging.h"

#include <array>

namespace cristae {
namespace {

/// Calls f(index in the block as it is, index in the block as it is seen) for each pixel of each plane.
template <class F> void forEachPixel(int64_t channels, const Extent3& e, const Orientation& o, F&& f) {
    for (int64_t plane = 0; plane < channels * e.z; ++plane) {
        const int64_t z = plane % e.z, seenPlane = o.reverseZ ? plane + e.z - 1 - 2 * z : plane;
        for (int64_t y = 0; y < e.y; ++y)
            for (int64_t x = 0; x < e.x; ++x) {
                const int64_t seenY = o.mirrorY ? e.y - 1 - y : y, seenX = o.mirrorX ? e.x - 1 - x : x;
                const int64_t seen = o.transpose ? seenX * e.y + seenY : seenY * e.x + seenX;
                f(size_t((plane * e.y + y) * e.x + x), size_t(seenPlane * e.y * e.x + seen));
            }
    }
}

} // namespace

std::span<const Orientation> orientations(Averaging averaging, bool severalSlices) {
    static constexpr std::array<Orientation, 16> all = {{{false, false, false},
                                                         {true, false, false},
                                                         {false, true, false},
                                                         {true, true, false},
                                                         {false, false, true},
                                                         {true, false, true},
                                                         {false, true, true},
                                                         {true, true, true},
                                                         {false, false, false, true},
                                                         {true, false, false, true},
                                                         {false, true, false, true},
                                                         {true, true, false, true},
                                                         {false, false, true, true},
                                                         {true, false, true, true},
                                                         {false, true, true, true},
                                                         {true, true, true, true}}};
    const size_t square = severalSlices ? 16 : 8;
    const size_t count = averaging == Averaging::none ? 1 : averaging == Averaging::flips ? 4 : square;
    return std::span(all).first(count);
}

Pixels oriented(const Pixels& block, const Orientation& o) {
    if (!o.mirrorX && !o.mirrorY && !o.transpose && !o.reverseZ) return block;
    const Extent3 extent = block.extent();
    Pixels seen(PixelType::f32, block.channels(),
                o.transpose ? Extent3{extent.z, extent.x, extent.y} : extent);
    const auto from = block.values<float>();
    const auto to = seen.values<float>();
    forEachPixel(block.channels(), extent, o, [&](size_t own, size_t other) { to[other] = from[own]; });
    return seen;
}

void addLaidBack(Pixels& sum, const Pixels& block, const Orientation& o) {
    const auto to = sum.values<float>();
    const auto from = block.values<float>();
    forEachPixel(sum.channels(), sum.extent(), o, [&](size_t own, size_t other) { to[own] += from[other]; });
}

} // namespace cristae

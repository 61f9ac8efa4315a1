// The eight orientations of a tile.
#include "core/segment/averaging.h"

#include <array>

namespace cristae {
namespace {

/// Calls f(index in the block as it is, index in the block as it is seen) for each pixel of each plane.
template <class F>
void forEachPixel(int64_t planes, int64_t height, int64_t width, const Orientation& o, F&& f) {
    for (int64_t plane = 0; plane < planes; ++plane)
        for (int64_t y = 0; y < height; ++y)
            for (int64_t x = 0; x < width; ++x) {
                const int64_t seenY = o.mirrorY ? height - 1 - y : y, seenX = o.mirrorX ? width - 1 - x : x;
                const int64_t seen = o.transpose ? seenX * height + seenY : seenY * width + seenX;
                f(size_t((plane * height + y) * width + x), size_t(plane * height * width + seen));
            }
}

} // namespace

std::span<const Orientation> orientations(Averaging averaging) {
    static constexpr std::array<Orientation, 8> all = {{{false, false, false},
                                                        {true, false, false},
                                                        {false, true, false},
                                                        {true, true, false},
                                                        {false, false, true},
                                                        {true, false, true},
                                                        {false, true, true},
                                                        {true, true, true}}};
    const size_t count = averaging == Averaging::none ? 1 : averaging == Averaging::flips ? 4 : 8;
    return std::span(all).first(count);
}

Pixels oriented(const Pixels& block, const Orientation& o) {
    if (!o.mirrorX && !o.mirrorY && !o.transpose) return block;
    const Extent3 extent = block.extent();
    Pixels seen(PixelType::f32, block.channels(),
                o.transpose ? Extent3{extent.z, extent.x, extent.y} : extent);
    const auto from = block.values<float>();
    const auto to = seen.values<float>();
    forEachPixel(block.channels() * extent.z, extent.y, extent.x, o,
                 [&](size_t own, size_t other) { to[other] = from[own]; });
    return seen;
}

void addLaidBack(Pixels& sum, const Pixels& block, const Orientation& o) {
    const Extent3 extent = sum.extent();
    const auto to = sum.values<float>();
    const auto from = block.values<float>();
    forEachPixel(sum.channels() * extent.z, extent.y, extent.x, o,
                 [&](size_t own, size_t other) { to[own] += from[other]; });
}

} // namespace cristae

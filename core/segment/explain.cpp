// Occlusion, and the way from a click to a network's input and back.
#include "core/segment/explain.h"

#include "core/base/error.h"
#include "core/segment/resample.h"
#include "core/segment/slice_planes.h"
#include "core/segment/tiler.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace cristae {

namespace {

int64_t roundedUp(int64_t value, int64_t multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

/// The largest multiple that is not above the value.
int64_t onGrid(int64_t value, int64_t multiple) {
    return int64_t(std::floor(double(value) / double(multiple))) * multiple;
}

} // namespace

Surroundings surroundingsOf(const TileSource& image, const ModelCard& card, const NetworkInfo& network,
                            int64_t z, int64_t y, int64_t x, int64_t side, const Progress& progress) {
    const Extent3 extent = image.info().extent();
    if (z < 0 || z >= extent.z || y < 0 || y >= extent.y || x < 0 || x >= extent.x)
        throw Error(ErrorKind::usage,
                    fmt::format("There is no pixel z {}, y {}, x {} in the image of {} slices of {} × {} px.",
                                z, y, x, extent.z, extent.x, extent.y));
    Surroundings result;
    result.scale = modelScale(image.info().voxelSize, card);
    const auto scaled = [](int64_t pixel, double scale) { return int64_t((double(pixel) + 0.5) * scale); };
    const int64_t modelY = scaled(y, result.scale.y), modelX = scaled(x, result.scale.x);
    const int64_t size = roundedUp(std::max<int64_t>(side, network.strideMultiple), network.strideMultiple);
    result.originY = onGrid(modelY - size / 2, network.strideMultiple);
    result.originX = onGrid(modelX - size / 2, network.strideMultiple);
    result.y = modelY - result.originY;
    result.x = modelX - result.originX;
    const int64_t depth =
        network.volumetric ? std::max(network.tileDepth, network.sliceMultiple) : network.slicesIn;
    SlicePlanes planes(image, depth);
    std::vector<std::shared_ptr<const SlicePlane>> slices;
    for (int64_t i = 0; i < depth; ++i)
        slices.push_back(planes.plane(reflectedIndex(z - depth / 2 + i, extent.z), card, progress));
    result.input = cutTile(slices, result.originY, result.originX, size, size);
    const auto covered = [](int64_t origin, int64_t length, double scale, int64_t count) {
        return std::pair(std::clamp(int64_t(std::floor(double(origin) / scale)), int64_t(0), count),
                         std::clamp(int64_t(std::ceil(double(origin + length) / scale)), int64_t(0), count));
    };
    const auto [y0, y1] = covered(result.originY, size, result.scale.y, extent.y);
    const auto [x0, x1] = covered(result.originX, size, result.scale.x, extent.x);
    result.box = {z, y0, x0, z + 1, y1, x1};
    return result;
}

Pixels atImagePixels(const Pixels& map, const Surroundings& from) {
    const Box3& box = from.box;
    Pixels result(PixelType::f32, 1, {1, box.y1 - box.y0, box.x1 - box.x0});
    const auto in = map.values<float>();
    const auto out = result.values<float>();
    const int64_t height = map.extent().y, width = map.extent().x;
    struct Place {
        int64_t first;
        float share; // of the next one
    };
    const auto place = [](int64_t pixel, double scale, int64_t origin, int64_t count) {
        const double at =
            std::clamp((double(pixel) + 0.5) * scale - 0.5 - double(origin), 0.0, double(count - 1));
        const int64_t first = std::min(int64_t(at), std::max<int64_t>(0, count - 2));
        return Place{first, float(at - double(first))};
    };
    for (int64_t y = box.y0; y < box.y1; ++y) {
        const Place row = place(y, from.scale.y, from.originY, height);
        const float* upper = in.data() + row.first * width;
        const float* lower = upper + (height > 1 ? width : 0);
        for (int64_t x = box.x0; x < box.x1; ++x) {
            const Place column = place(x, from.scale.x, from.originX, width);
            const int64_t next = width > 1 ? column.first + 1 : column.first;
            const auto across = [&](const float* line) {
                return line[column.first] * (1 - column.share) + line[next] * column.share;
            };
            out[size_t((y - box.y0) * (box.x1 - box.x0) + x - box.x0)] =
                across(upper) * (1 - row.share) + across(lower) * row.share;
        }
    }
    return result;
}

double probabilityAt(Network& network, const Surroundings& at, int64_t channel) {
    Pixels out;
    network.run({&at.input, 1}, {&out, 1});
    return double(out.plane<float>(channel, out.extent().z / 2)[size_t(at.y * out.extent().x + at.x)]);
}

Pixels occlusionMap(Network& network, const Surroundings& at, int64_t channel, int64_t square,
                    const Progress& progress) {
    const Extent3 extent = at.input.extent();
    if (square < 1 || square > std::min(extent.y, extent.x))
        throw Error(ErrorKind::usage,
                    fmt::format("A hidden square of {} px does not suit a part of {} px; take {}.", square,
                                extent.x, std::max<int64_t>(1, extent.x / 8)));
    const double before = probabilityAt(network, at, channel);
    Pixels map(PixelType::f32, 1, {1, extent.y, extent.x});
    std::vector<float> covers(size_t(extent.y * extent.x));
    const auto fall = map.values<float>();
    const int64_t stride = std::max<int64_t>(1, square / 2);
    std::vector<int64_t> starts;
    for (int64_t start = -square + stride; start < extent.x; start += stride) starts.push_back(start);
    size_t done = 0;
    for (const int64_t y0 : starts)
        for (const int64_t x0 : starts) {
            progress.throwIfCancelled();
            progress.report(double(done++) / double(starts.size() * starts.size()),
                            "computing the occlusion map");
            const int64_t top = std::max<int64_t>(0, y0), bottom = std::min(extent.y, y0 + square);
            const int64_t left = std::max<int64_t>(0, x0), right = std::min(extent.x, x0 + square);
            if (top >= bottom || left >= right) continue;
            Surroundings hidden = at;
            Pixels input(PixelType::f32, at.input.channels(), extent);
            std::ranges::copy(at.input.values<float>(), input.values<float>().begin());
            for (int64_t c = 0; c < input.channels(); ++c)
                for (int64_t z = 0; z < extent.z; ++z)
                    for (int64_t y = top; y < bottom; ++y)
                        std::fill_n(input.plane<float>(c, z).begin() + y * extent.x + left, right - left,
                                    0.f);
            hidden.input = std::move(input);
            const auto change = float(before - probabilityAt(network, hidden, channel));
            for (int64_t y = top; y < bottom; ++y)
                for (int64_t x = left; x < right; ++x) {
                    fall[size_t(y * extent.x + x)] += change;
                    covers[size_t(y * extent.x + x)] += 1;
                }
        }
    for (size_t i = 0; i < covers.size(); ++i)
        if (covers[i] > 0) fall[i] /= covers[i];
    return map;
}

} // namespace cristae

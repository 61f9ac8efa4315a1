// Lower envelopes of parabolas, line by line and axis by axis.
#include "core/measure/distances.h"

#include "core/base/parallel.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace cristae {

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

/// Where the parabolas of a line lie, reused from line to line.
struct Envelope {
    std::vector<int64_t> place;
    std::vector<double> from;
    explicit Envelope(int64_t length) : place(size_t(length)), from(size_t(length) + 1) {}

    /// out[i] = min over j of (step · (i − j))² + in[j].
    void transform(const float* in, float* out, int64_t length, double step) {
        int64_t count = 0;
        const double squared = step * step;
        for (int64_t j = 0; j < length; ++j) {
            if (in[j] == infinity) continue;
            double start = -std::numeric_limits<double>::infinity();
            while (count > 0) {
                const int64_t i = place[size_t(count) - 1];
                start = (double(in[j]) - double(in[i])) / (2 * squared * double(j - i)) + double(i + j) / 2;
                if (start > from[size_t(count) - 1]) break;
                --count;
                start = -std::numeric_limits<double>::infinity();
            }
            place[size_t(count)] = j;
            from[size_t(count)] = start;
            ++count;
        }
        if (count == 0) {
            std::fill_n(out, length, infinity);
            return;
        }
        from[size_t(count)] = std::numeric_limits<double>::infinity();
        for (int64_t i = 0, k = 0; i < length; ++i) {
            while (from[size_t(k) + 1] < double(i)) ++k;
            const double away = double(i - place[size_t(k)]);
            out[i] = float(squared * away * away + double(in[place[size_t(k)]]));
        }
    }
};

/// One pass along an axis whose voxels lie `stride` apart, for a block of neighbouring lines: read together
/// so that memory is walked in order.
void passAlong(std::vector<float>& values, int64_t first, int64_t lines, int64_t length, int64_t stride,
               double step) {
    constexpr int64_t together = 16;
    std::vector<float> in(static_cast<size_t>(length * together)), out(static_cast<size_t>(length));
    Envelope envelope(length);
    for (int64_t line = 0; line < lines; line += together) {
        const int64_t here = std::min(together, lines - line);
        for (int64_t i = 0; i < length; ++i)
            for (int64_t l = 0; l < here; ++l)
                in[size_t(l * length + i)] = values[size_t(first + line + l + i * stride)];
        for (int64_t l = 0; l < here; ++l) {
            envelope.transform(in.data() + l * length, out.data(), length, step);
            std::copy_n(out.data(), length, in.data() + l * length);
        }
        for (int64_t i = 0; i < length; ++i)
            for (int64_t l = 0; l < here; ++l)
                values[size_t(first + line + l + i * stride)] = in[size_t(l * length + i)];
    }
}

/// Distances of the voxels of one surface to another mask.
std::vector<float> distancesFrom(const std::vector<uint8_t>& surface, const std::vector<float>& squared) {
    std::vector<float> result;
    for (size_t i = 0; i < surface.size(); ++i)
        if (surface[i]) result.push_back(std::sqrt(squared[i]));
    return result;
}

double meanOf(const std::vector<float>& values) {
    double sum = 0;
    for (const float value : values) sum += double(value);
    return sum / double(values.size());
}

} // namespace

std::vector<float> squaredDistances(std::span<const uint8_t> mask, const Extent3& extent,
                                    const Spacing& spacing) {
    std::vector<float> values(mask.size());
    for (size_t i = 0; i < mask.size(); ++i) values[i] = mask[i] ? 0.f : infinity;
    const int64_t slice = extent.y * extent.x;
    parallelFor(extent.z, [&](int64_t z) {
        Envelope envelope(extent.x);
        std::vector<float> out(static_cast<size_t>(extent.x));
        for (int64_t y = 0; y < extent.y; ++y) {
            float* row = values.data() + z * slice + y * extent.x;
            envelope.transform(row, out.data(), extent.x, spacing.x);
            std::copy(out.begin(), out.end(), row);
        }
        passAlong(values, z * slice, extent.x, extent.y, extent.x, spacing.y);
    });
    if (extent.z > 1)
        parallelFor(extent.y, [&](int64_t y) {
            passAlong(values, y * extent.x, extent.x, extent.z, slice, spacing.z);
        });
    return values;
}

std::vector<uint8_t> surfaceOf(std::span<const uint8_t> mask, const Extent3& extent) {
    std::vector<uint8_t> surface(mask.size(), 0);
    const int64_t slice = extent.y * extent.x;
    parallelFor(extent.z, [&](int64_t z) {
        for (int64_t y = 0; y < extent.y; ++y)
            for (int64_t x = 0; x < extent.x; ++x) {
                const int64_t i = z * slice + y * extent.x + x;
                if (!mask[size_t(i)]) continue;
                bool edge = y == 0 || x == 0 || y + 1 == extent.y || x + 1 == extent.x ||
                            !mask[size_t(i - 1)] || !mask[size_t(i + 1)] || !mask[size_t(i - extent.x)] ||
                            !mask[size_t(i + extent.x)];
                if (!edge && extent.z > 1)
                    edge =
                        z == 0 || z + 1 == extent.z || !mask[size_t(i - slice)] || !mask[size_t(i + slice)];
                surface[size_t(i)] = edge;
            }
    });
    return surface;
}

SurfaceDistances surfaceDistances(std::span<const uint8_t> a, std::span<const uint8_t> b,
                                  const Extent3& extent, const Spacing& spacing, const Progress& progress) {
    const auto empty = [](std::span<const uint8_t> mask) {
        return std::none_of(mask.begin(), mask.end(), [](uint8_t value) { return value != 0; });
    };
    const bool emptyA = empty(a), emptyB = empty(b);
    if (emptyA && emptyB) return {};
    constexpr double undefined = std::numeric_limits<double>::quiet_NaN();
    if (emptyA || emptyB) return {undefined, undefined, undefined};

    const std::vector<uint8_t> surfaceA = surfaceOf(a, extent), surfaceB = surfaceOf(b, extent);
    progress.throwIfCancelled();
    std::vector<float> fromA = distancesFrom(surfaceA, squaredDistances(surfaceB, extent, spacing));
    progress.report(0.5, "distances");
    progress.throwIfCancelled();
    const std::vector<float> fromB = distancesFrom(surfaceB, squaredDistances(surfaceA, extent, spacing));
    progress.report(1, "distances");
    SurfaceDistances result;
    result.mean = (meanOf(fromA) + meanOf(fromB)) / 2;
    fromA.insert(fromA.end(), fromB.begin(), fromB.end());
    const double rank = 0.95 * double(fromA.size() - 1);
    const auto low = fromA.begin() + int64_t(std::floor(rank));
    std::nth_element(fromA.begin(), low, fromA.end());
    const double lower = double(*low);
    const double upper = low + 1 == fromA.end() ? lower : double(*std::min_element(low + 1, fromA.end()));
    result.hd95 = lower + (upper - lower) * (rank - std::floor(rank));
    result.hausdorff = double(*std::max_element(fromA.begin(), fromA.end()));
    return result;
}

} // namespace cristae

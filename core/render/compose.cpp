// compose: display ranges and grey values to screen colours.
#include "core/render/compose.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <type_traits>

namespace cristae {

namespace {
struct Statistics {
    double low = 0, high = 0; // smallest and largest finite value
    int64_t count = 0;        // finite values
};

template <class T> Statistics statisticsOf(std::span<const T> values) {
    Statistics result;
    T low = std::numeric_limits<T>::max(), high = std::numeric_limits<T>::lowest();
    for (const T value : values) {
        if constexpr (std::is_floating_point_v<T>)
            if (!std::isfinite(value)) continue;
        low = std::min(low, value);
        high = std::max(high, value);
        ++result.count;
    }
    if (result.count > 0) {
        result.low = double(low);
        result.high = double(high);
    }
    return result;
}

// Black to white of a value at t in [0, 1] of the range.
double curved(double t, const DisplayRange& range) {
    t = std::clamp(t, 0.0, 1.0);
    if (range.gamma != 1) t = std::pow(t, range.gamma);
    return range.inverted ? 1 - t : t;
}

// Where a value lies in the range; a range without width splits at its value.
double position(double value, const DisplayRange& range) {
    if (range.high > range.low) return (value - range.low) / (range.high - range.low);
    return value < range.low ? 0 : value > range.low ? 1 : 0.5;
}

uint8_t greyOf(double value, const DisplayRange& range) {
    if (std::isnan(value)) return 0;
    return uint8_t(255 * curved(position(value, range), range) + 0.5);
}

// A table for every value of an 8- or 16-bit type, kept for the next tile: all tiles of a view have the same
// range.
template <class T> const uint8_t* greyTable(const DisplayRange& range) {
    constexpr int lowest = std::numeric_limits<T>::lowest(), count = 1 << (8 * sizeof(T));
    thread_local std::vector<uint8_t> table;
    thread_local DisplayRange madeFor;
    if (table.empty() || !(madeFor == range)) {
        table.resize(size_t(count));
        for (int i = 0; i < count; ++i) table[size_t(i)] = greyOf(lowest + i, range);
        madeFor = range;
    }
    return table.data() - lowest; // index with the value itself
}

// Writes grey(value) for each value of a plane; channel shift 16, 8, 0, or -1 for all three.
template <class T>
void drawPlane(std::span<const T> values, const DisplayRange& range, int shift, uint32_t* out) {
    const auto draw = [&](auto&& grey) {
        if (shift < 0)
            for (size_t i = 0; i < values.size(); ++i)
                out[i] = 0xff000000u | uint32_t(grey(values[i])) * 0x010101u;
        else
            for (size_t i = 0; i < values.size(); ++i) out[i] |= uint32_t(grey(values[i])) << shift;
    };
    if constexpr (std::is_integral_v<T> && sizeof(T) <= 2) {
        const uint8_t* table = greyTable<T>(range);
        draw([&](T value) { return table[value]; });
    } else if (range.gamma == 1 && range.high > range.low) {
        const double scale = (range.inverted ? -255 : 255) / (range.high - range.low), low = range.low;
        const double offset = (range.inverted ? 255 : 0) + 0.5;
        draw([&](T value) {
            const double grey = (double(value) - low) * scale + offset;
            // NaN fails both comparisons and is black.
            return uint8_t(grey > 0.5 ? (grey < 255.5 ? grey : 255.0) : 0.0);
        });
    } else {
        draw([&](T value) { return greyOf(double(value), range); });
    }
}
} // namespace

DisplayRange fullRange(const Pixels& sample) {
    DisplayRange range;
    withPixelType(sample.type(), [&](auto zero) {
        using T = decltype(zero);
        if constexpr (std::is_integral_v<T>) {
            range.low = double(std::numeric_limits<T>::lowest());
            range.high = double(std::numeric_limits<T>::max());
        } else {
            const Statistics statistics = statisticsOf(sample.values<T>());
            range.low = statistics.low;
            range.high = statistics.high;
        }
    });
    return range;
}

// ContrastAdjuster.autoAdjust of ImageJ 1.54 with the histograms of its ByteStatistics (bins are the 256
// values) and Short-/FloatStatistics (256 bins from the smallest to the largest value).
DisplayRange autoRange(const Pixels& sample, int press) {
    return withPixelType(sample.type(), [&](auto zero) {
        using T = decltype(zero);
        const auto values = sample.values<T>();
        const Statistics statistics = statisticsOf(values);
        if (statistics.count == 0) return fullRange(sample);
        constexpr bool bytes = std::is_same_v<T, uint8_t>;
        DisplayRange unchanged; // what ImageJ's Reset shows
        if (!bytes) {
            unchanged.low = statistics.low;
            unchanged.high = statistics.high;
        }
        const double first = bytes ? 0.0 : statistics.low;
        const double binSize = bytes ? 1.0 : (statistics.high - statistics.low) / 256;
        if (binSize <= 0 || !std::isfinite(binSize)) return unchanged;

        std::array<int64_t, 256> histogram{};
        const double scale = 1.0 / binSize;
        for (const T value : values) {
            if constexpr (bytes) {
                ++histogram[value];
            } else {
                if constexpr (std::is_floating_point_v<T>)
                    if (!std::isfinite(value)) continue;
                ++histogram[size_t(std::clamp(int(scale * (double(value) - first)), 0, 255))];
            }
        }
        // 5000, 2500, … 19, 9, then from the start again: ImageJ halves until the divisor is below 10.
        const int64_t divisor = 5000 >> (std::max(0, press) % 10);
        const int64_t limit = statistics.count / 10, threshold = statistics.count / divisor;
        const auto counts = [&](int bin) {
            const int64_t count = histogram[size_t(bin)];
            return count <= limit && count > threshold;
        };
        int low = 0, high = 255;
        while (low < 255 && !counts(low)) ++low;
        while (high > 0 && !counts(high)) --high;
        if (high < low) return unchanged;
        DisplayRange range;
        range.low = first + low * binSize;
        range.high = first + high * binSize;
        if (range.low == range.high) {
            range.low = statistics.low;
            range.high = statistics.high;
        }
        return range;
    });
}

void greyToRgb(const Pixels& slice, const DisplayRange& range, std::vector<uint32_t>& out) {
    const Extent3 size = slice.extent();
    out.resize(size_t(size.y * size.x));
    withPixelType(slice.type(), [&](auto zero) {
        using T = decltype(zero);
        if (slice.channels() >= 3) {
            std::fill(out.begin(), out.end(), 0xff000000u);
            for (int c = 0; c < 3; ++c) drawPlane(slice.plane<T>(c, 0), range, 16 - 8 * c, out.data());
        } else {
            drawPlane(slice.plane<T>(0, 0), range, -1, out.data());
        }
    });
}

} // namespace cristae

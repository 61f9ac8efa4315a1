// Foreground, ids, and connected components by rows of runs.
#include "core/measure/label_volume.h"

#include "core/base/error.h"
#include "core/measure/runs.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <type_traits>
#include <unordered_map>

namespace cristae {

namespace {

struct Run {
    int64_t x0, x1;
    uint32_t part;
};

constexpr uint32_t none = std::numeric_limits<uint32_t>::max();

} // namespace

std::vector<uint8_t> foregroundOf(const Pixels& pixels, const Foreground& foreground,
                                  const std::string& what) {
    const size_t size = size_t(pixels.extent().count());
    std::vector<uint8_t> mask(size, 0);
    withPixelType(pixels.type(), [&](auto zero) {
        using T = decltype(zero);
        const auto values = pixels.values<T>();
        if constexpr (std::is_floating_point_v<T>)
            for (const T value : values)
                if (!(value == std::floor(value)))
                    throw Error(
                        ErrorKind::input,
                        fmt::format(
                            "{} holds fractions such as {}: probabilities or grey values, not labels. Export "
                            "labels or a mask and compare that.",
                            what, value));
        const auto& label = foreground.label;
        const bool reachable = !label || double(T(*label)) == double(*label);
        const T wanted = label && reachable ? T(*label) : T(0);
        for (int64_t c = 0; c < pixels.channels(); ++c) {
            const T* channel = values.data() + size_t(c) * size;
            if (!label)
                for (size_t i = 0; i < size; ++i) mask[i] |= uint8_t(channel[i] != T(0));
            else if (reachable)
                for (size_t i = 0; i < size; ++i) mask[i] |= uint8_t(channel[i] == wanted);
        }
    });
    if (foreground.inverted)
        for (uint8_t& value : mask) value = !value;
    const auto labelled = labelledOf(pixels, foreground.unlabelled);
    for (size_t i = 0; i < labelled.size(); ++i) mask[i] &= labelled[i];
    return mask;
}

std::vector<uint8_t> labelledOf(const Pixels& pixels, std::optional<int64_t> unlabelled) {
    std::vector<uint8_t> labelled;
    if (!unlabelled || pixels.channels() != 1) return labelled;
    withPixelType(pixels.type(), [&](auto zero) {
        using T = decltype(zero);
        const auto values = pixels.values<T>();
        const T wanted = T(*unlabelled);
        if (double(wanted) != double(*unlabelled) || std::ranges::find(values, wanted) == values.end())
            return;
        labelled.resize(values.size());
        std::ranges::transform(values, labelled.begin(), [&](T value) { return uint8_t(value != wanted); });
    });
    return labelled;
}

std::vector<uint32_t> idsOf(const Pixels& pixels, const std::string& what,
                            std::optional<int64_t> unlabelled) {
    if (pixels.channels() != 1)
        throw Error(ErrorKind::input,
                    fmt::format("{} has {} channels and so holds no object ids.", what, pixels.channels()));
    std::vector<uint32_t> ids(size_t(pixels.extent().count()));
    withPixelType(pixels.type(), [&](auto zero) {
        using T = decltype(zero);
        const auto values = pixels.values<T>();
        for (size_t i = 0; i < ids.size(); ++i) {
            const double value = double(values[i]);
            if (unlabelled && value == double(*unlabelled)) continue;
            if (!(value >= 0 && value <= double(none) && value == std::floor(value)))
                throw Error(ErrorKind::input,
                            fmt::format("{} holds the value {}, which is no object id.", what, value));
            ids[i] = uint32_t(values[i]);
        }
    });
    return ids;
}

LabelVolume components(const std::vector<uint8_t>& mask, const Extent3& extent, Connectivity connectivity,
                       bool corners) {
    LabelVolume result{extent, std::vector<uint32_t>(mask.size())};
    std::vector<Run> runs;
    std::vector<size_t> starts; // of row z · Y + y
    UnionFind parts;
    const int64_t slack = corners ? 1 : 0;
    const auto unite = [&](Run& run, const Run& other) {
        run.part = run.part == none ? parts.root(other.part) : parts.unite(run.part, other.part);
    };
    for (int64_t z = 0; z < extent.z; ++z)
        for (int64_t y = 0; y < extent.y; ++y) {
            const int64_t row = z * extent.y + y;
            const uint8_t* values = mask.data() + row * extent.x;
            starts.push_back(runs.size());
            for (int64_t x = 0; x < extent.x;) {
                while (x < extent.x && values[x] == 0) ++x;
                const int64_t first = x;
                while (x < extent.x && values[x] != 0) ++x;
                if (x > first) runs.push_back({first, x, none});
            }
            Run *begin = runs.data() + starts.back(), *end = runs.data() + runs.size();
            const auto with = [&](int64_t dz, int64_t dy) {
                if (y + dy < 0 || y + dy >= extent.y || z + dz < 0) return;
                const size_t other = size_t(row + dz * extent.y + dy);
                joinRows(begin, end, runs.data() + starts[other], runs.data() + starts[other + 1], slack,
                         unite);
            };
            with(0, -1);
            if (connectivity == Connectivity::volume)
                for (int64_t dy = corners ? -1 : 0; dy <= (corners ? 1 : 0); ++dy) with(-1, dy);
            for (Run* run = begin; run != end; ++run)
                if (run->part == none) run->part = parts.add();
        }
    const std::vector<uint32_t> numbers = parts.numbers();
    starts.push_back(runs.size());
    for (size_t row = 0; row + 1 < starts.size(); ++row)
        for (size_t i = starts[row]; i < starts[row + 1]; ++i)
            std::fill_n(result.labels.begin() + int64_t(row) * extent.x + runs[i].x0, runs[i].x1 - runs[i].x0,
                        numbers[runs[i].part]);
    return result;
}

int64_t renumber(LabelVolume& volume, Connectivity connectivity) {
    std::unordered_map<uint32_t, uint32_t> numbers;
    uint32_t next = 0, last = 0, lastNumber = 0;
    for (int64_t z = 0; z < volume.extent.z; ++z) {
        if (connectivity == Connectivity::slices) {
            numbers.clear();
            last = 0;
        }
        uint32_t* slice = volume.labels.data() + z * volume.sliceSize();
        for (int64_t i = 0; i < volume.sliceSize(); ++i) {
            if (slice[i] == 0) continue;
            if (slice[i] != last) {
                last = slice[i];
                const auto [entry, fresh] = numbers.try_emplace(last, next + 1);
                next += fresh;
                lastNumber = entry->second;
            }
            slice[i] = lastNumber;
        }
    }
    return int64_t(next);
}

} // namespace cristae

// Connected objects by rows of runs, slice after slice.
#include "core/measure/class_statistics.h"

#include "core/measure/runs.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <map>
#include <type_traits>

namespace cristae {

namespace {
// A stretch of equal label in one row.
struct Run {
    int64_t x0 = 0, x1 = 0;
    uint32_t label = 0;
    uint32_t part = 0; // index into Parts
};
// The runs of a slice, row by row: row y is [starts[y], starts[y + 1]).
struct SliceRuns {
    std::vector<Run> runs;
    std::vector<size_t> starts;
};

// Pieces of objects with their sums; united pieces share a root, the earliest of them.
class Parts {
public:
    uint32_t add(uint32_t label) {
        Sums sums;
        sums.object.label = label;
        constexpr int64_t most = std::numeric_limits<int64_t>::max();
        sums.object.box = {most, most, most, 0, 0, 0};
        sums_.push_back(sums);
        return joined_.add();
    }
    uint32_t root(uint32_t part) { return joined_.root(part); }
    uint32_t unite(uint32_t a, uint32_t b) { return joined_.unite(a, b); }
    void addRun(uint32_t part, int64_t z, int64_t y, const Run& run, bool border) {
        Sums& sums = sums_[part];
        const int64_t count = run.x1 - run.x0;
        sums.object.voxels += count;
        sums.z += double(count) * (double(z) + 0.5);
        sums.y += double(count) * (double(y) + 0.5);
        sums.x += double(count) * double(run.x0 + run.x1) / 2;
        grow(sums.object.box, {z, y, run.x0, z + 1, y + 1, run.x1});
        sums.object.touchesBorder |= border;
    }
    std::vector<LabelObject> objects() {
        for (uint32_t i = joined_.size(); i-- > 0;) {
            const uint32_t parent = root(i);
            if (parent == i) continue;
            Sums &from = sums_[i], &to = sums_[parent];
            to.object.voxels += from.object.voxels;
            to.z += from.z;
            to.y += from.y;
            to.x += from.x;
            grow(to.object.box, from.object.box);
            to.object.touchesBorder |= from.object.touchesBorder;
        }
        std::vector<LabelObject> result;
        for (uint32_t i = 0; i < joined_.size(); ++i) {
            if (root(i) != i) continue;
            LabelObject object = sums_[i].object;
            const double count = double(object.voxels);
            object.number = int64_t(result.size()) + 1;
            object.centroidZ = sums_[i].z / count;
            object.centroidY = sums_[i].y / count;
            object.centroidX = sums_[i].x / count;
            result.push_back(object);
        }
        return result;
    }

private:
    struct Sums {
        LabelObject object;
        double z = 0, y = 0, x = 0;
    };
    static void grow(Box3& box, const Box3& other) {
        box = {std::min(box.z0, other.z0), std::min(box.y0, other.y0), std::min(box.x0, other.x0),
               std::max(box.z1, other.z1), std::max(box.y1, other.y1), std::max(box.x1, other.x1)};
    }
    UnionFind joined_;
    std::vector<Sums> sums_;
};

/// Runs of every value but 0 and `unlabelled`.
SliceRuns runsOf(const Pixels& slice, std::optional<int64_t> unlabelled, const std::string& name) {
    SliceRuns result;
    const Extent3 size = slice.extent();
    withPixelType(slice.type(), [&](auto zero) {
        using T = decltype(zero);
        const auto values = slice.values<T>();
        for (int64_t y = 0; y < size.y; ++y) {
            result.starts.push_back(result.runs.size());
            const T* row = values.data() + y * size.x;
            for (int64_t x = 0, next; x < size.x; x = next) {
                const T value = row[x];
                for (next = x + 1; next < size.x && row[next] == value;) ++next;
                if (value == T(0) || (unlabelled && double(value) == double(*unlabelled))) continue;
                if constexpr (!std::is_unsigned_v<T>) {
                    const double v = double(value);
                    if (!(v > 0 && v <= double(std::numeric_limits<uint32_t>::max()) && v == std::floor(v)))
                        throw Error(ErrorKind::input, fmt::format("{} holds the value {}, which is no label; "
                                                                  "measure labels or a mask of whole numbers "
                                                                  "from 0 upwards.",
                                                                  name, v));
                }
                result.runs.push_back({x, next, uint32_t(value), 0});
            }
        }
    });
    result.starts.push_back(result.runs.size());
    return result;
}
} // namespace

std::string wordsOf(const ObjectIdentity& identity) {
    if (identity.connectivity == Connectivity::slices)
        return identity.ids ? "voxels of equal id in a slice"
                            : "touching voxels of equal label in a slice (8 neighbours)";
    return identity.ids ? "voxels of equal id" : "touching voxels of equal label (26 neighbours)";
}

std::vector<LabelObject> measureObjects(const TileSource& labels, const Progress& progress,
                                        const ObjectIdentity& identity) {
    const ImageInfo& info = labels.info();
    const std::string name = info.path.empty() ? "The image" : info.path.string();
    if (info.channels != 1)
        throw Error(ErrorKind::input,
                    fmt::format("{} has {} channels and so is no label image; measure labels or a mask.",
                                name, info.channels));
    const Extent3 extent = info.extent();
    Parts parts;
    SliceRuns before;
    std::map<uint32_t, uint32_t> partOfId;
    const bool inVolume = identity.connectivity == Connectivity::volume;
    for (int64_t z = 0; z < extent.z; ++z) {
        progress.throwIfCancelled();
        SliceRuns now = runsOf(labels.read(0, Box3::ofSlice(extent, z), progress), info.unlabelled, name);
        if (!inVolume) partOfId.clear();
        constexpr uint32_t none = std::numeric_limits<uint32_t>::max();
        const auto unite = [&](Run& run, const Run& other) {
            if (run.label != other.label) return;
            run.part = run.part == none ? parts.root(other.part) : parts.unite(run.part, other.part);
        };
        for (int64_t y = 0; y < extent.y; ++y) {
            Run *begin = now.runs.data() + now.starts[size_t(y)],
                *end = now.runs.data() + now.starts[size_t(y) + 1];
            for (Run* run = begin; run != end; ++run) run->part = none;
            const auto join = [&](const SliceRuns& other, int64_t row) {
                if (row < 0 || row >= extent.y || other.starts.empty()) return;
                joinRows(begin, end, other.runs.data() + other.starts[size_t(row)],
                         other.runs.data() + other.starts[size_t(row) + 1], 1, unite);
            };
            if (!identity.ids) {
                join(now, y - 1);
                if (inVolume)
                    for (int64_t row = y - 1; row <= y + 1; ++row) join(before, row);
            }
            for (Run* run = begin; run != end; ++run) {
                if (identity.ids) {
                    const auto [known, isNew] = partOfId.try_emplace(run->label, 0);
                    if (isNew) known->second = parts.add(run->label);
                    run->part = known->second;
                } else if (run->part == none) {
                    run->part = parts.add(run->label);
                }
                const bool endSlice = inVolume && extent.z > 1 && (z == 0 || z == extent.z - 1);
                const bool border =
                    endSlice || y == 0 || y == extent.y - 1 || run->x0 == 0 || run->x1 == extent.x;
                parts.addRun(run->part, z, y, *run, border);
            }
        }
        before = std::move(now);
        progress.report(double(z + 1) / double(extent.z), fmt::format("slice {} of {}", z + 1, extent.z));
    }
    return parts.objects();
}

int64_t leaveOutSmall(std::vector<LabelObject>& objects, int64_t smallest) {
    const auto leftOut =
        int64_t(std::erase_if(objects, [&](const LabelObject& object) { return object.voxels < smallest; }));
    for (size_t i = 0; i < objects.size(); ++i) objects[i].number = int64_t(i) + 1;
    return leftOut;
}

std::vector<ClassStatistics> classStatistics(const std::vector<LabelObject>& objects, const Extent3& extent,
                                             const VoxelSize& voxelSize) {
    std::map<uint32_t, ClassStatistics> byLabel;
    for (const LabelObject& object : objects) {
        ClassStatistics& entry = byLabel[object.label];
        entry.label = object.label;
        entry.voxels += object.voxels;
        ++entry.objects;
    }
    std::vector<ClassStatistics> result;
    for (auto& [label, entry] : byLabel) {
        entry.fraction = double(entry.voxels) / double(extent.count());
        if (voxelSize.knownInPlane()) {
            entry.areaNm2 = double(entry.voxels) * *voxelSize.yNm * *voxelSize.xNm;
            if (voxelSize.zNm) entry.volumeNm3 = *entry.areaNm2 * *voxelSize.zNm;
        }
        result.push_back(entry);
    }
    return result;
}

} // namespace cristae

// LabelLayer and LabelSnapshot: sparse tiles that are shared until somebody writes to them.
#include "core/labels/label_layer.h"

#include <algorithm>
#include <atomic>
#include <cstring>

namespace cristae {

namespace {
constexpr int64_t side = LabelTile::side;

bool isBlank(const LabelTile& tile) {
    static const LabelTile blank;
    return std::memcmp(tile.labels.data(), blank.labels.data(), sizeof tile.labels) == 0 &&
           std::memcmp(tile.origins.data(), blank.origins.data(), sizeof tile.origins) == 0;
}

// True if nobody else holds the object. Only this thread makes new holders of an object that has one holder,
// and the fence orders the last reads of a snapshot dropped on another thread before our writes.
template <class T> bool soleOwner(const std::shared_ptr<T>& pointer) {
    if (pointer.use_count() != 1) return false;
    std::atomic_thread_fence(std::memory_order_acquire);
    return true;
}

// Calls row(tile, offset in tile, index in the box, count) for every stretch of a row that lies in a tile
// that exists.
template <class Find, class Row> void forEachRow(const Box3& box, Find&& find, Row&& row) {
    const Extent3 size = box.extent();
    for (int64_t z = box.z0; z < box.z1; ++z)
        for (int64_t tileY = box.y0 / side; tileY * side < box.y1; ++tileY)
            for (int64_t tileX = box.x0 / side; tileX * side < box.x1; ++tileX) {
                const LabelTile* tile = find(z, tileY, tileX);
                if (!tile) continue;
                const int64_t x0 = std::max(box.x0, tileX * side), x1 = std::min(box.x1, (tileX + 1) * side);
                const int64_t y1 = std::min(box.y1, (tileY + 1) * side);
                for (int64_t y = std::max(box.y0, tileY * side); y < y1; ++y)
                    row(*tile, (y - tileY * side) * side + x0 - tileX * side,
                        ((z - box.z0) * size.y + y - box.y0) * size.x + x0 - box.x0, x1 - x0);
            }
}
} // namespace

const LabelTile* LabelSnapshot::tile(int64_t z, int64_t tileY, int64_t tileX) const {
    if (z < 0 || z >= int64_t(slices_.size()) || !slices_[size_t(z)]) return nullptr;
    const Slice& slice = *slices_[size_t(z)];
    const auto found = slice.find({tileY, tileX});
    return found == slice.end() ? nullptr : found->second.get();
}

Voxel LabelSnapshot::at(int64_t z, int64_t y, int64_t x) const {
    if (y < 0 || x < 0) return {};
    const LabelTile* found = tile(z, y / side, x / side);
    if (!found) return {};
    const size_t index = size_t((y % side) * side + x % side);
    return {found->labels[index], found->origins[index]};
}

Pixels LabelSnapshot::labels(const Box3& box) const {
    if (!Box3::ofExtent(extent_).contains(box))
        throw Error(ErrorKind::internal, "Labels are read outside their volume.");
    Pixels result(PixelType::u32, 1, box.extent());
    uint32_t* out = result.values<uint32_t>().data();
    forEachRow(
        box, [&](int64_t z, int64_t y, int64_t x) { return tile(z, y, x); },
        [&](const LabelTile& from, int64_t offset, int64_t index, int64_t count) {
            std::memcpy(out + index, from.labels.data() + offset, size_t(count) * sizeof(uint32_t));
        });
    return result;
}

Pixels LabelSnapshot::origins(const Box3& box) const {
    if (!Box3::ofExtent(extent_).contains(box))
        throw Error(ErrorKind::internal, "Labels are read outside their volume.");
    Pixels result(PixelType::u8, 1, box.extent());
    uint8_t* out = result.values<uint8_t>().data();
    forEachRow(
        box, [&](int64_t z, int64_t y, int64_t x) { return tile(z, y, x); },
        [&](const LabelTile& from, int64_t offset, int64_t index, int64_t count) {
            std::memcpy(out + index, from.origins.data() + offset, size_t(count));
        });
    return result;
}

bool LabelSnapshot::sliceEmpty(int64_t z) const {
    return z < 0 || z >= int64_t(slices_.size()) || !slices_[size_t(z)] || slices_[size_t(z)]->empty();
}

uint32_t LabelSnapshot::maxLabel() const {
    uint32_t largest = 0;
    for (const auto& slice : slices_)
        if (slice)
            for (const auto& [key, found] : *slice)
                for (const uint32_t label : found->labels) largest = std::max(largest, label);
    return largest;
}

std::map<uint32_t, int64_t> LabelSnapshot::countsInSlice(int64_t z) const {
    std::map<uint32_t, int64_t> counts;
    if (sliceEmpty(z)) return counts;
    for (const auto& [key, found] : *slices_[size_t(z)]) {
        const auto& labels = found->labels;
        for (size_t begin = 0, end; begin < labels.size(); begin = end) {
            for (end = begin + 1; end < labels.size() && labels[end] == labels[begin];) ++end;
            if (labels[begin] != 0) counts[labels[begin]] += int64_t(end - begin);
        }
    }
    return counts;
}

LabelLayer::LabelLayer(const Extent3& extent) {
    state_.extent_ = extent;
    state_.slices_.resize(size_t(std::max<int64_t>(0, extent.z)));
}

void LabelLayer::apply(const LabelDelta& delta, bool undo) {
    using Slice = LabelSnapshot::Slice;
    for (const TileDelta& change : delta.tiles) {
        const bool inside = change.z >= 0 && change.z < extent().z && change.tileY >= 0 &&
                            change.tileY * side < extent().y && change.tileX >= 0 &&
                            change.tileX * side < extent().x;
        bool blanks = false;
        for (const TileDelta::Run& run : change.runs) {
            if (!inside || uint64_t(run.start) + run.length > uint64_t(side * side))
                throw Error(ErrorKind::internal, "A change of labels reaches outside the volume.");
            blanks |= (undo ? run.before : run.after) == Voxel{};
        }
        if (change.runs.empty()) continue;

        auto& slicePointer = state_.slices_[size_t(change.z)];
        if (!slicePointer)
            slicePointer = std::make_shared<Slice>();
        else if (!soleOwner(slicePointer))
            slicePointer = std::make_shared<Slice>(*slicePointer);
        Slice& slice =
            const_cast<Slice&>(*slicePointer); // made above as a non-const object and held by nobody else
        auto& tilePointer = slice[{change.tileY, change.tileX}];
        if (!tilePointer)
            tilePointer = std::make_shared<LabelTile>();
        else if (!soleOwner(tilePointer))
            tilePointer = std::make_shared<LabelTile>(*tilePointer);
        LabelTile& tile = const_cast<LabelTile&>(*tilePointer);

        const auto write = [&](const TileDelta::Run& run, Voxel value) {
            std::fill_n(tile.labels.data() + run.start, run.length, value.label);
            std::fill_n(tile.origins.data() + run.start, run.length, value.origin);
        };
        if (undo)
            for (auto run = change.runs.rbegin(); run != change.runs.rend(); ++run) write(*run, run->before);
        else
            for (const TileDelta::Run& run : change.runs) write(run, run.after);
        if (blanks && isBlank(tile)) {
            slice.erase({change.tileY, change.tileX});
            if (slice.empty()) slicePointer.reset();
        }
    }
    ++generation_;
}

} // namespace cristae

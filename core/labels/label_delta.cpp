// LabelDelta: size, place, merging and rebasing of changes; WriteRule.
#include "core/labels/label_layer.h"
#include "core/labels/run_writer.h"
#include "core/labels/stretch.h"

#include <algorithm>
#include <cstring>

namespace cristae {

namespace {
constexpr int64_t side = LabelTile::side;

/// What the voxels of a tile were before the first change of them and are after the last. A stroke with a
/// large brush merges a thousand tiles while the window waits, so stretches are handled at once.
class MergedTile {
public:
    void clear() { std::fill(seen_.begin(), seen_.end(), uint8_t(0)); }
    void add(const TileDelta::Run& run) {
        const uint32_t end = run.start + run.length;
        if (std::memchr(seen_.data() + run.start, 1, run.length))
            for (uint32_t i = run.start; i < end; ++i) {
                if (!seen_[i]) before_[i] = codeOf(run.before);
            }
        else
            std::fill(before_.begin() + run.start, before_.begin() + end, codeOf(run.before));
        std::fill(seen_.begin() + run.start, seen_.begin() + end, uint8_t(1));
        std::fill(after_.begin() + run.start, after_.begin() + end, codeOf(run.after));
    }
    void write(RunWriter& writer) const {
        constexpr size_t count = size_t(side * side);
        for (size_t i = 0, end; i < count; i = end) {
            end = i + 1;
            if (!seen_[i] || before_[i] == after_[i]) continue;
            while (end + block <= count && blockLike(i, end)) end += block;
            while (end < count && seen_[end] && before_[end] == before_[i] && after_[end] == after_[i]) ++end;
            writer.add(uint32_t(i), uint32_t(end - i), voxelOf(before_[i]), voxelOf(after_[i]));
        }
    }

private:
    static constexpr size_t block = 16;
    static uint64_t codeOf(const Voxel& voxel) {
        return uint64_t(voxel.label) | uint64_t(voxel.origin) << 32;
    }
    static Voxel voxelOf(uint64_t code) { return {uint32_t(code), Origin(code >> 32)}; }
    /// The block at `from` is as voxel i is; without a branch inside, so that it is compared at once.
    bool blockLike(size_t i, size_t from) const {
        uint64_t different = 0;
        for (size_t k = from; k < from + block; ++k)
            different |= (before_[k] ^ before_[i]) | (after_[k] ^ after_[i]) | uint64_t(seen_[k] ^ 1);
        return different == 0;
    }
    std::vector<uint64_t> before_ = std::vector<uint64_t>(size_t(side * side)), after_ = before_;
    std::vector<uint8_t> seen_ = std::vector<uint8_t>(size_t(side * side));
};
} // namespace

size_t LabelDelta::bytes() const {
    size_t sum = sizeof(LabelDelta) + tiles.capacity() * sizeof(TileDelta);
    for (const TileDelta& tile : tiles) sum += tile.runs.capacity() * sizeof(TileDelta::Run);
    return sum;
}

Box3 LabelDelta::touched() const {
    if (tiles.empty()) return {};
    const TileDelta& first = tiles.front();
    Box3 box{first.z, first.tileY * side, first.tileX * side, first.z + 1, 0, 0};
    for (const TileDelta& tile : tiles) {
        box.z0 = std::min(box.z0, tile.z);
        box.y0 = std::min(box.y0, tile.tileY * side);
        box.x0 = std::min(box.x0, tile.tileX * side);
        box.z1 = std::max(box.z1, tile.z + 1);
        box.y1 = std::max(box.y1, (tile.tileY + 1) * side);
        box.x1 = std::max(box.x1, (tile.tileX + 1) * side);
    }
    return box;
}

LabelDelta merged(const std::vector<LabelDelta>& parts) {
    if (parts.size() == 1) return parts.front();
    // Which changes touch each tile, in order.
    std::map<std::array<int64_t, 3>, std::vector<const TileDelta*>> changes;
    for (const LabelDelta& part : parts)
        for (const TileDelta& tile : part.tiles) changes[{tile.z, tile.tileY, tile.tileX}].push_back(&tile);

    LabelDelta result;
    RunWriter writer;
    MergedTile merged;
    for (const auto& [key, list] : changes) {
        merged.clear();
        for (const TileDelta* change : list)
            for (const TileDelta::Run& run : change->runs) merged.add(run);
        merged.write(writer);
        if (!writer.empty()) result.tiles.push_back({key[0], key[1], key[2], writer.take()});
    }
    return result;
}

LabelDelta rebased(const LabelDelta& delta, const LabelSnapshot& current, bool newerHandWins) {
    static const LabelTile blank;
    LabelDelta result;
    RunWriter writer;
    result.tiles.reserve(delta.tiles.size());
    for (const TileDelta& change : delta.tiles) {
        const LabelTile* found = current.tile(change.z, change.tileY, change.tileX);
        const LabelTile* now = found ? found : &blank;
        // Runs of one delta may overlap (parts of strokes); then what is "now" has to move along with them.
        std::unique_ptr<LabelTile> moving;
        uint32_t end = 0;
        for (const TileDelta::Run& run : change.runs) {
            if (run.start < end) moving = std::make_unique<LabelTile>(*now);
            end = run.start + run.length;
            if (moving) break;
        }
        if (moving) now = moving.get();
        for (const TileDelta::Run& run : change.runs) {
            end = run.start + run.length;
            for (uint32_t i = run.start, next; i < end; i = next) {
                const Voxel value{now->labels[i], now->origins[i]};
                next = uint32_t(stretchEnd(*now, i + 1, end, value));
                if (newerHandWins && value != run.before && value.origin == Origin::human) continue;
                if (value != run.after) writer.add(i, next - i, value, run.after);
                if (!moving) continue;
                std::fill(moving->labels.begin() + i, moving->labels.begin() + next, run.after.label);
                std::fill(moving->origins.begin() + i, moving->origins.begin() + next, run.after.origin);
            }
        }
        if (!writer.empty()) result.tiles.push_back({change.z, change.tileY, change.tileX, writer.take()});
    }
    return result;
}

bool WriteRule::allows(const Voxel& current) const {
    if (keepHuman && current.origin == Origin::human) return false;
    if (onlyOver && current.label != *onlyOver) return false;
    return std::find(lockedLabels.begin(), lockedLabels.end(), current.label) == lockedLabels.end();
}

} // namespace cristae

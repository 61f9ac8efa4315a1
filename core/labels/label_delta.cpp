// LabelDelta: size, place, merging and rebasing of changes; WriteRule.
#include "core/labels/label_layer.h"
#include "core/labels/run_writer.h"
#include "core/labels/stretch.h"

#include <algorithm>

namespace cristae {

namespace {
constexpr int64_t side = LabelTile::side;
}

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
    std::vector<Voxel> before(size_t(side * side)), after(size_t(side * side));
    std::vector<uint8_t> seen(size_t(side * side));
    for (const auto& [key, list] : changes) {
        std::fill(seen.begin(), seen.end(), uint8_t(0));
        for (const TileDelta* change : list)
            for (const TileDelta::Run& run : change->runs)
                for (uint32_t i = run.start; i < run.start + run.length; ++i) {
                    if (!seen[i]) before[i] = run.before;
                    seen[i] = 1;
                    after[i] = run.after;
                }
        for (uint32_t i = 0; i < uint32_t(side * side); ++i)
            if (seen[i] && before[i] != after[i]) writer.add(i, 1, before[i], after[i]);
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

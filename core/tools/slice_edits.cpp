// Changes of whole slices and whole classes, tile by tile where something is.
#include "core/tools/slice_edits.h"

#include <algorithm>
#include <iterator>

namespace cristae {

namespace {

constexpr int64_t side = LabelTile::side;

/// Calls row(tile, index in the tile, y, x0, x1) for every row of voxels of the tiles that exist in slice z.
template <class Row>
void forEachRow(const LabelSnapshot& labels, int64_t z, const Progress& progress, Row&& row) {
    const Extent3 extent = labels.extent();
    if (labels.sliceEmpty(z)) return;
    for (int64_t tileY = 0; tileY * side < extent.y; ++tileY) {
        progress.throwIfCancelled();
        for (int64_t tileX = 0; tileX * side < extent.x; ++tileX)
            if (const LabelTile* tile = labels.tileAt(z, tileY, tileX))
                for (int64_t y = tileY * side; y < std::min(extent.y, (tileY + 1) * side); ++y)
                    row(*tile, size_t((y - tileY * side) * side), y, tileX * side,
                        std::min(extent.x, (tileX + 1) * side));
    }
}

} // namespace

LabelDelta clearedSlice(const LabelSnapshot& labels, const WriteRule& rule, int64_t z,
                        const Progress& progress) {
    LabelEdit edit(labels, rule);
    forEachRow(labels, z, progress, [&](const LabelTile&, size_t, int64_t y, int64_t x0, int64_t x1) {
        edit.eraseRun(z, y, x0, x1);
    });
    return edit.delta();
}

LabelDelta copiedSlice(const LabelSnapshot& labels, const WriteRule& rule, int64_t from, int64_t to,
                       uint32_t label, const Progress& progress) {
    LabelEdit edit(labels, rule);
    forEachRow(labels, from, progress,
               [&](const LabelTile& tile, size_t at, int64_t y, int64_t x0, int64_t x1) {
                   const uint32_t* values = tile.labels.data() + at;
                   for (int64_t x = x0; x < x1;) {
                       int64_t end = x + 1;
                       const bool wanted = values[x - x0] == label;
                       while (end < x1 && (values[end - x0] == label) == wanted) ++end;
                       if (wanted) edit.setRun(to, y, x, end, {label, Origin::interpolated});
                       x = end;
                   }
               });
    return edit.delta();
}

LabelDelta withoutLabel(const LabelSnapshot& labels, uint32_t label, const Progress& progress) {
    LabelDelta all;
    // A slice at a time: an edit holds a copy of every tile it touches.
    for (int64_t z = 0; z < labels.extent().z; ++z) {
        LabelEdit edit(labels, {});
        forEachRow(labels, z, progress, [&](const LabelTile&, size_t, int64_t y, int64_t x0, int64_t x1) {
            edit.eraseRun(z, y, x0, x1, {label});
        });
        LabelDelta delta = edit.delta();
        std::move(delta.tiles.begin(), delta.tiles.end(), std::back_inserter(all.tiles));
    }
    return all;
}

} // namespace cristae

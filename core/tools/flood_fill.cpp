// floodFill: the connected region of one label, found span by span and written when it is known.
#include "core/tools/tool.h"

#include <array>
#include <memory>
#include <vector>

namespace cristae {

namespace {
constexpr int64_t side = LabelTile::side;

struct Span {
    int64_t y = 0, x0 = 0, x1 = 0;
};

// The slice as it stands before the fill, with a mark for every pixel already reached. Pointers to tiles are
// looked up once; marks exist only for tiles that the region enters.
class Region {
public:
    Region(const LabelEdit& edit, int64_t z, uint32_t label)
        : extent_(edit.extent()), label_(label), tilesX_((extent_.x + side - 1) / side) {
        const int64_t tilesY = (extent_.y + side - 1) / side;
        tiles_.resize(size_t(tilesY * tilesX_));
        marks_.resize(tiles_.size());
        for (int64_t tileY = 0; tileY < tilesY; ++tileY)
            for (int64_t tileX = 0; tileX < tilesX_; ++tileX)
                tiles_[size_t(tileY * tilesX_ + tileX)] = edit.tileNow(z, tileY, tileX);
    }
    /// True if the pixel belongs to the region and was not reached before.
    bool open(int64_t y, int64_t x) const {
        const size_t tile = tileOf(y, x), inTile = inTileOf(y, x);
        const uint32_t label = tiles_[tile] ? tiles_[tile]->labels[inTile] : 0;
        return label == label_ && !(marks_[tile] && (*marks_[tile])[inTile]);
    }
    void mark(int64_t y, int64_t x) {
        auto& marks = marks_[tileOf(y, x)];
        if (!marks) marks = std::make_unique<Marks>();
        (*marks)[inTileOf(y, x)] = 1;
    }

private:
    using Marks = std::array<uint8_t, side * side>;
    size_t tileOf(int64_t y, int64_t x) const { return size_t(y / side * tilesX_ + x / side); }
    static size_t inTileOf(int64_t y, int64_t x) { return size_t((y % side) * side + x % side); }
    Extent3 extent_;
    uint32_t label_;
    int64_t tilesX_;
    std::vector<const LabelTile*> tiles_;
    std::vector<std::unique_ptr<Marks>> marks_;
};
} // namespace

void floodFill(LabelEdit& edit, int64_t z, ImagePoint seed, Voxel value) {
    const Extent3 extent = edit.extent();
    if (!(seed.y >= 0 && seed.x >= 0 && seed.y < double(extent.y) && seed.x < double(extent.x)) || z < 0 ||
        z >= extent.z)
        return;
    const auto seedY = int64_t(seed.y), seedX = int64_t(seed.x);
    const uint32_t label = edit.at(z, seedY, seedX).label;
    if (label == value.label) return;

    Region region(edit, z, label);
    std::vector<Span> spans, pending{{seedY, seedX, seedX + 1}};
    while (!pending.empty()) {
        const Span start = pending.back();
        pending.pop_back();
        // Every stretch of the region that touches [x0, x1) of this row.
        for (int64_t x = start.x0; x < start.x1; ++x) {
            if (!region.open(start.y, x)) continue;
            Span span{start.y, x, x};
            while (span.x0 > 0 && region.open(span.y, span.x0 - 1)) --span.x0;
            while (span.x1 < extent.x && region.open(span.y, span.x1)) ++span.x1;
            for (int64_t i = span.x0; i < span.x1; ++i) region.mark(span.y, i);
            spans.push_back(span);
            if (span.y > 0) pending.push_back({span.y - 1, span.x0, span.x1});
            if (span.y + 1 < extent.y) pending.push_back({span.y + 1, span.x0, span.x1});
            x = span.x1;
        }
    }
    for (const Span& span : spans) edit.setRun(z, span.y, span.x0, span.x1, value);
}

} // namespace cristae

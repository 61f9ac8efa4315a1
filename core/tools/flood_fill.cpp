// floodFill: the connected region of one label, found span by span and written when it is known.
#include "core/labels/stretch.h"
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
// looked up once; marks exist only for tiles that the region enters. A pixel is open if it has the label and
// no mark.
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
    // The first open pixel of [x, end), or end.
    int64_t firstOpen(int64_t y, int64_t x, int64_t end) const {
        for (int64_t next; x < end; x = next) {
            next = std::min(end, (x / side + 1) * side);
            const Row row = rowAt(y, x);
            const int64_t base = x - x % side;
            while (x < next) {
                if (row.marks && x + 8 <= next && eightBytes(row.marks + (x - base)) == allMarked)
                    x += 8;
                else if (row.labels[x - base] != label_ || (row.marks && row.marks[x - base]))
                    ++x;
                else
                    return x;
            }
        }
        return end;
    }
    // The end of the open stretch that starts at x.
    int64_t openEnd(int64_t y, int64_t x) const {
        for (int64_t next; x < extent_.x; x = next) {
            next = std::min(extent_.x, (x / side + 1) * side);
            const Row row = rowAt(y, x);
            const int64_t base = x - x % side;
            while (x + 8 <= next && eightLabelsAre(row.labels + (x - base), label_) &&
                   (!row.marks || eightBytes(row.marks + (x - base)) == 0))
                x += 8;
            while (x < next && row.labels[x - base] == label_ && !(row.marks && row.marks[x - base])) ++x;
            if (x < next) return x;
        }
        return x;
    }
    // The start of the open stretch that ends before x.
    int64_t openBegin(int64_t y, int64_t x) const {
        while (x > 0) {
            const int64_t base = (x - 1) / side * side;
            const Row row = rowAt(y, base);
            while (x - 8 >= base && eightLabelsAre(row.labels + (x - 8 - base), label_) &&
                   (!row.marks || eightBytes(row.marks + (x - 8 - base)) == 0))
                x -= 8;
            while (x > base && row.labels[x - 1 - base] == label_ && !(row.marks && row.marks[x - 1 - base]))
                --x;
            if (x > base) return x;
        }
        return x;
    }
    void mark(const Span& span) {
        for (int64_t x = span.x0, next; x < span.x1; x = next) {
            next = std::min(span.x1, (x / side + 1) * side);
            auto& marks = marks_[tileOf(span.y, x)];
            if (!marks) marks = std::make_unique<Marks>();
            std::fill_n(marks->data() + (span.y % side) * side + x % side, next - x, uint8_t(1));
        }
    }

private:
    using Marks = std::array<uint8_t, side * side>;
    static constexpr uint64_t allMarked = 0x0101010101010101ull;
    struct Row {
        const uint32_t* labels;
        const uint8_t* marks; // null: none yet
    };
    size_t tileOf(int64_t y, int64_t x) const { return size_t(y / side * tilesX_ + x / side); }
    // The row of the tile that holds the pixel, from the tile's first column on.
    Row rowAt(int64_t y, int64_t x) const {
        static const std::array<uint32_t, side> background{};
        const size_t tile = tileOf(y, x), offset = size_t((y % side) * side);
        return {tiles_[tile] ? tiles_[tile]->labels.data() + offset : background.data(),
                marks_[tile] ? marks_[tile]->data() + offset : nullptr};
    }
    Extent3 extent_;
    uint32_t label_;
    int64_t tilesX_;
    std::vector<const LabelTile*> tiles_;
    std::vector<std::unique_ptr<Marks>> marks_;
};
} // namespace

void floodFill(LabelEdit& edit, int64_t z, ImagePoint seed, Voxel value) {
    const Extent3 extent = edit.extent();
    const bool inside = seed.y >= 0 && seed.x >= 0 && seed.y < double(extent.y) && seed.x < double(extent.x);
    if (!inside || z < 0 || z >= extent.z) return;
    const auto seedY = int64_t(seed.y), seedX = int64_t(seed.x);
    const uint32_t label = edit.at(z, seedY, seedX).label;
    if (label == value.label) return;

    Region region(edit, z, label);
    std::vector<Span> spans, pending{{seedY, seedX, seedX + 1}};
    while (!pending.empty()) {
        const Span reach = pending.back();
        pending.pop_back();
        // Every stretch of the region that touches the reach of a span in the row above or below.
        for (int64_t x = region.firstOpen(reach.y, reach.x0, reach.x1); x < reach.x1;) {
            const Span span{reach.y, region.openBegin(reach.y, x), region.openEnd(reach.y, x)};
            region.mark(span);
            spans.push_back(span);
            if (span.y > 0) pending.push_back({span.y - 1, span.x0, span.x1});
            if (span.y + 1 < extent.y) pending.push_back({span.y + 1, span.x0, span.x1});
            x = region.firstOpen(reach.y, span.x1, reach.x1);
        }
    }
    for (const Span& span : spans) edit.setRun(z, span.y, span.x0, span.x1, value);
}

} // namespace cristae

// Wand: gives the current class to the connected region of the slice whose grey values are like the clicked
// one's.
#include "core/tools/tool.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace cristae {

namespace {

/// The grey values of one slice, read block by block where the region goes, with a mark for every pixel that
/// it has reached.
class GreySlice {
public:
    GreySlice(const TileSource& image, int64_t z, const Progress& progress)
        : image_(image), progress_(progress), z_(z), extent_(image.info().extent()) {}
    const Extent3& extent() const { return extent_; }
    float at(int64_t y, int64_t x) { return blockOf(y, x).grey[indexOf(y, x)]; }
    bool open(int64_t y, int64_t x, float low, float high) {
        const Block& block = blockOf(y, x);
        const size_t i = indexOf(y, x);
        return !block.reached[i] && block.grey[i] >= low && block.grey[i] <= high;
    }
    void mark(int64_t y, int64_t x) { blockOf(y, x).reached[indexOf(y, x)] = 1; }

private:
    static constexpr int64_t side = 512;
    struct Block {
        std::vector<float> grey;
        std::vector<uint8_t> reached;
    };
    static size_t indexOf(int64_t y, int64_t x) { return size_t((y % side) * side + x % side); }
    Block& blockOf(int64_t y, int64_t x) {
        const std::pair key{y / side, x / side};
        if (last_ && key == lastKey_) return *last_;
        Block& block = blocks_[key];
        if (block.grey.empty()) read(block, key.first * side, key.second * side);
        lastKey_ = key;
        last_ = &block;
        return block;
    }
    /// Colours count by the mean of their channels.
    void read(Block& block, int64_t y0, int64_t x0) {
        progress_.throwIfCancelled();
        const int64_t y1 = std::min(extent_.y, y0 + side), x1 = std::min(extent_.x, x0 + side);
        const Pixels pixels =
            image_.read(0, {z_, y0, x0, z_ + 1, y1, x1}, progress_).converted(PixelType::f32);
        block.grey.assign(size_t(side * side), 0);
        block.reached.assign(size_t(side * side), 0);
        for (int64_t c = 0; c < pixels.channels(); ++c) {
            const auto plane = pixels.plane<float>(c, 0);
            for (int64_t y = 0; y < y1 - y0; ++y)
                for (int64_t x = 0; x < x1 - x0; ++x)
                    block.grey[size_t(y * side + x)] +=
                        plane[size_t(y * (x1 - x0) + x)] / float(pixels.channels());
        }
    }
    const TileSource& image_;
    const Progress& progress_;
    int64_t z_;
    Extent3 extent_;
    std::map<std::pair<int64_t, int64_t>, Block> blocks_;
    std::pair<int64_t, int64_t> lastKey_;
    Block* last_ = nullptr;
};

class Wand : public Tool {
public:
    std::string key() const override { return "wand"; }
    std::string title() const override { return "Wand"; }
    std::string hint() const override {
        return "Click to give the current class to the connected area of similar grey values.";
    }
    bool readsImage() const override { return true; }
    const Schema& options() const override {
        static const Schema schema{
            {"tolerance",
             "Tolerance",
             Option::Type::real,
             10.0,
             0.0,
             100.0,
             {},
             "%",
             "How far grey values may lie from the clicked one, in percent of the range shown.",
             ""},
            {"diagonals",
             "Diagonals",
             Option::Type::boolean,
             false,
             {},
             {},
             {},
             "",
             "Whether pixels that touch only at a corner are connected (8 neighbours instead of 4).",
             ""}};
        return schema;
    }
    void press(const ToolContext& context, ImagePoint point) override {
        if (!context.image) return;
        const Extent3 extent = context.edit.extent();
        const bool inside = point.y >= 0 && point.x >= 0 && point.y < double(extent.y) &&
                            point.x < double(extent.x) && context.slice >= 0 && context.slice < extent.z;
        if (!inside) return;
        const ToolSettings& settings = context.settings;
        const double tolerance =
            settings.options.value("tolerance", 10.0) / 100 * std::abs(settings.greyRange);
        GreySlice slice(*context.image, context.slice, context.progress);
        grow(context, slice, int64_t(point.y), int64_t(point.x), float(tolerance),
             settings.options.value("diagonals", false) ? 1 : 0);
    }

private:
    struct Reach {
        int64_t y, x0, x1; // of a row, where the region may enter it
    };
    /// Row by row: every open stretch that touches the reach of a stretch in the row above or below.
    static void grow(const ToolContext& context, GreySlice& slice, int64_t seedY, int64_t seedX,
                     float tolerance, int64_t corner) {
        const Extent3 extent = slice.extent();
        const float seed = slice.at(seedY, seedX);
        const float low = seed - tolerance, high = seed + tolerance;
        const Voxel value{context.settings.label, Origin::human};
        std::vector<Reach> pending{{seedY, seedX, seedX + 1}};
        while (!pending.empty()) {
            const Reach reach = pending.back();
            pending.pop_back();
            for (int64_t x = std::max<int64_t>(0, reach.x0); x < std::min(extent.x, reach.x1); ++x) {
                if (!slice.open(reach.y, x, low, high)) continue;
                int64_t x0 = x, x1 = x + 1;
                while (x0 > 0 && slice.open(reach.y, x0 - 1, low, high)) --x0;
                while (x1 < extent.x && slice.open(reach.y, x1, low, high)) ++x1;
                for (int64_t i = x0; i < x1; ++i) slice.mark(reach.y, i);
                context.edit.setRun(context.slice, reach.y, x0, x1, value);
                for (const int64_t y : {reach.y - 1, reach.y + 1})
                    if (y >= 0 && y < extent.y) pending.push_back({y, x0 - corner, x1 + corner});
                x = x1;
            }
        }
    }
};

} // namespace

std::unique_ptr<Tool> makeWandTool() {
    return std::make_unique<Wand>();
}

} // namespace cristae

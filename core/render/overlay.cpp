// labelsToArgb: labels as coloured areas with a border of one pixel.
#include "core/render/compose.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>

namespace cristae {

namespace {
struct Paint {
    uint32_t inside = 0, border = 0; // premultiplied ARGB
};

uint32_t premultiplied(Colour colour, double opacity) {
    const uint32_t alpha = uint32_t(std::lround(255 * std::clamp(opacity, 0.0, 1.0)));
    const auto part = [&](uint32_t c) { return (c * alpha + 127) / 255; };
    return alpha << 24 | part(colour.r) << 16 | part(colour.g) << 8 | part(colour.b);
}

// The colours of a label, computed once for each.
class Palette {
public:
    Palette(const ClassTable& classes, const OverlayStyle& style) : classes_(classes), style_(style) {}
    const Paint& of(uint32_t label) {
        if (label < low_.size()) {
            if (!known_[label]) {
                known_[label] = true;
                low_[label] = make(label);
            }
            return low_[label];
        }
        const auto found = high_.find(label);
        return found != high_.end() ? found->second : high_.emplace(label, make(label)).first->second;
    }

private:
    Paint make(uint32_t label) const {
        const LabelClass* entry = classes_.find(label);
        if (label == 0 || (entry && !entry->visible)) return {};
        const Colour colour = entry && !style_.byInstance ? entry->colour : instanceColour(label);
        return {premultiplied(colour, style_.fill), premultiplied(colour, style_.outline)};
    }
    const ClassTable& classes_;
    const OverlayStyle& style_;
    std::array<Paint, 256> low_{};
    std::array<bool, 256> known_{};
    std::unordered_map<uint32_t, Paint> high_;
};
} // namespace

void labelsToArgb(const Pixels& labelsWithBorder, const ClassTable& classes, const OverlayStyle& style,
                  std::vector<uint32_t>& out) {
    const Extent3 size = labelsWithBorder.extent();
    if (size.y < 2 || size.x < 2)
        throw Error(ErrorKind::internal, "Labels to draw come without their border.");
    const int64_t height = size.y - 2, width = size.x - 2;
    out.assign(size_t(height * width), 0);
    const uint32_t* labels = labelsWithBorder.plane<uint32_t>(0, 0).data();
    Palette palette(classes, style);
    uint32_t lastLabel = 0;
    Paint last;
    for (int64_t y = 0; y < height; ++y) {
        const uint32_t* row = labels + (y + 1) * size.x + 1;
        uint32_t* line = out.data() + y * width;
        for (int64_t x = 0; x < width; ++x) {
            const uint32_t label = row[x];
            if (label == 0) continue;
            if (label != lastLabel) {
                last = palette.of(label);
                lastLabel = label;
            }
            const bool border = row[x - 1] != label || row[x + 1] != label || row[x - size.x] != label ||
                                row[x + size.x] != label;
            line[x] = border ? last.border : last.inside;
        }
    }
}

} // namespace cristae

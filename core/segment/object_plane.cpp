// Joining pieces of objects over the borders of tiles.
#include "core/segment/object_plane.h"

#include <algorithm>
#include <cmath>

namespace cristae {

ObjectPlane::ObjectPlane(const Box3& region)
    : region_(region), plane_(PixelType::u32, 1, {1, region.y1 - region.y0, region.x1 - region.x0}) {}

void ObjectPlane::add(const Pixels& found, const Tile& tile) {
    const auto from = found.values<uint32_t>();
    const auto to = plane_.values<uint32_t>();
    const int64_t width = plane_.extent().x, inputWidth = found.extent().x;
    const Box3& part = tile.output;
    uint32_t highest = 0;
    for (int64_t y = part.y0; y < part.y1; ++y)
        for (int64_t x = part.x0; x < part.x1; ++x) {
            const uint32_t id = from[size_t((y - tile.inputY) * inputWidth + x - tile.inputX)];
            highest = std::max(highest, id);
            to[size_t((y - region_.y0) * width + x - region_.x0)] = id ? last_ + id : 0;
        }
    last_ += highest;
    if (part.y0 > region_.y0)
        addContacts(part.y0 - region_.y0, part.x0 - region_.x0, 0, 1, part.x1 - part.x0);
    if (part.x0 > region_.x0)
        addContacts(part.y0 - region_.y0, part.x0 - region_.x0, 1, 0, part.y1 - part.y0);
}

/// Along the upper (stepX = 1) or left (stepY = 1) border of a tile.
void ObjectPlane::addContacts(int64_t y, int64_t x, int64_t stepY, int64_t stepX, int64_t count) {
    const auto values = plane_.values<uint32_t>();
    const int64_t width = plane_.extent().x, back = stepX ? width : 1;
    std::map<std::pair<uint32_t, uint32_t>, int64_t> touching;
    std::map<uint32_t, int64_t> edges;
    for (int64_t i = 0; i < count; ++i) {
        const int64_t at = (y + i * stepY) * width + x + i * stepX;
        const uint32_t here = values[size_t(at)], there = values[size_t(at - back)];
        if (here) ++edges[here];
        if (there) ++edges[there];
        if (here && there) ++touching[{there, here}];
    }
    for (const auto& [pair, length] : touching) {
        if (2 * length < std::min(edges[pair.first], edges[pair.second])) continue;
        const uint32_t a = root(pair.first), b = root(pair.second);
        if (a != b) parents_[std::max(a, b)] = std::min(a, b);
    }
}

uint32_t ObjectPlane::root(uint32_t id) const {
    for (auto found = parents_.find(id); found != parents_.end(); found = parents_.find(id))
        id = found->second;
    return id;
}

Pixels ObjectPlane::finish() {
    for (uint32_t& id : plane_.values<uint32_t>())
        if (id) id = root(id);
    return plane_;
}

Pixels ObjectPlane::finish(const Box3& box, double scaleY, double scaleX) {
    const Pixels own = finish();
    Pixels result(PixelType::u32, 1, {1, box.y1 - box.y0, box.x1 - box.x0});
    const auto from = own.values<uint32_t>();
    const auto to = result.values<uint32_t>();
    const auto nearest = [](int64_t pixel, double scale, int64_t begin, int64_t end) {
        return std::clamp(int64_t(std::floor((double(pixel) + 0.5) * scale)), begin, end - 1) - begin;
    };
    for (int64_t y = box.y0; y < box.y1; ++y)
        for (int64_t x = box.x0; x < box.x1; ++x)
            to[size_t((y - box.y0) * (box.x1 - box.x0) + x - box.x0)] =
                from[size_t(nearest(y, scaleY, region_.y0, region_.y1) * own.extent().x +
                            nearest(x, scaleX, region_.x0, region_.x1))];
    return result;
}

} // namespace cristae

// ObjectPlane: objects that a network found tile by tile become the objects of a slice.
#pragma once
#include "core/segment/tiler.h"

#include <map>

namespace cristae {

class ObjectPlane {
public:
    /// region: the part of the plane that is predicted, in model pixels.
    explicit ObjectPlane(const Box3& region);
    /// `found` u32 [1, 1, Y, X] of the tile's whole input, with numbers of its own; only the part that the
    /// tile decides is taken. Tiles come in the order of the tiling.
    void add(const Pixels& found, const Tile& tile);
    /// u32 [1, 1, Y, X] of the region. Pieces on both sides of a border between tiles are one object when
    /// they touch along at least half of the shorter one's edge there.
    Pixels finish();
    /// The same at the pixels of an image of another scale: each takes the nearest model pixel. scaleY,
    /// scaleX: model pixels an image pixel; box: the image's region.
    Pixels finish(const Box3& box, double scaleY, double scaleX);

private:
    void addContacts(int64_t y, int64_t x, int64_t stepY, int64_t stepX, int64_t count);
    uint32_t root(uint32_t id) const;

    Box3 region_;
    Pixels plane_;
    uint32_t last_ = 0; // highest number so far
    std::map<uint32_t, uint32_t> parents_;
};

} // namespace cristae

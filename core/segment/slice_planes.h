// SlicePlanes: whole slices as networks want them (channels, model pixels, statistics), read once, kept while
// neighbours need them.
#pragma once
#include "core/image/tile_source.h"
#include "core/segment/predictor.h"
#include "core/segment/preparation.h"

#include <deque>
#include <memory>
#include <set>

namespace cristae {

/// One slice in model pixels with the numbers that normalise it; normalisation happens when a tile is cut.
struct SlicePlane {
    Pixels pixels; // [C, 1, Y, X], own type or f32
    Normalisation normalisation;
};

/// The sentence for slices that do not fit into the memory: their pixel size is the reason, or else their
/// axes.
std::string reasonOfSize(const ImageInfo& image, const ModelCard& card);

class SlicePlanes {
public:
    /// keep: how many slices to each side a network takes.
    SlicePlanes(const TileSource& image, int64_t keep) : image_(image), keep_(keep) {}
    /// Throws Error{input, model, memory, cancelled}.
    std::shared_ptr<const SlicePlane> plane(int64_t z, const ModelCard& card, const Progress& progress);
    const std::set<std::string>& remarks() const { return remarks_; }

private:
    struct Entry {
        int64_t z = 0, channels = 0;
        ModelScale scale;
        nlohmann::json normalisation;
        std::shared_ptr<const SlicePlane> plane;
    };
    const TileSource& image_;
    int64_t keep_;
    std::deque<Entry> entries_;
    std::set<std::string> remarks_;
};

/// Cuts a tile out of planes (one a slice of the network's depth), mirrored at the borders and normalised:
/// f32 [C, Z, height, width].
Pixels cutTile(std::span<const std::shared_ptr<const SlicePlane>> planes, int64_t y, int64_t x,
               int64_t height, int64_t width);

} // namespace cristae

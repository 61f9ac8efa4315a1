// readReadable: what can be read of a part of an image whose file is damaged, for drawing.
#pragma once
#include "core/image/tile_source.h"

#include <vector>

namespace cristae {

struct ReadablePart {
    Pixels pixels;                // of the box; zeros where nothing could be read
    std::vector<Box3> unreadable; // in voxels of the level, inside the box; empty when all is well
    std::string why;              // the first sentence that came instead of pixels
    /// True if nothing at all could be read.
    bool nothing() const { return pixels.empty(); }
};

/// Reads a box of one slice; where that fails, halves it until the damaged parts are known to 64 voxels, so
/// that a damaged strip or tile takes only its own region with it. Whoever computes with pixels calls
/// TileSource::read instead, which refuses a damaged box. Errors other than Error{input} are thrown.
ReadablePart readReadable(const TileSource& source, int level, const Box3& box,
                          const Progress& progress = Progress::none());

} // namespace cristae

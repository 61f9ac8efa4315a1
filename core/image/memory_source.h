// MemorySource: pixels in memory as a TileSource.
#pragma once
#include "core/image/tile_source.h"

namespace cristae {

class MemorySource : public TileSource {
public:
    /// info.levels, channels and type are taken from the pixels; the rest of info is kept.
    explicit MemorySource(Pixels pixels, ImageInfo info = {});
    const ImageInfo& info() const override { return info_; }
    std::string id() const override { return id_; }
    Pixels read(int level, const Box3& box, const Progress& progress = Progress::none()) const override;

private:
    Pixels pixels_;
    ImageInfo info_;
    std::string id_;
};

} // namespace cristae

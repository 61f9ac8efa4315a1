// KeptStack: the slices of a stack that a run folder has kept, at their places.
#pragma once
#include "core/image/tile_source.h"

#include <map>

namespace cristae {

class KeptStack : public TileSource {
public:
    /// `slices` by z, each [C, 1, Y, X] of the same kind; the stack has `depth` of them, most not there.
    /// Throws Error{input} when there is none or they differ.
    KeptStack(int64_t depth, std::map<int64_t, Pixels> slices);
    const ImageInfo& info() const override { return info_; }
    std::string id() const override { return id_; }
    /// Throws Error{input} for slices that were not kept.
    Pixels read(int level, const Box3& box, const Progress& progress = Progress::none()) const override;

private:
    std::map<int64_t, Pixels> slices_;
    ImageInfo info_;
    std::string id_;
};

} // namespace cristae

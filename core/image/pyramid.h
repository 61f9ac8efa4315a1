// PyramidSource: gives an image coarser levels, made from the full one when they are first looked at.
#pragma once
#include "core/image/tile_source.h"

#include <condition_variable>
#include <list>
#include <mutex>
#include <set>
#include <vector>

namespace cristae {

/// How four voxels become one: the mean for grey values and probabilities, the first for labels.
enum class Reduction { mean, first };

/// Levels halve y and x (rounding up) until neither is above 512. The coarser levels of a slice are made in
/// one pass over its full level, band by band, and the most recently used slices are kept within a budget.
/// Where the full level cannot be read, the coarser ones cannot either; the rest of the slice can.
/// Thread-safe; a slice is made once however many ask; making one stops when its progress is cancelled, and
/// another reader then goes on by itself.
class PyramidSource : public TileSource {
public:
    explicit PyramidSource(TileSourcePtr full, Reduction reduction = Reduction::mean,
                           size_t budgetBytes = size_t(128) << 20);
    const ImageInfo& info() const override { return info_; }
    std::string id() const override { return full_->id(); }
    Pixels read(int level, const Box3& box, const Progress& progress = Progress::none()) const override;

private:
    struct SliceLevels {
        std::vector<Pixels> pixels;   // levels 1, 2, … of one slice, each [C, 1, Y, X]
        std::vector<Box3> unreadable; // in voxels of the full level
        std::string why;
    };
    using Levels = std::shared_ptr<const SliceLevels>;
    struct Slice {
        int64_t z;
        Levels levels;
        size_t bytes;
    };
    Levels levelsOf(int64_t z, const Progress& progress) const;
    Levels make(int64_t z, const Progress& progress) const;

    TileSourcePtr full_;
    ImageInfo info_;
    Reduction reduction_;
    size_t budget_;
    mutable std::mutex mutex_;
    mutable std::condition_variable made_;
    mutable std::list<Slice> slices_; // most recently used first
    mutable std::set<int64_t> making_;
    mutable size_t bytes_ = 0;
};

/// The source itself if it already has levels or is small enough, else a pyramid over it.
TileSourcePtr withPyramid(TileSourcePtr source, Reduction reduction = Reduction::mean);

} // namespace cristae

// sliceRange: a view that shifts z.
#include "core/image/slice_range.h"

#include "core/base/error.h"

#include <fmt/format.h>

namespace cristae {

namespace {
class Range : public TileSource {
public:
    Range(TileSourcePtr source, int64_t first, int64_t end)
        : source_(std::move(source)), first_(first), info_(source_->info()) {
        for (Extent3& level : info_.levels) level.z = end - first;
        if (!info_.sliceNames.empty())
            info_.sliceNames.assign(source_->info().sliceNames.begin() + first,
                                    source_->info().sliceNames.begin() + end);
    }
    const ImageInfo& info() const override { return info_; }
    std::string id() const override {
        return fmt::format("{}#{}+{}", source_->id(), first_, info_.extent().z);
    }
    Pixels read(int level, const Box3& box, const Progress& progress) const override {
        return source_->read(level, {box.z0 + first_, box.y0, box.x0, box.z1 + first_, box.y1, box.x1},
                             progress);
    }

private:
    TileSourcePtr source_;
    int64_t first_;
    ImageInfo info_;
};
} // namespace

TileSourcePtr sliceRange(TileSourcePtr source, int64_t first, int64_t end) {
    const int64_t slices = source->info().extent().z;
    if (first < 0 || first >= end || end > slices)
        throw Error(ErrorKind::usage, fmt::format("Slices {} to {} are not in the image, which has {}.",
                                                  first, end - 1, slices));
    if (first == 0 && end == slices) return source;
    return std::make_shared<Range>(std::move(source), first, end);
}

} // namespace cristae

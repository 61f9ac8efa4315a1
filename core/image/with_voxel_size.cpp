// withVoxelSize: a thin decorator that changes one field of the info.
#include "core/image/with_voxel_size.h"

namespace cristae {

namespace {
class Resized : public TileSource {
public:
    Resized(TileSourcePtr source, const VoxelSize& size)
        : source_(std::move(source)), info_(source_->info()) {
        info_.voxelSize = size;
    }
    const ImageInfo& info() const override { return info_; }
    std::string id() const override { return source_->id(); }
    Pixels read(int level, const Box3& box, const Progress& progress) const override {
        return source_->read(level, box, progress);
    }

private:
    TileSourcePtr source_;
    ImageInfo info_;
};
} // namespace

TileSourcePtr withVoxelSize(TileSourcePtr source, const VoxelSize& size) {
    if (source->info().voxelSize == size) return source;
    return std::make_shared<Resized>(std::move(source), size);
}

} // namespace cristae

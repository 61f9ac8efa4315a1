// A rectangle of a source.
#include "core/image/image_part.h"

namespace cristae {

namespace {

/// A rectangle of a source as a source of its own.
class PartSource : public TileSource {
public:
    PartSource(TileSourcePtr whole, const Box3& box, std::optional<VoxelSize> voxelSize)
        : whole_(std::move(whole)), box_(box), info_(whole_->info()) {
        info_.levels = {box.extent()};
        if (!info_.sliceNames.empty())
            info_.sliceNames = {info_.sliceNames.begin() + box.z0, info_.sliceNames.begin() + box.z1};
        if (voxelSize) info_.voxelSize = *voxelSize;
    }
    const ImageInfo& info() const override { return info_; }
    std::string id() const override {
        return whole_->id() + " part " + std::to_string(box_.z0) + " " + std::to_string(box_.y0) + " " +
               std::to_string(box_.x0) + " " + std::to_string(box_.z1) + " " + std::to_string(box_.y1) + " " +
               std::to_string(box_.x1);
    }
    Pixels read(int, const Box3& box, const Progress& progress) const override {
        return whole_->read(0,
                            {box.z0 + box_.z0, box.y0 + box_.y0, box.x0 + box_.x0, box.z1 + box_.z0,
                             box.y1 + box_.y0, box.x1 + box_.x0},
                            progress);
    }

private:
    TileSourcePtr whole_;
    Box3 box_;
    ImageInfo info_;
};

} // namespace

TileSourcePtr partOf(TileSourcePtr whole, const Box3& box, std::optional<VoxelSize> voxelSize) {
    return std::make_shared<PartSource>(std::move(whole), box, std::move(voxelSize));
}

} // namespace cristae

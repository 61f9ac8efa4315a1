// LabelSource: boxes of a snapshot in the smallest integer type.
#include "core/labels/label_source.h"

#include <atomic>
#include <fmt/format.h>

namespace cristae {

namespace {
class LabelSource : public TileSource {
public:
    LabelSource(LabelSnapshot snapshot, VoxelSize voxelSize) : snapshot_(std::move(snapshot)) {
        static std::atomic<uint64_t> counter{0};
        info_.levels = {snapshot_.extent()};
        info_.type = labelTypeFor(snapshot_.maxLabel());
        info_.voxelSize = std::move(voxelSize);
        info_.axes = "zyx";
        info_.format = "labels";
        id_ = fmt::format("labels:{}", ++counter);
    }
    const ImageInfo& info() const override { return info_; }
    std::string id() const override { return id_; }
    Pixels read(int level, const Box3& box, const Progress& progress) const override {
        if (level != 0) throw Error(ErrorKind::internal, "Labels have one level only.");
        progress.throwIfCancelled();
        const Pixels wide = snapshot_.labels(box);
        return info_.type == PixelType::u32 ? wide : wide.converted(info_.type);
    }

private:
    LabelSnapshot snapshot_;
    ImageInfo info_;
    std::string id_;
};
} // namespace

PixelType labelTypeFor(uint32_t maxLabel) {
    return maxLabel <= 0xff ? PixelType::u8 : maxLabel <= 0xffff ? PixelType::u16 : PixelType::u32;
}

TileSourcePtr makeLabelSource(LabelSnapshot snapshot, VoxelSize voxelSize) {
    return std::make_shared<LabelSource>(std::move(snapshot), std::move(voxelSize));
}

} // namespace cristae

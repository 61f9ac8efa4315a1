// withVoxelSize is a thin decorator that changes one field of the info.
#include "core/image/with_voxel_size.h"

#include "core/base/text.h"

#include <cmath>
#include <fmt/format.h>

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

bool isPossibleLength(double nm) {
    return nm >= 0.01 && nm <= 1e5;
}

const VoxelSize& checkedVoxelSize(const VoxelSize& size, const std::string& where, ErrorKind kind) {
    for (const auto& nm : {size.zNm, size.yNm, size.xNm})
        if (nm && !isPossibleLength(*nm))
            throw Error(kind, fmt::format("{}: {:g} nm is no voxel size; give a length from 0.01 nm to "
                                          "100000 nm (100 µm), or none.",
                                          where, *nm));
    return size;
}

namespace {

std::string extentText(const ImageInfo& info) {
    const Extent3& e = info.extent();
    return fmt::format("“{}” has {} × {} px in {}", info.path.string(), e.x, e.y,
                       countText(e.z, "slice", "slices"));
}

std::string sizeText(const VoxelSize& size) {
    return size.xNm == size.yNm ? fmt::format("{:g} nm", *size.xNm)
                                : fmt::format("x {:g} nm, y {:g} nm", *size.xNm, *size.yNm);
}

bool differ(const std::optional<double>& a, const std::optional<double>& b) {
    return a && b && std::abs(*a / *b - 1) > 0.01;
}

} // namespace

void requireSameExtent(const ImageInfo& one, const ImageInfo& other) {
    if (one.extent() == other.extent()) return;
    throw Error(ErrorKind::input,
                fmt::format("{}, but {}. They do not belong together; give the image that the labels were "
                            "made from, or the voxel size itself with --pixel-size.",
                            extentText(one), extentText(other)));
}

std::string remarkOnSizes(const ImageInfo& one, const ImageInfo& other) {
    const VoxelSize &a = one.voxelSize, &b = other.voxelSize;
    if (a.knownInPlane() && b.knownInPlane() && (differ(a.xNm, b.xNm) || differ(a.yNm, b.yNm)))
        return fmt::format("The pixel sizes differ: {} in “{}” (used), {} in “{}”; check which is right.",
                           sizeText(a), one.path.string(), sizeText(b), other.path.string());
    if (differ(a.zNm, b.zNm))
        return fmt::format("The slice spacings differ: {:g} nm in “{}” (used), {:g} nm in “{}”; check which "
                           "is right.",
                           *a.zNm, one.path.string(), *b.zNm, other.path.string());
    return {};
}

} // namespace cristae

// Reading, resampling and measuring whole slices; cutting tiles out of them.
#include "core/segment/slice_planes.h"

#include "core/segment/resample.h"
#include "core/segment/tiler.h"

#include <algorithm>
#include <fmt/format.h>

namespace cristae {
namespace {

/// Passes a cancellation on to a reader without letting it report.
class OnlyCancel : public Progress {
public:
    explicit OnlyCancel(const Progress& whole) : whole_(whole) {}
    void report(double, const std::string&) const override {}
    bool cancelled() const override { return whole_.cancelled(); }

private:
    const Progress& whole_;
};

} // namespace

std::shared_ptr<const SlicePlane> SlicePlanes::plane(int64_t z, const ModelCard& card,
                                                     const Progress& progress) {
    const ModelScale scale = modelScale(image_.info().voxelSize, card);
    for (const Entry& entry : entries_)
        if (entry.z == z && entry.channels == card.channelsIn && entry.scale.y == scale.y &&
            entry.scale.x == scale.x && entry.normalisation == card.normalisation)
            return entry.plane;
    std::erase_if(entries_, [&](const Entry& entry) { return std::abs(entry.z - z) > 2 * keep_; });

    const OnlyCancel quiet(progress);
    auto made = std::make_shared<SlicePlane>();
    const Extent3 extent = image_.info().extent();
    std::string remark;
    made->pixels = withChannels(image_.read(0, Box3::ofSlice(extent, z), quiet), card.channelsIn, &remark);
    progress.throwIfCancelled();
    if (scale.y != 1 || scale.x != 1) {
        if (made->pixels.type() != PixelType::f32) made->pixels = made->pixels.converted(PixelType::f32);
        made->pixels = resampledPlane(made->pixels, scale.y, scale.x, quiet);
        remarks_.insert(fmt::format(
            "The image was scaled by {:.3g} to the model's pixel size of {:.3g} nm, and the result back.",
            scale.x, *card.pixelSizeNm));
    }
    made->normalisation = normalisationOf(made->pixels, card.normalisation, quiet);
    for (const std::string& sentence : {remark, made->normalisation.remark()})
        if (!sentence.empty()) remarks_.insert(sentence);
    entries_.push_back({z, card.channelsIn, scale, card.normalisation, made});
    return made;
}

Pixels cutTile(std::span<const std::shared_ptr<const SlicePlane>> planes, int64_t y, int64_t x,
               int64_t height, int64_t width) {
    const Extent3 extent = planes.front()->pixels.extent();
    const int64_t channels = planes.front()->pixels.channels();
    std::vector<int64_t> columns(static_cast<size_t>(width));
    for (int64_t i = 0; i < width; ++i) columns[size_t(i)] = reflectedIndex(x + i, extent.x);
    Pixels tile(PixelType::f32, channels, {int64_t(planes.size()), height, width});
    for (int64_t c = 0; c < channels; ++c)
        for (size_t z = 0; z < planes.size(); ++z) {
            const SlicePlane& plane = *planes[z];
            withPixelType(plane.pixels.type(), [&](auto t) {
                using T = decltype(t);
                const std::span<const T> source = plane.pixels.plane<T>(c, 0);
                float* out = tile.plane<float>(c, int64_t(z)).data();
                for (int64_t row = 0; row < height; ++row) {
                    const T* from = source.data() + reflectedIndex(y + row, extent.y) * extent.x;
                    for (int64_t i = 0; i < width; ++i)
                        *out++ = plane.normalisation.apply(size_t(c), double(from[columns[size_t(i)]]));
                }
            });
        }
    return tile;
}

} // namespace cristae

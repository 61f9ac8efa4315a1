// Reading, resampling and measuring whole slices; cutting tiles out of them.
#include "core/segment/slice_planes.h"

#include "core/segment/resample.h"
#include "core/segment/tiler.h"

#include <algorithm>
#include <fmt/format.h>

namespace cristae {

std::string reasonOfSize(const ImageInfo& image, const ModelCard& card) {
    const ModelScale scale = modelScale(image.voxelSize, card);
    const Extent3& e = image.extent();
    if (scale.y > 1.5 || scale.x > 1.5)
        return fmt::format(
            "There is not enough memory: for the model's pixel size of {:.3g} nm each slice of {} × {} "
            "pixels "
            "of {:.6g} nm ({}) is enlarged {:.4g} times to {} × {}. Check the pixel size (--pixel-size).",
            *card.pixelSizeNm, e.x, e.y, *image.voxelSize.xNm, image.voxelSize.source, scale.x,
            scaledCount(e.x, scale.x), scaledCount(e.y, scale.y));
    return fmt::format(
        "There is not enough memory for slices of {} × {} pixels{}: the axes of the image were "
        "read as {}. Check them (--axes), predict a region, or close other programs.",
        e.x, e.y, image.channels > 1 ? fmt::format(" with {} channels", image.channels) : "", image.axes);
}

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

/// Reads a slice with the model's channels at its pixel size. Throws Error{memory} with the reason.
Pixels readScaled(const TileSource& image, int64_t z, const ModelCard& card, const ModelScale& scale,
                  std::string& remark, const Progress& progress) {
    try {
        Pixels pixels = withChannels(image.read(0, Box3::ofSlice(image.info().extent(), z), progress),
                                     card.channelsIn, &remark);
        progress.throwIfCancelled();
        if (scale.y == 1 && scale.x == 1) return pixels;
        if (pixels.type() != PixelType::f32) pixels = pixels.converted(PixelType::f32);
        return resampledPlane(pixels, scale.y, scale.x, progress);
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::memory) throw;
    } catch (const std::bad_alloc&) {
    }
    throw Error(ErrorKind::memory, reasonOfSize(image.info(), card));
}

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
    std::string remark;
    made->pixels = readScaled(image_, z, card, scale, remark, quiet);
    if (scale.y != 1 || scale.x != 1)
        remarks_.insert(fmt::format(
            "The image was scaled by {:.3g} to the model's pixel size of {:.3g} nm, and the result back.",
            scale.x, *card.pixelSizeNm));
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

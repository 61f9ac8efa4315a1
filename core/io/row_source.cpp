// Images that are decoded from the top: kept whole when small, decoded band by band when large.
#include "core/io/row_source.h"

#include "core/io/file_access.h"

#include <cstring>

namespace cristae {

namespace {
constexpr int64_t keptBytes = int64_t(512) << 20;
}

RowSource::RowSource(ImageInfo info, RowDecoder decode)
    : info_(std::move(info)), id_(fileId(info_.path)), decode_(std::move(decode)) {}

Pixels RowSource::decodeBox(const Box3& box, const Progress& progress) const {
    Pixels pixels(info_.type, info_.channels, box.extent());
    const size_t size = byteSize(info_.type), channels = size_t(info_.channels);
    const size_t width = size_t(box.x1 - box.x0), plane = width * size_t(box.y1 - box.y0) * size;
    decode_(
        box.y1,
        [&](int64_t y, const std::byte* samples) {
            if (y < box.y0) return;
            samples += size_t(box.x0) * channels * size;
            std::byte* out = pixels.data() + size_t(y - box.y0) * width * size;
            if (channels == 1) {
                std::memcpy(out, samples, width * size);
                return;
            }
            for (size_t c = 0; c < channels; ++c)
                for (size_t x = 0; x < width; ++x)
                    std::memcpy(out + c * plane + x * size, samples + (x * channels + c) * size, size);
        },
        progress);
    return pixels;
}

Pixels RowSource::read(int level, const Box3& box, const Progress& progress) const {
    requireBox(info_, level, box);
    const int64_t bytes = info_.extent().count() * info_.channels * int64_t(byteSize(info_.type));
    std::unique_lock lock(mutex_);
    if (!damage_.empty()) throw Error(ErrorKind::input, damage_);
    try {
        if (bytes <= keptBytes) {
            if (whole_.empty()) whole_ = decodeBox(Box3::ofExtent(info_.extent()), progress);
            return whole_.cropped(box);
        }
        lock.unlock();
        return decodeBox(box, progress);
    } catch (const Error& error) {
        if (!lock.owns_lock()) lock.lock();
        if (error.kind() == ErrorKind::input) damage_ = error.what();
        throw;
    }
}

} // namespace cristae

// Coarser levels from bands of the full one.
#include "core/image/pyramid.h"

#include "core/image/readable.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <type_traits>

namespace cristae {

namespace {

constexpr int64_t coarsestSide = 512;
constexpr int64_t bandBytes = int64_t(8) << 20;

Extent3 halved(const Extent3& extent) {
    return {extent.z, (extent.y + 1) / 2, (extent.x + 1) / 2};
}

/// Halves `fine` [C, 1, Y, X] into rows of `coarse` [C, 1, ceil, ceil] from row `firstRow` on. At an odd edge
/// the last row or column stands for itself.
void halveInto(const Pixels& fine, Pixels& coarse, int64_t firstRow, Reduction reduction) {
    withPixelType(fine.type(), [&](auto t) {
        using T = decltype(t);
        const Extent3& from = fine.extent();
        const int64_t rows = (from.y + 1) / 2, width = coarse.extent().x;
        for (int64_t c = 0; c < fine.channels(); ++c) {
            const auto in = fine.plane<T>(c, 0);
            const auto out = coarse.plane<T>(c, 0);
            for (int64_t y = 0; y < rows; ++y) {
                const T* upper = in.data() + 2 * y * from.x;
                const T* lower = 2 * y + 1 < from.y ? upper + from.x : upper;
                T* to = out.data() + (firstRow + y) * width;
                for (int64_t x = 0; x < width; ++x) {
                    const int64_t left = 2 * x, right = std::min(left + 1, from.x - 1);
                    if (reduction == Reduction::first)
                        to[x] = upper[left];
                    else if constexpr (std::is_floating_point_v<T>)
                        to[x] = (upper[left] + upper[right] + lower[left] + lower[right]) / T(4);
                    else
                        to[x] = T((int64_t(upper[left]) + int64_t(upper[right]) + int64_t(lower[left]) +
                                   int64_t(lower[right]) + 2) >>
                                  2);
                }
            }
        }
    });
}

/// True if a box of a level shows any of the voxels of a box of the full level.
bool touches(const Box3& full, int level, const Box3& box) {
    const int64_t last = (int64_t(1) << level) - 1;
    return full.y0 >> level < box.y1 && (full.y1 + last) >> level > box.y0 && full.x0 >> level < box.x1 &&
           (full.x1 + last) >> level > box.x0;
}

} // namespace

PyramidSource::PyramidSource(TileSourcePtr full, Reduction reduction, size_t budgetBytes)
    : full_(std::move(full)), info_(full_->info()), reduction_(reduction), budget_(budgetBytes) {
    info_.levels.resize(1);
    while (std::max(info_.levels.back().y, info_.levels.back().x) > coarsestSide)
        info_.levels.push_back(halved(info_.levels.back()));
}

Pixels PyramidSource::read(int level, const Box3& box, const Progress& progress) const {
    if (level == 0) return full_->read(0, box, progress);
    if (level < 0 || size_t(level) >= info_.levels.size() || box.empty() ||
        !Box3::ofExtent(info_.levels[size_t(level)]).contains(box))
        throw Error(ErrorKind::internal, "A part outside the levels of an image was asked for.");
    Pixels result(info_.type, info_.channels, box.extent());
    const size_t plane = size_t((box.y1 - box.y0) * (box.x1 - box.x0)) * byteSize(info_.type);
    const int64_t slices = box.z1 - box.z0;
    for (int64_t z = box.z0; z < box.z1; ++z) {
        const Levels levels = levelsOf(z, progress);
        for (const Box3& unreadable : levels->unreadable)
            if (touches(unreadable, level, box)) throw Error(ErrorKind::input, levels->why);
        const Pixels part = levels->pixels[size_t(level - 1)].cropped({0, box.y0, box.x0, 1, box.y1, box.x1});
        for (int64_t c = 0; c < info_.channels; ++c)
            std::memcpy(result.data() + size_t(c * slices + z - box.z0) * plane,
                        part.data() + size_t(c) * plane, plane);
    }
    return result;
}

PyramidSource::Levels PyramidSource::levelsOf(int64_t z, const Progress& progress) const {
    {
        std::unique_lock lock(mutex_);
        for (;;) {
            const auto it =
                std::find_if(slices_.begin(), slices_.end(), [&](const Slice& s) { return s.z == z; });
            if (it != slices_.end()) {
                slices_.splice(slices_.begin(), slices_, it);
                return it->levels;
            }
            if (making_.insert(z).second) break; // this thread makes it
            made_.wait_for(lock, std::chrono::milliseconds(20));
            progress.throwIfCancelled();
        }
    }
    // Cancelled or failed, the others must be able to go on.
    struct Done {
        const PyramidSource& source;
        int64_t z;
        ~Done() {
            {
                const std::lock_guard lock(source.mutex_);
                source.making_.erase(z);
            }
            source.made_.notify_all();
        }
    } const done{*this, z};
    const Levels levels = make(z, progress);
    size_t bytes = 0;
    for (const Pixels& each : levels->pixels) bytes += each.bytes();
    const std::lock_guard lock(mutex_);
    slices_.push_front({z, levels, bytes});
    bytes_ += bytes;
    while (bytes_ > budget_ && slices_.size() > 1) {
        bytes_ -= slices_.back().bytes;
        slices_.pop_back();
    }
    return levels;
}

PyramidSource::Levels PyramidSource::make(int64_t z, const Progress& progress) const {
    const Extent3& full = info_.extent();
    auto levels = std::make_shared<SliceLevels>();
    const Extent3& first = info_.levels[1];
    levels->pixels.emplace_back(info_.type, info_.channels, Extent3{1, first.y, first.x});
    const int64_t rowBytes = full.x * info_.channels * int64_t(byteSize(info_.type));
    const int64_t rows = std::max<int64_t>(2, bandBytes / rowBytes / 2 * 2); // even, so that no pair is torn
    for (int64_t y = 0; y < full.y; y += rows) {
        progress.throwIfCancelled();
        const ReadablePart band =
            readReadable(*full_, 0, {z, y, 0, z + 1, std::min(full.y, y + rows), full.x}, progress);
        levels->unreadable.insert(levels->unreadable.end(), band.unreadable.begin(), band.unreadable.end());
        if (levels->why.empty()) levels->why = band.why;
        if (!band.nothing()) halveInto(band.pixels, levels->pixels.front(), y / 2, reduction_);
    }
    for (size_t level = 2; level < info_.levels.size(); ++level) {
        progress.throwIfCancelled();
        const Extent3& extent = info_.levels[level];
        Pixels coarse(info_.type, info_.channels, Extent3{1, extent.y, extent.x});
        halveInto(levels->pixels.back(), coarse, 0, reduction_);
        levels->pixels.push_back(std::move(coarse));
    }
    return levels;
}

TileSourcePtr withPyramid(TileSourcePtr source, Reduction reduction) {
    const ImageInfo& info = source->info();
    if (info.levels.size() > 1 || std::max(info.extent().y, info.extent().x) <= coarsestSide) return source;
    return std::make_shared<PyramidSource>(std::move(source), reduction);
}

} // namespace cristae

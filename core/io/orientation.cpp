// A decorator that reads the box of the stored image and rearranges its pixels.
#include "core/io/orientation.h"

#include <array>
#include <cstring>
#include <utility>

namespace cristae {

namespace {

/// From a place in the turned image to the stored one: first exchanged, then counted from the other end.
struct Turn {
    bool exchanged, flippedY, flippedX; // y and x of the stored image
};

Turn turnOf(int orientation) {
    constexpr std::array<Turn, 9> turns{{{false, false, false},
                                         {false, false, false},
                                         {false, false, true},
                                         {false, true, true},
                                         {false, true, false},
                                         {true, false, false},
                                         {true, true, false},
                                         {true, true, true},
                                         {true, false, true}}};
    return turns[size_t(orientation)];
}

class Turned : public TileSource {
public:
    Turned(TileSourcePtr source, int orientation)
        : source_(std::move(source)), turn_(turnOf(orientation)), info_(source_->info()) {
        id_ = source_->id() + "|turned " + std::to_string(orientation);
        if (turn_.exchanged) {
            for (Extent3& level : info_.levels) std::swap(level.y, level.x);
            std::swap(info_.voxelSize.yNm, info_.voxelSize.xNm);
            for (StatedLength& length : info_.statedLengths)
                length.axis = length.axis == 'y' ? 'x' : length.axis == 'x' ? 'y' : length.axis;
        }
        info_.remarks.push_back("The orientation tag says that the image is to be turned or mirrored, and so "
                                "it is; programs that ignore the tag (Fiji) show it as it is stored.");
    }
    const ImageInfo& info() const override { return info_; }
    std::string id() const override { return id_; }

    Pixels read(int level, const Box3& box, const Progress& progress) const override {
        const Pixels stored = source_->read(level, storedBox(level, box), progress);
        const Extent3 extent = box.extent(), from = stored.extent();
        Pixels result(stored.type(), stored.channels(), extent);
        const size_t size = byteSize(stored.type());
        std::byte* out = result.data();
        for (int64_t plane = 0; plane < stored.channels() * extent.z; ++plane)
            for (int64_t y = 0; y < extent.y; ++y)
                for (int64_t x = 0; x < extent.x; ++x, out += size) {
                    int64_t sy = turn_.exchanged ? x : y, sx = turn_.exchanged ? y : x;
                    if (turn_.flippedY) sy = from.y - 1 - sy;
                    if (turn_.flippedX) sx = from.x - 1 - sx;
                    std::memcpy(out, stored.data() + size_t((plane * from.y + sy) * from.x + sx) * size,
                                size);
                }
        return result;
    }

private:
    Box3 storedBox(int level, const Box3& box) const {
        Box3 stored = box;
        if (turn_.exchanged) {
            std::swap(stored.y0, stored.x0);
            std::swap(stored.y1, stored.x1);
        }
        const Extent3& whole = source_->info().levels[size_t(level)];
        if (turn_.flippedY) stored.y0 = whole.y - std::exchange(stored.y1, whole.y - stored.y0);
        if (turn_.flippedX) stored.x0 = whole.x - std::exchange(stored.x1, whole.x - stored.x0);
        return stored;
    }

    TileSourcePtr source_;
    Turn turn_;
    ImageInfo info_;
    std::string id_;
};

} // namespace

TileSourcePtr turned(TileSourcePtr source, int orientation) {
    if (orientation < 2 || orientation > 8) return source;
    return std::make_shared<Turned>(std::move(source), orientation);
}

int exifOrientation(std::span<const std::byte> tiff) {
    if (tiff.size() < 10) return 1;
    const bool big = tiff[0] == std::byte('M');
    const auto number = [&](size_t at, size_t count) {
        uint32_t value = 0;
        for (size_t i = 0; i < count; ++i)
            value = value << 8 |
                    (at + count <= tiff.size() ? uint32_t(tiff[at + (big ? i : count - 1 - i)]) : 0u);
        return value;
    };
    const size_t directory = number(4, 4), entries = number(directory, 2);
    for (size_t i = 0; i < entries && directory + 14 + 12 * i <= tiff.size(); ++i) {
        const uint32_t value = number(directory + 10 + 12 * i, 2);
        if (number(directory + 2 + 12 * i, 2) == 0x0112 && value >= 1 && value <= 8) return int(value);
    }
    return 1;
}

void remarkOnExif(ImageInfo& info, int orientation) {
    if (orientation != 1)
        info.remarks.push_back("The camera noted that the picture is to be turned or mirrored for viewing "
                               "(EXIF orientation); it is read as it is stored.");
}

} // namespace cristae

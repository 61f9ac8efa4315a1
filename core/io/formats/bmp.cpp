// BMP: uncompressed 1, 4, 8, 24 and 32 bits (Windows bitmap, BITMAPINFOHEADER and later).
#include "core/io/calibration.h"
#include "core/io/file_access.h"
#include "core/io/palette.h"
#include "core/io/row_source.h"

#include <array>
#include <cstring>
#include <fmt/format.h>

namespace cristae {

namespace {

struct BmpLayout {
    int64_t width = 0, height = 0, rowBytes = 0;
    uint64_t dataOffset = 0;
    int bits = 0;
    bool bottomUp = true;
    std::array<std::array<uint8_t, 3>, 256> palette{}; // r, g, b
};

template <class T> T littleEndian(std::span<const std::byte> bytes, size_t offset) {
    T value = 0;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

/// 32 bits with masks are known if blue, green and red are the first three bytes.
bool usualMasks(const InputFile& file, int bits) {
    std::array<std::byte, 12> masks{};
    file.read(54, masks);
    return bits == 32 && littleEndian<uint32_t>(masks, 0) == 0xff0000 &&
           littleEndian<uint32_t>(masks, 4) == 0xff00 && littleEndian<uint32_t>(masks, 8) == 0xff;
}

/// Decides what an image with a palette is: indices, greys or colours.
void choosePalette(BmpLayout& layout, Palette palette, bool labels, ImageInfo& info) {
    const bool grey = isGreyPalette(palette), table = !labels && !grey && isLookupTable(palette);
    info.channels = labels || grey || table ? 1 : 3;
    if (labels)
        takeIndices(info, palette);
    else if (table)
        takeGreyBehindTable(info);
    else if (!grey)
        info.remarks.push_back("The image has a palette of colours; it is read as RGB.");
    for (size_t i = 0; i < palette.size(); ++i)
        layout.palette[i] = labels || table ? std::array{uint8_t(i), uint8_t(i), uint8_t(i)} : palette[i];
    for (size_t i = palette.size(); labels && i < layout.palette.size(); ++i)
        layout.palette[i] = {uint8_t(i), uint8_t(i), uint8_t(i)};
}

BmpLayout readLayout(const InputFile& file, bool labels, ImageInfo& info) {
    std::array<std::byte, 54> head{};
    file.read(0, head);
    BmpLayout layout;
    layout.dataOffset = littleEndian<uint32_t>(head, 10);
    const auto headerSize = littleEndian<uint32_t>(head, 14);
    layout.width = littleEndian<int32_t>(head, 18);
    layout.height = littleEndian<int32_t>(head, 22);
    layout.bottomUp = layout.height > 0;
    if (!layout.bottomUp) layout.height = -layout.height;
    layout.bits = littleEndian<uint16_t>(head, 28);
    const auto compression = littleEndian<uint32_t>(head, 30);
    const bool knownBits =
        layout.bits == 1 || layout.bits == 4 || layout.bits == 8 || layout.bits == 24 || layout.bits == 32;
    if (headerSize < 40 || (compression != 0 && !(compression == 3 && usualMasks(file, layout.bits))) ||
        !knownBits)
        throw inputError(file.path(),
                         fmt::format("it is a BMP of {} bits{}, which Cristae does not know. "
                                     "Save it as PNG or TIFF, or as an uncompressed BMP of 8 "
                                     "or 24 bits.",
                                     layout.bits,
                                     compression == 1 || compression == 2 ? " with RLE compression"
                                     : compression == 3                   ? " with colour masks of its own"
                                     : compression != 0                   ? " with a compression of its own"
                                                                          : ""));
    layout.rowBytes = (checkedBytes(file.path(), {layout.width, layout.bits}) + 31) / 32 * 4;
    const int64_t needed = checkedBytes(file.path(), {layout.rowBytes, layout.height});
    if (layout.dataOffset > file.size() || uint64_t(needed) > file.size() - layout.dataOffset)
        throw inputError(file.path(),
                         "the file ends before its image does. It was cut off; copy or download it again.");
    info.channels = 3;
    if (layout.bits <= 8) {
        const uint32_t most = 1u << layout.bits;
        uint32_t colours = littleEndian<uint32_t>(head, 46);
        if (colours == 0 || colours > most) colours = most;
        std::vector<std::byte> table(4 * size_t(colours));
        file.read(14 + uint64_t(headerSize), table);
        Palette palette(colours);
        for (size_t i = 0; i < colours; ++i)
            for (size_t c = 0; c < 3; ++c) palette[i][c] = uint8_t(table[4 * i + 2 - c]);
        choosePalette(layout, std::move(palette), labels, info);
    }
    info.levels = {{1, layout.height, layout.width}};
    info.type = PixelType::u8;
    info.axes = info.channels > 1 ? "yxc" : "yx";
    for (const auto& [axis, offset] : {std::pair{'x', size_t(38)}, {'y', size_t(42)}})
        if (const auto perMetre = littleEndian<int32_t>(head, offset); perMetre > 0)
            stateResolution(info, axis, perMetre, "m", stated::bmpDensity);
    return layout;
}

/// The palette index of pixel x in a row; the leftmost pixel has the highest bits of a byte.
size_t indexAt(std::span<const std::byte> row, int bits, size_t x) {
    const size_t bit = x * size_t(bits);
    return size_t(row[bit / 8] >> (8 - bits - int(bit % 8))) & ((1u << bits) - 1);
}

void decodeBmp(const InputFile& file, const BmpLayout& layout, int64_t channels, int64_t endRow,
               const RowTaker& take, const Progress& progress) {
    std::vector<std::byte> stored(size_t(layout.rowBytes)), row(size_t(layout.width * channels));
    for (int64_t y = 0; y < endRow; ++y) {
        if (y % 64 == 0) progress.throwIfCancelled();
        const int64_t line = layout.bottomUp ? layout.height - 1 - y : y;
        file.read(layout.dataOffset + uint64_t(line * layout.rowBytes), stored);
        for (size_t x = 0; x < size_t(layout.width); ++x) {
            const auto& colour = layout.palette[layout.bits <= 8 ? indexAt(stored, layout.bits, x) : 0];
            for (size_t c = 0; c < size_t(channels); ++c)
                row[x * size_t(channels) + c] =
                    layout.bits <= 8 ? std::byte{colour[c]} : stored[x * size_t(layout.bits / 8) + 2 - c];
        }
        take(y, row.data());
    }
}

class BmpFormat : public Format {
public:
    std::string name() const override { return "BMP"; }
    std::vector<std::string> extensions() const override { return {"bmp"}; }
    bool probe(const std::filesystem::path&, std::span<const std::byte> head) const override {
        return head.size() >= 26 && head[0] == std::byte{'B'} && head[1] == std::byte{'M'} &&
               littleEndian<uint32_t>(head, 14) <= 124 && littleEndian<uint32_t>(head, 14) >= 12;
    }
    TileSourcePtr open(const std::filesystem::path& path, const OpenOptions& options) const override {
        auto file = std::make_shared<const InputFile>(path);
        ImageInfo info;
        const BmpLayout layout = readLayout(*file, options.labels, info);
        finishInfo(info, path, name(), options);
        return std::make_shared<RowSource>(
            info, [file, layout, channels = info.channels](int64_t endRow, const RowTaker& take,
                                                           const Progress& progress) {
                decodeBmp(*file, layout, channels, endRow, take, progress);
            });
    }
};

} // namespace

std::unique_ptr<Format> makeBmpFormat() {
    return std::make_unique<BmpFormat>();
}

} // namespace cristae

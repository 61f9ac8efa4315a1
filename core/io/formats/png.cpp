// PNG through libpng, row by row; opening walks the chunk headers only.
#include "core/io/calibration.h"
#include "core/io/file_access.h"
#include "core/io/label_colours.h"
#include "core/io/orientation.h"
#include "core/io/palette.h"
#include "core/io/row_source.h"

#include <algorithm>
#include <csetjmp>
#include <cstring>
#include <fmt/format.h>
#include <png.h>
#include <vector>

namespace cristae {

namespace {

/// What libpng needs while it reads; its errors come back by longjmp, so nothing with a destructor lives in
/// the jumped-over frames.
struct PngReader {
    const InputFile& file;
    uint64_t position = 0;
    png_structp png = nullptr;
    png_infop info = nullptr;
    char message[256] = "";

    explicit PngReader(const InputFile& source) : file(source) {
        png = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, onError, onWarning);
        info = png ? png_create_info_struct(png) : nullptr;
        if (!info) {
            png_destroy_read_struct(&png, nullptr, nullptr);
            throw Error(ErrorKind::memory, "There is not enough memory to read a PNG image.");
        }
        png_set_read_fn(png, this, onRead);
        png_set_user_limits(png, 0x7fffffff, 0x7fffffff);
        png_set_chunk_malloc_max(png, 8000000);
        png_set_chunk_cache_max(png, 100);
    }
    ~PngReader() { png_destroy_read_struct(&png, &info, nullptr); }
    PngReader(const PngReader&) = delete;
    PngReader& operator=(const PngReader&) = delete;

    [[noreturn]] void fail() const {
        throw inputError(file.path(),
                         fmt::format("the PNG data are damaged ({}). Copy or download it again.", message));
    }
    static void onError(png_structp png, png_const_charp text) {
        auto* self = static_cast<PngReader*>(png_get_error_ptr(png));
        std::strncpy(self->message, text, sizeof self->message - 1);
        png_longjmp(png, 1);
    }
    static void onWarning(png_structp, png_const_charp) {}
    static void onRead(png_structp png, png_bytep into, size_t count) {
        auto* self = static_cast<PngReader*>(png_get_io_ptr(png));
        size_t got = 0;
        try {
            got = self->file.readSome(self->position, {reinterpret_cast<std::byte*>(into), count});
        } catch (...) {
            got = 0; // no exception may cross libpng
        }
        if (got != count) png_error(png, "the file ends too early");
        self->position += count;
    }
};

bool readHeader(PngReader& reader) {
    if (setjmp(png_jmpbuf(reader.png))) return false;
    png_read_info(reader.png, reader.info);
    return true;
}

/// What becomes of a palette, and of the transparency.
struct PngReading {
    bool indices = false;       // the values are the indices of the palette
    bool transparency = false;  // kept as the last channel
    std::vector<uint8_t> greys; // not empty: of each index
};

/// Sets up the transformations: samples in machine order, sub-byte greys unpacked but not scaled, colours as
/// RGB. False after an error.
bool prepare(PngReader& reader, const PngReading& reading) {
    if (setjmp(png_jmpbuf(reader.png))) return false;
    const bool indices = reading.indices || !reading.greys.empty();
    const int colour = png_get_color_type(reader.png, reader.info),
              depth = png_get_bit_depth(reader.png, reader.info);
    if (depth < 8) png_set_packing(reader.png);
    if (depth == 16) png_set_swap(reader.png);
    if (colour == PNG_COLOR_TYPE_PALETTE && !indices) png_set_palette_to_rgb(reader.png);
    if ((colour & PNG_COLOR_MASK_ALPHA && !reading.transparency) ||
        (colour == PNG_COLOR_TYPE_PALETTE && !indices))
        png_set_strip_alpha(reader.png);
    png_set_interlace_handling(reader.png);
    png_read_update_info(reader.png, reader.info);
    return true;
}

bool readRow(PngReader& reader, png_bytep row) {
    if (setjmp(png_jmpbuf(reader.png))) return false;
    png_read_row(reader.png, row, nullptr);
    return true;
}

bool readWhole(PngReader& reader, png_bytepp rows) {
    if (setjmp(png_jmpbuf(reader.png))) return false;
    png_read_image(reader.png, rows);
    return true;
}

Palette paletteOf(PngReader& reader) {
    png_colorp colours = nullptr;
    int count = 0;
    Palette palette;
    if (!png_get_PLTE(reader.png, reader.info, &colours, &count)) return palette;
    for (int i = 0; i < count; ++i) palette.push_back({colours[i].red, colours[i].green, colours[i].blue});
    return palette;
}

/// Decides on the palette and the transparency, and says so in `info`.
PngReading chooseReading(PngReader& reader, bool labels, ImageInfo& info) {
    PngReading reading;
    const int colour = png_get_color_type(reader.png, reader.info);
    info.channels = (colour & PNG_COLOR_MASK_COLOR) != 0 ? 3 : 1;
    reading.transparency = labels && (colour & PNG_COLOR_MASK_ALPHA) != 0;
    if (reading.transparency) ++info.channels;
    if (colour & PNG_COLOR_MASK_ALPHA) info.remarks.push_back("The transparency (alpha) is left out.");
    if (colour != PNG_COLOR_TYPE_PALETTE) return reading;
    const Palette palette = paletteOf(reader);
    if (labels) {
        reading.indices = true;
        info.channels = 1;
        takeIndices(info, palette);
    } else if (isGreyPalette(palette)) {
        info.channels = 1;
        reading.greys.resize(256);
        for (size_t i = 0; i < palette.size(); ++i) reading.greys[i] = palette[i][0];
        info.remarks.push_back("The image has a palette of greys; it is read as grey values.");
    } else if (isLookupTable(palette)) {
        reading.indices = true;
        takeGreyBehindTable(info);
    } else {
        info.remarks.push_back("The image has a palette of colours; it is read as RGB.");
    }
    return reading;
}

/// What stands in the chunks of a file.
struct PngChunks {
    uint64_t dataBytes = 0; // of the image, as stored
    int orientation = 1;    // EXIF
};

/// Every chunk must be there whole; a cut file is found without decoding it.
PngChunks readChunks(const InputFile& file) {
    PngChunks found;
    uint64_t position = 8;
    for (;;) {
        std::array<std::byte, 8> header{};
        if (file.readSome(position, header) != header.size())
            throw inputError(
                file.path(),
                "the file ends before its image does. It was cut off; copy or download it again.");
        const uint64_t length = uint64_t(header[0]) << 24 | uint64_t(header[1]) << 16 |
                                uint64_t(header[2]) << 8 | uint64_t(header[3]);
        const std::string_view kind(reinterpret_cast<const char*>(header.data()) + 4, 4);
        if (length > 0x7fffffff || position + 12 + length > file.size())
            throw inputError(
                file.path(),
                "the file ends before its image does. It was cut off; copy or download it again.");
        if (kind == "IDAT") found.dataBytes += length;
        if (kind == "eXIf") {
            std::vector<std::byte> exif(std::min<uint64_t>(length, 0xffff));
            exif.resize(file.readSome(position + 8, exif));
            found.orientation = exifOrientation(exif);
        }
        if (kind == "IEND") return found;
        position += 12 + length;
    }
}

void decodePng(const InputFile& file, const ImageInfo& info, const PngReading& reading, int64_t endRow,
               const RowTaker& take, const Progress& progress) {
    PngReader reader(file);
    if (!readHeader(reader)) reader.fail();
    if (!prepare(reader, reading)) reader.fail();
    const std::vector<uint8_t>& greys = reading.greys;
    const size_t rowBytes = png_get_rowbytes(reader.png, reader.info);
    if (rowBytes != size_t(info.extent().x * info.channels) * byteSize(info.type))
        throw inputError(file.path(), "it changed while it was open. Open it again.");
    const auto finish = [&](int64_t y, std::vector<png_byte>& row) {
        if (!greys.empty())
            for (png_byte& value : row) value = greys[value];
        take(y, reinterpret_cast<const std::byte*>(row.data()));
    };
    std::vector<png_byte> row(rowBytes);
    if (png_get_interlace_type(reader.png, reader.info) == PNG_INTERLACE_NONE) {
        for (int64_t y = 0; y < endRow; ++y) {
            if (y % 64 == 0) progress.throwIfCancelled();
            if (!readRow(reader, row.data())) reader.fail();
            finish(y, row);
        }
        return;
    }
    const auto height = size_t(info.extent().y);
    std::vector<png_byte> image(rowBytes * height);
    std::vector<png_bytep> rows(height);
    for (size_t y = 0; y < height; ++y) rows[y] = image.data() + y * rowBytes;
    if (!readWhole(reader, rows.data())) reader.fail();
    for (int64_t y = 0; y < endRow; ++y) {
        std::memcpy(row.data(), rows[size_t(y)], rowBytes);
        finish(y, row);
    }
}

ImageInfo readPngInfo(const InputFile& file, bool labels, PngReading& reading) {
    const auto [dataBytes, orientation] = readChunks(file);
    PngReader reader(file);
    if (!readHeader(reader)) reader.fail();
    const auto width = int64_t(png_get_image_width(reader.png, reader.info)),
               height = int64_t(png_get_image_height(reader.png, reader.info));
    const int depth = png_get_bit_depth(reader.png, reader.info);
    ImageInfo info;
    info.levels = {{1, height, width}};
    info.type = depth == 16 ? PixelType::u16 : PixelType::u8;
    reading = chooseReading(reader, labels, info);
    info.axes = info.channels > 1 ? "yxc" : "yx";
    remarkOnExif(info, orientation);
    const int64_t bits =
        checkedBytes(file.path(), {width, height, int64_t(png_get_channels(reader.png, reader.info)), depth});
    if (bits / 8 / 1100 > int64_t(dataBytes)) // deflate shrinks at most 1032 times
        throw inputError(
            file.path(),
            fmt::format("it claims {} × {} pixels but holds only {} bytes. It is damaged; get it again.",
                        width, height, dataBytes));
    if (png_get_interlace_type(reader.png, reader.info) != PNG_INTERLACE_NONE &&
        bits / 8 > (int64_t(1) << 30))
        throw inputError(file.path(),
                         "it is interlaced and too large to be read at once. Save it without interlacing.");
    png_textp texts = nullptr;
    const int textCount = png_get_text(reader.png, reader.info, &texts, nullptr);
    for (int i = 0; i < textCount; ++i)
        if (std::strcmp(texts[i].key, "cristae") == 0) info.cristaeMetadata = texts[i].text;
    png_uint_32 x = 0, y = 0;
    int unit = 0;
    if (png_get_pHYs(reader.png, reader.info, &x, &y, &unit) && unit == PNG_RESOLUTION_METER)
        for (const auto& [axis, perMetre] : {std::pair{'x', x}, {'y', y}})
            stateResolution(info, axis, double(perMetre), "m", stated::pngDensity);
    return info;
}

class PngFormat : public Format {
public:
    std::string name() const override { return "PNG"; }
    std::vector<std::string> extensions() const override { return {"png"}; }
    bool probe(const std::filesystem::path&, std::span<const std::byte> head) const override {
        return head.size() >= 8 && png_sig_cmp(reinterpret_cast<png_const_bytep>(head.data()), 0, 8) == 0;
    }
    TileSourcePtr open(const std::filesystem::path& path, const OpenOptions& options) const override {
        auto file = std::make_shared<const InputFile>(path);
        PngReading reading;
        ImageInfo info = readPngInfo(*file, options.labels, reading);
        finishInfo(info, path, name(), options);
        const auto source = std::make_shared<RowSource>(
            info, [file, info, reading](int64_t endRow, const RowTaker& take, const Progress& progress) {
                decodePng(*file, info, reading, endRow, take, progress);
            });
        return reading.transparency ? withoutTransparency(source) : source;
    }
};

} // namespace

std::unique_ptr<Format> makePngFormat() {
    return std::make_unique<PngFormat>();
}

} // namespace cristae

// PNG through libpng, row by row; opening walks the chunk headers only.
#include "core/io/calibration.h"
#include "core/io/file_access.h"
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

/// Sets up the transformations: samples in machine order, sub-byte greys unpacked but not scaled, colours as
/// RGB, no alpha. A palette of greys is left as indices. False after an error.
bool prepare(PngReader& reader, bool greyPalette) {
    if (setjmp(png_jmpbuf(reader.png))) return false;
    const int colour = png_get_color_type(reader.png, reader.info),
              depth = png_get_bit_depth(reader.png, reader.info);
    if (depth < 8) png_set_packing(reader.png);
    if (depth == 16) png_set_swap(reader.png);
    if (colour == PNG_COLOR_TYPE_PALETTE && !greyPalette) png_set_palette_to_rgb(reader.png);
    if (colour & PNG_COLOR_MASK_ALPHA || (colour == PNG_COLOR_TYPE_PALETTE && !greyPalette))
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

/// The palette as greys if it is one, else empty.
std::vector<uint8_t> greysOf(PngReader& reader) {
    png_colorp palette = nullptr;
    int count = 0;
    if (!png_get_PLTE(reader.png, reader.info, &palette, &count)) return {};
    std::vector<uint8_t> greys(256, 0);
    for (int i = 0; i < count; ++i) {
        if (palette[i].red != palette[i].green || palette[i].red != palette[i].blue) return {};
        greys[size_t(i)] = palette[i].red;
    }
    return greys;
}

/// Every chunk must be there whole; a cut file is found without decoding it. Returns the stored bytes of the
/// image data.
uint64_t checkChunks(const InputFile& file) {
    uint64_t position = 8, dataBytes = 0;
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
        if (kind == "IDAT") dataBytes += length;
        if (kind == "IEND") return dataBytes;
        position += 12 + length;
    }
}

void decodePng(const InputFile& file, const ImageInfo& info, int64_t endRow, const RowTaker& take,
               const Progress& progress) {
    PngReader reader(file);
    if (!readHeader(reader)) reader.fail();
    const auto greys = png_get_color_type(reader.png, reader.info) == PNG_COLOR_TYPE_PALETTE
                           ? greysOf(reader)
                           : std::vector<uint8_t>{};
    if (!prepare(reader, !greys.empty())) reader.fail();
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

ImageInfo readPngInfo(const InputFile& file) {
    const uint64_t dataBytes = checkChunks(file);
    PngReader reader(file);
    if (!readHeader(reader)) reader.fail();
    const auto width = int64_t(png_get_image_width(reader.png, reader.info)),
               height = int64_t(png_get_image_height(reader.png, reader.info));
    const int colour = png_get_color_type(reader.png, reader.info),
              depth = png_get_bit_depth(reader.png, reader.info);
    ImageInfo info;
    info.levels = {{1, height, width}};
    info.type = depth == 16 ? PixelType::u16 : PixelType::u8;
    info.channels = (colour & PNG_COLOR_MASK_COLOR) != 0 ? 3 : 1;
    if (colour == PNG_COLOR_TYPE_PALETTE) {
        info.channels = greysOf(reader).empty() ? 3 : 1;
        info.remarks.push_back(info.channels == 1
                                   ? "The image has a palette of greys; it is read as grey values."
                                   : "The image has a palette of colours; it is read as RGB.");
    }
    if (colour & PNG_COLOR_MASK_ALPHA) info.remarks.push_back("The transparency (alpha) is left out.");
    info.axes = info.channels > 1 ? "yxc" : "yx";
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
        ImageInfo info = readPngInfo(*file);
        finishInfo(info, path, name(), options);
        return std::make_shared<RowSource>(
            info, [file, info](int64_t endRow, const RowTaker& take, const Progress& progress) {
                decodePng(*file, info, endRow, take, progress);
            });
    }
};

} // namespace

std::unique_ptr<Format> makePngFormat() {
    return std::make_unique<PngFormat>();
}

} // namespace cristae

// Reads TIFF directories into a page table, refusing sizes that the file cannot hold before anything is
// allocated.
#include "core/io/tiff_pages.h"

#include "core/io/label_survey.h"
#include "core/io/tiff_colour.h"

#include <algorithm>
#include <fmt/format.h>

namespace cristae {

namespace {

uint16_t tag16(TIFF* tiff, uint32_t tag, uint16_t fallback) {
    uint16_t value = 0;
    return TIFFGetFieldDefaulted(tiff, tag, &value) ? value : fallback;
}

/// The largest plausible ratio of decoded to stored bytes of a codec.
int64_t plausibleRatio(int compression) {
    switch (compression) {
    case COMPRESSION_NONE:
        return 1;
    case COMPRESSION_PACKBITS:
        return 130;
    case COMPRESSION_LZW:
        return 4000;
    case COMPRESSION_DEFLATE:
    case COMPRESSION_ADOBE_DEFLATE:
        return 1100;
    case COMPRESSION_JPEG:
    case COMPRESSION_OJPEG:
        return 2000;
    default:
        return 100000;
    }
}

void chooseType(const InputFile& file, TiffPage& page, int format) {
    const int bits = page.bits;
    const auto refuse = [&](const std::string& what) {
        return inputError(
            file.path(),
            fmt::format("its values are {}, which Cristae does not know. Convert it to 8, 16 or 32 bits.",
                        what));
    };
    if (bits < 1 || bits > 64) throw refuse(fmt::format("{}-bit numbers", bits));
    if (format == SAMPLEFORMAT_UINT || format == SAMPLEFORMAT_VOID) {
        if (bits > 32 && bits != 64) throw refuse(fmt::format("{}-bit integers", bits));
        page.storedType = bits <= 8 ? PixelType::u8 : bits <= 16 ? PixelType::u16 : PixelType::u32;
        page.wide = bits == 64;
    } else if (format == SAMPLEFORMAT_INT) {
        if (bits != 8 && bits != 16 && bits != 32 && bits != 64)
            throw refuse(fmt::format("signed {}-bit integers", bits));
        page.storedType = bits == 8 ? PixelType::i8 : bits == 16 ? PixelType::i16 : PixelType::i32;
        page.wide = bits == 64;
    } else if (format == SAMPLEFORMAT_IEEEFP) {
        if (bits != 16 && bits != 32 && bits != 64)
            throw refuse(fmt::format("{}-bit floating-point numbers", bits));
        page.storedType = bits == 64 ? PixelType::f64 : PixelType::f32;
        page.halfFloat = bits == 16;
    } else {
        throw refuse("complex numbers");
    }
    page.type = page.storedType;
}

/// What decoding takes for granted when it walks along a row: samples as wide as their type, and as many as
/// colours are made of. Whatever combination of tags got here, a page without it would be read beyond its
/// rows.
bool isConsistent(const TiffPage& page) {
    const int stored = int(8 * byteSize(page.storedType));
    const bool whole = isInteger(page.storedType);
    const bool numbers = page.wide        ? page.bits == 64 && stored == 32 && whole
                         : page.halfFloat ? page.bits == 16 && page.storedType == PixelType::f32
                         : whole          ? page.bits <= stored
                                          : page.bits == stored;
    switch (page.colour) {
    case TiffColour::grey:
    case TiffColour::invertedGrey:
    case TiffColour::rgb:
        return numbers && page.type == page.storedType && page.channels >= 1 && page.channels <= page.samples;
    case TiffColour::signedGrey:
        return numbers && page.bits == 16 && page.storedType == PixelType::u16 &&
               page.type == PixelType::i16 && page.channels >= 1 && page.channels <= page.samples;
    case TiffColour::greyPalette:
    case TiffColour::colourPalette:
        return numbers && whole && stored <= 16 && page.palette.size() == size_t(3) << page.bits;
    case TiffColour::cmyk:
        return numbers && whole && page.type == page.storedType && page.samples >= 4 && page.bits == stored;
    case TiffColour::throughRgba:
        return true;
    }
    return false;
}

/// Offsets of all units; throws if the stored bytes cannot make up the page or lie beyond the end of the
/// file.
void checkUnits(TIFF* tiff, const InputFile& file, TiffPage& page) {
    const auto cut = [&] {
        return inputError(file.path(),
                          "the file ends before its image does. It was cut off; copy or download it again.");
    };
    const uint32_t count = page.tiled ? TIFFNumberOfTiles(tiff) : TIFFNumberOfStrips(tiff);
    const int64_t planes = page.planar ? page.samples : 1;
    if (int64_t(count) != page.unitsAcross() * page.unitsDown() * planes)
        throw inputError(file.path(),
                         "its table of strips does not fit its size. The file is damaged; get it again.");
    const int64_t samplesInUnit = page.planar ? 1 : page.samples;
    const int64_t bitsInRow = checkedBytes(file.path(), {page.unitWidth, samplesInUnit, page.bits});
    const int64_t decoded = checkedBytes(file.path(), {page.width, page.height, page.samples, page.bits}) / 8;
    int64_t stored = 0;
    if (page.plain) page.offsets.reserve(count);
    for (uint32_t i = 0; i < count; ++i) {
        const uint64_t offset = TIFFGetStrileOffset(tiff, i), bytes = TIFFGetStrileByteCount(tiff, i);
        if (page.plain) {
            const int64_t row = int64_t(i) % (page.unitsAcross() * page.unitsDown()) / page.unitsAcross();
            const int64_t rows =
                page.tiled ? page.unitHeight : std::min(page.unitHeight, page.height - row * page.unitHeight);
            const auto needed = uint64_t(checkedBytes(file.path(), {bitsInRow / 8, rows}));
            if (offset == 0 || offset > file.size() || needed > file.size() - offset) throw cut();
            page.offsets.push_back(offset);
            continue;
        }
        if (offset > file.size() || bytes > file.size() - offset) throw cut();
        stored += int64_t(bytes);
    }
    // Subsampled colours store less than the samples say.
    const int64_t ratio = plausibleRatio(page.compression) * (page.colour == TiffColour::throughRgba ? 4 : 1);
    if (!page.plain && decoded / ratio > stored + 4096)
        throw inputError(file.path(), fmt::format("it claims {} × {} pixels but holds only {} bytes. It was "
                                                  "cut off or is damaged; get it again.",
                                                  page.width, page.height, stored));
}

} // namespace

TiffPage describeTiffPage(TiffFile& handle, const InputFile& file, const TiffMeaning& meaning,
                          ImageInfo& info) {
    TIFF* tiff = handle.get();
    TiffPage page;
    page.directory = TIFFCurrentDirOffset(tiff);
    uint32_t width = 0, height = 0;
    if (!TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width) ||
        !TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height) || !width || !height)
        throw inputError(file.path(),
                         "it does not say how large its image is. The file is damaged; get it again.");
    page.width = width;
    page.height = height;
    page.orientation = tag16(tiff, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
    page.bits = tag16(tiff, TIFFTAG_BITSPERSAMPLE, 1);
    page.samples = tag16(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
    page.compression = tag16(tiff, TIFFTAG_COMPRESSION, COMPRESSION_NONE);
    page.fillOrder = tag16(tiff, TIFFTAG_FILLORDER, FILLORDER_MSB2LSB);
    page.planar =
        page.samples > 1 && tag16(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) == PLANARCONFIG_SEPARATE;
    page.tiled = TIFFIsTiled(tiff) != 0;
    page.bigEndian = TIFFIsBigEndian(tiff) != 0;
    if (page.samples < 1)
        throw inputError(file.path(), "it has no samples. The file is damaged; get it again.");
    if (!TIFFIsCODECConfigured(uint16_t(page.compression)))
        throw inputError(
            file.path(),
            fmt::format(
                "its compression (number {}) is not known here. Save it uncompressed or with LZW or deflate.",
                page.compression));
    chooseType(file, page, tag16(tiff, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT));
    if (page.bits == 24)
        info.remarks.push_back(
            "The 24-bit numbers are read in the byte order of the file; a few programs write "
            "them in the other one.");
    if (page.wide)
        info.remarks.push_back(
            "The 64-bit numbers are read as 32 bits; 2^64−1, the background of CREMI, as 0.");
    chooseTiffColour(tiff, file, meaning, page, info);
    if (meaning.labels && (page.compression == COMPRESSION_JPEG || page.compression == COMPRESSION_OJPEG))
        info.remarks.push_back(fmt::format("Its pixels are compressed with JPEG, {}", lossyRemark));
    if (!isConsistent(page))
        throw inputError(
            file.path(),
            "its sample type does not fit its colour space. Save it as RGB or grey, or get it again.");

    uint32_t unitWidth = width, unitHeight = height;
    if (page.tiled) {
        if (!TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &unitWidth) ||
            !TIFFGetField(tiff, TIFFTAG_TILELENGTH, &unitHeight))
            unitWidth = 0;
    } else {
        TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &unitHeight);
        unitHeight = std::min(unitHeight, height);
    }
    if (!unitWidth || !unitHeight)
        throw inputError(file.path(), "its strips or tiles have no size. The file is damaged; get it again.");
    page.unitWidth = unitWidth;
    page.unitHeight = unitHeight;
    if (page.colour == TiffColour::throughRgba &&
        checkedBytes(file.path(), {page.unitWidth, page.unitHeight, 4}) > (int64_t(1) << 30))
        throw inputError(file.path(),
                         "its strips are too large for a conversion of its colours. Save it as RGB or "
                         "grey.");
    if (page.tiled) { // a tile may stick out of a small image, but not by far
        const int64_t bytes = checkedBytes(file.path(), {page.unitWidth, page.unitHeight, page.samples, 8});
        if (bytes > std::max(int64_t(256) << 20, int64_t(8) * page.width * page.height * page.samples))
            throw inputError(file.path(),
                             "its tiles are larger than any image needs. The file is damaged; get it again.");
    }
    page.plain = page.compression == COMPRESSION_NONE && page.bits % 8 == 0 && page.bits != 24 &&
                 !page.halfFloat && !page.wide && page.fillOrder == FILLORDER_MSB2LSB &&
                 (page.colour == TiffColour::grey || page.colour == TiffColour::invertedGrey ||
                  page.colour == TiffColour::signedGrey || page.colour == TiffColour::rgb);
    checkUnits(tiff, file, page);
    return page;
}

bool keepTransparency(TiffTable& table) {
    if (table.channelPages != 1 || !std::all_of(table.pages.begin(), table.pages.end(), [](const auto& page) {
            return page.transparency && page.channels == page.samples - 1;
        }))
        return false;
    for (TiffPage& page : table.pages) ++page.channels;
    ++table.info.channels;
    return true;
}

} // namespace cristae

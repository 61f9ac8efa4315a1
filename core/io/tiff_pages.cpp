// Reads TIFF directories into a page table, refusing sizes that the file cannot hold before anything is
// allocated.
#include "core/io/tiff_pages.h"

#include "core/io/palette.h"

#include <algorithm>
#include <cmath>
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

/// Number of alpha samples among the extra samples.
int alphaSamples(TIFF* tiff) {
    uint16_t count = 0;
    uint16_t* kinds = nullptr;
    if (!TIFFGetField(tiff, TIFFTAG_EXTRASAMPLES, &count, &kinds) || !kinds) return 0;
    return int(std::count_if(kinds, kinds + count, [](uint16_t k) {
        return k == EXTRASAMPLE_ASSOCALPHA || k == EXTRASAMPLE_UNASSALPHA;
    }));
}

/// Whether the entries are the greys from black to white (or the other way round), as far as 8 bits tell.
bool isRamp(const uint16_t* entries, size_t count, int scale, bool inverted) {
    for (size_t i = 0; i < count; ++i) {
        const size_t place = inverted ? count - 1 - i : i;
        const double wanted = double(place) * 65535 / double(count - 1);
        if (std::abs(double(entries[i]) * scale - wanted) > 257) return false;
    }
    return true;
}

/// A palette is the labels' names, a lookup table over grey values, or the colours of a picture.
void readPalette(TIFF* tiff, const InputFile& file, const TiffMeaning& meaning, TiffPage& page,
                 ImageInfo& info) {
    uint16_t* map[3] = {};
    if (page.bits > 16 || !TIFFGetField(tiff, TIFFTAG_COLORMAP, &map[0], &map[1], &map[2]) || !map[0] ||
        !map[1] || !map[2])
        throw inputError(file.path(), "its palette is missing. The file is damaged; get it again.");
    const size_t entries = size_t(1) << page.bits;
    // The standard wants 16-bit entries; some programs write 8-bit ones.
    uint16_t largest = 0;
    for (const uint16_t* colours : map)
        largest = std::max(largest, *std::max_element(colours, colours + entries));
    const int shift = largest > 255 ? 8 : 0, scale = largest > 255 ? 1 : 257;
    Palette palette(entries);
    for (size_t c = 0; c < 3; ++c)
        for (size_t i = 0; i < entries; ++i) palette[i][c] = uint8_t(map[c][i] >> shift);
    const bool grey = isGreyPalette(palette);
    page.channels = 1;
    page.colour = TiffColour::grey;
    if (meaning.labels) return takeIndices(info, palette);
    if (page.bits >= 8 && grey && isRamp(map[0], entries, scale, false)) return; // the plain image
    if (meaning.imageJ || (!grey && isLookupTable(palette))) return takeGreyBehindTable(info);
    if (page.bits >= 8 && grey && isRamp(map[0], entries, scale, true)) {
        page.colour = TiffColour::invertedGrey;
        info.remarks.push_back("The palette runs from white to black; the values are turned over.");
        return;
    }
    page.palette.resize(3 * entries);
    for (size_t c = 0; c < 3; ++c)
        for (size_t i = 0; i < entries; ++i) page.palette[c * entries + i] = palette[i][c];
    page.colour = grey ? TiffColour::greyPalette : TiffColour::colourPalette;
    page.channels = grey ? 1 : 3;
    page.type = PixelType::u8;
    info.remarks.push_back(grey ? "The image has a palette of greys; it is read as grey values."
                                : "The image has a palette of colours; it is read as RGB.");
}

/// White is zero: of pictures the values are turned over, of what ImageJ stored and of labels with more than
/// two values they are not.
void chooseInverted(const TiffMeaning& meaning, TiffPage& page, std::vector<std::string>& remarks) {
    if (meaning.imageJ) {
        remarks.push_back("ImageJ shows the image with an inverted lookup table (white is zero); the values "
                          "are read as they are stored.");
        return;
    }
    if (meaning.tifffile && page.bits == 1) return;
    if (meaning.labels && page.bits > 1) {
        remarks.push_back("The file says that 0 is white; the labels are read as they are stored.");
        return;
    }
    page.colour = TiffColour::invertedGrey;
    remarks.push_back("The file says that 0 is white; the values are turned over, so that white is high.");
}

void readThroughRgba(TIFF* tiff, const InputFile& file, TiffPage& page, std::vector<std::string>& remarks) {
    char why[1024] = "";
    if (!TIFFRGBAImageOK(tiff, why))
        throw inputError(
            file.path(),
            fmt::format("its colours are of a kind that libtiff cannot convert ({}). Save it as RGB or grey.",
                        why));
    page.colour = TiffColour::throughRgba;
    page.channels = 3;
    page.type = PixelType::u8;
    remarks.push_back("The colours were converted to 8-bit RGB.");
}

void chooseColour(TIFF* tiff, const InputFile& file, const TiffMeaning& meaning, TiffPage& page,
                  ImageInfo& info) {
    std::vector<std::string>& remarks = info.remarks;
    const int photometric = tag16(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
    const int alpha = std::min(alphaSamples(tiff), page.samples - 1);
    const bool integer = page.storedType == PixelType::u8 || page.storedType == PixelType::u16 ||
                         (page.storedType == PixelType::u32 && !page.wide);
    page.channels = page.samples - alpha;
    switch (photometric) {
    case PHOTOMETRIC_MINISWHITE:
        if (integer)
            chooseInverted(meaning, page, remarks);
        else
            remarks.push_back("The file says that 0 is white, which has no meaning for its numbers; they are "
                              "read as they are.");
        break;
    case PHOTOMETRIC_LOGL:
        if (page.compression != COMPRESSION_SGILOG && page.compression != COMPRESSION_SGILOG24) break;
        TIFFSetField(tiff, TIFFTAG_SGILOGDATAFMT, SGILOGDATAFMT_FLOAT);
        page.bits = 32;
        page.halfFloat = page.wide = false;
        page.storedType = page.type = PixelType::f32;
        break;
    case PHOTOMETRIC_RGB:
        if (page.samples < 3)
            throw inputError(
                file.path(),
                "it says RGB but has fewer than three samples. The file is damaged; get it again.");
        page.colour = TiffColour::rgb;
        page.channels = 3;
        page.transparency = page.samples == 4;
        if (page.samples > 3)
            remarks.push_back(
                "The image has samples besides red, green and blue (alpha); they are left out.");
        return;
    case PHOTOMETRIC_PALETTE:
        readPalette(tiff, file, meaning, page, info);
        return;
    case PHOTOMETRIC_YCBCR:
        if (page.compression != COMPRESSION_JPEG) {
            readThroughRgba(tiff, file, page, remarks);
            return;
        }
        TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
        page.colour = TiffColour::rgb;
        page.channels = 3;
        if (page.samples != 3 || page.bits != 8 || page.planar)
            throw inputError(file.path(),
                             "it says YCbCr but does not hold three samples of 8 bits together. The "
                             "file is damaged; get it again.");
        return;
    case PHOTOMETRIC_SEPARATED:
        if (page.samples < 4 || tag16(tiff, TIFFTAG_INKSET, INKSET_CMYK) != INKSET_CMYK || !integer ||
            page.bits > 16 || page.bits % 8)
            throw inputError(
                file.path(),
                "its colours are printing inks of a kind Cristae does not know. Save it as RGB or grey.");
        page.colour = TiffColour::cmyk;
        page.channels = 3;
        remarks.push_back("The CMYK inks were converted to RGB.");
        return;
    case PHOTOMETRIC_CIELAB:
    case PHOTOMETRIC_ICCLAB:
    case PHOTOMETRIC_ITULAB:
    case PHOTOMETRIC_LOGLUV:
        readThroughRgba(tiff, file, page, remarks);
        return;
    default:
        break;
    }
    if (alpha > 0) remarks.push_back("The transparency (alpha) is left out.");
    page.transparency = alpha == 1;
    if (meaning.signed16 && page.colour == TiffColour::grey && page.storedType == PixelType::u16) {
        page.colour = TiffColour::signedGrey;
        page.type = PixelType::i16;
    }
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
    chooseColour(tiff, file, meaning, page, info);
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

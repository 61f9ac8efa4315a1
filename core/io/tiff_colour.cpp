// Palettes, white-is-zero, inks and transparency of TIFF pages.
#include "core/io/tiff_colour.h"

#include "core/base/number.h"
#include "core/io/description_lines.h"
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

} // namespace

void chooseTiffColour(TIFF* tiff, const InputFile& file, const TiffMeaning& meaning, TiffPage& page,
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
        if (page.samples > 3) remarks.emplace_back(remarkOnExtraSamples);
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

/// What the description of the first page says of the values of all.
TiffMeaning tiffMeaning(TIFF* tiff, bool labels, std::vector<std::string>& remarks) {
    TiffMeaning meaning{.labels = labels};
    const char *description = nullptr, *software = nullptr;
    if (TIFFGetField(tiff, TIFFTAG_SOFTWARE, &software) && software)
        meaning.tifffile = std::string_view(software).starts_with("tifffile");
    if (!TIFFGetField(tiff, TIFFTAG_IMAGEDESCRIPTION, &description) || !description) return meaning;
    const std::string_view text = description;
    meaning.imageJ = text.starts_with("ImageJ=");
    const auto number = [&](std::string_view key) {
        const auto value = valueOf(text, key);
        return value ? decimalNumber(*value) : std::nullopt;
    };
    const auto function = meaning.imageJ ? number("cf") : std::nullopt;
    if (!function || *function == 20) return meaning; // 20: none
    const auto c0 = number("c0"), c1 = number("c1");
    const bool line = *function == 0 && c0 && c1;
    meaning.signed16 = line && *c0 == -32768 && *c1 == 1;
    if (!meaning.signed16 && !(line && *c0 == 0 && *c1 == 1))
        remarks.push_back("ImageJ's calibration of the grey values is not applied; they are read as they are "
                          "stored.");
    return meaning;
}

} // namespace cristae

// TIFF seeds: every kind of sample, colour and compression that libtiff writes here, small.
#include "tests/fuzz/targets.h"

#include <fstream>
#include <iterator>
#include <tiffio.h>

namespace fuzz {

namespace {

struct Kind {
    int photometric = PHOTOMETRIC_MINISBLACK, bits = 8, samples = 1, format = SAMPLEFORMAT_UINT;
    int compression = COMPRESSION_NONE;
    bool planar = false;
    int tile = 0, pages = 1;
    const char* description = nullptr;
    const char* mode = "w";
};

constexpr uint32_t width = 21, height = 19;

void writePage(TIFF* tiff, const Kind& kind, int page) {
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, width);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, height);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, kind.bits);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, kind.samples);
    TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, kind.format);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, kind.planar ? PLANARCONFIG_SEPARATE : PLANARCONFIG_CONTIG);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, kind.compression);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, kind.photometric);
    TIFFSetField(tiff, TIFFTAG_XRESOLUTION, 300.0);
    TIFFSetField(tiff, TIFFTAG_YRESOLUTION, 300.0);
    if (kind.description) TIFFSetField(tiff, TIFFTAG_IMAGEDESCRIPTION, kind.description);
    if (kind.photometric == PHOTOMETRIC_PALETTE) {
        std::vector<uint16_t> map(size_t(1) << kind.bits);
        for (size_t i = 0; i < map.size(); ++i) map[i] = uint16_t(i * 257);
        TIFFSetField(tiff, TIFFTAG_COLORMAP, map.data(), map.data(), map.data());
    }
    if (kind.compression == COMPRESSION_JPEG && kind.photometric == PHOTOMETRIC_YCBCR)
        TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    if (kind.compression == COMPRESSION_SGILOG)
        TIFFSetField(tiff, TIFFTAG_SGILOGDATAFMT, SGILOGDATAFMT_FLOAT);
    if (kind.tile) {
        TIFFSetField(tiff, TIFFTAG_TILEWIDTH, kind.tile);
        TIFFSetField(tiff, TIFFTAG_TILELENGTH, kind.tile);
    } else {
        TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 8);
    }
    const uint32_t units = kind.tile ? TIFFNumberOfTiles(tiff) : TIFFNumberOfStrips(tiff);
    for (uint32_t unit = 0; unit < units; ++unit) {
        const bool last = !kind.tile && (unit + 1) * 8 % 24 == 0;
        const tmsize_t size = kind.tile ? TIFFTileSize(tiff) : TIFFVStripSize(tiff, last ? height % 8 : 8);
        std::vector<uint8_t> values(size_t(size) + 64);
        for (size_t i = 0; i < values.size(); ++i)
            values[i] = uint8_t((i * 7 + unit * 31 + size_t(page)) % 251 / 3);
        if (kind.tile)
            TIFFWriteEncodedTile(tiff, unit, values.data(), size);
        else
            TIFFWriteEncodedStrip(tiff, unit, values.data(), size);
    }
    TIFFWriteDirectory(tiff);
}

Bytes contents(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

} // namespace

std::vector<Bytes> tiffSeeds(const std::filesystem::path& scratch) {
    TIFFSetErrorHandler(nullptr);
    TIFFSetWarningHandler(nullptr);
    std::vector<Kind> kinds;
    for (const int bits : {1, 4, 8, 12, 16, 24, 32, 64}) kinds.push_back({.bits = bits});
    for (const int bits : {8, 16, 32, 64}) kinds.push_back({.bits = bits, .format = SAMPLEFORMAT_INT});
    for (const int bits : {16, 32, 64}) kinds.push_back({.bits = bits, .format = SAMPLEFORMAT_IEEEFP});
    for (const int compression :
         {COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE, COMPRESSION_PACKBITS, COMPRESSION_JPEG,
          COMPRESSION_ZSTD, COMPRESSION_LZMA, COMPRESSION_WEBP, COMPRESSION_LERC})
        for (const int samples : {1, 3})
            for (const int tile : {0, 16})
                kinds.push_back({.photometric = samples == 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK,
                                 .samples = samples,
                                 .compression = compression,
                                 .tile = tile});
    for (const int compression : {COMPRESSION_CCITTRLE, COMPRESSION_CCITTFAX3, COMPRESSION_CCITTFAX4})
        kinds.push_back({.photometric = PHOTOMETRIC_MINISWHITE, .bits = 1, .compression = compression});
    for (const int bits : {4, 8, 16})
        kinds.push_back({.photometric = PHOTOMETRIC_PALETTE, .bits = bits, .compression = COMPRESSION_LZW});
    kinds.push_back({.photometric = PHOTOMETRIC_YCBCR, .samples = 3, .compression = COMPRESSION_JPEG});
    kinds.push_back({.photometric = PHOTOMETRIC_YCBCR, .samples = 3});
    kinds.push_back(
        {.photometric = PHOTOMETRIC_SEPARATED, .samples = 4, .compression = COMPRESSION_ADOBE_DEFLATE});
    kinds.push_back({.photometric = PHOTOMETRIC_SEPARATED, .samples = 4, .planar = true});
    kinds.push_back({.photometric = PHOTOMETRIC_CIELAB, .samples = 3});
    kinds.push_back({.photometric = PHOTOMETRIC_LOGL,
                     .bits = 32,
                     .format = SAMPLEFORMAT_IEEEFP,
                     .compression = COMPRESSION_SGILOG});
    kinds.push_back(
        {.photometric = PHOTOMETRIC_RGB, .bits = 16, .samples = 4, .compression = COMPRESSION_LZW});
    kinds.push_back({.photometric = PHOTOMETRIC_RGB, .samples = 3, .planar = true, .tile = 16});
    kinds.push_back({.compression = COMPRESSION_LZW, .pages = 3, .mode = "wb"});
    kinds.push_back({.bits = 16, .pages = 3, .mode = "w8"});
    kinds.push_back({.bits = 16,
                     .pages = 4,
                     .description = "ImageJ=1.53t\nimages=4\nchannels=2\nslices=2\nunit=nm\nspacing=5.0\n"});
    kinds.push_back({.pages = 2,
                     .description =
                         "<OME><Image><Pixels DimensionOrder=\"XYZCT\" SizeC=\"1\" SizeZ=\"2\" SizeT=\"1\" "
                         "PhysicalSizeX=\"4\" PhysicalSizeXUnit=\"nm\"/></Image></OME>"});
    kinds.push_back({.description = "ImageJ=1.53t\nimages=1\nunit=micron\n"});
    kinds.push_back({.pages = 4,
                     .description =
                         "<OME UUID=\"u\"><!-- a --><Image Name='a'><Pixels DimensionOrder='XYCZT' "
                         "SizeC=\"2\" SizeZ=\"2\" SizeT=\"1\"><TiffData IFD=\"1\" FirstC=\"1\" "
                         "PlaneCount=\"2\"><UUID FileName=\"b.tif\">v</UUID></TiffData><TiffData/>"
                         "</Pixels></Image><Image><Pixels SizeZ=\"2\"/></Image></OME>"});
    kinds.push_back({.pages = 4, .description = R"({"shape": [2, 2, 19, 21], "axes": "CZYX"})"});
    std::vector<Bytes> seeds;
    const auto file = scratch / "seed.tif";
    for (const Kind& kind : kinds) {
        TIFF* tiff = TIFFOpen(file.c_str(), kind.mode);
        if (!tiff) continue;
        for (int page = 0; page < kind.pages; ++page) writePage(tiff, kind, page);
        TIFFClose(tiff); // a codec that this libtiff lacks leaves a file without pixels, a seed too
        seeds.push_back(contents(file));
    }
    return seeds;
}

} // namespace fuzz

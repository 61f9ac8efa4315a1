// Writes TIFF pages of many kinds with libtiff, for tests of the reader.
#pragma once
#include "core/image/pixels.h"

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <tiffio.h>
#include <vector>

struct Page {
    uint32_t width, height;
    int bits = 8; // 8, 16 or 64
    int compression = COMPRESSION_NONE;
    uint32_t rowsPerStrip = 16;
    std::string description = {};
    float resolution = 0;
    uint16_t unit = RESUNIT_NONE;
    bool reduced = false;
    uint32_t tile = 0;                                            // side of square tiles; 0: strips
    bool isSigned = false;                                        // of 64 bits
    std::map<uint32_t, std::string> texts = {};                   // private tags
    std::map<uint32_t, double> numbers = {};                      // private tags
    std::map<std::pair<uint32_t, uint32_t>, int64_t> others = {}; // (y, x) → value instead of valueAt
    float resolutionY = 0;                                        // 0: as in x
    uint16_t orientation = 0;                                     // 0: not stated
    std::map<uint32_t, uint32_t> places = {};                     // private tags of one 32-bit number
    uint16_t planes = 1; // colour planes of a strip page; each holds the values of a page: p · planes + plane
};

/// The value at a place: what every page of these tests holds.
inline uint16_t valueAt(size_t page, size_t y, size_t x) {
    return uint16_t((page * 101 + y * 13 + x * 7) % 251);
}

/// `rows` rows from y on and `columns` columns from x on of a page; 0 outside.
inline std::vector<uint8_t> samplesOf(const Page& page, size_t p, uint32_t y0, uint32_t x0, uint32_t rows,
                                      uint32_t columns) {
    const size_t size = size_t(page.bits / 8);
    std::vector<uint8_t> samples(size_t(rows) * columns * size);
    for (uint32_t y = y0; y < std::min(page.height, y0 + rows); ++y)
        for (uint32_t x = x0; x < std::min(page.width, x0 + columns); ++x) {
            const auto other = page.others.find({y, x});
            const int64_t value = other == page.others.end() ? valueAt(p, y, x) : other->second;
            std::memcpy(samples.data() + (size_t(y - y0) * columns + x - x0) * size, &value, size);
        }
    return samples;
}

/// Throws if libtiff does not do it.
inline void writeTiff(const std::filesystem::path& path, const std::vector<Page>& pages,
                      const char* mode = "w") {
    const auto require = [](bool ok) {
        if (!ok) throw std::runtime_error("libtiff did not write the fixture");
    };
    TIFF* tiff = TIFFOpen(path.c_str(), mode);
    require(tiff);
    for (size_t p = 0; p < pages.size(); ++p) {
        const Page& page = pages[p];
        TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, page.width);
        TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, page.height);
        TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, page.bits);
        TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, page.planes);
        if (page.planes > 1) TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_SEPARATE);
        const uint16_t alpha = EXTRASAMPLE_UNASSALPHA;
        if (page.planes == 4) TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &alpha);
        TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, page.planes >= 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK);
        TIFFSetField(tiff, TIFFTAG_COMPRESSION, page.compression);
        if (page.isSigned) TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_INT);
        if (page.reduced) TIFFSetField(tiff, TIFFTAG_SUBFILETYPE, FILETYPE_REDUCEDIMAGE);
        if (!page.description.empty()) TIFFSetField(tiff, TIFFTAG_IMAGEDESCRIPTION, page.description.c_str());
        if (page.resolution > 0) {
            TIFFSetField(tiff, TIFFTAG_XRESOLUTION, page.resolution);
            TIFFSetField(tiff, TIFFTAG_YRESOLUTION,
                         page.resolutionY > 0 ? page.resolutionY : page.resolution);
            TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, page.unit);
        }
        if (page.orientation > 0) TIFFSetField(tiff, TIFFTAG_ORIENTATION, page.orientation);
        char name[] = "private";
        for (const auto& [tag, text] : page.texts) {
            const TIFFFieldInfo field{tag, -1, -1, TIFF_ASCII, FIELD_CUSTOM, 1, 0, name};
            TIFFMergeFieldInfo(tiff, &field, 1);
            TIFFSetField(tiff, tag, text.c_str());
        }
        for (const auto& [tag, number] : page.numbers) {
            const TIFFFieldInfo field{tag, 1, 1, TIFF_DOUBLE, FIELD_CUSTOM, 1, 0, name};
            TIFFMergeFieldInfo(tiff, &field, 1);
            TIFFSetField(tiff, tag, number);
        }
        for (const auto& [tag, place] : page.places) {
            const TIFFFieldInfo field{tag, 1, 1, TIFF_LONG, FIELD_CUSTOM, 1, 0, name};
            TIFFMergeFieldInfo(tiff, &field, 1);
            TIFFSetField(tiff, tag, place);
        }
        if (page.tile > 0) {
            TIFFSetField(tiff, TIFFTAG_TILEWIDTH, page.tile);
            TIFFSetField(tiff, TIFFTAG_TILELENGTH, page.tile);
            for (uint32_t y = 0; y < page.height; y += page.tile)
                for (uint32_t x = 0; x < page.width; x += page.tile) {
                    auto tile = samplesOf(page, p, y, x, page.tile, page.tile);
                    require(TIFFWriteTile(tiff, tile.data(), x, y, 0, 0) > 0);
                }
        } else {
            TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, page.rowsPerStrip);
            for (uint16_t plane = 0; plane < page.planes; ++plane)
                for (uint32_t y = 0; y < page.height; ++y) {
                    auto row = samplesOf(page, p * page.planes + plane, y, 0, 1, page.width);
                    require(TIFFWriteScanline(tiff, row.data(), y, plane) == 1);
                }
        }
        require(TIFFWriteDirectory(tiff));
    }
    TIFFClose(tiff);
}

inline bool holdsItsValues(const cristae::Pixels& pixels, const cristae::Box3& box, size_t firstPage = 0) {
    for (int64_t z = box.z0; z < box.z1; ++z)
        for (int64_t y = box.y0; y < box.y1; ++y)
            for (int64_t x = box.x0; x < box.x1; ++x)
                if (pixels.at(0, z - box.z0, y - box.y0, x - box.x0) !=
                    valueAt(firstPage + size_t(z), size_t(y), size_t(x)))
                    return false;
    return true;
}

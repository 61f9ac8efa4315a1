// Label images of many kinds, written by the libraries, and what is asked of them, for the tests of labels.
#pragma once
#include "core/base/random.h"
#include "core/image/memory_source.h"
#include "core/io/label_image.h"

#include <QString>
#include <QStringList>
#include <QtTest>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <png.h>
#include <tiffio.h>

namespace cristae {

inline constexpr int64_t side = 64;

using Grid = std::vector<double>; // [side, side]

inline Grid grid(const std::function<double(int64_t y, int64_t x)>& value) {
    Grid values;
    for (int64_t y = 0; y < side; ++y)
        for (int64_t x = 0; x < side; ++x) values.push_back(value(y, x));
    return values;
}

inline double distance(int64_t y, int64_t x, double cy, double cx) {
    return std::hypot(double(y) - cy, double(x) - cx);
}

/// 1 and 2 in two discs of the given radius, else 0.
inline Grid twoDiscs(double one = 1, double two = 2, double background = 0) {
    return grid([&](int64_t y, int64_t x) {
        return distance(y, x, 20, 20) < 8 ? one : distance(y, x, 44, 44) < 8 ? two : background;
    });
}

/// A disc with an edge as wide as smoothing makes it, from 0 to `full`.
inline Grid softDisc(double full) {
    return grid([&](int64_t y, int64_t x) {
        return std::round(full * std::clamp(0.5 + (14 - distance(y, x, 32, 32)) / 3, 0.0, 1.0));
    });
}

/// Grey values as a microscope gives them.
inline Grid noise(double from, double to) {
    Random random(3);
    return grid([&](int64_t, int64_t) { return std::floor(random.uniform(from, to)); });
}

inline Pixels pixelsOf(const Grid& values, PixelType type, int64_t channels = 1) {
    Pixels pixels(type, channels, {1, side, side});
    withPixelType(type, [&](auto tag) {
        const auto out = pixels.values<decltype(tag)>();
        for (size_t i = 0; i < out.size(); ++i) out[i] = decltype(tag)(values[i]);
    });
    return pixels;
}

inline TileSourcePtr sourceOf(const Grid& values, PixelType type) {
    ImageInfo info;
    info.path = "/data/labels.tif";
    return std::make_shared<MemorySource>(pixelsOf(values, type), info);
}

inline TileSourcePtr coloured(const std::function<uint32_t(int64_t y, int64_t x)>& rgb,
                              int64_t channels = 3) {
    Pixels pixels(PixelType::u8, channels, {1, side, side});
    for (int64_t y = 0; y < side; ++y)
        for (int64_t x = 0; x < side; ++x)
            for (int64_t c = 0; c < channels; ++c)
                pixels.plane<uint8_t>(c, 0)[size_t(y * side + x)] =
                    uint8_t(rgb(y, x) >> (8 * (channels - 1 - c)));
    ImageInfo info;
    info.path = "/data/colours.png";
    return std::make_shared<MemorySource>(pixels, info);
}

inline Grid valuesOf(const TileSource& source) {
    const Pixels pixels = source.read(0, Box3::ofExtent(source.info().extent()));
    Grid values;
    for (int64_t y = 0; y < side; ++y)
        for (int64_t x = 0; x < side; ++x) values.push_back(pixels.at(0, 0, y, x));
    return values;
}

inline QString remarksOf(const TileSource& source) {
    QStringList all;
    for (const std::string& remark : source.info().remarks) all << QString::fromStdString(remark);
    return all.join('\n');
}

inline QString errorOf(const std::function<void()>& work) {
    try {
        work();
    } catch (const Error& error) {
        return error.kind() == ErrorKind::input ? QString::fromStdString(error.what()) : "another kind";
    }
    return {};
}

/// 16-bit colours of a palette or lookup table.
using Colours = std::vector<std::array<uint16_t, 3>>;

inline Colours colours(size_t count, const std::function<std::array<int, 3>(int)>& of8) {
    Colours result;
    for (size_t i = 0; i < count; ++i) {
        const auto c = of8(int(i));
        result.push_back({uint16_t(c[0] * 257), uint16_t(c[1] * 257), uint16_t(c[2] * 257)});
    }
    return result;
}

/// Hardly two entries alike, as Fiji's glasbey; index 0 in a colour of its own.
inline Colours glasbey(size_t count, std::array<int, 3> first) {
    return colours(count, [&](int i) {
        return i == 0 ? first : std::array<int, 3>{i * 97 % 256, i * 53 % 256 ^ 0x55, i * 151 % 256};
    });
}

inline Colours voc(size_t count) {
    return colours(count, [](int index) {
        std::array<int, 3> c{};
        for (int i = index, bit = 7; i > 0; i >>= 3, --bit)
            for (int k = 0; k < 3; ++k) c[size_t(k)] |= (i >> k & 1) << bit;
        return c;
    });
}

struct Tiff {
    PixelType type = PixelType::u8;
    int photometric = PHOTOMETRIC_MINISBLACK;
    std::string description;
    Colours palette;
    int compression = COMPRESSION_NONE;
    int bits = 0; // 0: as many as the type has
    const char* software = nullptr;
};

inline void writeTiff(const std::filesystem::path& path, const Grid& values, const Tiff& kind) {
    TIFF* tiff = TIFFOpen(path.c_str(), "w");
    QVERIFY(tiff);
    const Pixels pixels = pixelsOf(values, kind.type);
    const int bits = kind.bits > 0 ? kind.bits : int(8 * byteSize(kind.type));
    if (kind.software) TIFFSetField(tiff, TIFFTAG_SOFTWARE, kind.software);
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, side);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, side);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, bits);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, kind.photometric);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, kind.compression);
    const bool isFloat = !isInteger(kind.type);
    const bool isSigned =
        kind.type == PixelType::i8 || kind.type == PixelType::i16 || kind.type == PixelType::i32;
    TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT,
                 isFloat    ? SAMPLEFORMAT_IEEEFP
                 : isSigned ? SAMPLEFORMAT_INT
                            : SAMPLEFORMAT_UINT);
    if (!kind.description.empty()) TIFFSetField(tiff, TIFFTAG_IMAGEDESCRIPTION, kind.description.c_str());
    if (!kind.palette.empty()) {
        std::vector<uint16_t> map[3];
        for (size_t c = 0; c < 3; ++c) {
            for (const auto& colour : kind.palette) map[c].push_back(colour[c]);
            map[c].resize(size_t(1) << bits);
        }
        TIFFSetField(tiff, TIFFTAG_COLORMAP, map[0].data(), map[1].data(), map[2].data());
    }
    for (int64_t y = 0; y < side; ++y) {
        std::vector<std::byte> row(size_t(side * bits / 8));
        if (bits >= 8) std::memcpy(row.data(), pixels.data() + y * side * bits / 8, row.size());
        for (int64_t x = 0; bits == 1 && x < side; ++x)
            if (values[size_t(y * side + x)] != 0) row[size_t(x / 8)] |= std::byte(0x80 >> (x % 8));
        TIFFWriteScanline(tiff, row.data(), uint32_t(y), 0);
    }
    TIFFClose(tiff);
}

/// A PNG of 8 bits a sample (or of `bits`, with a palette) and as many samples as the colour type has.
inline void writePng(const std::filesystem::path& path, int colourType,
                     const std::function<int(int64_t, int64_t, int)>& sample, const Colours& palette = {},
                     int bits = 8) {
    FILE* file = std::fopen(path.c_str(), "wb");
    QVERIFY(file);
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
    png_infop info = png_create_info_struct(png);
    png_init_io(png, file);
    png_set_IHDR(png, info, side, side, bits, colourType, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    std::vector<png_color> table;
    for (const auto& c : palette)
        table.push_back({png_byte(c[0] >> 8), png_byte(c[1] >> 8), png_byte(c[2] >> 8)});
    if (!table.empty()) png_set_PLTE(png, info, table.data(), int(table.size()));
    png_write_info(png, info);
    png_set_packing(png);
    const int samples = png_get_channels(png, info);
    for (int64_t y = 0; y < side; ++y) {
        std::vector<png_byte> row;
        for (int64_t x = 0; x < side; ++x)
            for (int c = 0; c < samples; ++c) row.push_back(png_byte(sample(y, x, c)));
        png_write_row(png, row.data());
    }
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    std::fclose(file);
}

inline int64_t countOf(const Grid& values, double wanted) {
    return std::count(values.begin(), values.end(), wanted);
}

inline constexpr double noNumber = std::numeric_limits<double>::quiet_NaN();

} // namespace cristae

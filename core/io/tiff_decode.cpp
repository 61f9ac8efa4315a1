// Decoding of TIFF strips and tiles: bits to numbers, palettes, inks and inverted greys to values.
#include "core/io/tiff_decode.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <limits>

namespace cristae {

namespace {

/// IEEE 754 half to float.
float fromHalf(uint16_t half) {
    const uint32_t sign = uint32_t(half & 0x8000) << 16, exponent = (half >> 10) & 0x1f,
                   fraction = half & 0x3ff;
    uint32_t bits = 0;
    if (exponent == 0x1f) {
        bits = sign | 0x7f800000u | (fraction << 13);
    } else if (exponent != 0) {
        bits = sign | ((exponent + 112) << 23) | (fraction << 13);
    } else {
        const float magnitude = float(fraction) * 0x1.0p-24f;
        return sign ? -magnitude : magnitude;
    }
    float value = 0;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

/// `count` samples of `bits` bits from a row packed from the most significant bit on.
template <class T> void unpackBits(const std::byte* row, int bits, size_t count, T* out) {
    size_t bit = 0;
    for (size_t i = 0; i < count; ++i) {
        uint32_t value = 0;
        for (int left = bits; left > 0;) {
            const int inByte = 8 - int(bit % 8), take = std::min(left, inByte);
            const auto byte = uint32_t(row[bit / 8]);
            value = (value << take) | ((byte >> (inByte - take)) & ((1u << take) - 1));
            bit += size_t(take);
            left -= take;
        }
        out[i] = T(value);
    }
}

/// 64-bit integers as 32 bits. Throws Error{input} for a number that does not fit.
template <class Wide, class Narrow>
void narrowRow(const InputFile& file, const std::byte* row, size_t count, std::byte* out) {
    for (size_t i = 0; i < count; ++i) {
        Wide value = 0;
        std::memcpy(&value, row + sizeof value * i, sizeof value);
        if (std::is_unsigned_v<Wide> && value == std::numeric_limits<Wide>::max()) value = 0;
        const auto narrow = Narrow(value);
        if (Wide(narrow) != value)
            throw inputError(
                file.path(),
                fmt::format("it holds the number {}, which does not fit in 32 bits. Renumber its "
                            "labels (--renumber where the command has it).",
                            value));
        std::memcpy(out + sizeof narrow * i, &narrow, sizeof narrow);
    }
}

/// One row of `count` stored samples as page.storedType.
void unpackRow(const InputFile& file, const TiffPage& page, const std::byte* row, size_t count,
               std::vector<std::byte>& out) {
    const size_t size = byteSize(page.storedType);
    out.resize(count * size);
    if (page.half != TiffPage::Half::none) {
        for (size_t i = 0; i < count; ++i) {
            uint64_t value = 0;
            std::memcpy(&value, row + sizeof value * i, sizeof value);
            const auto part = uint32_t(page.half == TiffPage::Half::high ? value >> 32 : value);
            std::memcpy(out.data() + sizeof part * i, &part, sizeof part);
        }
    } else if (page.wide && page.storedType == PixelType::u32) {
        narrowRow<uint64_t, uint32_t>(file, row, count, out.data());
    } else if (page.wide) {
        narrowRow<int64_t, int32_t>(file, row, count, out.data());
    } else if (page.halfFloat) {
        for (size_t i = 0; i < count; ++i) {
            uint16_t half = 0;
            std::memcpy(&half, row + 2 * i, 2);
            const float value = fromHalf(half);
            std::memcpy(out.data() + 4 * i, &value, 4);
        }
    } else if (page.bits == 24) { // libtiff hands out 24 bits in the order of this machine
        for (size_t i = 0; i < count; ++i) {
            uint32_t value = 0;
            std::memcpy(&value, row + 3 * i, 3);
            std::memcpy(out.data() + 4 * i, &value, 4);
        }
    } else if (size_t(page.bits) == 8 * size) {
        std::memcpy(out.data(), row, count * size);
    } else {
        withPixelType(page.storedType, [&](auto t) {
            unpackBits(row, page.bits, count, reinterpret_cast<decltype(t)*>(out.data()));
        });
    }
}

template <class T> void invert(std::span<T> values, int bits) {
    if constexpr (std::is_unsigned_v<T>) {
        const T largest = bits >= int(8 * sizeof(T)) ? T(~T(0)) : T((uint64_t(1) << bits) - 1);
        for (T& value : values) value = T(largest - value);
    }
}

/// Writes row y of `out` from a row of stored samples, `stride` samples apart from pixel to pixel;
/// `onlyChannel` for planar pages.
void storeRow(const TiffPage& page, const std::byte* samples, size_t stride, int64_t width, int64_t y,
              int onlyChannel, Pixels& out) {
    const size_t plane = size_t(out.extent().y * out.extent().x), start = size_t(y * out.extent().x);
    if (page.colour == TiffColour::greyPalette || page.colour == TiffColour::colourPalette) {
        const size_t entries = page.palette.size() / 3;
        const auto values = out.values<uint8_t>();
        for (size_t x = 0; x < size_t(width); ++x) {
            size_t index = 0;
            if (byteSize(page.storedType) == 1)
                index = size_t(samples[x * stride]);
            else {
                uint16_t wide = 0;
                std::memcpy(&wide, samples + 2 * x * stride, 2);
                index = wide;
            }
            for (size_t c = 0; c < size_t(page.channels); ++c)
                values[c * plane + start + x] = page.palette[c * entries + std::min(index, entries - 1)];
        }
        return;
    }
    // Numbers that become signed by finishValues are copied as they are.
    withPixelType(page.colour == TiffColour::signedGrey ? page.type : page.storedType, [&](auto t) {
        using T = decltype(t);
        const auto* in = reinterpret_cast<const T*>(samples);
        const auto values = out.values<T>();
        if (page.colour == TiffColour::cmyk && onlyChannel < 0) {
            if constexpr (std::is_unsigned_v<T> && sizeof(T) <= 2) {
                constexpr double full = double(T(~T(0)));
                for (size_t x = 0; x < size_t(width); ++x)
                    for (size_t c = 0; c < 3; ++c)
                        values[c * plane + start + x] =
                            T((full - in[x * stride + c]) * (full - in[x * stride + 3]) / full + 0.5);
            }
            return;
        }
        if (onlyChannel >= 0) {
            for (size_t x = 0; x < size_t(width); ++x)
                values[size_t(onlyChannel) * plane + start + x] = in[x * stride];
            return;
        }
        for (size_t c = 0; c < size_t(page.channels); ++c)
            for (size_t x = 0; x < size_t(width); ++x) values[c * plane + start + x] = in[x * stride + c];
    });
}

void finishValues(const TiffPage& page, Pixels& pixels) {
    if (page.colour == TiffColour::signedGrey)
        for (int16_t& value : pixels.values<int16_t>()) value = int16_t(uint16_t(value) ^ 0x8000u);
    if (page.colour != TiffColour::invertedGrey) return;
    withPixelType(page.type, [&](auto t) { invert(pixels.values<decltype(t)>(), page.bits); });
}

/// Planar CMYK: the four planes become three.
Pixels inksToRgb(const Pixels& inks) {
    Pixels rgb(inks.type(), 3, inks.extent());
    withPixelType(inks.type(), [&](auto t) {
        using T = decltype(t);
        if constexpr (std::is_unsigned_v<T> && sizeof(T) <= 2) {
            constexpr double full = double(T(~T(0)));
            const auto black = inks.plane<T>(3, 0);
            for (int64_t c = 0; c < 3; ++c) {
                const auto ink = inks.plane<T>(c, 0);
                const auto out = rgb.plane<T>(c, 0);
                for (size_t i = 0; i < out.size(); ++i)
                    out[i] = T((full - ink[i]) * (full - black[i]) / full + 0.5);
            }
        }
    });
    return rgb;
}

Error damaged(TiffFile& tiff, const InputFile& file) {
    return inputError(file.path(),
                      fmt::format("a part of its image is damaged ({}). Copy or download it again.",
                                  tiff.takeComplaints()));
}

void goTo(TiffFile& tiff, const InputFile& file, const TiffPage& page) {
    tiff.takeDoubts();
    if (TIFFCurrentDirOffset(tiff.get()) != page.directory &&
        !TIFFSetSubDirectory(tiff.get(), page.directory))
        throw damaged(tiff, file);
    tiff.takeDoubts(); // of the directory, which was read before
    if (page.compression == COMPRESSION_JPEG && page.colour == TiffColour::rgb)
        TIFFSetField(tiff.get(), TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    if (page.compression == COMPRESSION_SGILOG || page.compression == COMPRESSION_SGILOG24)
        if (page.colour == TiffColour::grey)
            TIFFSetField(tiff.get(), TIFFTAG_SGILOGDATAFMT, SGILOGDATAFMT_FLOAT);
}

Pixels decodeThroughRgba(TiffFile& tiff, const InputFile& file, const TiffPage& page, int64_t x0, int64_t y0,
                         int64_t width, int64_t height) {
    // libtiff fills in as much as the directory says now; the file may have changed since it was described.
    uint32_t unitWidth = 0, unitHeight = 0;
    if (page.tiled) {
        TIFFGetField(tiff.get(), TIFFTAG_TILEWIDTH, &unitWidth);
        TIFFGetField(tiff.get(), TIFFTAG_TILELENGTH, &unitHeight);
    } else {
        TIFFGetField(tiff.get(), TIFFTAG_IMAGEWIDTH, &unitWidth);
        TIFFGetFieldDefaulted(tiff.get(), TIFFTAG_ROWSPERSTRIP, &unitHeight);
        unitHeight = uint32_t(std::min<int64_t>(unitHeight, page.height));
    }
    if (unitWidth != page.unitWidth || unitHeight != page.unitHeight) throw damaged(tiff, file);
    std::vector<uint32_t> raster(size_t(page.unitWidth * page.unitHeight));
    const int ok = page.tiled ? TIFFReadRGBATile(tiff.get(), uint32_t(x0), uint32_t(y0), raster.data())
                              : TIFFReadRGBAStrip(tiff.get(), uint32_t(y0), raster.data());
    if (!ok) throw damaged(tiff, file);
    Pixels out(PixelType::u8, 3, {1, height, width});
    const auto values = out.values<uint8_t>();
    const int64_t rows = page.tiled ? page.unitHeight : height; // bottom row first
    for (int64_t y = 0; y < height; ++y)
        for (int64_t x = 0; x < width; ++x) {
            const uint32_t rgba = raster[size_t((rows - 1 - y) * page.unitWidth + x)];
            for (int64_t c = 0; c < 3; ++c)
                values[size_t((c * height + y) * width + x)] = uint8_t(rgba >> (8 * c));
        }
    return out;
}

} // namespace

Pixels decodeTiffUnit(TiffFile& tiff, const InputFile& file, const TiffPage& page, int64_t unitX,
                      int64_t unitY) {
    goTo(tiff, file, page);
    const int64_t x0 = unitX * page.unitWidth, y0 = unitY * page.unitHeight;
    const int64_t width = std::min(page.unitWidth, page.width - x0),
                  height = std::min(page.unitHeight, page.height - y0);
    if (page.colour == TiffColour::throughRgba)
        return decodeThroughRgba(tiff, file, page, x0, y0, width, height);

    const int64_t rows = page.tiled ? page.unitHeight : height;
    const tmsize_t rowBytes = page.tiled ? TIFFTileRowSize(tiff.get()) : TIFFScanlineSize(tiff.get());
    const size_t samplesInRow = size_t(page.unitWidth) * size_t(page.planar ? 1 : page.samples);
    if (rowBytes <= 0 || size_t(rowBytes) < (samplesInRow * size_t(page.bits) + 7) / 8)
        throw damaged(tiff, file);
    std::vector<std::byte> raw(size_t(rowBytes) * size_t(rows)), samples;
    const bool planarInks = page.planar && page.colour == TiffColour::cmyk;
    Pixels out(page.type, planarInks ? 4 : page.channels, {1, height, width});
    const int64_t planes = page.planar ? out.channels() : 1;
    for (int64_t plane = 0; plane < planes; ++plane) {
        const auto unit =
            uint32_t(((page.firstPlane + plane) * page.unitsDown() + unitY) * page.unitsAcross() + unitX);
        std::fill(raw.begin(), raw.end(), std::byte{0});
        const tmsize_t got = page.tiled
                                 ? TIFFReadEncodedTile(tiff.get(), unit, raw.data(), tmsize_t(raw.size()))
                                 : TIFFReadEncodedStrip(tiff.get(), unit, raw.data(), tmsize_t(raw.size()));
        if (got < rowBytes * height) throw damaged(tiff, file);
        for (int64_t y = 0; y < height; ++y) {
            unpackRow(file, page, raw.data() + y * rowBytes, samplesInRow, samples);
            storeRow(page, samples.data(), page.planar ? 1 : size_t(page.samples), width, y,
                     page.planar ? int(plane) : -1, out);
        }
    }
    if (planarInks) return inksToRgb(out);
    finishValues(page, out);
    return out;
}

Pixels decodeTiffRows(TiffFile& tiff, const InputFile& file, const TiffPage& page, int64_t y0, int64_t y1,
                      int64_t& nextRow) {
    goTo(tiff, file, page);
    const tmsize_t rowBytes = TIFFScanlineSize(tiff.get());
    const size_t samplesInRow = size_t(page.width) * size_t(page.planar ? 1 : page.samples);
    if (rowBytes <= 0 || size_t(rowBytes) < (samplesInRow * size_t(page.bits) + 7) / 8)
        throw damaged(tiff, file);
    std::vector<std::byte> raw(static_cast<size_t>(rowBytes)), samples;
    Pixels out(page.type, page.channels, {1, y1 - y0, page.width});
    for (int64_t plane = 0; plane < (page.planar ? page.channels : 1); ++plane) {
        // Most codecs only go forwards: begin where the handle stands, or at the start of the strip.
        int64_t row = y0 / page.unitHeight * page.unitHeight;
        if (!page.planar && nextRow >= row && nextRow <= y0) row = nextRow;
        nextRow = -1;
        for (; row < y1; ++row) {
            if (TIFFReadScanline(tiff.get(), raw.data(), uint32_t(row), uint16_t(page.firstPlane + plane)) !=
                1)
                throw damaged(tiff, file);
            if (row < y0) continue;
            unpackRow(file, page, raw.data(), samplesInRow, samples);
            storeRow(page, samples.data(), page.planar ? 1 : size_t(page.samples), page.width, row - y0,
                     page.planar ? int(plane) : -1, out);
        }
    }
    if (!page.planar) nextRow = y1;
    finishValues(page, out);
    return out;
}

namespace {

constexpr int64_t bytesLookedAt = int64_t(16) << 20;

bool fillsInDamage(int compression) {
    switch (compression) {
    case COMPRESSION_CCITTRLE:
    case COMPRESSION_CCITTRLEW:
    case COMPRESSION_CCITTFAX3:
    case COMPRESSION_CCITTFAX4:
    case COMPRESSION_PACKBITS:
    case COMPRESSION_JPEG:
    case COMPRESSION_OJPEG:
    case COMPRESSION_THUNDERSCAN:
    case COMPRESSION_NEXT:
        return true;
    default:
        return false;
    }
}

} // namespace

std::string remarkOnDamage(TiffFile& tiff, const InputFile& file, const TiffTable& table) {
    int64_t left = bytesLookedAt, damagedUnits = 0;
    std::string first;
    for (const TiffPage& page : table.pages) {
        if (!fillsInDamage(page.compression)) continue;
        const int64_t bytes = page.unitWidth * page.unitHeight * page.channels * int64_t(byteSize(page.type));
        const int64_t across = page.unitsAcross(), units = across * page.unitsDown();
        for (int64_t unit = 0; unit < units && bytes <= left; ++unit, left -= bytes) {
            try {
                decodeTiffUnit(tiff, file, page, unit % across, unit / across);
            } catch (const Error&) { // said again when this region is read
                continue;
            }
            const std::string doubts = tiff.takeDoubts();
            damagedUnits += !doubts.empty();
            if (first.empty()) first = doubts;
        }
    }
    if (first.empty()) return {};
    return fmt::format(
        "{} of its strips or tiles {} damaged ({}); the values there are guesses of the decoder. Copy "
        "or download the file again.",
        damagedUnits, damagedUnits == 1 ? "is" : "are", first);
}

Pixels readPlainTiff(const InputFile& file, const TiffPage& page, const Box3& box) {
    Pixels out(page.type, page.channels, {1, box.y1 - box.y0, box.x1 - box.x0});
    const size_t size = byteSize(page.storedType), perPixel = size * size_t(page.planar ? 1 : page.samples);
    const auto unitRowBytes = uint64_t(page.unitWidth) * perPixel;
    std::vector<std::byte> raw;
    for (int64_t unitY = box.y0 / page.unitHeight; unitY <= (box.y1 - 1) / page.unitHeight; ++unitY)
        for (int64_t unitX = box.x0 / page.unitWidth; unitX <= (box.x1 - 1) / page.unitWidth; ++unitX)
            for (int64_t plane = 0; plane < (page.planar ? page.channels : 1); ++plane) {
                const uint64_t offset = page.offsets[size_t(
                    ((page.firstPlane + plane) * page.unitsDown() + unitY) * page.unitsAcross() + unitX)];
                const int64_t y0 = std::max(box.y0, unitY * page.unitHeight),
                              y1 = std::min(box.y1, (unitY + 1) * page.unitHeight);
                const int64_t x0 = std::max(box.x0, unitX * page.unitWidth),
                              x1 = std::min(box.x1, (unitX + 1) * page.unitWidth);
                // Whole rows lie together in the file and are read at once, at most 1 MB a time; parts of
                // rows one by one.
                const bool whole = x1 - x0 == page.unitWidth;
                const int64_t atOnce =
                    whole ? std::max<int64_t>(1, (int64_t(1) << 20) / int64_t(unitRowBytes)) : 1;
                const size_t bytes = size_t(x1 - x0) * perPixel;
                for (int64_t y = y0; y < y1; y += atOnce) {
                    const int64_t rows = std::min(atOnce, y1 - y);
                    raw.resize(bytes * size_t(rows));
                    file.read(offset + uint64_t(y - unitY * page.unitHeight) * unitRowBytes +
                                  uint64_t(x0 - unitX * page.unitWidth) * perPixel,
                              raw);
                    if (page.bigEndian && size > 1)
                        for (size_t i = 0; i < raw.size(); i += size)
                            std::reverse(raw.begin() + ptrdiff_t(i), raw.begin() + ptrdiff_t(i + size));
                    for (int64_t r = 0; r < rows; ++r) {
                        const std::byte* row = raw.data() + size_t(r) * bytes;
                        const int64_t yOut = y + r - box.y0, xOut = x0 - box.x0;
                        if (page.channels == 1 && (page.samples == 1 || page.planar)) {
                            std::memcpy(out.data() + size_t(yOut * out.extent().x + xOut) * size, row, bytes);
                            continue;
                        }
                        for (int64_t c = 0; c < (page.planar ? 1 : page.channels); ++c) {
                            std::byte* to =
                                out.data() +
                                size_t(((c + plane) * out.extent().y + yOut) * out.extent().x + xOut) * size;
                            for (int64_t x = 0; x < x1 - x0; ++x)
                                std::memcpy(to + size_t(x) * size,
                                            row + size_t(x) * perPixel + size_t(c) * size, size);
                        }
                    }
                }
            }
    finishValues(page, out);
    return out;
}

} // namespace cristae

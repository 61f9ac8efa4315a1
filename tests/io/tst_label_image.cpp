// What the values of label images mean: palettes, colours, soft masks, missing labels, ImageJ's ways.
#include "core/base/random.h"
#include "core/image/memory_source.h"
#include "core/io/label_image.h"
#include "tests/support/expect_error.h"
#include "tests/support/tiff_writer.h"

#include <QtTest>
#include <cmath>
#include <cstdio>
#include <limits>
#include <png.h>

// libjpeg's header wants <cstdio> before it.
#include <jpeglib.h>

using namespace cristae;
namespace fs = std::filesystem;

namespace {

constexpr int64_t side = 64;

using Grid = std::vector<double>; // [side, side]

Grid grid(const std::function<double(int64_t y, int64_t x)>& value) {
    Grid values;
    for (int64_t y = 0; y < side; ++y)
        for (int64_t x = 0; x < side; ++x) values.push_back(value(y, x));
    return values;
}

double distance(int64_t y, int64_t x, double cy, double cx) {
    return std::hypot(double(y) - cy, double(x) - cx);
}

/// 1 and 2 in two discs of the given radius, else 0.
Grid twoDiscs(double one = 1, double two = 2, double background = 0) {
    return grid([&](int64_t y, int64_t x) {
        return distance(y, x, 20, 20) < 8 ? one : distance(y, x, 44, 44) < 8 ? two : background;
    });
}

/// A disc with an edge as wide as smoothing makes it, from 0 to `full`.
Grid softDisc(double full) {
    return grid([&](int64_t y, int64_t x) {
        return std::round(full * std::clamp(0.5 + (14 - distance(y, x, 32, 32)) / 3, 0.0, 1.0));
    });
}

/// Grey values as a microscope gives them.
Grid noise(double from, double to) {
    Random random(3);
    return grid([&](int64_t, int64_t) { return std::floor(random.uniform(from, to)); });
}

Pixels pixelsOf(const Grid& values, PixelType type, int64_t channels = 1) {
    Pixels pixels(type, channels, {1, side, side});
    withPixelType(type, [&](auto tag) {
        const auto out = pixels.values<decltype(tag)>();
        for (size_t i = 0; i < out.size(); ++i) out[i] = decltype(tag)(values[i]);
    });
    return pixels;
}

TileSourcePtr sourceOf(const Grid& values, PixelType type) {
    ImageInfo info;
    info.path = "/data/labels.tif";
    return std::make_shared<MemorySource>(pixelsOf(values, type), info);
}

TileSourcePtr coloured(const std::function<uint32_t(int64_t y, int64_t x)>& rgb, int64_t channels = 3) {
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

Grid valuesOf(const TileSource& source) {
    const Pixels pixels = source.read(0, Box3::ofExtent(source.info().extent()));
    Grid values;
    for (int64_t y = 0; y < side; ++y)
        for (int64_t x = 0; x < side; ++x) values.push_back(pixels.at(0, 0, y, x));
    return values;
}

QString remarksOf(const TileSource& source) {
    QStringList all;
    for (const std::string& remark : source.info().remarks) all << QString::fromStdString(remark);
    return all.join('\n');
}

QString errorOf(const std::function<void()>& work) {
    try {
        work();
    } catch (const Error& error) {
        return error.kind() == ErrorKind::input ? QString::fromStdString(error.what()) : "another kind";
    }
    return {};
}

/// 16-bit colours of a palette or lookup table.
using Colours = std::vector<std::array<uint16_t, 3>>;

Colours colours(size_t count, const std::function<std::array<int, 3>(int)>& of8) {
    Colours result;
    for (size_t i = 0; i < count; ++i) {
        const auto c = of8(int(i));
        result.push_back({uint16_t(c[0] * 257), uint16_t(c[1] * 257), uint16_t(c[2] * 257)});
    }
    return result;
}

/// Hardly two entries alike, as Fiji's glasbey; index 0 in a colour of its own.
Colours glasbey(size_t count, std::array<int, 3> first) {
    return colours(count, [&](int i) {
        return i == 0 ? first : std::array<int, 3>{i * 97 % 256, i * 53 % 256 ^ 0x55, i * 151 % 256};
    });
}

Colours voc(size_t count) {
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

void writeTiff(const fs::path& path, const Grid& values, const Tiff& kind) {
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
void writePng(const fs::path& path, int colourType, const std::function<int(int64_t, int64_t, int)>& sample,
              const Colours& palette = {}, int bits = 8) {
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

void writeJpeg(const fs::path& path, const Grid& values, int quality) {
    FILE* file = std::fopen(path.c_str(), "wb");
    QVERIFY(file);
    jpeg_compress_struct jpeg{};
    jpeg_error_mgr errors{};
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_stdio_dest(&jpeg, file);
    jpeg.image_width = jpeg.image_height = side;
    jpeg.input_components = 1;
    jpeg.in_color_space = JCS_GRAYSCALE;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, quality, TRUE);
    jpeg_start_compress(&jpeg, TRUE);
    for (int64_t y = 0; y < side; ++y) {
        std::vector<JSAMPLE> row;
        for (int64_t x = 0; x < side; ++x) row.push_back(JSAMPLE(values[size_t(y * side + x)]));
        JSAMPROW rows = row.data();
        jpeg_write_scanlines(&jpeg, &rows, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    std::fclose(file);
}

/// 0 and `object` where the values reach `from`.
Grid maskOf(const Grid& values, double from, double object) {
    Grid mask;
    for (const double value : values) mask.push_back(value >= from ? object : 0);
    return mask;
}

int64_t countOf(const Grid& values, double wanted) {
    return std::count(values.begin(), values.end(), wanted);
}

constexpr double noNumber = std::numeric_limits<double>::quiet_NaN();

} // namespace

class TestLabelImage : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(".?")); }
    void init() {
        dir_ = std::make_unique<QTemporaryDir>();
        tif_ = dir_->filePath("a.tif").toStdString();
        png_ = dir_->filePath("a.png").toStdString();
    }

    void palettesGiveIndices_data() {
        QTest::addColumn<bool>("white");
        QTest::addColumn<bool>("imageJ");
        for (const bool white : {false, true})
            for (const bool imageJ : {false, true})
                QTest::addRow("white %d, ImageJ %d", int(white), int(imageJ)) << white << imageJ;
    }
    void palettesGiveIndices() {
        QFETCH(bool, white);
        QFETCH(bool, imageJ);
        const Colours table = glasbey(256, white ? std::array{255, 255, 255} : std::array{0, 0, 0});
        writeTiff(tif_, twoDiscs(),
                  {.photometric = PHOTOMETRIC_PALETTE,
                   .description = imageJ ? "ImageJ=1.53t\nunit=nm\n" : "",
                   .palette = table});
        const auto labels = openLabels(tif_);
        QCOMPARE(valuesOf(*labels), twoDiscs());
        QVERIFY(labels->info().channels == 1 && labels->info().type == PixelType::u8);
        QVERIFY(remarksOf(*labels).contains(white ? "#ffffff" : "#000000"));
        QVERIFY(!labels->info().unlabelled);
        for (const int bits : {2, 4, 8}) {
            const Colours own(table.begin(), table.begin() + (1 << bits));
            const Grid values = twoDiscs();
            writePng(
                png_, PNG_COLOR_TYPE_PALETTE,
                [&](int64_t y, int64_t x, int) { return int(values[size_t(y * side + x)]); }, own, bits);
            QCOMPARE(valuesOf(*openLabels(png_)), twoDiscs());
        }
    }

    void vocPaletteMarksBoundaries() {
        const Grid values = twoDiscs(15, 255);
        writePng(
            png_, PNG_COLOR_TYPE_PALETTE,
            [&](int64_t y, int64_t x, int) { return int(values[size_t(y * side + x)]); }, voc(256));
        const auto labels = openLabels(png_);
        QCOMPARE(valuesOf(*labels), values);
        QCOMPARE(labels->info().unlabelled, std::optional<int64_t>(255));
        QVERIFY(remarksOf(*labels).contains("PASCAL VOC"));
        QVERIFY(remarksOf(*labels).contains("193 voxels are not labelled"));
        // A palette that was cut to what is in use is still VOC's; another palette is not.
        writePng(
            png_, PNG_COLOR_TYPE_PALETTE, [](int64_t, int64_t x, int) { return int(x % 3); }, voc(3), 8);
        QCOMPARE(openLabels(png_)->info().unlabelled, std::optional<int64_t>(255));
        writePng(
            png_, PNG_COLOR_TYPE_PALETTE, [](int64_t, int64_t x, int) { return int(x % 3); },
            glasbey(256, {0, 0, 0}));
        QVERIFY(!openLabels(png_)->info().unlabelled);
    }

    void greyBehindATableIsThePlainImage_data() {
        QTest::addColumn<QString>("kind");
        QTest::addColumn<bool>("imageJ");
        for (const char* kind : {"grey", "inverted", "fire", "jet"})
            for (const bool imageJ : {false, true})
                QTest::addRow("%s%s", kind, imageJ ? ", ImageJ" : "") << kind << imageJ;
        QTest::newRow("glasbey, ImageJ") << "glasbey" << true;
    }
    void greyBehindATableIsThePlainImage() {
        QFETCH(QString, kind);
        QFETCH(bool, imageJ);
        const auto clamp = [](int v) { return std::clamp(v, 0, 255); };
        const Colours table = kind == "glasbey" ? glasbey(256, {0, 0, 0}) : colours(256, [&](int i) {
            if (kind == "grey") return std::array{i, i, i};
            if (kind == "inverted") return std::array{255 - i, 255 - i, 255 - i};
            if (kind == "fire") return std::array{clamp(3 * i), clamp(3 * i - 255), clamp(3 * i - 510)};
            return std::array{clamp(382 - std::abs(4 * i - 765)), clamp(382 - std::abs(4 * i - 510)),
                              clamp(382 - std::abs(4 * i - 255))};
        });
        const Grid image = noise(0, 256);
        writeTiff(tif_, image,
                  {.photometric = PHOTOMETRIC_PALETTE,
                   .description = imageJ ? "ImageJ=1.53t\n" : "",
                   .palette = table});
        const auto source = openImage(tif_);
        QCOMPARE(source->info().channels, int64_t(1));
        Grid wanted = image;
        const bool turned = kind == "inverted" && !imageJ;
        if (turned)
            for (double& value : wanted) value = 255 - value;
        QCOMPARE(valuesOf(*source), wanted);
        QCOMPARE(remarksOf(*source).isEmpty(), kind == "grey");
    }

    void sixteenBitsBehindAGreyTable() {
        Colours ramp;
        for (int i = 0; i < 65536; ++i) ramp.push_back({uint16_t(i), uint16_t(i), uint16_t(i)});
        const Grid image = noise(0, 60000);
        writeTiff(tif_, image, {.type = PixelType::u16, .photometric = PHOTOMETRIC_PALETTE, .palette = ramp});
        const auto source = openImage(tif_);
        QVERIFY(source->info().type == PixelType::u16);
        QCOMPARE(valuesOf(*source), image);
    }

    void picturesWithAPaletteStayColours() {
        writeTiff(tif_, noise(0, 256),
                  {.photometric = PHOTOMETRIC_PALETTE, .palette = glasbey(256, {0, 0, 0})});
        const auto source = openImage(tif_);
        QCOMPARE(source->info().channels, int64_t(3));
        QVERIFY(remarksOf(*source).contains("palette of colours"));
    }

    void whiteIsZero() {
        const Grid image = noise(0, 256);
        writeTiff(tif_, image, {.photometric = PHOTOMETRIC_MINISWHITE, .description = "ImageJ=1.53t\n"});
        QCOMPARE(valuesOf(*openImage(tif_)), image);
        QVERIFY(remarksOf(*openImage(tif_)).contains("ImageJ"));
        writeTiff(tif_, image, {.photometric = PHOTOMETRIC_MINISWHITE});
        Grid turned = image;
        for (double& value : turned) value = 255 - value;
        QCOMPARE(valuesOf(*openImage(tif_)), turned);
        QVERIFY(remarksOf(*openImage(tif_)).contains("0 is white"));
        // A mask of one bit: turned over too, but not tifffile's, which says so of every mask.
        const Grid inverse = twoDiscs(0, 0, 1);
        writeTiff(tif_, twoDiscs(1, 1), {.photometric = PHOTOMETRIC_MINISWHITE, .bits = 1});
        QCOMPARE(valuesOf(*openLabels(tif_)), inverse);
        writeTiff(tif_, twoDiscs(1, 1),
                  {.photometric = PHOTOMETRIC_MINISWHITE, .bits = 1, .software = "tifffile.py"});
        QCOMPARE(valuesOf(*openLabels(tif_)), twoDiscs(1, 1));
        QCOMPARE(valuesOf(*openImage(tif_)), twoDiscs(1, 1));
        writeTiff(tif_, twoDiscs(), {.photometric = PHOTOMETRIC_MINISWHITE});
        QCOMPARE(valuesOf(*openLabels(tif_)), twoDiscs());
        QVERIFY(remarksOf(*openLabels(tif_)).contains("0 is white"));
    }

    void imageJSigned16() {
        const std::string description =
            "ImageJ=1.53t\nunit=nm\ncf=0\nc0=-32768.0\nc1=1.0\nvunit=gray value\n";
        for (const int compression : {COMPRESSION_NONE, COMPRESSION_LZW}) {
            writeTiff(tif_, twoDiscs(32769, 32770, 32768),
                      {.type = PixelType::u16, .description = description, .compression = compression});
            QVERIFY(openImage(tif_)->info().type == PixelType::i16);
            QCOMPARE(valuesOf(*openImage(tif_)), twoDiscs());
            QCOMPARE(valuesOf(*openLabels(tif_)), twoDiscs());
            writeTiff(tif_, twoDiscs(32769, 32767, 32768),
                      {.type = PixelType::u16, .description = description, .compression = compression});
            QCOMPARE(valuesOf(*openImage(tif_)), twoDiscs(1, -1));
            const auto labels = openLabels(tif_);
            QVERIFY(labels->info().unlabelled);
            QCOMPARE(countOf(valuesOf(*labels), double(*labels->info().unlabelled)), int64_t(193));
        }
        writeTiff(tif_, noise(0, 60000),
                  {.type = PixelType::u16, .description = "ImageJ=1.53t\ncf=0\nc0=3.5\nc1=0.25\n"});
        QCOMPARE(valuesOf(*openImage(tif_)), noise(0, 60000));
        QVERIFY(remarksOf(*openImage(tif_)).contains("calibration"));
    }

    void minusOneAndNanAreNotLabelled_data() {
        QTest::addColumn<int>("type");
        for (const PixelType type :
             {PixelType::i8, PixelType::i16, PixelType::i32, PixelType::f32, PixelType::f64})
            QTest::newRow(std::string(name(type)).c_str()) << int(type);
    }
    void minusOneAndNanAreNotLabelled() {
        QFETCH(int, type);
        const auto kind = PixelType(type);
        for (const double missing : {-1.0, noNumber}) {
            if (isInteger(kind) && std::isnan(missing)) continue;
            writeTiff(tif_, twoDiscs(7, missing), {.type = kind});
            const auto labels = openLabels(tif_);
            QVERIFY(labels->info().type == PixelType::u8);
            QCOMPARE(labels->info().unlabelled, std::optional<int64_t>(255));
            QCOMPARE(valuesOf(*labels), twoDiscs(7, 255));
            QVERIFY(remarksOf(*labels).contains("193 voxels are not labelled"));
        }
        writeTiff(tif_, twoDiscs(7, -3), {.type = kind});
        QVERIFY(errorOf([&] { openLabels(tif_); }).contains("negative number -3"));
        QCOMPARE(valuesOf(*openLabels(tif_, {}, {.unlabelled = {-3}})), twoDiscs(7, 255));
        // What stands for missing labels is no label.
        if (kind != PixelType::i8) {
            writeTiff(tif_, twoDiscs(255, -1), {.type = kind});
            QCOMPARE(valuesOf(*openLabels(tif_)), twoDiscs(255, 65535));
        }
    }

    void namedValuesAreNotLabelled() {
        const auto one = asLabels(sourceOf(twoDiscs(1, 255), PixelType::u8), {.unlabelled = {255}});
        QCOMPARE(valuesOf(*one), twoDiscs(1, 255));
        QCOMPARE(one->info().unlabelled, std::optional<int64_t>(255));
        const auto two = asLabels(sourceOf(twoDiscs(9, 255), PixelType::u16), {.unlabelled = {255, 9}});
        QCOMPARE(countOf(valuesOf(*two), double(*two->info().unlabelled)), int64_t(2 * 193));
        // Without being told so 255 is a label, and that is said.
        const auto untold = asLabels(sourceOf(twoDiscs(1, 255), PixelType::u8));
        QVERIFY(!untold->info().unlabelled);
        QVERIFY(remarksOf(*untold).contains("--unlabelled 255"));
        QVERIFY(remarksOf(*asLabels(sourceOf(twoDiscs(255, 255), PixelType::u8))).isEmpty()); // a mask
    }

    void wholeNumbersInFloatsAreLabels() {
        const auto labels = asLabels(sourceOf(twoDiscs(1, 300), PixelType::f32));
        QVERIFY(labels->info().type == PixelType::u16);
        QCOMPARE(valuesOf(*labels), twoDiscs(1, 300));
        const QString fractions = errorOf([&] { asLabels(sourceOf(twoDiscs(0.25, 1), PixelType::f32)); });
        QVERIFY2(fractions.contains("probabilities") && fractions.contains("--threshold") &&
                     fractions.contains("/data/labels.tif"),
                 qPrintable(fractions));
        QVERIFY(errorOf([&] {
                    asLabels(sourceOf(twoDiscs(1, std::numeric_limits<double>::infinity()), PixelType::f32));
                }).contains("inf"));
        QVERIFY(
            errorOf([&] { asLabels(sourceOf(twoDiscs(1, 1e12), PixelType::f64)); }).contains("--renumber"));
    }

    void masksThroughJpeg() {
        const fs::path jpg = dir_->filePath("a.jpg").toStdString();
        const Grid mask = twoDiscs(255, 255);
        for (const int quality : {60, 75, 90}) {
            writeJpeg(jpg, mask, quality);
            const auto labels = openLabels(jpg);
            QCOMPARE(valuesOf(*labels), mask);
            QVERIFY(remarksOf(*labels).contains("JPEG"));
        }
        writeJpeg(jpg, grid([](int64_t, int64_t) { return 0; }), 75); // no object
        QCOMPARE(countOf(valuesOf(*openLabels(jpg)), 0), side * side);
        writeJpeg(jpg, twoDiscs(100, 200), 75);
        QVERIFY(errorOf([&] { openLabels(jpg); }).contains("JPEG changes values"));
        writeJpeg(jpg, twoDiscs(120, 250), 75); // a third value
        QVERIFY(errorOf([&] { openLabels(jpg); }).contains("JPEG changes values"));
        writeJpeg(jpg, noise(40, 220), 75);
        QVERIFY(errorOf([&] { openLabels(jpg); }).contains("JPEG changes values"));
    }

    void softEdgesAreThresholded() {
        for (const auto& [type, full] :
             {std::pair(PixelType::u8, 255.0), {PixelType::u16, 65535.0}, {PixelType::u16, 255.0}}) {
            const auto labels = asLabels(sourceOf(softDisc(full), type));
            QCOMPARE(valuesOf(*labels), maskOf(softDisc(full), (full + 1) / 2, 255));
            QVERIFY(remarksOf(*labels).contains("thresholded"));
        }
        // Classes with a boundary of 255, three values, many ids: labels as they are.
        const Grid classes = grid([](int64_t y, int64_t x) {
            const double r = distance(y, x, 32, 32);
            return r < 10 ? 15 : r < 12 ? 255 : r < 20 ? 20 : r < 22 ? 255 : y < 16 ? 7 : 0;
        });
        const Grid trimap = twoDiscs(128, 255);
        const Grid ids = grid([](int64_t y, int64_t x) { return double(y / 4 * 16 + x / 4); });
        for (const Grid& values : {classes, trimap, ids})
            QCOMPARE(valuesOf(*asLabels(sourceOf(values, PixelType::u8))), values);
        const Grid specks = grid([](int64_t y, int64_t x) { // objects of 2 × 2 pixels
            return y % 4 < 2 && x % 4 < 2 ? double(1 + y / 4 * 16 + x / 4) : 0;
        });
        QCOMPARE(valuesOf(*asLabels(sourceOf(specks, PixelType::u16))), specks);
    }

    void picturesAreNoLabels() {
        for (const auto& [type, to] :
             {std::pair(PixelType::u8, 220.0), {PixelType::u16, 40000.0}, {PixelType::f32, 220.0}}) {
            const QString why = errorOf([&] { asLabels(sourceOf(noise(40, to), type)); });
            QVERIFY2(why.contains("grey values"), qPrintable(why));
        }
    }

    void smoothPicturesAreRemarkedOn() {
        const Grid smooth = grid([](int64_t y, int64_t x) { return std::floor(40 + double(x + y) / 3); });
        QVERIFY(remarksOf(*asLabels(sourceOf(smooth, PixelType::u8))).contains("small steps"));
        const Grid cells = grid([](int64_t y, int64_t x) { return double(1 + y / 8 * 8 + x / 8); });
        QVERIFY(remarksOf(*asLabels(sourceOf(cells, PixelType::u8))).isEmpty());
    }

    void resizedLabelsAreRemarkedOn() {
        // Ids with edges in between them.
        const Grid values = grid([](int64_t y, int64_t x) {
            const int64_t in = x % 16;
            return in == 15 ? double(40 + y) : double(1 + x / 16);
        });
        QVERIFY(remarksOf(*asLabels(sourceOf(values, PixelType::u8))).contains("without interpolation"));
    }

    void coloursAreNumbered() {
        const auto rgb = [](int64_t y, int64_t x) {
            return distance(y, x, 20, 20) < 8 ? 0x00ff00u : distance(y, x, 44, 44) < 8 ? 0xc81e1eu : 0u;
        };
        const auto labels = asLabels(coloured(rgb));
        QCOMPARE(valuesOf(*labels), twoDiscs(2, 0xc81e1e));
        const QString table = remarksOf(*labels);
        QVERIFY2(table.contains("green = 2 (193)") && table.contains("#c81e1e = 13114910 (193)"),
                 qPrintable(table));
        for (const uint32_t colour : {0u, 0xff0000u, 0xffffffu, 0x000003u, 0x123456u})
            QCOMPARE(colourOfLabel(labelOfColour(colour)), colour);
        QVERIFY(labelOfColour(3) != labelOfColour(0x0000ff));
        // Greys in three channels are a plain mask.
        const auto grey =
            asLabels(coloured([&](int64_t y, int64_t x) { return rgb(y, x) ? 0xffffffu : 0u; }));
        QCOMPARE(valuesOf(*grey), twoDiscs(255, 255));
    }

    void coloursThatAreNoLabels() {
        const auto refusal = [](const auto& rgb) { return errorOf([&] { asLabels(coloured(rgb)); }); };
        QVERIFY(refusal([](int64_t y, int64_t x) { return uint32_t(y * 1000 + x); }).contains("256 colours"));
        const Grid soft = softDisc(255);
        QVERIFY(refusal([&](int64_t y, int64_t x) {
                    return uint32_t(soft[size_t(y * side + x)]) << 16;
                }).contains("blended"));
        QVERIFY(
            refusal([](int64_t, int64_t x) { return x < 9 ? 0xff0000u : 0xffffffu; }).contains("background"));
    }

    void masksInTheTransparency() {
        const auto disc = [](int64_t y, int64_t x) { return distance(y, x, 32, 32) < 10; };
        writePng(png_, PNG_COLOR_TYPE_RGB_ALPHA,
                 [&](int64_t y, int64_t x, int c) { return c == 3 && disc(y, x) ? 255 : 0; });
        QVERIFY(errorOf([&] { openLabels(png_); }).contains("in the transparency"));
        writePng(png_, PNG_COLOR_TYPE_GRAY_ALPHA,
                 [&](int64_t y, int64_t x, int c) { return c == 0 || disc(y, x) ? 255 : 0; });
        QVERIFY(errorOf([&] { openLabels(png_); }).contains("in the transparency"));
        // White that is transparent is background; an opaque empty mask is one.
        writePng(png_, PNG_COLOR_TYPE_RGB_ALPHA, [&](int64_t y, int64_t x, int c) {
            return c == 3 ? (disc(y, x) ? 255 : 0) : disc(y, x) && c > 0 ? 0 : 255;
        });
        const Grid wanted = grid([&](int64_t y, int64_t x) { return disc(y, x) ? 1 : 0; });
        QCOMPARE(valuesOf(*openLabels(png_)), wanted);
        QVERIFY(remarksOf(*openLabels(png_)).contains("transparent"));
        writePng(png_, PNG_COLOR_TYPE_RGB_ALPHA, [](int64_t, int64_t, int c) { return c == 3 ? 255 : 0; });
        QCOMPARE(countOf(valuesOf(*openLabels(png_)), 0), side * side);
    }

    void foldersOfPalettes() {
        fs::create_directory(dir_->filePath("labels").toStdString());
        for (int i = 0; i < 3; ++i)
            writePng(
                dir_->filePath(QString("labels/s%1.png").arg(i)).toStdString(), PNG_COLOR_TYPE_PALETTE,
                [&](int64_t, int64_t x, int) { return x < 5 ? i : 0; }, voc(256));
        const auto labels = openLabels(dir_->filePath("labels").toStdString());
        QCOMPARE(labels->info().extent().z, int64_t(3));
        QCOMPARE(labels->read(0, {2, 0, 0, 3, 1, 1}).at(0, 0, 0, 0), 2.0);
    }

    void labelsWithoutBackgroundAreRemarkedOn() {
        QVERIFY(remarksOf(*asLabels(sourceOf(twoDiscs(2, 2, 1), PixelType::u8))).contains("ilastik"));
        QVERIFY(remarksOf(*asLabels(sourceOf(twoDiscs(2, 2, 0), PixelType::u8))).isEmpty());
    }

    void wideIdsAreRenumberedOnRequest() {
        constexpr int64_t big = 720575940600000000;
        for (const bool isSigned : {false, true}) {
            Page page{16, 12, 64, COMPRESSION_ADOBE_DEFLATE, 4};
            page.isSigned = isSigned;
            for (uint32_t y = 0; y < 12; ++y)
                for (uint32_t x = 0; x < 16; ++x)
                    page.others[{y, x}] = x < 4 ? big : x < 8 ? big + 1 : y < 3 ? -1 : 0;
            writeTiff(tif_, {page, page});
            const auto narrow = openImage(tif_);
            QVERIFY(errorOf([&] { narrow->read(0, {0, 0, 0, 1, 12, 16}); }).contains("--renumber"));
            const auto labels = openLabels(tif_, {}, {.renumber = true});
            const Pixels all = labels->read(0, {0, 0, 0, 2, 12, 16});
            QCOMPARE(all.at(0, 1, 11, 0), 1.0);
            QCOMPARE(all.at(0, 1, 11, 5), 2.0);
            QCOMPARE(all.at(0, 1, 11, 9), 0.0);
            const auto missing = labels->info().unlabelled;
            QCOMPARE(missing.has_value(), isSigned);
            QCOMPARE(all.at(0, 0, 0, 9), isSigned ? double(*missing) : 0.0);
            QCOMPARE(labels->read(0, {1, 5, 3, 2, 6, 5}).at(0, 0, 0, 1), 2.0);
            QVERIFY(remarksOf(*labels).contains("2 ids are numbered anew"));
        }
    }

    void severalChannelsAreRefused() {
        Pixels two(PixelType::u8, 2, {1, side, side});
        QVERIFY(errorOf([&] { asLabels(std::make_shared<MemorySource>(two)); }).contains("2 channels"));
    }

private:
    std::unique_ptr<QTemporaryDir> dir_;
    fs::path tif_, png_;
};

QTEST_GUILESS_MAIN(TestLabelImage)
#include "tst_label_image.moc"

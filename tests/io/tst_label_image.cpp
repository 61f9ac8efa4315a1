// What the values of label images mean: soft masks, colours, missing labels, fractions, ids of 64 bits.
#include "tests/support/label_files.h"
#include "tests/support/tiff_writer.h"

// libjpeg's header wants <cstdio> before it.
#include <jpeglib.h>

using namespace cristae;
namespace fs = std::filesystem;

namespace {

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
        // Told afterwards, as a data list does: the same as if it had been told at once.
        const auto told = asLabels(untold, {.unlabelled = {255}});
        QCOMPARE(remarksOf(*told), remarksOf(*one));
        QCOMPARE(valuesOf(*told), valuesOf(*one));
        QCOMPARE(told->info().unlabelled, one->info().unlabelled);
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
        writeJpeg(jpg, twoDiscs(1, 1), 90); // two values, and some on the wrong side
        QVERIFY(errorOf([&] { openLabels(jpg); }).contains("JPEG changes values"));
    }

    void masksThroughJpegInsideTiff() {
        const auto write = [&](const Grid& values) {
            TIFF* tiff = TIFFOpen(tif_.c_str(), "w");
            QVERIFY(tiff);
            for (const auto& [tag, value] : {std::pair{TIFFTAG_IMAGEWIDTH, int(side)},
                                             {TIFFTAG_IMAGELENGTH, int(side)},
                                             {TIFFTAG_BITSPERSAMPLE, 8},
                                             {TIFFTAG_SAMPLESPERPIXEL, 1},
                                             {TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK},
                                             {TIFFTAG_ROWSPERSTRIP, int(side)},
                                             {TIFFTAG_COMPRESSION, COMPRESSION_JPEG}})
                TIFFSetField(tiff, uint32_t(tag), value);
            std::vector<uint8_t> bytes(values.begin(), values.end());
            QVERIFY(TIFFWriteEncodedStrip(tiff, 0, bytes.data(), tmsize_t(bytes.size())) > 0);
            TIFFClose(tiff);
        };
        write(twoDiscs(255, 255));
        const auto labels = openLabels(tif_);
        QCOMPARE(valuesOf(*labels), twoDiscs(255, 255));
        QVERIFY(remarksOf(*labels).contains("saved as JPEG"));
        write(twoDiscs(80, 160));
        QVERIFY(errorOf([&] { openLabels(tif_); }).contains("JPEG changes values"));
        QVERIFY(openImage(tif_)->info().remarks.empty()); // as an image it is one like any other
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

    void labelsResizedAlongStraightEdges() {
        // Bars of 50, 100, 150 … with two rows of values in between, as bilinear scaling leaves them.
        const Grid values = grid([](int64_t y, int64_t x) {
            const double from = 50.0 * double(y / 16), to = from + 50;
            const int64_t in = y % 16;
            return x < 4 || x >= 60 ? 0.0 : in == 14 ? from + 17 : in == 15 ? to - 13 : from;
        });
        QVERIFY(remarksOf(*asLabels(sourceOf(values, PixelType::u8))).contains("without interpolation"));
        // Small objects of two by two voxels and outlines are no slopes.
        const Grid small = grid([](int64_t y, int64_t x) {
            return y % 4 < 2 && x % 4 < 2 ? double(1 + y / 4 * 15 + x / 4) : 0.0;
        });
        QVERIFY(remarksOf(*asLabels(sourceOf(small, PixelType::u8))).isEmpty());
    }

    void overflownMinusOnesAreRemarkedOn() {
        const auto withEdge = [](double edge) {
            Grid values = twoDiscs();
            for (size_t i = 0; i < size_t(side); ++i) values[i] = edge;
            return values;
        };
        for (const auto& [type, edge, flag] :
             {std::tuple(PixelType::u16, 65535.0, 65535), {PixelType::u32, 4294967295.0, 0}}) {
            const auto labels = asLabels(sourceOf(withEdge(edge), type));
            QVERIFY(remarksOf(*labels).contains("which −1 becomes in unsigned numbers"));
            QCOMPARE(labels->read(0, {0, 0, 0, 1, 1, 1}, Progress::none()).at(0, 0, 0, 0), edge);
            if (flag == 0) continue;
            const auto told = asLabels(sourceOf(withEdge(edge), type), {.unlabelled = {flag}});
            QVERIFY(remarksOf(*told).contains("64 voxels are not labelled"));
        }
        QVERIFY(remarksOf(*asLabels(sourceOf(twoDiscs(65535, 65535), PixelType::u16))).isEmpty()); // a mask
    }

    void idsThatFloatsCannotKeepApartAreRemarkedOn() {
        const Grid ids = twoDiscs(16777216, 16777220);
        QVERIFY(remarksOf(*asLabels(sourceOf(ids, PixelType::f32))).contains("up to 16777216"));
        QVERIFY(remarksOf(*asLabels(sourceOf(ids, PixelType::f64))).isEmpty());
    }

    void refusalsNameTheValue() {
        QVERIFY(
            errorOf([] { asLabels(sourceOf(twoDiscs(1.0000001), PixelType::f64)); }).contains("1.0000001"));
        const double none = std::numeric_limits<double>::infinity();
        QVERIFY(errorOf([&] { asLabels(sourceOf(twoDiscs(none), PixelType::f32)); }).contains("infinite"));
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

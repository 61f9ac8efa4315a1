// Labels and pictures behind palettes, lookup tables, white-is-zero and transparency, and ImageJ's ways.
#include "tests/support/label_files.h"

using namespace cristae;
namespace fs = std::filesystem;

class TestLabelPalettes : public QObject {
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

private:
    std::unique_ptr<QTemporaryDir> dir_;
    fs::path tif_, png_;
};

QTEST_GUILESS_MAIN(TestLabelPalettes)
#include "tst_label_palettes.moc"

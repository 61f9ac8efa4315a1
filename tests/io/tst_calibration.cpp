// Nanometres: units and numbers as people write them, what is no pixel size, which of several statements
// counts.
#include "core/base/number.h"
#include "core/image/with_voxel_size.h"
#include "core/io/calibration.h"
#include "tests/support/expect_error.h"
#include "tests/support/remarks.h"
#include "tests/support/tiff_writer.h"

#include <QtTest>
#include <limits>

using namespace cristae;
namespace fs = std::filesystem;

class TestCalibration : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() {
        dir_ = std::make_unique<QTemporaryDir>();
        file_ = dir_->filePath("a.tif").toStdString();
    }

    void units() {
        const std::vector<std::pair<std::string, double>> known{{"nm", 1},
                                                                {"NM", 1},
                                                                {"Nm", 1},
                                                                {"nanometers", 1},
                                                                {"Nanometre", 1},
                                                                {"um", 1e3},
                                                                {"µm", 1e3},
                                                                {"μm", 1e3},
                                                                {"u", 1e3},
                                                                {"\xb5m", 1e3},
                                                                {"\\u00B5m", 1e3},
                                                                {"\\u00b5m", 1e3},
                                                                {"\\u03BCm", 1e3},
                                                                {"&#181;m", 1e3},
                                                                {"Microns", 1e3},
                                                                {"micron", 1e3},
                                                                {"micrometer", 1e3},
                                                                {"Micrometres", 1e3},
                                                                {"\xc3\x82\xc2\xb5m", 1e3},
                                                                {"Å", 0.1},
                                                                {"\xc5", 0.1},
                                                                {"\xe2\x84\xab", 0.1},
                                                                {"\\u00C5", 0.1},
                                                                {"A", 0.1},
                                                                {"Angstrom", 0.1},
                                                                {"angstroms", 0.1},
                                                                {"Ångström", 0.1},
                                                                {"ångström", 0.1},
                                                                {"\xc5ngstr\xf6m", 0.1},
                                                                {"pm", 1e-3},
                                                                {"mm", 1e6},
                                                                {"cm", 1e7},
                                                                {"m", 1e9},
                                                                {"inch", 2.54e7},
                                                                {" \"nm\" ", 1},
                                                                {"[um]", 1e3},
                                                                {"(nm)", 1},
                                                                {std::string("nm\0\0", 4), 1},
                                                                {"nm\r", 1}};
        for (const auto& [unit, nm] : known) {
            const auto found = nanometresIn(unit);
            QVERIFY2(found && std::abs(*found / nm - 1) < 1e-12, unit.c_str());
        }
        for (const char* unit : {"", " ", "pixel", "pixels", "px", "reference frame", "1/nm", "nm^2", "a",
                                 "s", "bananas", "n m"})
            QVERIFY2(!nanometresIn(unit), unit);
    }

    void numbers() {
        const std::vector<std::pair<std::string, double>> known{
            {"2.5", 2.5},     {"2,5", 2.5},           {"2,5e-009", 2.5e-9}, {"2.5E-09", 2.5e-9},
            {"+4", 4},        {"-40", -40},           {"1.234,5", 1234.5},  {"1,234.5", 1234.5},
            {"0,004", 0.004}, {"1,234e-9", 1.234e-9}, {" 7 \r\n", 7},       {".5", 0.5},
            {"5.", 5},        {"1.234", 1.234},       {"12,3456", 12.3456}, {"1.234.567,8", 1234567.8}};
        for (const auto& [text, value] : known) {
            const auto found = decimalNumber(text);
            QVERIFY2(found && std::abs(*found - value) <= 1e-12 * std::abs(value), text.c_str());
        }
        for (const char* text : {"", " ", "4 nm", "2,5x", "1,234", "12,345", "1,234,567", "1.2.3", "1,2,3",
                                 "--1", "nan", "inf", "1e", "0x10", "1e999", ",", ".", "1,23.4", "4.5 5"})
            QVERIFY2(!decimalNumber(text), text);
        QVERIFY(isAmbiguousNumber("1,234") && !isAmbiguousNumber("0,234") && !isAmbiguousNumber("1,2345"));
    }

    void imageJ_data() {
        QTest::addColumn<QByteArray>("description");
        QTest::addColumn<float>("x");
        QTest::addColumn<float>("y");
        QTest::addColumn<int>("unit"); // of the resolution tags
        QTest::addColumn<double>("xNm");
        QTest::addColumn<double>("yNm");
        QTest::addColumn<double>("zNm");
        QTest::addColumn<QByteArray>("remark");
        const auto row = [](const char* description, float x, float y, int unit, double xNm, double yNm,
                            double zNm, const char* remark = "") {
            QTest::newRow(description) << QByteArray("ImageJ=1.53t\n") + description << x << y << unit << xNm
                                       << yNm << zNm << QByteArray(remark);
        };
        row("unit=nm\n", 0.2f, 0.2f, 1, 5, 5, 0);
        row("unit=nm\nyunit=um\n", 0.2f, 100, 1, 5, 10, 0);
        row("unit=um\nzunit=nm\nspacing=40\n", 200, 200, 1, 5, 5, 40);
        row("unit=\\u00B5m\nspacing=0.04\n", 200, 250, 1, 5, 4, 40);
        row("unit=\\u03BCm\n", 200, 200, 1, 5, 5, 0);
        row("unit=\xb5m\n", 200, 200, 1, 5, 5, 0);
        row("unit=\xc5\n", 0.02f, 0.02f, 1, 5, 5, 0);
        row("unit=Angstrom\n", 0.02f, 0.02f, 1, 5, 5, 0);
        row("unit=Microns\n", 200, 200, 1, 5, 5, 0);
        row("unit=NM\n", 0.2f, 0.2f, 1, 5, 5, 0);
        row("unit=nm\nspacing=-40\n", 0.2f, 0.2f, 1, 5, 5, 40, "stated with a minus");
        row("unit=nm\nspacing=2,5\n", 0.2f, 0.2f, 1, 5, 5, 2.5);
        row("unit=nm\nspacing=1,234\n", 0.2f, 0.2f, 1, 5, 5, 0, "read in two ways");
        row("unit=nm\nspacing=nan\n", 0.2f, 0.2f, 1, 5, 5, 0, "no number");
        row("unit=cm\n", 2000000, 2000000, 3, 5, 5, 0);
        row("unit=inch\n", 300, 300, 2, 0, 0, 0, "300 dpi is a print or screen resolution");
        row("unit=inch\n ", 72, 72, 2, 0, 0, 0, "72 dpi");
        row("unit=cm\n ", 118.11f, 118.11f, 3, 0, 0, 0, "300 dpi");
        row("unit=cm\n  ", 37.795f, 37.795f, 1, 0, 0, 0, "96 dpi");
        row("unit=mm\n", 23.622f, 23.622f, 1, 0, 0, 0, "600 dpi");
        row("unit=pixel\n", 0.2f, 0.2f, 1, 0, 0, 0);
        row("unit=pixels\nspacing=1\n", 1, 1, 1, 0, 0, 0);
        row("loop=false\n", 1, 1, 1, 0, 0, 0);
        row("loop=false\n ", 0.2f, 0.2f, 1, 0, 0, 0, "it has no unit");
        row("unit=\n", 1, 1, 1, 0, 0, 0);
        row("unit=bananas\n", 0.2f, 0.2f, 1, 0, 0, 0, "no unit of length");
        row("unit=um\n", 0.004f, 0.004f, 1, 0, 0, 0, "2.5e+05 nm is not between");
        row("unit=nm\n  ", 1000, 1000, 1, 0, 0, 0, "0.001 nm is not between");
        row("unit=um\n ", 1, 1, 1, 1000, 1000, 0, "where nothing was entered");
        row("unit=nm\n   ", 0.2f, 0.2f, 2, 5, 5, 0); // ImageJ's unit counts, not that of the tags
    }
    void imageJ() {
        QFETCH(QByteArray, description);
        QFETCH(float, x);
        QFETCH(float, y);
        QFETCH(int, unit);
        Page page{30, 20};
        page.description = description.toStdString();
        page.resolution = x;
        page.resolutionY = y;
        page.unit = uint16_t(unit);
        check(page);
    }

    void omeLengths_data() {
        QTest::addColumn<QByteArray>("attributes");
        QTest::addColumn<double>("xNm");
        QTest::addColumn<double>("yNm");
        QTest::addColumn<double>("zNm");
        QTest::addColumn<QByteArray>("remark");
        const auto row = [](const char* attributes, double x, double y, double z, const char* remark = "") {
            QTest::newRow(attributes) << QByteArray(attributes) << x << y << z << QByteArray(remark);
        };
        row("PhysicalSizeX=\"0.004\" PhysicalSizeY=\"0.005\" PhysicalSizeZ=\"0.05\"", 4, 5, 50);
        row("\n\tPhysicalSizeX=\"0.004\"\n\tPhysicalSizeXUnit=\"µm\"\r\n PhysicalSizeY = '0.004'", 4, 4, 0);
        row("PhysicalSizeX='4' PhysicalSizeXUnit='nm' PhysicalSizeY='40' PhysicalSizeYUnit='&#xC5;'", 4, 4,
            0);
        row("PhysicalSizeX=\"4\" PhysicalSizeXUnit=\"&#181;m\" PhysicalSizeY=\"4\" "
            "PhysicalSizeYUnit=\"&#x3BC;m\"",
            4000, 4000, 0);
        row("PhysicalSizeX=\"4\" PhysicalSizeXUnit=\"pixel\" PhysicalSizeY=\"4\" PhysicalSizeYUnit=\"pixel\"",
            0, 0, 0);
        row("PhysicalSizeX=\"2\" PhysicalSizeXUnit=\"reference frame\"", 0, 0, 0);
        row("PhysicalSizeX=\"-4\" PhysicalSizeY=\"-4\"", 0, 0, 0, "negative");
        row("PhysicalSizeX=\"NaN\" PhysicalSizeY=\"INF\"", 0, 0, 0, "no number");
        row("PhysicalSizeX=\"0\" PhysicalSizeY=\"0\"", 0, 0, 0);
        row("PhysicalSizeX=\"0,004\" PhysicalSizeY=\"0,004\"", 4, 4, 0);
        row("PhysicalSizeX=\"4000\" PhysicalSizeY=\"4000\"", 0, 0, 0, "4e+06 nm is not between");
        row("PhysicalSizeX=\"1.0\" PhysicalSizeY=\"1.0\"", 1000, 1000, 0, "where nothing was entered");
    }
    void omeLengths() {
        QFETCH(QByteArray, attributes);
        for (const char* prefix : {"", "OME:"}) {
            const std::string p = prefix;
            Page page{30, 20};
            page.description = "<?xml version=\"1.0\"?><!-- <Pixels PhysicalSizeX=\"9\"/> --><" + p +
                               "OME><" + p + "Image Name=\"a &gt; b\"><Description>Pixels </Description><" +
                               p + "Pixels SizeX=\"30\" SizeY=\"20\" " + attributes.toStdString() + "><" + p +
                               "TiffData/></" + p + "Pixels></" + p + "Image></" + p + "OME>";
            check(page);
        }
    }

    void microscopes_data() {
        QTest::addColumn<int>("tag");
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<double>("xNm");
        QTest::addColumn<QByteArray>("remark");
        const auto row = [](const char* name, int tag, const char* text, double x, const char* remark = "") {
            QTest::newRow(name) << tag << QByteArray(text) << x << QByteArray(remark);
        };
        row("FEI, decimal comma", 34682, "[Scan]\r\nPixelWidth=2,5e-009\r\nPixelHeight=2,5e-009\r\n", 2.5);
        row("FEI, field of an electron beam", 34682,
            "[EBeam]\nHFW=2,048e-6\n[Image]\nResolutionX=512\nResolutionY=200\n", 4);
        row("FEI, no number", 34682, "[Scan]\nPixelWidth=abc\n", 0, "no number");
        row("FEI, cropped", 34682, "[Scan]\nPixelWidth=4e-9\n[Image]\nResolutionX=1024\n", 4,
            "stored 1024 columns, this file has 512");
        row("FEI, field of a beam, scaled", 34682,
            "[EBeam]\nHFW=4,096e-6\n[Image]\nResolutionX=1024\nResolutionY=400\n", 4,
            "stored 1024 columns, this file has 512");
        row("Thermo, XML of a SEM", 34683,
            "<?xml version=\"1.0\"?><Metadata><BinaryResult><PixelSize><X unit=\"m\">2.5e-9</X>"
            "<Y "
            "unit=\"m\">2.5e-9</Y></PixelSize></BinaryResult><StagePosition><X>0.5</X></StagePosition></"
            "Metadata>",
            2.5);
        row("FEI, XML of a Titan", 34683,
            "<FeiImage><PixelsSize><X>2,5e-9</X><Y>2,5e-9</Y></PixelsSize></FeiImage>", 2.5);
        row("FEI, XML without a size", 34683, "<FeiImage><X>2</X></FeiImage>", 0,
            "tag 34683 states no pixel size");
        row("FEI, INI without a size", 34682, "[User]\nUser=me\n", 0, "tag 34682 states no pixel size");
        // The page is 512 wide.
        row("Zeiss, the image's and the display's", 34118,
            "0\r\n0\r\n0\r\n0\r\nAP_PIXEL_SIZE\r\nPixel Size = 20.0 nm\r\nAP_IMAGE_PIXEL_SIZE\r\n"
            "Image Pixel Size = 10.0 nm\r\n",
            10);
        row("Zeiss, decimal comma", 34118, "AP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = 2,5 nm\r\n", 2.5);
        row("Zeiss, Å", 34118, "AP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = 25 \xc5\r\n", 2.5);
        row("Zeiss, cropped from 1024", 34118,
            "0\r\n0\r\n0\r\n4e-9\r\nAP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = 4.000 nm\r\n", 4,
            "4 nm in Zeiss tags, AP_IMAGE_PIXEL_SIZE (used) and 8 nm in Zeiss tags");
        row("Zeiss, cropped, with the size that was stored", 34118,
            "0\r\n0\r\n0\r\n4e-9\r\nDP_IMAGE_STORE\r\nStore resolution = 1024 * 768\r\n"
            "AP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = 4.000 nm\r\n",
            4, "stored 1024 columns, this file has 512");
        row("Zeiss, cropped, without a size of its own", 34118,
            "0\r\n0\r\n0\r\n4e-9\r\nDP_IMAGE_STORE\r\nStore resolution = 1024 * 768\r\n", 4,
            "stored 1024 columns");
        row("TVIPS", 37706, "TVIPS", 0, "TVIPS tags are not read");
    }
    void microscopes() {
        QFETCH(int, tag);
        QFETCH(QByteArray, text);
        Page page{512, 200};
        page.texts[uint32_t(tag)] = text.toStdString();
        check(page, true);
    }

    void olympusSis() {
        Page page{30, 20};
        page.places[33560] = 1;
        writeTiff(file_, {page});
        const auto size = uint32_t(fs::file_size(file_));
        page.places[33560] = size; // the block is appended
        writeTiff(file_, {page});
        QCOMPARE(fs::file_size(file_), uintmax_t(size));
        QByteArray block(60 + 8, '\0'), body(112, '\0');
        block.replace(0, 4, "SIS0");
        qToLittleEndian<quint16>(1, block.data() + 58);
        qToLittleEndian<qint16>(1, block.data() + 60);
        qToLittleEndian<quint32>(size + 68, block.data() + 64);
        qToLittleEndian<qint16>(-9, body.data() + 10);
        const double x = 2.5, y = 3;
        std::memcpy(body.data() + 12, &x, 8);
        std::memcpy(body.data() + 20, &y, 8);
        QFile out(QString::fromStdString(file_.string()));
        QVERIFY(out.open(QIODevice::Append));
        out.write(block + body);
        out.close();
        const ImageInfo info = openImage(file_)->info();
        QVERIFY(near(info.voxelSize.xNm, 2.5) && near(info.voxelSize.yNm, 3));
        QCOMPARE(info.voxelSize.source, std::string("Olympus SIS tags"));
        fs::resize_file(file_, size + 64); // cut off: no size, no error
        QVERIFY(!openImage(file_)->info().voxelSize.xNm);
    }

    void statementsThatDiffer() {
        Page page{512, 200};
        page.description = "<OME><Image><Pixels SizeX=\"512\" SizeY=\"200\" PhysicalSizeX=\"0.008\" "
                           "PhysicalSizeY=\"0.008\"/></Image></OME>";
        page.texts[34682] = "[Scan]\nPixelWidth=4e-9\n";
        page.resolution = 300;
        page.unit = RESUNIT_INCH;
        writeTiff(file_, {page});
        const ImageInfo info = openImage(file_)->info();
        QCOMPARE(info.voxelSize.xNm, std::optional(8.0));
        QCOMPARE(info.remarks.size(), size_t(1)); // the print resolution beside a real size is no news
        QVERIFY2(has(info, "8 nm in OME description (used) and 4 nm in FEI/Thermo tags"),
                 info.remarks[0].c_str());
        QCOMPARE(info.statedLengths.size(), size_t(6));
        QVERIFY(info.statedLengths[0].used && info.statedLengths[1].used && !info.statedLengths[2].used);
        page.texts[34682] = "[Scan]\nPixelWidth=8.05e-9\n"; // within 1 %
        writeTiff(file_, {page});
        QVERIFY(openImage(file_)->info().remarks.empty());
    }

    void resolutionTags_data() {
        QTest::addColumn<float>("perUnit");
        QTest::addColumn<int>("unit");
        QTest::addColumn<double>("xNm");
        QTest::addColumn<QByteArray>("remark");
        for (const int dpi : {72,  75,  90,  96,  100, 120, 150, 180, 200,  240,
                              254, 300, 350, 360, 400, 508, 600, 720, 1200, 2400})
            for (const int unit : {RESUNIT_INCH, RESUNIT_CENTIMETER})
                QTest::addRow("%d dpi, unit %d", dpi, unit)
                    << float(unit == RESUNIT_INCH ? dpi : dpi / 2.54) << unit << 0.0
                    << QByteArray::number(dpi) + " dpi is a print or screen resolution";
        QTest::newRow("1 per inch") << 1.0f << RESUNIT_INCH << 0.0 << QByteArray();
        QTest::newRow("1 without a unit") << 1.0f << RESUNIT_NONE << 0.0 << QByteArray();
        QTest::newRow("5 nm in cm") << 2e6f << RESUNIT_CENTIMETER << 5.0 << QByteArray();
        QTest::newRow("5 nm in inches") << 5.08e6f << RESUNIT_INCH << 5.0 << QByteArray();
        QTest::newRow("below an atom") << 2e9f << RESUNIT_CENTIMETER << 0.0 << QByteArray("not between");
    }
    void resolutionTags() {
        QFETCH(float, perUnit);
        QFETCH(int, unit);
        Page page{30, 20};
        page.resolution = perUnit;
        page.unit = uint16_t(unit);
        check(page, true);
    }

    void sizesThatAPersonGives() {
        for (const double wrong : {-5.0, 0.0, 1e9, 0.001, std::numeric_limits<double>::quiet_NaN(),
                                   std::numeric_limits<double>::infinity()}) {
            const std::string message = messageOf([&] {
                static_cast<void>(checkedVoxelSize({{}, 5.0, wrong, "hand"}, "--pixel-size"));
            });
            QVERIFY2(message.find("--pixel-size") == 0 && message.find("0.01 nm") != std::string::npos,
                     message.c_str());
        }
        QCOMPARE(checkedVoxelSize({50.0, 5.0, 5.0, "hand"}, "").xNm, std::optional(5.0));
        writeTiff(file_, {{30, 20}});
        const std::string message = messageOf([&] {
            openImage(file_, {.voxelSize = VoxelSize{{}, -5.0, -5.0, "a list"}});
        });
        QVERIFY2(message.find("-5 nm") != std::string::npos, message.c_str());
    }

    void imagesThatLendOrCompare() {
        ImageInfo a, b;
        a.path = "labels.png";
        b.path = "image.tif";
        a.levels = {{1, 64, 64}};
        b.levels = {{1, 128, 128}};
        const std::string message = messageOf([&] { requireSameExtent(a, b); });
        QVERIFY2(message.find("64 × 64 px") != std::string::npos &&
                     message.find("128 × 128 px") != std::string::npos,
                 message.c_str());
        b.levels = a.levels;
        requireSameExtent(a, b);
        QVERIFY(remarkOnSizes(a, b).empty());
        a.voxelSize = {{}, 5.0, 5.0, ""};
        QVERIFY(remarkOnSizes(a, b).empty());
        b.voxelSize = {{}, 10.0, 10.0, ""};
        QVERIFY(remarkOnSizes(a, b).find("5 nm in “labels.png” (used), 10 nm in “image.tif”") !=
                std::string::npos);
        b.voxelSize = {{}, 5.01, 5.01, ""};
        QVERIFY(remarkOnSizes(a, b).empty());
    }

private:
    /// Writes the page and compares with the columns xNm, yNm, zNm and remark of the row.
    void check(const Page& page, bool square = false) {
        QFETCH(double, xNm);
        QFETCH(QByteArray, remark);
        double yNm = xNm, zNm = 0;
        if (!square) {
            yNm = *static_cast<const double*>(QTest::qData("yNm", qMetaTypeId<double>()));
            zNm = *static_cast<const double*>(QTest::qData("zNm", qMetaTypeId<double>()));
        }
        writeTiff(file_, {page});
        const ImageInfo info = openImage(file_)->info();
        const std::string found =
            QStringLiteral("x %1 y %2 z %3 (%4) %5")
                .arg(info.voxelSize.xNm.value_or(0))
                .arg(info.voxelSize.yNm.value_or(0))
                .arg(info.voxelSize.zNm.value_or(0))
                .arg(QString::fromStdString(info.voxelSize.source),
                     info.remarks.empty() ? QString() : QString::fromStdString(info.remarks[0]))
                .toStdString();
        QVERIFY2(near(info.voxelSize.xNm, xNm) && near(info.voxelSize.yNm, yNm) &&
                     near(info.voxelSize.zNm, zNm),
                 found.c_str());
        QVERIFY2(remark.isEmpty() ? info.remarks.empty() : has(info, remark.toStdString()), found.c_str());
    }

    std::unique_ptr<QTemporaryDir> dir_;
    fs::path file_;
};

QTEST_GUILESS_MAIN(TestCalibration)
#include "tst_calibration.moc"

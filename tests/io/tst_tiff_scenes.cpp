// Which pages of a TIFF are which slice: OME's TiffData, several images, tifffile's shapes, stale counts,
// axes that a person gives, the orientation tag.
#include "tests/support/expect_error.h"
#include "tests/support/remarks.h"
#include "tests/support/tiff_writer.h"

#include <QtTest>

using namespace cristae;
namespace fs = std::filesystem;

namespace {

std::string omeImage(const std::string& name, const std::string& sizes, const std::string& tiffData) {
    return "<Image Name=\"" + name + "\"><Pixels SizeX=\"30\" SizeY=\"20\" " + sizes + ">" + tiffData +
           "</Pixels></Image>";
}

std::vector<Page> pagesWith(size_t count, const std::string& description) {
    std::vector<Page> pages(count, Page{30, 20});
    pages[0].description = description;
    return pages;
}

/// The page that lies at a channel and slice, by the values of these tests.
size_t pageAt(const TileSource& source, int64_t c, int64_t z) {
    const Pixels pixels = source.read(0, {z, 0, 0, z + 1, 20, 30});
    for (size_t page = 0; page < 64; ++page)
        if (pixels.at(c, 0, 4, 5) == valueAt(page, 4, 5) && pixels.at(c, 0, 19, 29) == valueAt(page, 19, 29))
            return page;
    return 99;
}

/// The pages of all channels and slices, "0 2 4 | 1 3 5": channels parted by bars.
std::string layoutOf(const TileSource& source) {
    std::string text;
    for (int64_t c = 0; c < source.info().channels; ++c) {
        if (c > 0) text += " |";
        for (int64_t z = 0; z < source.info().extent().z; ++z)
            text += (text.empty() ? "" : " ") + std::to_string(pageAt(source, c, z));
    }
    return text;
}

} // namespace

class TestTiffScenes : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() {
        dir_ = std::make_unique<QTemporaryDir>();
        file_ = dir_->filePath("a.tif").toStdString();
    }

    void omeOrder_data() {
        QTest::addColumn<QString>("sizes");
        QTest::addColumn<QString>("planes");
        QTest::addColumn<QString>("layout");
        QTest::addColumn<QString>("remark");
        const QString six = "SizeC=\"2\" SizeZ=\"3\" SizeT=\"1\" DimensionOrder=";
        QTest::newRow("z first") << six + "\"XYZCT\""
                                 << "<TiffData/>"
                                 << "0 1 2 | 3 4 5"
                                 << "";
        QTest::newRow("c first") << six + "\"XYCZT\""
                                 << "<TiffData/>"
                                 << "0 2 4 | 1 3 5"
                                 << "";
        QTest::newRow("no TiffData") << six + "\"XYCZT\""
                                     << ""
                                     << "0 2 4 | 1 3 5"
                                     << "";
        QTest::newRow("every plane by itself")
            << six + "\"XYCZT\""
            << "<TiffData IFD=\"5\" FirstZ=\"0\" FirstC=\"0\"/><TiffData IFD=\"4\" FirstZ=\"1\"/>"
               "<TiffData IFD=\"3\" FirstZ=\"2\"/><TiffData IFD=\"2\" FirstC=\"1\"/>"
               "<TiffData IFD=\"1\" FirstC=\"1\" FirstZ=\"1\"/><TiffData IFD=\"0\" FirstC=\"1\" "
               "FirstZ=\"2\"/>"
            << "5 4 3 | 2 1 0"
            << "";
        QTest::newRow("from the third page on") << "SizeC=\"1\" SizeZ=\"4\" SizeT=\"1\""
                                                << "<TiffData IFD=\"2\" PlaneCount=\"4\"/>"
                                                << "2 3 4 5"
                                                << "2 pages that the OME description does not mention";
        QTest::newRow("first of two times") << "SizeC=\"1\" SizeZ=\"3\" SizeT=\"2\" DimensionOrder=\"XYTZC\""
                                            << "<TiffData/>"
                                            << "0 2 4"
                                            << "first of 2 time points";
        QTest::newRow("too many planes") << "SizeC=\"1\" SizeZ=\"7\" SizeT=\"1\""
                                         << "<TiffData/>"
                                         << "0 1 2 3 4 5"
                                         << "speaks of";
        QTest::newRow("a page that is not there") << "SizeC=\"1\" SizeZ=\"2\" SizeT=\"1\""
                                                  << "<TiffData IFD=\"9\" PlaneCount=\"2\"/>"
                                                  << "0 1 2 3 4 5"
                                                  << "speaks of";
        QTest::newRow("other files")
            << "SizeC=\"1\" SizeZ=\"12\" SizeT=\"1\""
            << "<TiffData IFD=\"0\" PlaneCount=\"6\"><UUID FileName=\"a.tif\">urn:1</UUID>"
               "</TiffData><TiffData FirstZ=\"6\" IFD=\"0\" PlaneCount=\"6\"><UUID "
               "FileName=\"b.tif\">urn:2</UUID></TiffData>"
            << "0 1 2 3 4 5"
            << "goes on in other files (“b.tif”)";
        QTest::newRow("renamed") << "SizeC=\"1\" SizeZ=\"6\" SizeT=\"1\""
                                 << "<TiffData IFD=\"0\" PlaneCount=\"6\"><UUID "
                                    "FileName=\"before.tif\">urn:1</UUID></TiffData>"
                                 << "0 1 2 3 4 5"
                                 << "";
    }
    void omeOrder() {
        QFETCH(QString, sizes);
        QFETCH(QString, planes);
        QFETCH(QString, layout);
        QFETCH(QString, remark);
        writeTiff(file_, pagesWith(6, "<OME>" + omeImage("a", sizes.toStdString(), planes.toStdString()) +
                                          "</OME>"));
        const auto source = openImage(file_);
        QCOMPARE(layoutOf(*source), layout.toStdString());
        QVERIFY2(remark.isEmpty() ? source->info().remarks.empty()
                                  : has(source->info(), remark.toStdString()),
                 source->info().remarks.empty() ? "" : source->info().remarks[0].c_str());
    }

    void severalOmeImages() {
        const std::string two = "<OME>" +
                                omeImage("a", "SizeZ=\"2\" PhysicalSizeX=\"0.004\" PhysicalSizeY=\"0.004\"",
                                         "<TiffData IFD=\"0\" PlaneCount=\"2\"/>") +
                                omeImage("b", "SizeZ=\"2\" PhysicalSizeX=\"0.008\" PhysicalSizeY=\"0.008\"",
                                         "<TiffData IFD=\"2\" PlaneCount=\"2\"/>") +
                                "</OME>";
        writeTiff(file_, pagesWith(4, two));
        const auto scenes = listScenes(file_);
        QCOMPARE(scenes.size(), size_t(2));
        QCOMPARE(scenes[1].name, std::string("b"));
        QVERIFY((scenes[1].shape == std::vector<int64_t>{2, 20, 30}));
        const std::string message = openingErrorOf(file_);
        QVERIFY2(message.find("0 “a”, 1 “b”") != std::string::npos, message.c_str());
        for (const char* wanted : {"b", "1"}) {
            const auto source = openImage(file_, {.scene = wanted});
            QCOMPARE(layoutOf(*source), std::string("2 3"));
            QCOMPARE(source->info().voxelSize.xNm, std::optional(8.0));
        }
        QCOMPARE(openImage(file_, {.scene = "a"})->info().voxelSize.xNm, std::optional(4.0));
        const std::string none = messageOf([&] { openImage(file_, {.scene = "c"}); });
        QVERIFY2(none.find("no image “c”") != std::string::npos, none.c_str());
    }

    void theImageBesideItsLabel() {
        // A slide scanner's: the label is no choice.
        writeTiff(file_,
                  pagesWith(2, "<OME>" + omeImage("label image", "SizeZ=\"1\"", "<TiffData IFD=\"0\"/>") +
                                   omeImage("tissue", "SizeZ=\"1\"", "<TiffData IFD=\"1\"/>") + "</OME>"));
        const auto source = openImage(file_);
        QCOMPARE(layoutOf(*source), std::string("1"));
        QVERIFY(has(source->info(), "0 “label image”, 1 “tissue”"));
    }

    void pagesOfTwoSizes() {
        writeTiff(file_, {{30, 20}, {30, 20}, {32, 20}, {32, 20}});
        const auto source = openImage(file_, {.scene = "30x20"});
        QCOMPARE(layoutOf(*source), std::string("0 1"));
        QCOMPARE(openImage(file_, {.scene = "1"})->info().extent().x, int64_t(32));
        writeTiff(file_, {{100, 80}, {30, 20}}); // a thumbnail
        QVERIFY(has(openImage(file_)->info(), "1 of another size or type is left out"));
    }

    void shapesOfTifffile_data() {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<QString>("layout");
        QTest::addColumn<QString>("axes");
        QTest::newRow("z") << QByteArray(R"({"shape": [6, 20, 30], "axes": "ZYX"})") << "0 1 2 3 4 5"
                           << "zyx";
        QTest::newRow("no axes") << QByteArray(R"({"shape": [6, 20, 30]})") << "0 1 2 3 4 5"
                                 << "zyx";
        QTest::newRow("z, c") << QByteArray(R"({"shape": [3, 2, 20, 30], "axes": "ZCYX"})") << "0 2 4 | 1 3 5"
                              << "zcyx";
        QTest::newRow("c, z") << QByteArray(R"({"shape": [2, 3, 20, 30], "axes": "CZYX"})") << "0 1 2 | 3 4 5"
                              << "zcyx";
        QTest::newRow("t, z") << QByteArray(R"({"shape": [2, 3, 20, 30], "axes": "TZYX"})") << "0 1 2"
                              << "tzyx";
        QTest::newRow("z, t") << QByteArray(R"({"shape": [3, 2, 20, 30], "axes": "ZTYX"})") << "0 2 4"
                              << "tzyx";
        QTest::newRow("unknown axes are slices")
            << QByteArray(R"({"shape": [2, 3, 20, 30], "axes": "QIYX"})") << "0 1 2 3 4 5"
            << "zyx";
        QTest::newRow("axes of one") << QByteArray(R"({"shape": [1, 6, 1, 20, 30, 1], "axes": "TZCYXS"})")
                                     << "0 1 2 3 4 5"
                                     << "zyx";
        QTest::newRow("another image's")
            << QByteArray(R"({"shape": [2, 3, 99, 30], "axes": "CZYX"})") << "0 1 2 3 4 5"
            << "zyx";
        QTest::newRow("no shape at all") << QByteArray(R"({"shape": ["x", -3], "axes": 7})") << "0 1 2 3 4 5"
                                         << "zyx";
    }
    void shapesOfTifffile() {
        QFETCH(QByteArray, json);
        QFETCH(QString, layout);
        QFETCH(QString, axes);
        writeTiff(file_, pagesWith(6, json.toStdString()));
        const auto source = openImage(file_);
        QCOMPARE(layoutOf(*source), layout.toStdString());
        QCOMPARE(source->info().axes, axes.toStdString());
    }

    void seriesOfTifffile() {
        std::vector<Page> pages(6, Page{30, 20});
        pages[0].description = pages[4].description = R"({"shape": [4, 20, 30], "axes": "ZYX"})";
        pages[4].description = R"({"shape": [2, 20, 30], "axes": "ZYX"})";
        writeTiff(file_, pages);
        QCOMPARE(layoutOf(*openImage(file_)), std::string("0 1 2 3")); // twice as large as the other
        QCOMPARE(layoutOf(*openImage(file_, {.scene = "series 1"})), std::string("4 5"));
        for (Page& page : pages) page.description = R"({"shape": [20, 30]})"; // written one by one
        writeTiff(file_, pages);
        QCOMPARE(layoutOf(*openImage(file_)), std::string("0 1 2 3 4 5"));
    }

    void threeSlicesAreNoColours() {
        // tifffile stores three slices as the colour planes of a page.
        for (const int compression : {COMPRESSION_NONE, COMPRESSION_LZW}) {
            Page page{30, 20};
            page.planes = 3;
            page.compression = compression;
            page.description = R"({"shape": [3, 20, 30], "axes": "ZYX"})";
            writeTiff(file_, {page});
            QCOMPARE(layoutOf(*openImage(file_)), std::string("0 1 2"));
            QVERIFY(openImage(file_)->info().remarks.empty());
            QVERIFY((readWhole(file_).extent() == Extent3{3, 20, 30}));
            page.description = R"({"shape": [3, 20, 30]})"; // not sure
            writeTiff(file_, {page});
            QCOMPARE(layoutOf(*openImage(file_)), std::string("0 1 2"));
            QVERIFY(has(openImage(file_)->info(), "taken for slices"));
            QCOMPARE(layoutOf(*openImage(file_, {.axes = "cyx"})), std::string("0 | 1 | 2"));
            page.description = R"({"shape": [3, 20, 30], "axes": "CYX"})";
            writeTiff(file_, {page});
            QCOMPARE(layoutOf(*openImage(file_)), std::string("0 | 1 | 2"));
            QCOMPARE(layoutOf(*openImage(file_, {.axes = "zyx"})), std::string("0 1 2"));
            page.description = R"({"shape": [2, 3, 20, 30], "axes": "CZYX"})";
            writeTiff(file_, {page, page});
            QCOMPARE(layoutOf(*openImage(file_)), std::string("0 1 2 | 3 4 5"));
            page.description = R"({"shape": [3, 20, 30]})"; // two stacks
            writeTiff(file_, {page, page});
            QCOMPARE(layoutOf(*openImage(file_, {.scene = "series 1"})), std::string("3 4 5"));
        }
    }

    void fourSlicesAreNoTransparency() {
        // tifffile stores four slices as red, green, blue and alpha.
        Page page{30, 20};
        page.planes = 4;
        page.description = R"({"shape": [4, 20, 30]})";
        writeTiff(file_, {page});
        QCOMPARE(layoutOf(*openImage(file_)), std::string("0 1 2 3"));
        const ImageInfo info = openImage(file_)->info();
        QVERIFY(has(info, "taken for slices") && !has(info, "alpha"));
        QCOMPARE(layoutOf(*openImage(file_, {.labels = true})), std::string("0 1 2 3"));
        QCOMPARE(layoutOf(*openImage(file_, {.axes = "cyx"})), std::string("0 | 1 | 2 | 3"));
        page.description = R"({"shape": [4, 20, 30], "axes": "ZYX"})";
        writeTiff(file_, {page});
        QCOMPARE(layoutOf(*openImage(file_)), std::string("0 1 2 3"));
        QVERIFY(openImage(file_)->info().remarks.empty());
        page.description.clear(); // a picture
        writeTiff(file_, {page});
        QCOMPARE(layoutOf(*openImage(file_)), std::string("0 | 1 | 2"));
        QVERIFY(has(openImage(file_)->info(), "alpha"));
        QCOMPARE(layoutOf(*openImage(file_, {.axes = "zyx"})), std::string("0 1 2 3"));
    }

    void descriptionInACompanionFile() {
        Page page{30, 20};
        page.description =
            "<OME UUID=\"urn:1\"><BinaryOnly MetadataFile=\"a.companion.ome\" UUID=\"urn:2\"/></OME>";
        writeTiff(file_, {page});
        QVERIFY(has(openImage(file_)->info(), "companion file"));
    }

    void countsThatWereLeft() {
        // A crop that a script saved with the description of the stack.
        writeTiff(file_, {{30, 20, 8, COMPRESSION_NONE, 20,
                           "ImageJ=1.53t\nimages=10\nslices=10\nunit=nm\nspacing=40\n", 0.2f}});
        const auto crop = openImage(file_);
        QVERIFY((crop->info().extent() == Extent3{1, 20, 30}));
        QCOMPARE(crop->info().voxelSize.xNm, std::optional(5.0));
        QVERIFY(has(crop->info(), "10 slices and 1 time, but the file has 1 page"));
        writeTiff(file_, pagesWith(6, "ImageJ=1.53t\nimages=10\nslices=5\nchannels=2\n"));
        const auto rest = openImage(file_);
        QCOMPARE(layoutOf(*rest), std::string("0 1 2 3 4 5"));
        QVERIFY(has(rest->info(), "2 channels, 5 slices"));
        writeTiff(file_, pagesWith(6, "ImageJ=1.53t\nimages=6\nframes=2\nslices=3\n"));
        QVERIFY(has(openImage(file_)->info(), "first of 2 time points"));
        QCOMPARE(layoutOf(*openImage(file_)), std::string("0 1 2"));
    }

    void axesThatAPersonGives() {
        writeTiff(file_, pagesWith(6, "ImageJ=1.53t\nimages=6\nchannels=2\nslices=3\n"));
        QCOMPARE(layoutOf(*openImage(file_)), std::string("0 2 4 | 1 3 5"));
        QCOMPARE(layoutOf(*openImage(file_, {.axes = "czyx"})), std::string("0 1 2 | 3 4 5"));
        QCOMPARE(layoutOf(*openImage(file_, {.axes = "zcyx"})), std::string("0 2 4 | 1 3 5"));
        QCOMPARE(layoutOf(*openImage(file_, {.axes = "zyx"})), std::string("0 1 2 3 4 5"));
        QCOMPARE(openImage(file_, {.axes = "cyx"})->info().channels, int64_t(6));
        QCOMPARE(openImage(file_, {.axes = "tyx"})->info().extent().z, int64_t(6));
        writeTiff(file_, pagesWith(6, ""));
        for (const char* axes : {"tcyx", "zxy", "yxz", "zzyx", "ayx", "yx", "x"}) {
            const std::string message = messageOf([&] { openImage(file_, {.axes = axes}); });
            QVERIFY2(message.find("Use zyx, cyx or tyx") != std::string::npos, message.c_str());
        }
    }

    void orientations() {
        // Where the stored pixel of row 3, column 5 of 20 × 30 is seen.
        const std::vector<std::pair<int64_t, int64_t>> seen{{3, 5}, {3, 24}, {16, 24}, {16, 5},
                                                            {5, 3}, {5, 16}, {24, 16}, {24, 3}};
        for (size_t i = 0; i < seen.size(); ++i) {
            Page page{30, 20};
            page.orientation = uint16_t(i + 1);
            page.others = {{{3, 5}, 255}};
            page.description = "ImageJ=1.53t\nunit=nm\n";
            page.resolution = 0.2f;
            page.resolutionY = 0.1f;
            writeTiff(file_, {page});
            const auto source = openImage(file_);
            const ImageInfo& info = source->info();
            const bool exchanged = i >= 4;
            QVERIFY((info.extent() == (exchanged ? Extent3{1, 30, 20} : Extent3{1, 20, 30})));
            QCOMPARE(info.voxelSize.xNm, std::optional(exchanged ? 10.0 : 5.0));
            QCOMPARE(has(info, "orientation tag"), i > 0);
            const Pixels all = source->read(0, Box3::ofExtent(info.extent()));
            QCOMPARE(all.at(0, 0, seen[i].first, seen[i].second), 255.0);
            const Box3 part{0, seen[i].first, seen[i].second - 1, 1, seen[i].first + 4, seen[i].second + 1};
            if (Box3::ofExtent(info.extent()).contains(part))
                QVERIFY(source->read(0, part) == all.cropped(part));
        }
    }

private:
    std::unique_ptr<QTemporaryDir> dir_;
    fs::path file_;
};

QTEST_GUILESS_MAIN(TestTiffScenes)
#include "tst_tiff_scenes.moc"

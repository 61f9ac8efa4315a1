// TIFF at its limits: damage inside, 64-bit numbers, files above 4 GB, and what microscopes write of their
// pixel sizes.
#include "core/image/pyramid.h"
#include "core/image/readable.h"
#include "core/io/format.h"
#include "tests/support/expect_error.h"
#include "tests/support/remarks.h"
#include "tests/support/tiff_writer.h"

#include <QtEndian>
#include <QtTest>
#include <fcntl.h>
#include <unistd.h>

using namespace cristae;
namespace fs = std::filesystem;

namespace {

/// Overwrites the stored bytes of one strip or tile of the first page with nonsense.
void damageUnit(const fs::path& path, uint32_t index) {
    TIFF* tiff = TIFFOpen(path.c_str(), "r");
    const uint64_t offset = TIFFGetStrileOffset(tiff, index), bytes = TIFFGetStrileByteCount(tiff, index);
    TIFFClose(tiff);
    const int file = ::open(path.c_str(), O_WRONLY);
    const std::vector<char> nonsense(size_t(bytes), char(0xfe));
    QVERIFY(::pwrite(file, nonsense.data(), nonsense.size(), off_t(offset)) == ssize_t(bytes));
    ::close(file);
}

/// A TIFF of one page without pixels; `offset` says where they are.
QByteArray headerOnly(bool big, quint32 width, quint32 height, quint64 offset, quint64 bytes,
                      const QByteArray& description = "a file with a hole") {
    QByteArray file(big ? QByteArray("II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0", 16)
                        : QByteArray("II*\0\x08\0\0\0", 8));
    const auto put = [&](quint64 value, int size) {
        for (int i = 0; i < size; ++i) file.append(char(value >> (8 * i)));
    };
    const QList<std::array<quint64, 3>> entries{{256, 4, width},
                                                {257, 4, height},
                                                {258, 3, 8},
                                                {259, 3, 1},
                                                {262, 3, 1},
                                                {270, 2, 0},
                                                {273, big ? 16u : 4u, offset},
                                                {277, 3, 1},
                                                {278, 4, height},
                                                {279, big ? 16u : 4u, bytes}};
    const int inDirectory = int(entries.size()) * (big ? 20 : 12) + (big ? 16 : 6);
    const quint64 textAt = quint64(file.size() + inDirectory);
    put(quint64(entries.size()), big ? 8 : 2);
    for (const auto& [tag, type, value] : entries) {
        put(tag, 2);
        put(type, 2);
        put(tag == 270 ? quint64(description.size() + 1) : 1, big ? 8 : 4);
        put(tag == 270 ? textAt : value, big ? 8 : 4);
    }
    put(0, big ? 8 : 4);
    return file + description + QByteArray(1 + 16, '\0');
}

/// A file with a hole in it, `size` bytes long; false where the disk cannot.
bool writeSparse(const fs::path& path, const QByteArray& head, uint64_t size,
                 const std::vector<std::pair<uint64_t, uint8_t>>& values) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    bool ok = file >= 0 && ::ftruncate(file, off_t(size)) == 0 &&
              ::pwrite(file, head.data(), size_t(head.size()), 0) == ssize_t(head.size());
    for (const auto& [at, value] : values) ok = ok && ::pwrite(file, &value, 1, off_t(at)) == 1;
    if (file >= 0) ::close(file);
    return ok;
}

} // namespace

class TestTiffCorners : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(".?")); }
    void init() {
        dir_ = std::make_unique<QTemporaryDir>();
        file_ = dir_->filePath("a.tif").toStdString();
    }

    void aDamagedUnitTakesOnlyItsRegion_data() {
        QTest::addColumn<int>("compression");
        QTest::addColumn<quint32>("tile");
        for (const quint32 tile : {0u, 128u}) {
            const char* unit = tile ? "tile" : "strip";
            QTest::addRow("%s of LZW", unit) << int(COMPRESSION_LZW) << tile;
            QTest::addRow("%s of deflate", unit) << int(COMPRESSION_ADOBE_DEFLATE) << tile;
            QTest::addRow("%s of ZSTD", unit) << int(COMPRESSION_ZSTD) << tile;
        }
    }
    void aDamagedUnitTakesOnlyItsRegion() {
        QFETCH(int, compression);
        QFETCH(quint32, tile);
        Page page{1500, 1300, 8, compression, 20};
        page.tile = tile;
        writeTiff(file_, {page, page});
        // Strip 30: rows 600 to 620. Tile 50 of 12 across: column 2, row 4.
        damageUnit(file_, tile ? 50 : 30);
        const Box3 lost = tile ? Box3{0, 512, 256, 1, 640, 384} : Box3{0, 600, 0, 1, 620, 1500};
        const auto source = withPyramid(openImage(file_));
        QVERIFY(source->info().levels.size() > 1);
        QVERIFY_EXCEPTION_THROWN(static_cast<void>(source->read(0, {0, 0, 0, 1, 1300, 1500})), Error);
        const Box3 above{0, 0, 0, 1, lost.y0, 1500}, below{0, lost.y1, 0, 1, 1300, 1500};
        QVERIFY(holdsItsValues(source->read(0, above), above));
        QVERIFY(holdsItsValues(source->read(0, below), below));
        const Box3 next{1, 0, 0, 2, 1300, 1500};
        QVERIFY(holdsItsValues(source->read(0, next), next));
        for (int level = 0; level < int(source->info().levels.size()); ++level) {
            const Extent3& size = source->info().levels[size_t(level)];
            const ReadablePart part = readReadable(*source, level, {0, 0, 0, 1, size.y, size.x});
            QVERIFY(!part.nothing());
            int64_t unreadable = 0;
            for (const Box3& box : part.unreadable) unreadable += box.extent().count();
            const int64_t scale = int64_t(1) << level, grain = 2 * 64;
            const int64_t rows = (lost.y1 - lost.y0) / scale + grain,
                          columns = std::min(size.x, (lost.x1 - lost.x0) / scale + grain);
            QVERIFY2(unreadable > 0 && unreadable <= rows * columns, qPrintable(QString::number(unreadable)));
        }
    }

    void damageInALargeStrip() {
        // One strip of 80 MB is decoded in bands: those before the damage stay readable.
        writeTiff(file_, {{9000, 9000, 8, COMPRESSION_ADOBE_DEFLATE, 9000}});
        TIFF* tiff = TIFFOpen(file_.c_str(), "r");
        const uint64_t offset = TIFFGetStrileOffset(tiff, 0), bytes = TIFFGetStrileByteCount(tiff, 0);
        TIFFClose(tiff);
        const int file = ::open(file_.c_str(), O_WRONLY);
        const std::vector<char> nonsense(2000, char(0xfe));
        QVERIFY(::pwrite(file, nonsense.data(), nonsense.size(), off_t(offset + bytes / 2)) == 2000);
        ::close(file);
        const auto source = openImage(file_);
        const Box3 early{0, 3000, 100, 1, 3100, 300};
        QVERIFY(holdsItsValues(source->read(0, early), early));
        for (const int64_t y : {6000, 8000, 8900})
            QVERIFY_EXCEPTION_THROWN(static_cast<void>(source->read(0, {0, y, 0, 1, y + 50, 50})), Error);
        QVERIFY(holdsItsValues(source->read(0, early), early));
    }

    void labelsOf64Bits() {
        for (const bool isSigned : {false, true})
            for (const int compression : {int(COMPRESSION_NONE), int(COMPRESSION_LZW)})
                for (const char* mode : {"w", "wb"}) {
                    Page page{40, 30, 64, compression, 7};
                    page.isSigned = isSigned;
                    page.others[{3, 4}] = isSigned ? -2'000'000'000 : 4'000'000'000;
                    page.others[{5, 6}] = isSigned ? 7 : -1; // 2^64 − 1, CREMI's background
                    writeTiff(file_, {page, page}, mode);
                    const Pixels pixels = readWhole(file_);
                    QCOMPARE(name(pixels.type()), name(isSigned ? PixelType::i32 : PixelType::u32));
                    QCOMPARE(pixels.at(0, 1, 3, 4), isSigned ? -2e9 : 4e9);
                    QCOMPARE(pixels.at(0, 1, 5, 6), isSigned ? 7.0 : 0.0);
                    QCOMPARE(pixels.at(0, 1, 29, 39), double(valueAt(1, 29, 39)));
                    QVERIFY(has(openImage(file_)->info(), "64-bit"));
                    page.others[{8, 9}] = int64_t(1) << 40;
                    writeTiff(file_, {page}, mode);
                    const std::string message = messageOf([&] { static_cast<void>(readWhole(file_)); });
                    QVERIFY2(message.find("1099511627776") != std::string::npos &&
                                 message.find("Renumber") != std::string::npos,
                             message.c_str());
                    // Where all numbers fit, the page can be read.
                    const Box3 top{0, 0, 0, 1, 3, 40};
                    QVERIFY(holdsItsValues(openImage(file_)->read(0, top), top));
                }
    }

    void bigTiffBeyondFourGigabytes() {
        const uint64_t offset = 5'000'000'000, width = 1000, height = 800;
        if (!writeSparse(file_, headerOnly(true, width, height, offset, width * height),
                         offset + width * height, {{offset + 799 * width + 999, 77}, {offset, 11}}))
            QSKIP("no sparse files of 5 GB on this disk");
        const auto source = openImage(file_);
        QVERIFY((source->info().extent() == Extent3{1, 800, 1000}));
        QCOMPARE(source->read(0, {0, 799, 998, 1, 800, 1000}).at(0, 0, 0, 1), 77.0);
        QCOMPARE(source->read(0, {0, 0, 0, 1, 1, 2}).at(0, 0, 0, 0), 11.0);
        fs::resize_file(file_, offset + 1000);
        QVERIFY(openingErrorOf(file_).find("cut off") != std::string::npos);
    }

    void imageJStackBeyondFourGigabytes() {
        // One directory, the planes after each other; only their number says that there are 6.
        const uint64_t width = 30000, height = 30000, plane = width * height, images = 6;
        const uint64_t first = 4096;
        if (!writeSparse(file_,
                         headerOnly(false, width, height, first, plane,
                                    "ImageJ=1.53t\nimages=6\nslices=6\nunit=nm\nspacing=30\n"),
                         first + images * plane, {{first + images * plane - 1, 99}, {first + 5 * plane, 55}}))
            QSKIP("no sparse files of 5 GB on this disk");
        const auto source = openImage(file_);
        QVERIFY((source->info().extent() == Extent3{6, 30000, 30000}));
        QCOMPARE(source->read(0, {5, 29999, 29998, 6, 30000, 30000}).at(0, 0, 0, 1), 99.0);
        QCOMPARE(source->read(0, {5, 0, 0, 6, 1, 2}).at(0, 0, 0, 0), 55.0);
        QCOMPARE(source->read(0, {4, 29999, 29998, 5, 30000, 30000}).at(0, 0, 0, 1), 0.0);
    }

    void pixelSizesOfMicroscopes_data() {
        QTest::addColumn<QByteArray>("description");
        QTest::addColumn<int>("tag");
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<double>("nm"); // 0: unknown
        QTest::addColumn<QByteArray>("source");
        QTest::addColumn<QByteArray>("remark");
        const QByteArray none;
        // The page is 512 wide, so the fourth number counts twice.
        QTest::newRow("Zeiss, computed") << none << 34118 << QByteArray("0\r\n0\r\n0\r\n2.5e-9\r\n0\r\n")
                                         << 5.0 << QByteArray("Zeiss tags") << none;
        QTest::newRow("Zeiss, both")
            << none << 34118
            << QByteArray("0\r\n0\r\n0\r\n2.5e-9\r\nAP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = 5.00 nm\r\n")
            << 5.0 << QByteArray("Zeiss tags") << none;
        QTest::newRow("Zeiss, they differ")
            << none << 34118
            << QByteArray("0\r\n0\r\n0\r\n2.5e-9\r\nAP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = 9.3 nm\r\n")
            << 9.3 << QByteArray("Zeiss tags, AP_IMAGE_PIXEL_SIZE")
            << QByteArray("Two values of the pixel size");
        QTest::newRow("Zeiss, stated in micrometres")
            << none << 34118
            << QByteArray("0\r\n0\r\n0\r\n0\r\nAP_PIXEL_SIZE\r\nPixel Size = 0.0043 \xb5m\r\n") << 4.3
            << QByteArray("Zeiss AP_PIXEL_SIZE") << QByteArray("of the display");
        QTest::newRow("FEI SFEG") << none << 34680
                                  << QByteArray("[Scan]\r\nPixelWidth=4e-9\r\nPixelHeight=4e-9\r\n") << 4.0
                                  << QByteArray("FEI/Thermo tags") << none;
        QTest::newRow("FEI Helios with a data bar")
            << none << 34682
            << QByteArray(
                   "[Image]\nResolutionX=512\nResolutionY=180\n[Scan]\nPixelWidth=7e-9\nPixelHeight=7e-9\n")
            << 7.0 << QByteArray("FEI/Thermo tags") << QByteArray("lowest 20 rows are a data bar");
        QTest::newRow("FEI, from the field of view")
            << none << 34682
            << QByteArray("[IRBeam]\nHFW=5.12e-6\n[Image]\nResolutionX=512\nResolutionY=200\n") << 10.0
            << QByteArray("FEI/Thermo tags") << none;
        QTest::newRow("FEI, another section's PixelWidth")
            << none << 34682 << QByteArray("[Detector]\nPixelWidth=4e-9\n") << 0.0 << none
            << QByteArray("states no pixel size");
        QTest::newRow("ImageJ") << QByteArray("ImageJ=1.53t\nunit=\\u00B5m\n") << 0 << none << 25000.0
                                << QByteArray("ImageJ description") << none;
        QTest::newRow("ImageJ in pixels")
            << QByteArray("ImageJ=1.53t\nunit=pixel\n") << 0 << none << 0.0 << none << none;
        QTest::newRow("OME in nm")
            << QByteArray(
                   "<?xml version=\"1.0\"?><OME><Image><Pixels DimensionOrder=\"XYZCT\" SizeX=\"512\" "
                   "SizeY=\"200\" SizeZ=\"1\" SizeC=\"1\" SizeT=\"1\" PhysicalSizeX=\"8\" "
                   "PhysicalSizeXUnit=\"nm\" PhysicalSizeY=\"8\" PhysicalSizeYUnit=\"nm\"/></Image></OME>")
            << 0 << none << 8.0 << QByteArray("OME description") << none;
        QTest::newRow("OME without a unit")
            << QByteArray("<OME><Image><Pixels SizeX=\"512\" SizeY=\"200\" PhysicalSizeX=\"0.0125\" "
                          "PhysicalSizeY=\"0.0125\"></Pixels></Image></OME>")
            << 0 << none << 12.5 << QByteArray("OME description") << none;
        QTest::newRow("OME in picture heights")
            << QByteArray(
                   "<OME><Image><Pixels SizeX=\"512\" SizeY=\"200\" PhysicalSizeX=\"1\" PhysicalSizeY=\"1\" "
                   "PhysicalSizeXUnit=\"reference frame\" PhysicalSizeYUnit=\"pixel\"/></Image></OME>")
            << 0 << none << 0.0 << none << none;
    }
    void pixelSizesOfMicroscopes() {
        QFETCH(QByteArray, description);
        QFETCH(int, tag);
        QFETCH(QByteArray, text);
        QFETCH(double, nm);
        QFETCH(QByteArray, source);
        QFETCH(QByteArray, remark);
        Page page{512, 200};
        page.description = description.toStdString();
        if (description.startsWith("ImageJ")) page.resolution = 0.04f;
        if (tag) page.texts[uint32_t(tag)] = text.toStdString();
        writeTiff(file_, {page});
        const ImageInfo info = openImage(file_)->info();
        QCOMPARE(info.voxelSize.source, source.toStdString());
        if (nm > 0)
            QVERIFY(info.voxelSize.xNm && std::abs(*info.voxelSize.xNm - nm) < 1e-5 * nm &&
                    info.voxelSize.yNm == info.voxelSize.xNm && !info.voxelSize.zNm);
        else
            QVERIFY(!info.voxelSize.xNm && !info.voxelSize.yNm);
        QCOMPARE(info.remarks.size(), size_t(remark.isEmpty() ? 0 : 1));
        if (!remark.isEmpty()) QVERIFY2(has(info, remark.constData()), info.remarks[0].c_str());
    }

    void gatanTags() {
        Page page{512, 200};
        page.texts = {{65003, "nm"}, {65004, "nm"}};
        page.numbers = {{65009, 0.35}, {65010, 0.35}};
        writeTiff(file_, {page});
        const VoxelSize size = openImage(file_)->info().voxelSize;
        QCOMPARE(size.source, std::string("Gatan tags"));
        QVERIFY(size.xNm == 0.35 && size.yNm == 0.35 && !size.zNm);
        page.texts = {{65003, "1/nm"}, {65004, "1/nm"}}; // a diffraction pattern has no such size
        writeTiff(file_, {page});
        QVERIFY(!openImage(file_)->info().voxelSize.xNm);
        page.texts = {{65003, "\xb5m"}, {65004, "\xb5m"}};
        page.numbers = {{65009, 0.35}, {65010, 0.7}};
        writeTiff(file_, {page});
        QVERIFY(!openImage(file_)->info().voxelSize.xNm && has(openImage(file_)->info(), "350 × 700"));
    }

private:
    std::unique_ptr<QTemporaryDir> dir_;
    fs::path file_;
};

QTEST_GUILESS_MAIN(TestTiffCorners)
#include "tst_tiff_corners.moc"

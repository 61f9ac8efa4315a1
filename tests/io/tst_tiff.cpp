// TIFF details that the samples lack: ImageJ stacks in one directory, mixed pages, large strips, threads,
// pixel sizes.
#include "core/base/random.h"
#include "core/io/format.h"
#include "tests/support/expect_error.h"
#include "tests/support/tiff_writer.h"

#include <QtTest>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <thread>
#include <vector>

using namespace cristae;
namespace fs = std::filesystem;

class TestTiff : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(".?")); }
    void init() {
        dir_ = std::make_unique<QTemporaryDir>();
        file_ = dir_->filePath("a.tif").toStdString();
    }

    void boxesOfEveryCompression() {
        for (const int compression : {COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE,
                                      COMPRESSION_PACKBITS, COMPRESSION_ZSTD})
            for (const int bits : {8, 16}) {
                const Page page{130, 75, bits, compression};
                writeTiff(file_, {page, page, page});
                const auto source = openImage(file_);
                QVERIFY((source->info().extent() == Extent3{3, 75, 130}));
                for (const Box3& box :
                     {Box3{0, 0, 0, 3, 75, 130}, Box3{1, 15, 17, 3, 50, 100}, Box3{2, 74, 129, 3, 75, 130}})
                    QVERIFY(holdsItsValues(source->read(0, box), box));
                fs::remove(file_);
            }
    }

    void bigEndianAndBigTiff() {
        for (const char* mode : {"wb", "w8", "w8b"}) {
            writeTiff(file_, {{60, 40, 16}}, mode);
            QVERIFY(holdsItsValues(openImage(file_)->read(0, {0, 5, 6, 1, 30, 50}), {0, 5, 6, 1, 30, 50}));
            fs::remove(file_);
        }
    }

    void imageJStackInOneDirectory() {
        // What ImageJ writes above 4 GB: one directory, the planes after each other.
        writeTiff(file_, {{50, 40, 16, COMPRESSION_NONE, 40,
                           "ImageJ=1.53t\nimages=4\nslices=4\nunit=nm\nspacing=50\nloop=false\n", 0.25f}});
        // libtiff puts the directory behind the pixels; a copy with the planes at the end is what ImageJ
        // makes.
        QFile file(QString::fromStdString(file_.string()));
        QVERIFY(file.open(QIODevice::ReadWrite));
        QByteArray bytes = file.readAll();
        const qsizetype planeBytes = 50 * 40 * 2;
        const quint32 newOffset = quint32(bytes.size());
        QVERIFY(bytes.size() > planeBytes);
        const quint32 directory = qFromLittleEndian<quint32>(bytes.constData() + 4);
        const quint16 entries = qFromLittleEndian<quint16>(bytes.constData() + directory);
        for (quint16 i = 0; i < entries; ++i) {
            char* entry = bytes.data() + directory + 2 + 12 * i;
            if (qFromLittleEndian<quint16>(entry) == TIFFTAG_STRIPOFFSETS)
                qToLittleEndian(newOffset, entry + 8);
        }
        for (size_t page = 0; page < 4; ++page)
            for (size_t y = 0; y < 40; ++y)
                for (size_t x = 0; x < 50; ++x) {
                    const uint16_t value = valueAt(page, y, x);
                    bytes.append(reinterpret_cast<const char*>(&value), 2);
                }
        file.resize(0);
        file.seek(0);
        file.write(bytes);
        file.close();
        const auto source = openImage(file_);
        QVERIFY((source->info().extent() == Extent3{4, 40, 50}));
        QCOMPARE(source->info().voxelSize.xNm, std::optional(4.0));
        QCOMPARE(source->info().voxelSize.zNm, std::optional(50.0));
        QCOMPARE(source->info().voxelSize.source, std::string("ImageJ description"));
        QVERIFY(holdsItsValues(source->read(0, {0, 0, 0, 4, 40, 50}), {0, 0, 0, 4, 40, 50}));
        fs::resize_file(file_, fs::file_size(file_) - 100);
        QVERIFY2(openingErrorOf(file_).find("4 slices, but only 3") != std::string::npos,
                 openingErrorOf(file_).c_str());
    }

    void mixedPagesKeepTheMainKind() {
        writeTiff(file_, {{30, 20},
                          {100, 80},
                          {100, 80},
                          {50, 40, 8, COMPRESSION_NONE, 16, "", 0, RESUNIT_NONE, true},
                          {100, 80}});
        const auto source = openImage(file_);
        QVERIFY((source->info().extent() == Extent3{3, 80, 100}));
        QCOMPARE(source->info().remarks.size(), size_t(1));
        QVERIFY(source->info().remarks[0].find("1 of another size") != std::string::npos);
        const Box3 slice{1, 0, 0, 2, 80, 100};
        QVERIFY(holdsItsValues(source->read(0, slice), slice, 1)); // slice 1 is page 2
    }

    void printResolutionIsNotAPixelSize() {
        writeTiff(file_, {{20, 20, 8, COMPRESSION_NONE, 16, "", 300, RESUNIT_INCH}});
        const ImageInfo printed = openImage(file_)->info();
        QVERIFY(!printed.voxelSize.xNm);
        QVERIFY(printed.remarks.size() == 1 && printed.remarks[0].find("300 dpi") != std::string::npos);
        fs::remove(file_);
        writeTiff(file_, {{20, 20, 8, COMPRESSION_NONE, 16, "", 2000000, RESUNIT_CENTIMETER}});
        const ImageInfo real = openImage(file_)->info();
        QCOMPARE(real.voxelSize.xNm, std::optional(5.0));
        QCOMPARE(real.voxelSize.source, std::string("TIFF resolution tags"));
        QVERIFY(!real.voxelSize.zNm);
        const auto entered =
            openImage(file_, {.voxelSize = VoxelSize{1.0, 2.0, 3.0, "entered by hand"}})->info();
        QCOMPARE(entered.voxelSize.source, std::string("entered by hand"));
    }

    void omeDescription() {
        const std::string xml =

            "<?xml version=\"1.0\"?><OME xmlns=\"http://www.openmicroscopy.org/Schemas/OME/2016-06\"><Image "
            "ID=\"Image:0\"> "
            "<Pixels ID=\"Pixels:0\" DimensionOrder=\"XYZCT\" Type=\"uint8\" SizeX=\"30\" SizeY=\"20\" "
            "SizeZ=\"3\" SizeC=\"2\" SizeT=\"1\" PhysicalSizeX=\"0.004\" "
            "PhysicalSizeY=\"4\" PhysicalSizeYUnit=\"nm\" PhysicalSizeZ=\"0.05\" "
            "PhysicalSizeZUnit=\"&#181;m\"><TiffData/></Pixels></Image></OME>";
        std::vector<Page> pages(6, Page{30, 20});
        pages[0].description = xml;
        writeTiff(file_, pages);
        const auto source = openImage(file_);
        const ImageInfo& info = source->info();
        QCOMPARE(info.channels, int64_t(2));
        QVERIFY((info.extent() == Extent3{3, 20, 30}));
        QCOMPARE(info.voxelSize.xNm, std::optional(4.0)); // micrometres unless said otherwise
        QCOMPARE(info.voxelSize.yNm, std::optional(4.0));
        QCOMPARE(info.voxelSize.zNm, std::optional(50.0));
        const Pixels pixels = source->read(0, {2, 0, 0, 3, 20, 30}); // z first: page = channel · 3 + slice
        QCOMPARE(pixels.at(0, 0, 4, 5), double(valueAt(2, 4, 5)));
        QCOMPARE(pixels.at(1, 0, 4, 5), double(valueAt(5, 4, 5)));
    }

    void largeImagesOpenAtOnceAndReadInParts() {
        // 16000 × 10000 in one strip of deflate, and 165 pages: neither is read to be opened.
        writeTiff(file_, {{16000, 10000, 8, COMPRESSION_ADOBE_DEFLATE, 10000}});
        auto start = std::chrono::steady_clock::now();
        const auto source = openImage(file_);
        const auto seconds = [&] {
            return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        };
        QVERIFY2(seconds() < 0.5, qPrintable(QString::number(seconds())));
        for (const Box3& box : {Box3{0, 100, 200, 1, 300, 500}, Box3{0, 3000, 15000, 1, 3100, 16000},
                                Box3{0, 50, 0, 1, 90, 300}})
            QVERIFY(holdsItsValues(source->read(0, box), box));
        const fs::path stack = dir_->filePath("stack.tif").toStdString();
        writeTiff(stack, std::vector<Page>(165, Page{200, 150, 8, COMPRESSION_LZW}));
        start = std::chrono::steady_clock::now();
        QCOMPARE(openImage(stack)->info().extent().z, int64_t(165));
        QVERIFY2(seconds() < 0.5, qPrintable(QString::number(seconds())));
    }

    void manyThreadsReadTheSame() {
        writeTiff(file_, std::vector<Page>(6, Page{300, 200, 16, COMPRESSION_LZW, 7}));
        const auto source = openImage(file_);
        std::atomic<int> right{0};
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&, t] {
                Random random(uint64_t(t) + 1);
                for (int i = 0; i < 25; ++i) {
                    const int64_t z = random.below(6), y = random.below(150), x = random.below(250);
                    const Box3 box{z, y, x, z + 1, y + 50, x + 50};
                    if (holdsItsValues(source->read(0, box), box)) ++right;
                }
            });
        for (std::thread& thread : threads) thread.join();
        QCOMPARE(right.load(), 100);
    }

    void changedWhileOpenIsAnErrorNotZeros() {
        writeTiff(file_, {{300, 200, 16, COMPRESSION_NONE, 200}});
        const auto source = openImage(file_);
        fs::resize_file(file_, 2000);
        QVERIFY_EXCEPTION_THROWN(static_cast<void>(source->read(0, {0, 100, 0, 1, 200, 300})), Error);
    }

private:
    std::unique_ptr<QTemporaryDir> dir_;
    fs::path file_;
};

QTEST_GUILESS_MAIN(TestTiff)
#include "tst_tiff.moc"

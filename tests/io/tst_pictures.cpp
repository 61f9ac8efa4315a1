// PNG, JPEG and BMP in every kind that a microscope or a colleague may send, written here by the libraries or
// byte by byte.
#include "core/io/format.h"
#include "tests/support/expect_error.h"
#include "tests/support/remarks.h"

#include <QtEndian>
#include <QtTest>
#include <cstdio>
#include <png.h>
#include <zlib.h>

// libjpeg's header wants <cstdio> before it.
#include <jpeglib.h>

using namespace cristae;
namespace fs = std::filesystem;

namespace {

constexpr int width = 61, height = 47;

/// What sample c of the pixel at y, x holds, cut to the bits of a sample.
unsigned sampleAt(int y, int x, int c, int bits) {
    const auto value = unsigned(y * 977 + x * 331 + c * 12007 + (y * x) % 89 * 257);
    return value & ((1u << bits) - 1);
}

struct PngKind {
    int colour, bits;
    bool interlaced = false, transparent = false, greyPalette = false;
};

/// Colours of palette entry i.
png_color entryOf(unsigned i, bool grey) {
    const auto value = png_byte(i * 15 % 256);
    return grey ? png_color{value, value, value} : png_color{value, png_byte(255 - value), png_byte(i)};
}

void writePng(const fs::path& path, const PngKind& kind, png_uint_32 perMetre = 0) {
    FILE* file = std::fopen(path.c_str(), "wb");
    QVERIFY(file);
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
    png_infop info = png_create_info_struct(png);
    png_init_io(png, file);
    png_set_IHDR(png, info, width, height, kind.bits, kind.colour,
                 kind.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    if (kind.colour == PNG_COLOR_TYPE_PALETTE) {
        std::vector<png_color> palette;
        for (unsigned i = 0; i < 1u << kind.bits; ++i) palette.push_back(entryOf(i, kind.greyPalette));
        png_set_PLTE(png, info, palette.data(), int(palette.size()));
        std::vector<png_byte> alphas(palette.size(), 100);
        if (kind.transparent) png_set_tRNS(png, info, alphas.data(), int(alphas.size()), nullptr);
    } else if (kind.transparent) {
        png_color_16 clear{};
        clear.gray = png_uint_16(sampleAt(0, 0, 0, kind.bits));
        clear.red = clear.green = clear.blue = 7;
        png_set_tRNS(png, info, nullptr, 0, &clear);
    }
    if (perMetre > 0) png_set_pHYs(png, info, perMetre, perMetre, PNG_RESOLUTION_METER);
    png_write_info(png, info);
    if (kind.bits < 8) png_set_packing(png);
    if (kind.bits == 16) png_set_swap(png);
    const int passes = png_set_interlace_handling(png), samples = png_get_channels(png, info);
    for (int pass = 0; pass < passes; ++pass)
        for (int y = 0; y < height; ++y) {
            std::vector<png_byte> row(size_t(width * samples * (kind.bits == 16 ? 2 : 1)));
            for (int x = 0; x < width; ++x)
                for (int c = 0; c < samples; ++c) {
                    const auto value = uint16_t(sampleAt(y, x, c, kind.bits));
                    const size_t at = size_t(x * samples + c);
                    if (kind.bits == 16)
                        std::memcpy(row.data() + 2 * at, &value, 2);
                    else
                        row[at] = png_byte(value);
                }
            png_write_row(png, row.data());
        }
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    std::fclose(file);
}

/// A JPEG of smooth values, so that its loss stays small. CMYK inks are inverted, as Adobe stores them.
void writeJpeg(const fs::path& path, int samples, const QByteArray& exif = {}, int restart = 0,
               int marker = JPEG_APP0 + 1) {
    FILE* file = std::fopen(path.c_str(), "wb");
    QVERIFY(file);
    jpeg_compress_struct jpeg{};
    jpeg_error_mgr errors{};
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_stdio_dest(&jpeg, file);
    jpeg.image_width = width;
    jpeg.image_height = height;
    jpeg.input_components = samples;
    jpeg.in_color_space = samples == 1 ? JCS_GRAYSCALE : samples == 3 ? JCS_RGB : JCS_CMYK;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 98, TRUE);
    jpeg.restart_in_rows = restart;
    jpeg_start_compress(&jpeg, TRUE);
    if (!exif.isEmpty())
        jpeg_write_marker(&jpeg, marker, reinterpret_cast<const JOCTET*>(exif.data()), unsigned(exif.size()));
    std::vector<JSAMPLE> row(size_t(width * samples));
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x)
            for (int c = 0; c < samples; ++c)
                row[size_t(x * samples + c)] = JSAMPLE(c == 3 ? 255 : (2 * x + 2 * y + 20 * c) % 256);
        JSAMPROW rows = row.data();
        jpeg_write_scanlines(&jpeg, &rows, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    std::fclose(file);
}

struct BmpKind {
    int bits;
    bool topDown = false, greyPalette = true;
    quint32 compression = 0;
    quint32 redMask = 0xff0000; // written for compression 3
};

void writeBmp(const fs::path& path, const BmpKind& kind) {
    const int colours = kind.bits <= 8 ? 1 << kind.bits : 0;
    const int stride = (width * kind.bits + 31) / 32 * 4, masks = kind.compression == 3 ? 12 : 0;
    QByteArray bytes;
    const auto put = [&](quint32 value, int size) {
        for (int i = 0; i < size; ++i) bytes.append(char(value >> (8 * i)));
    };
    bytes.append("BM");
    put(quint32(54 + masks + 4 * colours + stride * height), 4);
    put(0, 4);
    put(quint32(54 + masks + 4 * colours), 4);
    put(40, 4);
    put(width, 4);
    put(quint32(kind.topDown ? -height : height), 4);
    put(1, 2);
    put(quint32(kind.bits), 2);
    put(kind.compression, 4);
    for (int i = 0; i < 5; ++i) put(0, 4);
    if (masks > 0)
        for (const quint32 mask : {kind.redMask, 0xff00u, 0xffu}) put(mask, 4);
    for (int i = 0; i < colours; ++i) {
        const png_color entry = entryOf(unsigned(i), kind.greyPalette);
        put(quint32(entry.blue | entry.green << 8 | entry.red << 16), 4);
    }
    for (int line = 0; line < height; ++line) {
        const int y = kind.topDown ? line : height - 1 - line;
        QByteArray row(stride, '\0');
        for (int x = 0; x < width; ++x) {
            if (kind.bits <= 8) {
                const unsigned bit = unsigned(x * kind.bits);
                row[bit / 8] = char(quint8(row[bit / 8]) | sampleAt(y, x, 0, kind.bits)
                                                               << (8 - kind.bits - int(bit % 8)));
                continue;
            }
            for (int c = 0; c < 3; ++c) row[x * kind.bits / 8 + 2 - c] = char(sampleAt(y, x, c, 8));
        }
        bytes += row;
    }
    QFile file(QString::fromStdString(path.string()));
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size());
}

} // namespace

class TestPictures : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(".?")); }
    void init() {
        dir_ = std::make_unique<QTemporaryDir>();
        folder_ = dir_->path().toStdString();
    }

    void pngOfEveryKind_data() {
        QTest::addColumn<int>("colour");
        QTest::addColumn<int>("bits");
        QTest::addColumn<bool>("interlaced");
        QTest::addColumn<bool>("transparent");
        const auto add = [](const char* name, int colour, int bits) {
            for (const bool interlaced : {false, true})
                for (const bool transparent : {false, true}) {
                    if (transparent && (colour & PNG_COLOR_MASK_ALPHA)) continue;
                    QTest::addRow("%s %d bits%s%s", name, bits, interlaced ? " interlaced" : "",
                                  transparent ? " tRNS" : "")
                        << colour << bits << interlaced << transparent;
                }
        };
        for (const int bits : {1, 2, 4, 8, 16}) add("grey", PNG_COLOR_TYPE_GRAY, bits);
        for (const int bits : {1, 2, 4, 8}) add("palette", PNG_COLOR_TYPE_PALETTE, bits);
        for (const int bits : {8, 16}) add("RGB", PNG_COLOR_TYPE_RGB, bits);
        for (const int bits : {8, 16}) add("grey and alpha", PNG_COLOR_TYPE_GRAY_ALPHA, bits);
        for (const int bits : {8, 16}) add("RGB and alpha", PNG_COLOR_TYPE_RGB_ALPHA, bits);
    }
    void pngOfEveryKind() {
        QFETCH(int, colour);
        QFETCH(int, bits);
        QFETCH(bool, interlaced);
        QFETCH(bool, transparent);
        const bool palette = colour == PNG_COLOR_TYPE_PALETTE;
        for (const bool greyPalette : {false, true}) {
            if (greyPalette && !palette) continue;
            const fs::path path = folder_ / "picture.png";
            writePng(path, {colour, bits, interlaced, transparent, greyPalette});
            const ImageInfo info = openImage(path)->info();
            const bool rgb = palette ? !greyPalette : (colour & PNG_COLOR_MASK_COLOR) != 0;
            QCOMPARE(info.channels, int64_t(rgb ? 3 : 1));
            QCOMPARE(name(info.type), name(bits == 16 ? PixelType::u16 : PixelType::u8));
            QVERIFY((info.extent() == Extent3{1, height, width}));
            QCOMPARE(has(info, "alpha"), (colour & PNG_COLOR_MASK_ALPHA) != 0);
            QCOMPARE(has(info, "palette"), palette);
            const Pixels pixels = readWhole(path);
            for (int y = 0; y < height; ++y)
                for (int x = 0; x < width; ++x)
                    for (int c = 0; c < (rgb ? 3 : 1); ++c) {
                        unsigned expected = sampleAt(y, x, c, bits);
                        if (palette) {
                            const png_color entry = entryOf(sampleAt(y, x, 0, bits), greyPalette);
                            expected = c == 0 ? entry.red : c == 1 ? entry.green : entry.blue;
                        }
                        if (pixels.at(c, 0, y, x) != double(expected))
                            QFAIL(qPrintable(QStringLiteral("pixel %1, %2, sample %3").arg(y).arg(x).arg(c)));
                    }
            // A part is the same as cut from the whole.
            const Box3 box{0, 11, 7, 1, 30, 50};
            QVERIFY(openImage(path)->read(0, box) == pixels.cropped(box));
            const std::string wrong = cutsThatAreRead(path);
            QVERIFY2(wrong.empty(), wrong.c_str());
        }
    }

    void pngPixelSize() {
        const fs::path path = folder_ / "size.png";
        writePng(path, {PNG_COLOR_TYPE_GRAY, 8}, 200'000'000);
        QCOMPARE(openImage(path)->info().voxelSize.xNm, std::optional(5.0));
        QCOMPARE(openImage(path)->info().voxelSize.source, std::string("PNG pHYs values"));
        writePng(path, {PNG_COLOR_TYPE_GRAY, 8}, 2835); // 72 dpi
        QVERIFY(!openImage(path)->info().voxelSize.xNm);
        QVERIFY(has(openImage(path)->info(), "72"));
    }

    void pngDamagedInside() {
        const fs::path path = folder_ / "flip.png";
        writePng(path, {PNG_COLOR_TYPE_GRAY, 16});
        QFile file(QString::fromStdString(path.string()));
        QVERIFY(file.open(QIODevice::ReadWrite));
        QByteArray bytes = file.readAll();
        bytes[bytes.size() / 2] = char(bytes[bytes.size() / 2] ^ 0x55);
        file.seek(0);
        file.write(bytes);
        file.close();
        const auto source = openImage(path);
        // The upper rows decode, but a checksum says that something before it is wrong: nothing is shown.
        for (int again = 0; again < 2; ++again)
            QVERIFY(messageOf([&] {
                        static_cast<void>(source->read(0, {0, 0, 0, 1, 2, 2}));
                    }).find("damaged") != std::string::npos);
    }

    void jpegOfEveryKind_data() {
        QTest::addColumn<int>("samples");
        QTest::newRow("grey") << 1;
        QTest::newRow("RGB") << 3;
        QTest::newRow("CMYK") << 4;
    }
    void jpegOfEveryKind() {
        QFETCH(int, samples);
        const fs::path path = folder_ / "picture.jpg";
        writeJpeg(path, samples);
        const ImageInfo info = openImage(path)->info();
        const int channels = samples == 1 ? 1 : 3;
        QCOMPARE(info.channels, int64_t(channels));
        QVERIFY((info.extent() == Extent3{1, height, width}));
        QCOMPARE(has(info, "CMYK"), samples == 4);
        const Pixels pixels = readWhole(path);
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x)
                for (int c = 0; c < channels; ++c) {
                    const int expected = (2 * x + 2 * y + 20 * c) % 256;
                    if (expected > 20 && expected < 235 && x > 1 && y > 1) // the jump from 255 to 0 blurs
                        QVERIFY(std::abs(pixels.at(c, 0, y, x) - expected) < 16);
                }
        const std::string wrong = cutsThatAreRead(path);
        QVERIFY2(wrong.empty(), wrong.c_str());
    }

    void jpegTurnedByTheCamera() {
        const fs::path path = folder_ / "camera.jpg";
        for (const bool big : {false, true})
            for (const int orientation : {1, 6}) {
                QByteArray exif("Exif\0\0", 6);
                exif += big ? QByteArray("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0", 19)
                            : QByteArray("II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0", 18);
                exif.append(char(orientation));
                exif += QByteArray(7, '\0');
                writeJpeg(path, 1, exif);
                const ImageInfo info = openImage(path)->info();
                QVERIFY((info.extent() == Extent3{1, height, width}));
                QCOMPARE(has(info, "EXIF orientation"), orientation != 1);
            }
        for (int length = 0; length < 30; ++length) { // a note that is cut off or lies
            writeJpeg(path, 1, QByteArray("Exif\0\0II*\0\xf8\xff\xff\xff", 14) + QByteArray(length, '\xff'));
            QVERIFY(openImage(path)->info().remarks.empty());
        }
    }

    void pngTurnedByTheCamera() {
        const fs::path path = folder_ / "camera.png";
        const QByteArray exif("II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x03\0\0\0\0\0\0\0", 26);
        for (const bool behind : {false, true}) { // before the pixels, or behind them
            writePng(path, {PNG_COLOR_TYPE_GRAY, 8});
            QVERIFY(openImage(path)->info().remarks.empty());
            QFile file(QString::fromStdString(path.string()));
            QVERIFY(file.open(QIODevice::ReadWrite));
            QByteArray bytes = file.readAll(), chunk("eXIf" + exif);
            QByteArray length(4, '\0'), check(4, '\0');
            qToBigEndian<quint32>(quint32(exif.size()), length.data());
            qToBigEndian<quint32>(
                quint32(crc32(0, reinterpret_cast<const Bytef*>(chunk.constData()), uInt(chunk.size()))),
                check.data());
            bytes.insert(behind ? bytes.size() - 12 : 33, length + chunk + check);
            file.seek(0);
            file.write(bytes);
            file.close();
            const ImageInfo info = openImage(path)->info();
            QVERIFY((info.extent() == Extent3{1, height, width}));
            QVERIFY(has(info, "EXIF orientation"));
        }
    }

    void ownJpegKeepsItsPixelSize() {
        const fs::path path = folder_ / "own.jpg";
        const auto written = [&](const QByteArray& comment) {
            writeJpeg(path, 1, comment, 0, JPEG_COM);
            return openImage(path)->info();
        };
        const QByteArray size = QByteArrayLiteral("\"voxelSizeNm\":{\"x\":5.0,\"y\":10.0}}");
        const ImageInfo own = written("{\"sizeYX\":[" + QByteArray::number(height) + "," +
                                      QByteArray::number(width) + "]," + size);
        QVERIFY(near(own.voxelSize.xNm, 5) && near(own.voxelSize.yNm, 10) && own.remarks.empty());
        // Scaled by a program that kept the comment: said.
        QVERIFY(has(written("{\"sizeYX\":[1000,1000]," + size), "not if it was scaled"));
        for (const QByteArray& foreign :
             {QByteArray("a comment"), QByteArray("{" + size), QByteArray("{\"sizeYX\":}")})
            QVERIFY(!written(foreign).voxelSize.xNm);
    }

    void bmpOfEveryKind_data() {
        QTest::addColumn<int>("bits");
        QTest::addColumn<bool>("topDown");
        for (const int bits : {1, 4, 8, 24, 32})
            for (const bool topDown : {false, true})
                QTest::addRow("%d bits%s", bits, topDown ? " top down" : "") << bits << topDown;
    }
    void bmpOfEveryKind() {
        QFETCH(int, bits);
        QFETCH(bool, topDown);
        const fs::path path = folder_ / "picture.bmp";
        for (const bool greyPalette : {true, false}) {
            writeBmp(path, {bits, topDown, greyPalette});
            const bool rgb = bits > 8 || !greyPalette;
            const Pixels pixels = readWhole(path);
            QCOMPARE(pixels.channels(), int64_t(rgb ? 3 : 1));
            for (int y = 0; y < height; ++y)
                for (int x = 0; x < width; ++x)
                    for (int c = 0; c < (rgb ? 3 : 1); ++c) {
                        unsigned expected = sampleAt(y, x, c, 8);
                        if (bits <= 8) {
                            const png_color entry = entryOf(sampleAt(y, x, 0, bits), greyPalette);
                            expected = c == 0 ? entry.red : c == 1 ? entry.green : entry.blue;
                        }
                        QCOMPARE(pixels.at(c, 0, y, x), double(expected));
                    }
            const std::string wrong = cutsThatAreRead(path);
            QVERIFY2(wrong.empty(), wrong.c_str());
        }
    }

    void labelsBehindAPaletteAreItsIndices() {
        OpenOptions labels;
        labels.labels = true;
        for (const int bits : {1, 4, 8})
            for (const bool greyPalette : {true, false})
                for (const bool png : {true, false}) {
                    const fs::path path = folder_ / (png ? "labels.png" : "labels.bmp");
                    if (png)
                        writePng(path, {PNG_COLOR_TYPE_PALETTE, bits, false, false, greyPalette});
                    else
                        writeBmp(path, {bits, false, greyPalette});
                    const Pixels pixels = readWhole(path, labels);
                    QCOMPARE(pixels.channels(), int64_t(1));
                    for (int y = 0; y < height; ++y)
                        for (int x = 0; x < width; ++x)
                            QCOMPARE(pixels.at(0, 0, y, x), double(sampleAt(y, x, 0, bits)));
                }
    }

    void bmpWithMasksAndRefusals() {
        const fs::path path = folder_ / "picture.bmp";
        writeBmp(path, {32, false, true, 3});
        QCOMPARE(readWhole(path).at(0, 0, 5, 6), double(sampleAt(5, 6, 0, 8)));
        writeBmp(path, {32, false, true, 3, 0xff000000u});
        QVERIFY(openingErrorOf(path).find("colour masks of its own") != std::string::npos);
        for (const quint32 rle : {1u, 2u}) {
            writeBmp(path, {rle == 1 ? 8 : 4, false, true, rle});
            QVERIFY(openingErrorOf(path).find("RLE compression") != std::string::npos);
            QVERIFY(openingErrorOf(path).find("Save it as PNG or TIFF") != std::string::npos);
        }
        writeBmp(path, {16});
        QVERIFY(openingErrorOf(path).find("16 bits") != std::string::npos);
    }

private:
    std::unique_ptr<QTemporaryDir> dir_;
    fs::path folder_;
};

QTEST_GUILESS_MAIN(TestPictures)
#include "tst_pictures.moc"

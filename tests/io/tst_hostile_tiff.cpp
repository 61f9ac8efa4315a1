// TIFF files that lie about their samples, and damage that codecs pass over: refused, or said.
#include "core/io/format.h"
#include "tests/support/expect_error.h"

#include <QElapsedTimer>
#include <QtTest>
#include <fstream>
#include <tiffio.h>

using namespace cristae;
namespace fs = std::filesystem;

namespace {

struct Kind {
    int photometric = PHOTOMETRIC_MINISBLACK, bits = 8, samples = 1, format = SAMPLEFORMAT_UINT;
    int compression = COMPRESSION_NONE;
};
constexpr uint32_t side = 64;

/// One strip; values that no codec shrinks to nothing.
void writeKind(const fs::path& path, const Kind& kind, const char* description = nullptr) {
    TIFF* tiff = TIFFOpen(path.c_str(), "wl");
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, side);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, side);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, kind.bits);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, kind.samples);
    TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, kind.format);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, kind.compression);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, kind.photometric);
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, side);
    if (description) TIFFSetField(tiff, TIFFTAG_IMAGEDESCRIPTION, description);
    if (kind.compression == COMPRESSION_SGILOG)
        TIFFSetField(tiff, TIFFTAG_SGILOGDATAFMT, SGILOGDATAFMT_FLOAT);
    if (kind.compression == COMPRESSION_JPEG && kind.photometric == PHOTOMETRIC_YCBCR)
        TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    uint16_t map[256];
    for (int i = 0; i < 256; ++i) map[i] = uint16_t(i * 257);
    if (kind.photometric == PHOTOMETRIC_PALETTE) TIFFSetField(tiff, TIFFTAG_COLORMAP, map, map, map);
    std::vector<uint8_t> values(size_t(TIFFStripSize(tiff)));
    for (size_t i = 0; i < values.size(); ++i) values[i] = uint8_t(i * i % 251 / 3);
    TIFFWriteEncodedStrip(tiff, 0, values.data(), tmsize_t(values.size()));
    TIFFClose(tiff);
}

std::string contentsOf(const fs::path& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

void put(const fs::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

uint32_t number(const std::string& bytes, size_t at, int size) {
    uint32_t value = 0;
    for (int i = 0; i < size; ++i) value |= uint32_t(uint8_t(bytes[at + size_t(i)])) << (8 * i);
    return value;
}

/// Where the value of a tag stands in the first directory.
size_t placeOf(const std::string& bytes, uint32_t tag) {
    const size_t directory = number(bytes, 4, 4);
    for (size_t i = 0; i < number(bytes, directory, 2); ++i)
        if (number(bytes, directory + 2 + 12 * i, 2) == tag) return directory + 10 + 12 * i;
    return 0;
}

void setTag(const fs::path& path, uint32_t tag, uint16_t value) {
    std::string bytes = contentsOf(path);
    const size_t at = placeOf(bytes, tag);
    QVERIFY(at > 0);
    std::memcpy(bytes.data() + at, &value, sizeof value);
    put(path, bytes);
}

bool hasRemark(const fs::path& path, const char* words) {
    const auto remarks = openImage(path)->info().remarks;
    return std::ranges::any_of(remarks,
                               [&](const std::string& r) { return r.find(words) != std::string::npos; });
}

} // namespace

class TestHostileTiff : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        QTest::failOnWarning(QRegularExpression(".?"));
        TIFFSetErrorHandler(nullptr);
        TIFFSetWarningHandler(nullptr);
    }
    void init() {
        dir_ = std::make_unique<QTemporaryDir>();
        path_ = dir_->filePath("a.tif").toStdString();
    }

    void aPaletteOfSignedBytesIsReadByItsBits() {
        writeKind(path_, {.photometric = PHOTOMETRIC_PALETTE, .format = SAMPLEFORMAT_INT});
        const Pixels pixels = readWhole(path_);
        for (uint32_t x = 0; x < side; ++x) QCOMPARE(pixels.at(0, 0, 0, x), double(uint8_t(x * x % 251 / 3)));
    }

    void samplesThatDoNotMakeUpTheColourAreRefused() {
        writeKind(path_, {.photometric = PHOTOMETRIC_MINISBLACK, .compression = COMPRESSION_JPEG});
        setTag(path_, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_YCBCR);
        const std::string message = messageOf([&] { readWhole(path_); });
        QVERIFY2(message.find("a.tif") != std::string::npos, message.c_str());
        writeKind(path_, {.photometric = PHOTOMETRIC_LOGL,
                          .bits = 32,
                          .format = SAMPLEFORMAT_IEEEFP,
                          .compression = COMPRESSION_SGILOG});
        QVERIFY(readWhole(path_).type() == PixelType::f32);
        const Pixels right = readWhole(path_);
        for (const int format : {SAMPLEFORMAT_UINT, SAMPLEFORMAT_INT}) {
            writeKind(path_, {.photometric = PHOTOMETRIC_LOGL,
                              .bits = 32,
                              .format = SAMPLEFORMAT_IEEEFP,
                              .compression = COMPRESSION_SGILOG});
            setTag(path_, TIFFTAG_BITSPERSAMPLE, 64);
            setTag(path_, TIFFTAG_SAMPLEFORMAT, uint16_t(format));
            const std::string other = messageOf([&] { QVERIFY(readWhole(path_) == right); });
            QVERIFY2(other == "no error" || other.find("a.tif") != std::string::npos, other.c_str());
        }
    }

    void everyCombinationIsReadOrRefused() {
        // A sanitizer finds what reads beyond a row; here each ends with pixels or with a sentence.
        const Kind kinds[] = {
            {},
            {.bits = 16, .samples = 4},
            {.photometric = PHOTOMETRIC_RGB, .samples = 3, .compression = COMPRESSION_LZW},
            {.photometric = PHOTOMETRIC_PALETTE, .compression = COMPRESSION_PACKBITS},
            {.photometric = PHOTOMETRIC_YCBCR, .samples = 3, .compression = COMPRESSION_JPEG},
            {.photometric = PHOTOMETRIC_SEPARATED, .samples = 4},
            {.photometric = PHOTOMETRIC_MINISWHITE, .bits = 1, .compression = COMPRESSION_CCITTFAX4},
            {.photometric = PHOTOMETRIC_LOGL,
             .bits = 32,
             .format = SAMPLEFORMAT_IEEEFP,
             .compression = COMPRESSION_SGILOG}};
        for (const Kind& kind : kinds) {
            writeKind(path_, kind);
            const std::string whole = contentsOf(path_);
            for (const int photometric : {1, 2, 3, 5, 6, 32844})
                for (const int bits : {1, 8, 12, 16, 32, 64})
                    for (const int format : {1, 2, 3})
                        for (const int samples : {1, 3}) {
                            put(path_, whole);
                            setTag(path_, TIFFTAG_PHOTOMETRIC, uint16_t(photometric));
                            setTag(path_, TIFFTAG_BITSPERSAMPLE, uint16_t(bits));
                            setTag(path_, TIFFTAG_SAMPLEFORMAT, uint16_t(format));
                            setTag(path_, TIFFTAG_SAMPLESPERPIXEL, uint16_t(samples));
                            const std::string message = messageOf([&] { readWhole(path_); });
                            QVERIFY2(message == "no error" || message.find("a.tif") != std::string::npos,
                                     message.c_str());
                        }
        }
    }

    void damageThatACodecPassesOverIsSaid_data() {
        QTest::addColumn<int>("compression");
        QTest::newRow("G3") << int(COMPRESSION_CCITTFAX3);
        QTest::newRow("G4") << int(COMPRESSION_CCITTFAX4);
        QTest::newRow("PackBits") << int(COMPRESSION_PACKBITS);
        QTest::newRow("JPEG") << int(COMPRESSION_JPEG);
    }
    void damageThatACodecPassesOverIsSaid() {
        QFETCH(int, compression);
        const bool fax = compression == COMPRESSION_CCITTFAX3 || compression == COMPRESSION_CCITTFAX4;
        writeKind(path_, {.photometric = fax ? PHOTOMETRIC_MINISWHITE : PHOTOMETRIC_MINISBLACK,
                          .bits = fax ? 1 : 8,
                          .compression = compression});
        QVERIFY(!hasRemark(path_, "damaged"));
        const std::string whole = contentsOf(path_);
        const size_t begin = number(whole, placeOf(whole, TIFFTAG_STRIPOFFSETS), 4),
                     bytes = number(whole, placeOf(whole, TIFFTAG_STRIPBYTECOUNTS), 4);
        int said = 0, refused = 0;
        for (size_t part = 1; part < 16; ++part) {
            std::string changed = whole;
            for (size_t i = 0; i < 24; ++i)
                changed[begin + bytes * part / 16 + i] = part % 2 ? char(i * 37 + part)
                                                         : i % 2  ? char(0xd9)
                                                                  : char(0xff); // also the end of a JPEG

            put(path_, changed);
            bool remarked = false;
            const std::string message = messageOf([&] {
                remarked = hasRemark(path_, "damaged");
                readWhole(path_);
            });
            refused += message != "no error";
            said += message == "no error" && remarked;
        }
        // G3 gives up at damage; the others go on.
        QVERIFY2(compression == COMPRESSION_CCITTFAX3 ? refused > 0 : said > 0,
                 qPrintable(QStringLiteral("%1 said, %2 refused").arg(said).arg(refused)));
    }

    void moreSlicesThanAnyStackHas() {
        // One pixel each, after one directory, as ImageJ stores large stacks; the file is a hole.
        TIFF* tiff = TIFFOpen(path_.c_str(), "wl");
        TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, 1);
        TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, 1);
        TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 8);
        TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
        TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
        TIFFSetField(tiff, TIFFTAG_IMAGEDESCRIPTION, "ImageJ=1.53t\nimages=400000000\nslices=400000000\n");
        uint8_t value = 7;
        TIFFWriteEncodedStrip(tiff, 0, &value, 1);
        TIFFClose(tiff);
        fs::resize_file(path_, 400'001'000);
        QElapsedTimer timer;
        timer.start();
        const std::string message = openingErrorOf(path_);
        QVERIFY2(message.find("400000000 slices") != std::string::npos, message.c_str());
        QVERIFY(timer.elapsed() < 1000);
    }

private:
    std::unique_ptr<QTemporaryDir> dir_;
    fs::path path_;
};

QTEST_GUILESS_MAIN(TestHostileTiff)
#include "tst_hostile_tiff.moc"

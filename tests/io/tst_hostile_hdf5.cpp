// HDF5 files that lie: chunks of another size than they claim, texts longer than their heap, data in other
// files.
#include "core/io/hdf5_lzf.h"
#include "tests/support/expect_error.h"
#include "tests/support/hdf5_chunks.h"
#include "tests/support/hdf5_writer.h"
#include "tests/support/patience.h"

#include <QElapsedTimer>
#include <QProcess>
#include <QtTest>
#include <fstream>
#include <sys/stat.h>
#include <zlib.h>

using namespace cristae;
namespace fs = std::filesystem;

namespace {

Chunk deflated(const Chunk& bytes) {
    Chunk out(compressBound(bytes.size()));
    uLongf size = out.size();
    compress(out.data(), &size, bytes.data(), bytes.size());
    out.resize(size);
    return out;
}

Chunk withChecksum(Chunk bytes) { // all zeros have the checksum zero
    bytes.insert(bytes.end(), 4, 0);
    return bytes;
}

void addTexts(hid_t object, const char* name, const std::vector<const char*>& texts) {
    const hsize_t count = texts.size();
    const hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate_simple(1, &count, nullptr);
    H5Tset_size(type, H5T_VARIABLE);
    const hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(attribute, type, texts.data());
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
}

/// A dataset with DIMENSION_LABELS of variable length; `most` attributes before them.
void writeLabelled(const fs::path& path, bool latest, hsize_t userBlock, int before = 0) {
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS), creation = H5Pcreate(H5P_FILE_CREATE);
    if (latest) H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
    H5Pset_userblock(creation, userBlock);
    const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation, access);
    const hsize_t shape[3] = {6, 12, 13};
    const hid_t space = H5Screate_simple(3, shape, nullptr);
    const hid_t dataset =
        H5Dcreate2(file, "data", H5T_STD_U8LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    const Chunk values(6 * 12 * 13, 1);
    H5Dwrite(dataset, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
    for (int i = 0; i < before; ++i) // continuation blocks of the header
        addTexts(dataset, ("note" + std::to_string(i)).c_str(), {"some words", "and more"});
    addTexts(dataset, "DIMENSION_LABELS", {"x", "y", "z"});
    H5Dclose(dataset);
    H5Sclose(space);
    H5Fclose(file);
    H5Pclose(access);
    H5Pclose(creation);
}

std::string contentsOf(const fs::path& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

} // namespace

class TestHostileHdf5 : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        QTest::failOnWarning(QRegularExpression(".?"));
        H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    }
    void init() {
        dir_ = std::make_unique<QTemporaryDir>();
        path_ = dir_->filePath("a.h5").toStdString();
    }

    void aChunkOfAnotherSizeIsDamage_data() {
        QTest::addColumn<int>("kind");
        const char* names[] = {
            "deflate too short",  "deflate too long",  "deflate cut off",          "LZF too short",
            "LZF too long",       "plain too short",   "plain too long",           "checksum of three bytes",
            "checksum too short", "shuffle too short", "checksum inside, nothing", "szip too short"};
        for (int kind = 0; kind < 12; ++kind) QTest::newRow(names[kind]) << kind;
    }
    void aChunkOfAnotherSizeIsDamage() {
        QFETCH(int, kind);
        const Chunk whole(256, 0);
        const auto deflate = [](hid_t storage) { H5Pset_deflate(storage, 6); };
        const auto none = [](hid_t) {};
        const auto fletcher = [](hid_t storage) { H5Pset_fletcher32(storage); };
        const auto shuffle = [](hid_t storage) { H5Pset_shuffle(storage); };
        const auto both = [](hid_t storage) {
            H5Pset_fletcher32(storage);
            H5Pset_deflate(storage, 6);
        };
        Chunk cut = deflated(Chunk(256, 77));
        cut.resize(cut.size() / 2);
        const Chunk lzfWhole{0, 0, 0xe0, 246, 0};
        switch (kind) {
        case 0:
            return refusesSecond(deflate, deflated(whole), deflated(Chunk(100, 1)));
        case 1:
            return refusesSecond(deflate, deflated(whole), deflated(Chunk(10'000'000, 1)));
        case 2:
            return refusesSecond(deflate, deflated(whole), cut);
        case 3:
            return refusesSecond(addLzf, lzfWhole, {0, 9, 0xe0, 90, 0});
        case 4:
            return refusesSecond(addLzf, lzfWhole, {0, 9, 0xe0, 246, 0, 0xe0, 246, 0});
        case 5:
            return refusesSecond(none, whole, Chunk(100, 1));
        case 6:
            return refusesSecond(none, whole, Chunk(300, 1));
        case 7:
            return refusesSecond(fletcher, withChecksum(whole), Chunk(3, 0));
        case 8:
            return refusesSecond(fletcher, withChecksum(whole), withChecksum(Chunk(100, 0)));
        case 9:
            return refusesSecond(shuffle, whole, Chunk(100, 1));
        case 10:
            return refusesSecond(both, deflated(withChecksum(whole)), deflated(Chunk(2, 0)));
        default:
            break;
        }
        if (H5Zfilter_avail(H5Z_FILTER_SZIP) <= 0) QSKIP("this HDF5 has no szip");
        writeChunks(path_, [](hid_t storage) { H5Pset_szip(storage, H5_SZIP_NN_OPTION_MASK, 8); },
                    {0, 1, 0, 0, 9, 9}, {100, 0, 0, 0, 9, 9, 9});
        const auto source = openImage(path_, {.axes = "zyx"});
        for (const int64_t z : {0, 1})
            QVERIFY(messageOf([&] { source->read(0, {z, 0, 0, z + 1, 16, 16}); }) != "no error");
    }

    void everyFilterReadsWhatItWrote_data() {
        QTest::addColumn<int>("kind");
        const char* names[] = {"deflate", "shuffle and deflate", "checksum", "all three",
                               "n-bit",   "scale-offset",        "szip",     "n-bit and deflate"};
        for (int kind = 0; kind < 8; ++kind) QTest::newRow(names[kind]) << kind;
    }
    void everyFilterReadsWhatItWrote() {
        QFETCH(int, kind);
        const hid_t narrow = H5Tcopy(H5T_STD_U16BE);
        H5Tset_precision(narrow, 11);
        const hsize_t shape[3] = {5, 21, 19}, chunk[3] = {2, 8, 8};
        const hid_t file = H5Fcreate(path_.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
        const hid_t space = H5Screate_simple(3, shape, nullptr), storage = H5Pcreate(H5P_DATASET_CREATE);
        H5Pset_chunk(storage, 3, chunk);
        const bool nbit = kind == 4 || kind == 7;
        if (nbit) H5Pset_nbit(storage);
        if (kind == 5) H5Pset_scaleoffset(storage, H5Z_SO_INT, H5Z_SO_INT_MINBITS_DEFAULT);
        if (kind == 6) H5Pset_szip(storage, H5_SZIP_NN_OPTION_MASK, 8);
        if (kind == 1 || kind == 3) H5Pset_shuffle(storage);
        if (kind == 0 || kind == 1 || kind == 3 || kind == 7) H5Pset_deflate(storage, 6);
        if (kind == 2 || kind == 3) H5Pset_fletcher32(storage);
        const hid_t dataset =
            H5Dcreate2(file, "data", nbit ? narrow : H5T_STD_U16LE, space, H5P_DEFAULT, storage, H5P_DEFAULT);
        std::vector<uint16_t> values(5 * 21 * 19);
        for (size_t i = 0; i < values.size(); ++i) values[i] = uint16_t(i * 37 % 2039);
        QVERIFY(H5Dwrite(dataset, H5T_NATIVE_UINT16, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0);
        H5Dclose(dataset);
        H5Pclose(storage);
        H5Sclose(space);
        H5Fclose(file);
        H5Tclose(narrow);
        const Pixels read = readWhole(path_, {.axes = "zyx"});
        QVERIFY(std::ranges::equal(read.values<uint16_t>(), values));
    }

    void chunksThatWereNeverWrittenHoldTheFillValue() {
        const hsize_t shape[3] = {2, 16, 16}, chunk[3] = {1, 16, 16}, origin[3] = {0, 0, 0};
        const hid_t file = H5Fcreate(path_.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
        const hid_t space = H5Screate_simple(3, shape, nullptr), storage = H5Pcreate(H5P_DATASET_CREATE);
        const uint8_t fill = 42;
        H5Pset_chunk(storage, 3, chunk);
        H5Pset_fill_value(storage, H5T_NATIVE_UINT8, &fill);
        const hid_t dataset =
            H5Dcreate2(file, "data", H5T_STD_U8LE, space, H5P_DEFAULT, storage, H5P_DEFAULT);
        const Chunk values(256, 7);
        H5Dwrite_chunk(dataset, H5P_DEFAULT, 0, origin, values.size(), values.data());
        H5Dclose(dataset);
        H5Pclose(storage);
        H5Sclose(space);
        H5Fclose(file);
        const Pixels all = readWhole(path_, {.axes = "zyx"});
        QCOMPARE(all.at(0, 0, 5, 5), 7.0);
        QCOMPARE(all.at(0, 1, 5, 5), 42.0);
    }

    void textsOfVariableLengthAreRead() {
        for (const bool latest : {false, true})
            for (const hsize_t userBlock : {hsize_t(0), hsize_t(1024)})
                for (const int before : {0, 5}) {
                    writeLabelled(path_, latest, userBlock, before);
                    QCOMPARE(openImage(path_)->info().axes, std::string("xyz"));
                }
        writeLabelled(path_, false, 0, 40); // more than one block of the header holds
        QCOMPARE(openImage(path_)->info().axes, std::string("xyz"));
    }

    void textsLongerThanTheirHeapAreNone() {
        writeLabelled(path_, false, 0);
        const std::string whole = contentsOf(path_);
        const size_t heap = whole.find("GCOL");
        QVERIFY(heap != std::string::npos);
        // The size of the heap, of its first object, and the number and size of its later ones.
        for (const size_t at : {heap + 8, heap + 16, heap + 24, heap + 32, heap + 40, heap + 48})
            for (const uint64_t value :
                 {uint64_t(0), uint64_t(1), uint64_t(0xffff), uint64_t(1) << 40, ~uint64_t(0)}) {
                std::string changed = whole;
                std::memcpy(changed.data() + at, &value, sizeof value);
                std::ofstream(path_, std::ios::binary | std::ios::trunc) << changed;
                QElapsedTimer timer;
                timer.start();
                readWhole(path_); // the axes are guessed, or the same
                QVERIFY(timer.elapsed() < 1000);
            }
        // The length that the attribute claims: three references of 16 bytes stand in the header.
        for (size_t at = 0; at + 16 < heap; ++at) {
            std::string changed = whole;
            const uint32_t length = 0x7fffffff;
            if (uint8_t(whole[at]) != 1 || uint8_t(whole[at + 1]) != 0) continue;
            std::memcpy(changed.data() + at, &length, sizeof length);
            std::ofstream(path_, std::ios::binary | std::ios::trunc) << changed;
            messageOf([&] { readWhole(path_); });
        }
    }

    void dataInOtherFilesAreNotOpened() {
        // Behind a pipe without a writer an opening would wait for ever.
        const std::string pipe = dir_->filePath("pipe").toStdString();
        QCOMPARE(::mkfifo(pipe.c_str(), 0600), 0);
        const hsize_t shape[3] = {4, 10, 10}, unlimited[3] = {H5S_UNLIMITED, 10, 10};
        for (const bool grows : {false, true})
            for (const std::string& other : {pipe, std::string("/etc/passwd")}) {
                const hid_t file = H5Fcreate(path_.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
                const hid_t space = H5Screate_simple(3, shape, grows ? unlimited : nullptr),
                            from = H5Screate_simple(3, shape, grows ? unlimited : nullptr);
                if (grows) {
                    const hsize_t start[3] = {0, 0, 0}, count[3] = {H5S_UNLIMITED, 1, 1},
                                  block[3] = {1, 10, 10};
                    H5Sselect_hyperslab(space, H5S_SELECT_SET, start, nullptr, count, block);
                    H5Sselect_hyperslab(from, H5S_SELECT_SET, start, nullptr, count, block);
                }
                const hid_t storage = H5Pcreate(H5P_DATASET_CREATE);
                H5Pset_virtual(storage, space, other.c_str(), "data", from);
                const hid_t dataset =
                    H5Dcreate2(file, "data", H5T_STD_U8LE, space, H5P_DEFAULT, storage, H5P_DEFAULT);
                QVERIFY(dataset >= 0);
                // H5Dclose of a growing one would look at its sources too; a copy of what is on the disk will
                // do.
                H5Fflush(file, H5F_SCOPE_GLOBAL);
                const fs::path copy = dir_->filePath("copy.h5").toStdString();
                fs::copy_file(path_, copy, fs::copy_options::overwrite_existing);
                refusedByProbe(copy, "other files");
                H5Dclose(dataset);
                H5Pclose(storage);
                H5Sclose(from);
                H5Sclose(space);
                H5Fclose(file);
            }
        const hid_t file = H5Fcreate(path_.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
        const hid_t space = H5Screate_simple(3, shape, nullptr), storage = H5Pcreate(H5P_DATASET_CREATE);
        H5Pset_external(storage, "/etc/passwd", 0, 400);
        H5Dclose(H5Dcreate2(file, "data", H5T_STD_U8LE, space, H5P_DEFAULT, storage, H5P_DEFAULT));
        H5Lcreate_external(pipe.c_str(), "/data", file, "link", H5P_DEFAULT, H5P_DEFAULT);
        H5Pclose(storage);
        H5Sclose(space);
        H5Fclose(file);
        refusedByProbe(path_, "other files");
        refusedByProbe(path_, "no image “link”", "link"); // not followed, so not there
    }

    void moreSlicesThanAnyStackHas() {
        writeHdf5(path_, {{.letters = "xyz", .shape = {2, 2, 2}, .chunk = {1, 2, 2}}},
                  [](const Place&) { return 1.0; });
        const hid_t file = H5Fopen(path_.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
        const hsize_t shape[3] = {400'000'000, 1, 1}, chunk[3] = {1000, 1, 1};
        const hid_t space = H5Screate_simple(3, shape, nullptr), storage = H5Pcreate(H5P_DATASET_CREATE);
        H5Pset_chunk(storage, 3, chunk);
        H5Dclose(H5Dcreate2(file, "many", H5T_STD_U8LE, space, H5P_DEFAULT, storage, H5P_DEFAULT));
        H5Pclose(storage);
        H5Sclose(space);
        H5Fclose(file);
        const std::string message = messageOf([&] { openImage(path_, {.scene = "many", .axes = "zyx"}); });
        QVERIFY2(message.find("400000000 slices") != std::string::npos, message.c_str());
    }

private:
    void refusesSecond(const std::function<void(hid_t)>& filters, const Chunk& first, const Chunk& second) {
        writeChunks(path_, filters, first, second);
        const auto source = openImage(path_, {.axes = "zyx"});
        QCOMPARE(source->read(0, {0, 0, 0, 1, 16, 16}).at(0, 0, 15, 15), 0.0);
        QElapsedTimer timer;
        timer.start();
        const std::string message = messageOf([&] { source->read(0, {1, 0, 0, 2, 16, 16}); });
        QVERIFY2(message.find("a part of “/data” is damaged") != std::string::npos, message.c_str());
        QVERIFY(timer.elapsed() < 1000);
    }

    void refusedByProbe(const fs::path& path, const char* words, const char* dataset = nullptr) {
        QProcess process;
        QStringList arguments{QString::fromStdString(path.string())};
        if (dataset) arguments << dataset;
        process.start(QStringLiteral(CRISTAE_BINARY_DIR) + "/tests/io_probe", arguments);
        const bool ended = process.waitForFinished(patienceMs);
        if (!ended) process.kill();
        process.waitForFinished();
        QVERIFY2(ended, "it waits for another file");
        const QByteArray said = process.readAllStandardOutput();
        QVERIFY2(said.contains(words), said.constData());
    }

    std::unique_ptr<QTemporaryDir> dir_;
    fs::path path_;
};

QTEST_GUILESS_MAIN(TestHostileHdf5)
#include "tst_hostile_hdf5.moc"

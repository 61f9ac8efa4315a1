// HDF5: every number type and storage, 2 to 5 dimensions in any order of axes, several datasets, LZF, and cut
// files.
#include "core/io/hdf5_lzf.h"
#include "core/io/label_image.h"
#include "tests/support/expect_error.h"
#include "tests/support/hdf5_cases.h"
#include "tests/support/hdf5_chunks.h"
#include "tests/support/patience.h"

#include <QProcess>
#include <QtTest>

using namespace cristae;
namespace fs = std::filesystem;

namespace {

/// vigra's JSON for axes given by letters; `resolution` in the unit of axis_units.
std::string axistags(const std::string& letters, double resolution = 0) {
    std::string text = R"({"axes": [)";
    for (const char letter : letters)
        text += std::string(text.back() == '[' ? "" : ", ") + R"({"key": ")" + letter +
                R"(", "typeFlags": 2, "resolution": )" + std::to_string(resolution) +
                R"(, "description": ""})";
    return text + "]}";
}

/// Compares every voxel with valueAt(), and a part with the whole.
void compare(const fs::path& path, const OpenOptions& options, const std::string& letters) {
    compareWithPlaces(path, letters, options);
    const auto source = openImage(path, options);
    const ImageInfo& info = source->info();
    const Pixels all = source->read(0, Box3::ofExtent(info.extent()));
    const Box3 box{info.extent().z - 1, 2, 3, info.extent().z, 9, 11};
    QVERIFY(source->read(0, box) == all.cropped(box));
}

} // namespace

class TestHdf5 : public QObject {
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

    void everyNumberType() {
        const hid_t half = H5Tcopy(H5T_IEEE_F32LE); // IEEE 754 binary16
        H5Tset_fields(half, 15, 10, 5, 0, 10);
        H5Tset_ebias(half, 15);
        H5Tset_size(half, 2);
        const std::vector<std::pair<hid_t, PixelType>> types{
            {H5T_STD_U8LE, PixelType::u8},    {H5T_STD_I8BE, PixelType::i8},
            {H5T_STD_U16LE, PixelType::u16},  {H5T_STD_U16BE, PixelType::u16},
            {H5T_STD_I16LE, PixelType::i16},  {H5T_STD_I16BE, PixelType::i16},
            {H5T_STD_U32LE, PixelType::u32},  {H5T_STD_U32BE, PixelType::u32},
            {H5T_STD_I32LE, PixelType::i32},  {H5T_STD_I32BE, PixelType::i32},
            {H5T_STD_U64LE, PixelType::u32},  {H5T_STD_U64BE, PixelType::u32},
            {H5T_STD_I64LE, PixelType::i32},  {H5T_STD_I64BE, PixelType::i32},
            {H5T_IEEE_F32LE, PixelType::f32}, {H5T_IEEE_F32BE, PixelType::f32},
            {H5T_IEEE_F64LE, PixelType::f64}, {H5T_IEEE_F64BE, PixelType::f64},
            {half, PixelType::f32},
        };
        for (const auto& [stored, read] : types) {
            writeHdf5(path_, {{.shape = {6, 12, 13}, .type = stored}}, valueAt);
            QCOMPARE(name(openImage(path_)->info().type), name(read));
            compare(path_, {}, "zyx");
        }
        H5Tclose(half);
    }

    void everyStorage() {
        for (const hid_t type : {H5T_STD_U8LE, H5T_STD_U16BE, H5T_IEEE_F32LE})
            for (const int deflate : {-1, 0, 4})
                for (const bool shuffle : {false, true})
                    for (const std::vector<hsize_t>& chunk :
                         {std::vector<hsize_t>{1, 12, 13}, {6, 5, 4}, {6, 12, 13}, {4, 9, 9}}) {
                        writeHdf5(path_,
                                  {{.shape = {6, 12, 13},
                                    .type = type,
                                    .chunk = chunk,
                                    .deflate = deflate,
                                    .shuffle = shuffle}},
                                  valueAt);
                        compare(path_, {}, "zyx");
                    }
    }

    void axesInAnyOrder_data() {
        QTest::addColumn<QString>("letters");
        for (const char* letters : {"yx",   "xy",   "zyx",  "xyz",   "yxz",   "yzx",   "zxy",  "xzy",
                                    "cyx",  "yxc",  "tyx",  "xyt",   "zyxc",  "czyx",  "zcyx", "xyzc",
                                    "cxyz", "tzyx", "tyxc", "tzyxc", "tczyx", "cxyzt", "xyzct"})
            QTest::newRow(letters) << letters;
    }
    void axesInAnyOrder() {
        QFETCH(QString, letters);
        const std::string order = letters.toStdString();
        std::vector<hsize_t> shape;
        for (const char letter : order)
            shape.push_back(letter == 't'   ? 5
                            : letter == 'z' ? 6
                            : letter == 'c' ? 2
                            : letter == 'y' ? 12
                                            : 13);
        writeHdf5(path_, {{.letters = order, .shape = shape, .axistags = axistags(order)}}, valueAt);
        compare(path_, {}, order); // from the file
        const auto remarks = openImage(path_)->info().remarks;
        for (const std::string& remark : remarks) QVERIFY(remark.find("guessed") == std::string::npos);
        writeHdf5(path_, {{.letters = order, .shape = shape}}, valueAt);
        compare(path_, {.axes = order}, order); // as the caller says
    }

    void axistagsThatMakeNoSense() {
        const std::vector<hsize_t> shape{6, 12, 13};
        for (const std::string& tags :
             {std::string("not JSON"), std::string("{}"), std::string(R"({"axes": 3})"),
              std::string(R"({"axes": [{"key": "z"}, {"key": 5}, "x"]})"), axistags("zy"), axistags("zyy"),
              axistags("zyxc"), axistags("zyq"), axistags("abc")}) {
            writeHdf5(path_, {{.shape = shape, .axistags = tags}}, valueAt);
            compare(path_, {}, "zyx"); // the guess, and it is said
            const auto remarks = openImage(path_)->info().remarks;
            QVERIFY2(remarks.size() == 1 && remarks[0].find("guessed") != std::string::npos, tags.c_str());
        }
        QVERIFY(messageOf([&] { openImage(path_, {.axes = "zy"}); }).find("do not fit") != std::string::npos);
        QVERIFY(messageOf([&] { openImage(path_, {.axes = "zyy"}); }).find("one letter") !=
                std::string::npos);
    }

    void voxelSizeInAxistags() {
        writeHdf5(path_, {{.shape = {6, 12, 13}, .axistags = axistags("zyx", 4.5)}}, valueAt);
        QVERIFY(!openImage(path_)->info().voxelSize.xNm); // a number without a unit is no size
        const hid_t file = H5Fopen(path_.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
        const hid_t dataset = H5Dopen2(file, "data", H5P_DEFAULT);
        writeText(dataset, "axis_units", R"({"z": "um", "y": "nm", "x": "nm"})");
        H5Dclose(dataset);
        H5Fclose(file);
        const VoxelSize size = openImage(path_)->info().voxelSize;
        QVERIFY(size.zNm == 4500.0 && size.yNm == 4.5 && size.xNm == 4.5);
    }

    void severalDatasets() {
        writeHdf5(path_,
                  {{.name = "volumes/raw", .shape = {6, 12, 13}},
                   {.name = "volumes/labels/neuron_ids", .shape = {6, 12, 13}, .type = H5T_STD_U64LE},
                   {.name = "resolution", .letters = "yx", .shape = {1, 3}}},
                  valueAt);
        const auto scenes = listScenes(path_);
        QCOMPARE(scenes.size(), size_t(2)); // the table of three numbers is no image
        QVERIFY(scenes[0].looksLikeLabels && !scenes[1].looksLikeLabels);
        QCOMPARE(scenesToChoose(path_).size(), size_t(2));
        QVERIFY(scenesToChoose(path_, {.scene = "1"}).empty());
        const std::string list = openingErrorOf(path_);
        for (const char* words : {"1: /volumes/raw (6×12×13, uint8, zyx)", "--scene"})
            QVERIFY2(list.find(words) != std::string::npos, list.c_str());
        compare(path_, {.scene = "/volumes/raw"}, "zyx");
        compare(path_, {.scene = "1"}, "zyx");
        QCOMPARE(openImage(path_, {.scene = "1"})->info().dataset, std::string("/volumes/raw"));
        compare(path_, {.scene = "volumes/labels/neuron_ids"}, "zyx");
        const std::string message = messageOf([&] { openImage(path_, {.scene = "volumes/rwa"}); });
        QVERIFY2(message.find("/volumes/raw") != std::string::npos, message.c_str());
    }

    void aNameThatIsANumberComesFirst() {
        writeHdf5(path_, {{.name = "1", .shape = {2, 9, 10}}, {.name = "2", .shape = {3, 9, 10}}}, valueAt);
        QCOMPARE(openImage(path_, {.scene = "1"})->info().dataset, std::string("/1"));
        QCOMPARE(openImage(path_, {.scene = "0"})->info().dataset, std::string("/1"));
        QVERIFY(messageOf([&] { openImage(path_, {.scene = "3"}); }).find("no image “3”") !=
                std::string::npos);
    }

    void wideIdsAreRenumberedOnRequest() {
        for (const bool chunked : {false, true}) {
            Hdf5Dataset ids{.shape = {2, 9, 10}, .type = H5T_STD_U64LE};
            if (chunked) ids.chunk = {1, 4, 5};
            writeHdf5(path_, {ids}, [](const Place& p) { // exact as floating-point numbers
                return p.x < 3 ? 0x1p60 : p.x < 6 ? 0x1p60 + double(p.z + 1) * 0x1p10 : 0;
            });
            const auto labels = openLabels(path_, {.axes = "zyx"}, {.renumber = true});
            const Pixels all = labels->read(0, {0, 0, 0, 2, 9, 10});
            QCOMPARE(all.at(0, 0, 8, 0), 1.0);
            QCOMPARE(all.at(0, 0, 8, 4), 2.0);
            QCOMPARE(all.at(0, 1, 8, 2), 1.0);
            QCOMPARE(all.at(0, 1, 8, 4), 3.0);
            QCOMPARE(all.at(0, 1, 8, 9), 0.0);
            fs::remove(path_);
        }
    }

    void sixtyFourBits() {
        const auto labels = [](double largest) {
            return [largest](const Place& p) { return p.y == 3 && p.x == 4 ? largest : double(p.z); };
        };
        writeHdf5(path_, {{.shape = {2, 9, 10}, .type = H5T_STD_U64LE}}, labels(4294967295.0));
        QCOMPARE(readWhole(path_).at(0, 1, 3, 4), 4294967295.0);
        writeHdf5(path_, {{.shape = {2, 9, 10}, .type = H5T_STD_U64LE}}, labels(18446744073709551615.0));
        QCOMPARE(readWhole(path_).at(0, 1, 3, 4), 0.0); // CREMI's background
        for (const hid_t type : {H5T_STD_U64LE, H5T_STD_I64BE}) {
            writeHdf5(path_, {{.shape = {2, 9, 10}, .type = type}}, labels(8589934592.0));
            const std::string message = messageOf([&] { static_cast<void>(readWhole(path_)); });
            QVERIFY2(message.find("8589934592") != std::string::npos &&
                         message.find("Renumber") != std::string::npos,
                     message.c_str());
        }
    }

    void whatIsNoImage() {
        for (const std::vector<hsize_t>& shape : {std::vector<hsize_t>{200}, {2, 2, 2, 2, 3, 3}}) {
            std::string letters(shape.size(), 'x');
            writeHdf5(path_, {{.letters = letters, .shape = shape}}, [](const Place&) { return 1.0; });
            QVERIFY(openingErrorOf(path_).find("a.h5") != std::string::npos);
        }
    }

    void truncated() {
        for (const bool chunked : {false, true}) {
            writeHdf5(path_,
                      {{.shape = {16, 40, 50},
                        .type = H5T_STD_U16LE,
                        .chunk = chunked ? std::vector<hsize_t>{1, 40, 50} : std::vector<hsize_t>{},
                        .deflate = chunked ? 4 : -1}},
                      [](const Place& p) { return double((p.z * 7919 + p.y * 104729 + p.x * p.x) % 65521); });
            const std::string wrong = cutsThatAreRead(path_);
            QVERIFY2(wrong.empty(), wrong.c_str());
        }
    }

    void lzfDecoder() {
        const auto bytes = [](std::initializer_list<int> values) {
            std::vector<std::byte> result;
            for (const int value : values) result.push_back(std::byte(value));
            return result;
        };
        QVERIFY(decodeLzf(bytes({2, 7, 8, 9}), 100) == bytes({7, 8, 9}));
        QVERIFY(decodeLzf(bytes({0, 5, 0x60, 0}), 100) == bytes({5, 5, 5, 5, 5, 5})); // a run of itself
        QVERIFY(decodeLzf(bytes({1, 1, 2, 0xe0, 3, 1}), 100) ==
                bytes({1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2}));
        QVERIFY(decodeLzf({}, 100)->empty());
        QVERIFY(!decodeLzf(bytes({2, 7, 8}), 100));            // literals missing
        QVERIFY(!decodeLzf(bytes({0, 5, 0x60}), 100));         // distance missing
        QVERIFY(!decodeLzf(bytes({0, 5, 0xe0}), 100));         // length missing
        QVERIFY(!decodeLzf(bytes({0, 5, 0x20, 1}), 100));      // before the beginning
        QVERIFY(!decodeLzf(bytes({0, 5, 0xe0, 255, 0}), 100)); // too long
    }

    void lzfFiles() {
        QProcess python;
        python.start("/usr/bin/python3", {"-c", R"(
import sys, h5py, numpy as np
z, y, x = np.meshgrid(np.arange(6), np.arange(120), np.arange(130), indexing='ij')
a = ((z * 31 + y * 7 + x * 3) % 120)
with h5py.File(sys.argv[1], 'w') as f:
    f.create_dataset('plain', data=a.astype('u1'), compression='lzf', chunks=(1, 64, 64))
    f.create_dataset('shuffled', data=a.astype('>u2'), compression='lzf', shuffle=True, fletcher32=True)
    f.create_dataset('noise', data=np.random.default_rng(1).integers(0, 65535, (8, 50, 50), 'u2'), compression='lzf')
    f.create_dataset('zeros', data=np.zeros((4, 600, 600), 'f4'), compression='lzf')
)",
                                          QString::fromStdString(path_.string())});
        if (!python.waitForFinished(patienceMs) || python.exitCode() != 0) QSKIP("no python3 with h5py here");
        compare(path_, {.scene = "plain"}, "zyx");
        compare(path_, {.scene = "shuffled"}, "zyx");
        QVERIFY(readWhole(path_, {.scene = "noise"}).values<uint16_t>()[0] > 0);
        const Pixels zeros = readWhole(path_, {.scene = "zeros"});
        for (const float value : zeros.values<float>()) QVERIFY(value == 0);
    }

    void damagedLzf() {
        // A chunk whose copy points before its beginning.
        writeChunks(path_, addLzf, {0, 9, 0xe0, 246, 0}, {0, 9, 0xe0, 246, 200});
        const auto source = openImage(path_, {.axes = "zyx"});
        QCOMPARE(source->read(0, {0, 0, 0, 1, 16, 16}).at(0, 0, 15, 15), 9.0);
        const std::string message = messageOf([&] {
            static_cast<void>(source->read(0, {1, 0, 0, 2, 16, 16}));
        });
        QVERIFY2(message.find("damaged") != std::string::npos, message.c_str());
    }

private:
    std::unique_ptr<QTemporaryDir> dir_;
    fs::path path_;
};

QTEST_GUILESS_MAIN(TestHdf5)
#include "tst_hdf5.moc"

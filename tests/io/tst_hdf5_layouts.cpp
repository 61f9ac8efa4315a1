// HDF5 as programs write it: MATLAB, BigDataViewer, Imaris, Velox and NCEM.
#include "core/io/hdf5_axes.h"
#include "tests/support/expect_error.h"
#include "tests/support/hdf5_cases.h"
#include "tests/support/remarks.h"

#include <QtTest>

#include <fstream>

using namespace cristae;
namespace fs = std::filesystem;

class TestHdf5Layouts : public QObject {
    Q_OBJECT

    void compare(const std::string& letters, const OpenOptions& options = {}) {
        compareWithPlaces(path_, letters, options);
    }

private Q_SLOTS:
    void initTestCase() {
        QTest::failOnWarning(QRegularExpression(".?"));
        H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    }
    void init() {
        dir_ = std::make_unique<QTemporaryDir>();
        path_ = dir_->filePath("a.h5").toStdString();
    }

    void matlab() {
        // A(row, column, slice) is stored with its dimensions in reverse order.
        writeHdf5(path_, {{.name = "labels", .letters = "xy", .shape = {13, 12}}}, valueAt);
        edit(path_, "labels", [](hid_t data, hid_t) { writeText(data, "MATLAB_class", "uint8"); });
        compare("xy");
        QVERIFY((openImage(path_)->info().extent() == Extent3{1, 12, 13}));
        writeHdf5(path_,
                  {{.name = "stack", .letters = "zxy", .shape = {5, 13, 12}, .type = H5T_IEEE_F64LE},
                   {.name = "text", .letters = "xy", .shape = {40, 2}, .type = H5T_STD_U16LE},
                   {.name = "nothing", .letters = "xy", .shape = {40, 2}, .type = H5T_STD_U64LE},
                   {.name = "#refs#/b", .letters = "xy", .shape = {30, 30}}},
                  valueAt);
        edit(path_, "stack", [](hid_t data, hid_t) { writeText(data, "MATLAB_class", "double"); });
        edit(path_, "text", [](hid_t data, hid_t) { writeText(data, "MATLAB_class", "char"); });
        edit(path_, "nothing", [](hid_t data, hid_t) {
            writeText(data, "MATLAB_class", "double");
            writeNumbers(data, "MATLAB_empty", {1});
        });
        edit(path_, "#refs#/b", [](hid_t data, hid_t) { writeText(data, "MATLAB_class", "double"); });
        compare("zxy"); // the text, the empty array and the contents of a cell are no images to choose from
        QVERIFY((openImage(path_)->info().extent() == Extent3{5, 12, 13}));
        QVERIFY(remarksOf(openImage(path_)->info()).find("MATLAB") != std::string::npos);
        compare("xy", {.scene = "#refs#/b"});
        writeHdf5(path_, {{.name = "mask", .letters = "zxy", .shape = {3, 13, 12}}},
                  [](const Place& p) { return double(p.z == 1); });
        edit(path_, "mask", [](hid_t data, hid_t) {
            writeText(data, "MATLAB_class", "logical");
            writeNumbers(data, "MATLAB_int_decode", {1});
        });
        QCOMPARE(openImage(path_)->info().axes, std::string("zxy"));
        QCOMPARE(readWhole(path_).at(0, 1, 5, 6), 1.0);
        QCOMPARE(matlabAxes({3, 13, 12}, true), std::string("cxy"));
        QCOMPARE(matlabAxes({9, 3, 13, 12}, true), std::string("zcxy"));
        QCOMPARE(matlabAxes({2, 9, 13, 12}, false), std::string("czxy"));
    }

    void bigDataViewer() {
        const auto bright = [](const Place& p) { return double(int16_t(uint16_t(40000 + p.z * 100 + p.x))); };
        writeHdf5(path_,
                  {{.name = "t00000/s00/0/cells", .shape = {6, 12, 14}, .type = H5T_STD_I16LE},
                   {.name = "t00000/s00/1/cells", .shape = {6, 6, 7}, .type = H5T_STD_I16LE},
                   {.name = "s00/resolutions", .letters = "yx", .shape = {40, 3}, .type = H5T_IEEE_F64LE}},
                  bright);
        fs::path xml = path_;
        xml.replace_extension(".xml");
        std::ofstream(xml) << "<SpimData><ViewSetup><id>0</id><voxelSize><unit>nm</unit>"
                              "<size>4.0 5.0 50.0</size></voxelSize></ViewSetup></SpimData>";
        // The table of resolutions is no image, and level 1 is not asked about.
        QVERIFY(scenesToChoose(path_).empty());
        const auto source = openImage(path_);
        QCOMPARE(source->info().dataset, std::string("/t00000/s00/0/cells"));
        QVERIFY(remarksOf(source->info()).find("left out") != std::string::npos);
        QCOMPARE(source->info().type, PixelType::u16);
        QCOMPARE(source->read(0, {5, 0, 0, 6, 12, 14}).at(0, 0, 3, 4), 40504.0);
        QCOMPARE(source->info().axes, std::string("zyx"));
        const VoxelSize& size = source->info().voxelSize;
        QVERIFY(size.zNm == 50.0 && size.yNm == 5.0 && size.xNm == 4.0);
        const auto scenes = listScenes(path_);
        QCOMPARE(std::ranges::count(scenes, true, &SceneInfo::reduced), 1);
        QVERIFY(!openImage(path_, {.scene = "/t00000/s00/1/cells"})->info().voxelSize.xNm);
    }

    void imarisIsPaddedAndSpelled() {
        const std::string place = "DataSet/ResolutionLevel 0/TimePoint 0/Channel 0";
        writeHdf5(path_,
                  {{.name = place + "/Data", .shape = {8, 16, 16}},
                   {.name = "DataSet/ResolutionLevel 1/TimePoint 0/Channel 0/Data", .shape = {4, 8, 8}},
                   {.name = "DataSetInfo/Image/none", .letters = "yx", .shape = {2, 2}}},
                  valueAt);
        edit(path_, place.c_str(), [](hid_t group, hid_t) {
            writeSpelled(group, "ImageSizeX", "13");
            writeSpelled(group, "ImageSizeY", "12");
            writeSpelled(group, "ImageSizeZ", "5");
        });
        edit(path_, "DataSetInfo/Image", [](hid_t group, hid_t) {
            const std::array<const char*, 6> names{"ExtMin0", "ExtMax0", "ExtMin1",
                                                   "ExtMax1", "ExtMin2", "ExtMax2"};
            const std::array<const char*, 6> values{"0", "0.13", "0", "0.12", "1", "1.25"};
            for (size_t i = 0; i < 6; ++i) writeSpelled(group, names[i], values[i]);
        });
        compare("zyx");
        const ImageInfo info = openImage(path_)->info();
        QVERIFY((info.extent() == Extent3{5, 12, 13}));
        QVERIFY(info.voxelSize.xNm == 10.0 && info.voxelSize.yNm == 10.0 && info.voxelSize.zNm == 50.0);
    }

    void velox() {
        path_ = dir_->filePath("a.emd").toStdString();
        const std::string json =
            R"({"BinaryResult": {"PixelSize": {"width": "2.5e-09", "height": "5e-09"}, "PixelUnitX": "m"}})";
        writeHdf5(path_,
                  {{.name = "Data/Image/abc/Data",
                    .letters = "yxt",
                    .shape = {12, 13, 4},
                    .type = H5T_STD_U16LE,
                    .chunk = {12, 13, 1}},
                   {.name = "Data/Image/abc/Metadata",
                    .letters = "yx",
                    .shape = {6000, 4},
                    .chunk = {6000, 1},
                    .deflate = 2}},
                  [&](const Place& p) {
                      // The metadata lie along y of the first column; the image has 12 rows.
                      return p.x == 0 && p.y >= 12 ? 0 : valueAt(p);
                  });
        const hid_t file = H5Fopen(path_.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
        const hid_t table = H5Dopen2(file, "Data/Image/abc/Metadata", H5P_DEFAULT);
        std::vector<uint8_t> values(6000 * 4, 0);
        for (size_t i = 0; i < json.size(); ++i) values[4 * i] = uint8_t(json[i]);
        H5Dwrite(table, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
        H5Dclose(table);
        H5Fclose(file);
        const ImageInfo info = openImage(path_)->info(); // the metadata are no image
        QVERIFY((info.extent() == Extent3{4, 12, 13}));
        QCOMPARE(info.axes, std::string("yxt"));
        QVERIFY(info.voxelSize.xNm == 2.5 && info.voxelSize.yNm == 5.0);
        QCOMPARE(openImage(path_)->read(0, {3, 0, 0, 4, 12, 13}).at(0, 0, 2, 1),
                 valueAt({.t = 3, .y = 2, .x = 1}));
    }

    void ncem() {
        path_ = dir_->filePath("a.emd").toStdString();
        writeHdf5(path_, {{.name = "g/data", .letters = "xyz", .shape = {13, 12, 5}}}, valueAt);
        edit(path_, "g", [](hid_t group, hid_t file) {
            writeNumbers(group, "emd_group_type", {1});
            writeAxis(file, "g/dim1", "x", "[n_m]", 2);
            writeAxis(file, "g/dim2", "y", "[n_m]", 3);
            writeAxis(file, "g/dim3", "angle", "[deg]", 1);
        });
        compare("xyz");
        const VoxelSize size = openImage(path_)->info().voxelSize;
        QVERIFY(size.xNm == 2.0 && size.yNm == 3.0 && !size.zNm);
        QVERIFY(remarksOf(openImage(path_)->info()).find("“angle”") != std::string::npos);
    }

    void choicesThatAFileDoesNotOffer() {
        writeHdf5(path_, {{.shape = {6, 12, 13}}}, valueAt);
        QVERIFY(messageOf([&] { openImage(path_, {.scene = "labels"}); }).find("labels") !=
                std::string::npos);
        // A picture has neither axes to set nor images to choose from.
        const fs::path picture = dir_->filePath("a.bmp").toStdString();
        std::ofstream(picture, std::ios::binary)
            << std::string("BM\x3a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\1\0\0\0\1\0\0\0\1\0\x18\0\0\0\0\0"
                           "\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\2\3\0",
                           58);
        QVERIFY(messageOf([&] { openImage(picture, {.axes = "zyx"}); }).find("cannot be set") !=
                std::string::npos);
        QVERIFY(messageOf([&] { openImage(picture, {.scene = "raw"}); }).find("one image") !=
                std::string::npos);
        QCOMPARE(messageOf([&] { openImage(picture, {.scene = "0"}); }), std::string("no error"));
    }

private:
    std::unique_ptr<QTemporaryDir> dir_;
    fs::path path_;
};

QTEST_GUILESS_MAIN(TestHdf5Layouts)
#include "tst_hdf5_layouts.moc"

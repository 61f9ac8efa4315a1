// HDF5 as programs write it: names of axes, guesses from shape and values, MATLAB, BigDataViewer, Imaris,
// Velox and NCEM.
#include "core/io/hdf5_axes.h"
#include "tests/support/expect_error.h"
#include "tests/support/hdf5_writer.h"

#include <QtTest>

#include <array>
#include <fstream>

using namespace cristae;
namespace fs = std::filesystem;

namespace {

double valueAt(const Place& p) {
    return double((p.t * 41 + p.z * 31 + p.c * 17 + p.y * 7 + p.x * 3) % 120);
}

void writeTexts(hid_t object, const char* name, const std::vector<std::string>& texts) {
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    const hsize_t count = texts.size();
    const hid_t space = H5Screate_simple(1, &count, nullptr);
    const hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    std::vector<const char*> pointers;
    for (const std::string& text : texts) pointers.push_back(text.c_str());
    H5Awrite(attribute, type, pointers.data());
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
}

/// Imaris keeps texts as arrays of single characters.
void writeSpelled(hid_t object, const char* name, const std::string& text) {
    const hid_t type = H5Tcopy(H5T_C_S1);
    const hsize_t count = text.size();
    const hid_t space = H5Screate_simple(1, &count, nullptr);
    const hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(attribute, type, text.data());
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
}

void writeNumbers(hid_t object, const char* name, const std::vector<double>& numbers) {
    const hsize_t count = numbers.size();
    const hid_t space = count == 1 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &count, nullptr);
    const hid_t attribute = H5Acreate2(object, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(attribute, H5T_NATIVE_DOUBLE, numbers.data());
    H5Aclose(attribute);
    H5Sclose(space);
}

/// Opens an object of a file that exists, to add attributes.
template <class F> void edit(const fs::path& path, const char* name, F&& f) {
    const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    const hid_t object = H5Oopen(file, name, H5P_DEFAULT);
    f(object, file);
    H5Oclose(object);
    H5Fclose(file);
}

/// A one-dimensional dataset of two numbers, as the dim1 … of NCEM.
void writeAxis(hid_t file, const std::string& name, const std::string& title, const std::string& units,
               double step) {
    const hsize_t count = 2;
    const std::array values{5.0, 5.0 + step};
    const hid_t space = H5Screate_simple(1, &count, nullptr);
    const hid_t axis =
        H5Dcreate2(file, name.c_str(), H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(axis, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
    writeText(axis, "name", title);
    writeText(axis, "units", units);
    H5Dclose(axis);
    H5Sclose(space);
}

std::string remarksOf(const ImageInfo& info) {
    std::string all;
    for (const std::string& remark : info.remarks) all += remark + "\n";
    return all;
}

} // namespace

class TestHdf5Layouts : public QObject {
    Q_OBJECT

    void compare(const std::string& letters, const OpenOptions& options = {}) {
        const auto source = openImage(path_, options);
        const ImageInfo& info = source->info();
        QCOMPARE(info.axes, letters);
        const Pixels all = source->read(0, Box3::ofExtent(info.extent()));
        const bool timeIsZ = letters.find('z') == std::string::npos;
        const Box3 box = Box3::ofExtent(info.extent());
        for (int64_t c = 0; c < info.channels; ++c)
            for (int64_t z = 0; z < box.z1; ++z)
                for (int64_t y = 0; y < box.y1; ++y)
                    for (int64_t x = 0; x < box.x1; ++x)
                        QCOMPARE(all.at(c, z, y, x), valueAt({timeIsZ ? z : 0, timeIsZ ? 0 : z, c, y, x}));
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

    void namesOfAxes_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("letters");
        const auto row = [](const char* text, const char* letters) {
            QTest::newRow(text) << QString(text) << QString(letters);
        };
        row("zyx", "zyx");
        row("ZYX", "zyx");
        row("z, y, x", "zyx");
        row("['x', 'y', 'z']", "xyz");
        row(R"(["depth", "row", "column"])", "zyx");
        row("height width channels", "yxc");
        row("dhw", "zyx");
        row("IYX", "zyx");
        row("YXS", "yxc");
        row("Z-axis Y-axis X-axis", "zyx");
        row("R_z R_y R_x", "zyx");
        row(R"({"axes": [{"key": "y"}, {"key": "x"}, {"key": "c"}]})", "yxc");
        row(R"([{"name": "t", "type": "time"}, {"name": "y"}, {"name": "x"}])", "tyx");
        row("zy", "");
        row("zyxc", "");
        row("zzx", "");
        row("a b c", "");
        row("", "");
    }
    void namesOfAxes() {
        QFETCH(QString, text);
        QFETCH(QString, letters);
        QCOMPARE(lettersOf(axisNamesIn(text.toStdString()), 3), letters.toStdString());
    }

    void attributesNameAxes() {
        for (const char* name : {"axes", "axis_labels", "dims", "dimension_names"}) {
            writeHdf5(path_, {{.letters = "xyz", .shape = {3, 12, 13}}}, valueAt);
            edit(path_, "data", [&](hid_t data, hid_t) { writeText(data, name, "XYZ"); });
            compare("xyz");
            QVERIFY(remarksOf(openImage(path_)->info()).empty());
        }
        writeHdf5(path_, {{.letters = "yxz", .shape = {12, 13, 5}}}, valueAt);
        edit(path_, "data", [](hid_t data, hid_t) {
            writeTexts(data, "DIMENSION_LABELS", {"row", "column", "slice"});
        });
        compare("yxz");
        // What the caller says comes first, in capitals too.
        QCOMPARE(openImage(path_, {.axes = "ZYX"})->info().axes, std::string("zyx"));
    }

    void dimensionScales() {
        writeHdf5(path_, {{.letters = "xyz", .shape = {6, 12, 13}}}, valueAt);
        edit(path_, "data", [](hid_t data, hid_t file) {
            // What H5DSattach_scale writes: a list of references for each axis.
            const hid_t type = H5Tvlen_create(H5T_STD_REF_OBJ);
            const hsize_t count = 3;
            const hid_t space = H5Screate_simple(1, &count, nullptr);
            const hid_t attribute = H5Acreate2(data, "DIMENSION_LIST", type, space, H5P_DEFAULT, H5P_DEFAULT);
            std::array<hobj_ref_t, 3> scales{};
            std::array<hvl_t, 3> lists{};
            for (size_t i = 0; i < 3; ++i) {
                const std::string name = std::string("scale_") + "xyz"[i];
                writeAxis(file, name, "", "", 1);
                const hid_t scale = H5Dopen2(file, name.c_str(), H5P_DEFAULT);
                writeText(scale, "NAME", std::string(1, "xyz"[i]));
                H5Dclose(scale);
                H5Rcreate(&scales[i], file, name.c_str(), H5R_OBJECT, -1);
                lists[i] = {1, &scales[i]};
            }
            H5Awrite(attribute, type, lists.data());
            H5Aclose(attribute);
            H5Sclose(space);
            H5Tclose(type);
        });
        compare("xyz");
    }

    void lengthsOfSpaceAreAxes() {
        for (const char* name : {"element_size_um", "resolution", "voxel_size", "offset"}) {
            writeHdf5(path_, {{.shape = {12, 13, 3}}}, valueAt);
            edit(path_, "data", [&](hid_t data, hid_t) { writeNumbers(data, name, {40, 4, 4}); });
            compare("zyx");
        }
    }

    void guesses_data() {
        QTest::addColumn<QList<int>>("shape");
        QTest::addColumn<int>("type");
        QTest::addColumn<QString>("letters");
        const auto row = [](QList<int> shape, PixelType type, const char* letters) {
            QString name(name_of(type));
            for (const int size : shape) name += QStringLiteral(" %1").arg(size);
            QTest::newRow(qPrintable(name)) << shape << int(type) << QString(letters);
        };
        using enum PixelType;
        row({12, 13}, u8, "yx");
        row({60, 12, 13}, u8, "zyx");
        row({3, 60, 50}, u8, "zyx"); // three slices are no colours
        row({4, 60, 50}, f32, "zyx");
        row({2, 60, 50}, u16, "zyx");
        row({60, 50, 3}, u8, "yxc");
        row({60, 50, 4}, u8, "yxc");
        row({60, 50, 2}, u8, "yxz");
        row({60, 50, 3}, u16, "yxz");
        row({60, 50, 3}, u32, "yxz");
        row({60, 50, 2}, f32, "yxc");
        row({3, 60, 3}, u8, "zyx");
        row({1, 60, 50}, u8, "zyx");
        row({60, 50, 1}, u8, "yxc");
        row({1, 3, 60, 50}, u8, "czyx");
        row({5, 1, 60, 50}, u8, "zcyx"); // a second axis of length 1 is no stack
        row({1, 5, 60, 50}, u8, "czyx");
        row({5, 60, 50, 1}, u8, "zyxc");
        row({1, 60, 50, 3}, u8, "zyxc");
        row({1, 1, 60, 50}, u8, "czyx");
        row({1, 1, 5, 60, 50}, u8, "tczyx");
        row({5, 1, 1, 60, 50}, u8, "ztcyx");
        row({1, 5, 60, 50, 1}, u8, "tzyxc");
        row({60, 12, 13, 2}, u8, "zyxc");
        row({2, 60, 12, 13}, u8, "czyx");
        row({6, 5, 60, 50}, f32, "czyx");
        row({50, 3, 60, 70}, u8, "zcyx");
        row({40, 60, 12, 13}, u8, "tzyx");
        row({9, 2, 60, 12, 13}, u8, "tczyx");
        row({9, 60, 2, 12, 13}, u8, "tzcyx");
        row({9, 60, 12, 13, 3}, u8, "tzyxc");
        row({1, 1, 50}, u8, "zyx");
        row({1, 1, 1}, u8, "zyx");
    }
    void guesses() {
        QFETCH(QList<int>, shape);
        QFETCH(int, type);
        QFETCH(QString, letters);
        const ArrayAxes axes = guessAxes({{shape.begin(), shape.end()}, PixelType(type), {}});
        QCOMPARE(axes.letters, letters.toStdString());
        QVERIFY(areAxes(axes.letters, size_t(shape.size())));
        QVERIFY(axes.guessed);
    }

    void aGuessIsSaid() {
        writeHdf5(path_, {{.shape = {3, 64, 60}}}, valueAt);
        compare("zyx");
        const std::string remark = remarksOf(openImage(path_)->info());
        for (const char* words : {"guessed as zyx", "3 slices of 60 × 64 pixels", "--axes", "/data"})
            QVERIFY2(remark.find(words) != std::string::npos, remark.c_str());
        writeHdf5(path_, {{.letters = "yxc", .shape = {64, 60, 3}}}, valueAt);
        compare("yxc");
        QVERIFY(remarksOf(openImage(path_)->info()).find("colour") != std::string::npos);
        const std::string misfit = messageOf([&] { openImage(path_, {.axes = "zyxc"}); });
        QVERIFY2(misfit.find("64×60×3") != std::string::npos, misfit.c_str());
    }

    void probabilitiesSumToOne_data() {
        QTest::addColumn<QString>("letters");
        QTest::addColumn<QList<int>>("shape");
        QTest::newRow("classes first") << "czyx" << QList<int>{6, 5, 24, 20};
        QTest::newRow("classes first, few slices") << "czyx" << QList<int>{5, 6, 24, 20};
        QTest::newRow("classes second") << "zcyx" << QList<int>{9, 6, 24, 20};
        QTest::newRow("classes last") << "zyxc" << QList<int>{9, 24, 20, 6};
        QTest::newRow("one slice") << "cyx" << QList<int>{3, 24, 20};
        QTest::newRow("one slice, last") << "yxc" << QList<int>{24, 20, 7};
    }
    void probabilitiesSumToOne() {
        QFETCH(QString, letters);
        QFETCH(QList<int>, shape);
        const std::string order = letters.toStdString();
        const auto classes = double(shape[letters.indexOf('c')]);
        // Class k has the share (k + 1) / sum, turned by place.
        const auto share = [&](const Place& p) {
            const auto k = double((p.c + p.y + p.x + p.z) % int64_t(classes)) + 1;
            return k / (classes * (classes + 1) / 2);
        };
        for (const bool chunked : {false, true})
            for (const hid_t type : {H5T_IEEE_F32LE, H5T_STD_U8LE}) {
                Hdf5Dataset data{.letters = order, .shape = {shape.begin(), shape.end()}, .type = type};
                if (chunked) data.chunk = std::vector<hsize_t>(data.shape.size(), 3);
                if (chunked) data.deflate = 3;
                writeHdf5(path_, {data}, [&](const Place& p) {
                    return type == H5T_STD_U8LE ? std::round(share(p) * 255) : share(p);
                });
                const auto source = openImage(path_);
                QCOMPARE(source->info().axes, order);
                QCOMPARE(listScenes(path_)[0].axes, order);
                QCOMPARE(source->info().channels, int64_t(classes));
                QVERIFY(remarksOf(source->info()).find("sum to 1") != std::string::npos);
            }
    }

    void slicesOfFloatsAreNoProbabilities() {
        writeHdf5(path_, {{.shape = {3, 24, 20}, .type = H5T_IEEE_F32LE}},
                  [](const Place& p) { return double((p.z * 7 + p.y * 3 + p.x) % 11) / 11; });
        QCOMPARE(openImage(path_)->info().axes, std::string("zyx"));
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
    static const char* name_of(PixelType type) { return name(type).data(); }
    std::unique_ptr<QTemporaryDir> dir_;
    fs::path path_;
};

QTEST_GUILESS_MAIN(TestHdf5Layouts)
#include "tst_hdf5_layouts.moc"

// Axes of HDF5 datasets: by their names, or guessed from shape and values and said so.
#include "core/io/hdf5_axes.h"
#include "tests/support/expect_error.h"
#include "tests/support/hdf5_cases.h"
#include "tests/support/remarks.h"

#include <QtTest>

#include <cmath>

using namespace cristae;
namespace fs = std::filesystem;

class TestHdf5Axes : public QObject {
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

    void tooLargeBecauseOfTheAxes() {
        // Chunks that were never written: a large claim in a small file.
        const hid_t file = H5Fcreate(path_.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
        const hsize_t shape[3] = {2, 2000000000, 2000000000}, chunk[3] = {1, 64, 64};
        const hid_t space = H5Screate_simple(3, shape, nullptr), storage = H5Pcreate(H5P_DATASET_CREATE);
        H5Pset_chunk(storage, 3, chunk);
        H5Dclose(H5Dcreate2(file, "data", H5T_STD_U8LE, space, H5P_DEFAULT, storage, H5P_DEFAULT));
        H5Pclose(storage);
        H5Sclose(space);
        H5Fclose(file);
        const auto source = openImage(path_);
        const std::string message =
            messageOf([&] { static_cast<void>(source->read(0, Box3::ofSlice(source->info().extent(), 0))); });
        for (const char* words : {"memory", "zyx", "--axes", "2000000000"})
            QVERIFY2(message.find(words) != std::string::npos, message.c_str());
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

private:
    static const char* name_of(PixelType type) { return name(type).data(); }
    std::unique_ptr<QTemporaryDir> dir_;
    fs::path path_;
};

QTEST_GUILESS_MAIN(TestHdf5Axes)
#include "tst_hdf5_axes.moc"

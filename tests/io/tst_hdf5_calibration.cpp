// The lengths that attributes of HDF5 state, with units as people write them.
#include "core/io/format.h"
#include "tests/support/hdf5_writer.h"
#include "tests/support/remarks.h"

#include <QtTest>
#include <limits>

using namespace cristae;
namespace fs = std::filesystem;

namespace {

using Numbers = std::vector<double>;
using Texts = std::vector<std::pair<std::string, std::string>>;

} // namespace

Q_DECLARE_METATYPE(Numbers)
Q_DECLARE_METATYPE(Texts)

class TestHdf5Calibration : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { dir_ = std::make_unique<QTemporaryDir>(); }

    void attributes_data() {
        QTest::addColumn<QByteArray>("attribute");
        QTest::addColumn<Numbers>("values");
        QTest::addColumn<Texts>("texts");
        QTest::addColumn<double>("xNm");
        QTest::addColumn<double>("zNm");
        QTest::addColumn<QByteArray>("remark");
        const auto row = [](const char* name, const char* attribute, const Numbers& values,
                            const Texts& texts, double x, double z, const char* remark = "") {
            QTest::newRow(name) << QByteArray(attribute) << values << texts << x << z << QByteArray(remark);
        };
        row("CREMI", "resolution", {40, 4, 4}, {}, 4, 40);
        row("resolution in µm", "resolution", {0.04, 0.004, 0.004}, {{"unit", "um"}}, 4, 40);
        row("resolution_unit", "resolution", {0.04, 0.004, 0.004}, {{"resolution_unit", "µm"}}, 4, 40);
        row("units", "resolution", {40, 4, 4}, {{"units", "nanometers"}}, 4, 40);
        row("µm without a unit", "resolution", {0.4, 0.04, 0.04}, {}, 0, 0, "it has no unit");
        row("x, y, z", "resolution", {4, 4, 40}, {{"resolution_order", "xyz"}}, 4, 40);
        row("x, y, z, unsaid", "resolution", {4, 4, 40}, {}, 0, 0, "is not sure");
        row("x, y, z of a script", "spacing", {0.004, 0.004, 0.04}, {{"unit", "um"}}, 0, 0, "is not sure");
        row("slices closer than pixels", "resolution", {2, 4, 4}, {}, 4, 2);
        row("text", "note", {1}, {{"pixel_size", "4.0 nm"}}, 4, 0);
        row("text, decimal comma", "note", {1}, {{"resolution", "4,5"}, {"unit", "nm"}}, 4.5, 0);
        row("text, no number", "note", {1}, {{"resolution", "[40. 4. 4.]"}}, 0, 0, "is no number");
        row("text, several numbers", "note", {1}, {{"voxel_size", "40,4,4"}}, 0, 0, "is no number");
        row("text, µm without a unit", "note", {1}, {{"resolution", "0.004"}}, 0, 0, "it has no unit");
        row("ones", "resolution", {1, 1, 1}, {}, 0, 0, "where nothing was entered");
        row("a ratio", "resolution", {10, 1, 1}, {}, 0, 0, "where nothing was entered");
        row("ones with a unit", "resolution", {1, 1, 1}, {{"unit", "nm"}}, 1, 1);
        row("Fiji", "element_size_um", {0.04, 0.004, 0.004}, {}, 4, 40);
        row("Fiji's default", "element_size_um", {1, 1, 1}, {}, 0, 0, "where nothing was entered");
        row("voxel_unit", "voxel_size", {0.04, 0.004, 0.004}, {{"voxel_unit", "micron"}}, 4, 40);
        row("pixel_size", "pixel_size", {4, 4}, {{"pixel_size_unit", "nm"}}, 4, 0);
        row("pixel_size without a unit", "pixel_size", {4, 4}, {}, 0, 0, "it has no unit");
        row("napari's scale", "scale", {0.04, 0.004, 0.004}, {{"units", "um"}}, 4, 40);
        row("a scale without a unit", "scale", {10, 2, 2}, {}, 0, 0, "it has no unit");
        row("spacing_nm", "spacing_nm", {40, 4, 4}, {}, 4, 40);
        row("zero", "resolution", {0, 0, 0}, {}, 0, 0);
        row("negative", "resolution", {-40, -4, -4}, {}, 0, 0, "negative");
        row("NaN", "resolution", Numbers(3, std::numeric_limits<double>::quiet_NaN()), {}, 0, 0, "no number");
        row("kilometres", "resolution", {4e9, 4e9, 4e9}, {}, 0, 0, "not between");
    }
    void attributes() {
        QFETCH(QByteArray, attribute);
        QFETCH(Numbers, values);
        QFETCH(Texts, texts);
        QFETCH(double, xNm);
        QFETCH(double, zNm);
        QFETCH(QByteArray, remark);
        const fs::path path = dir_->filePath("a.h5").toStdString();
        writeHdf5(
            path,
            {{.shape = {6, 12, 13}, .axistags = R"({"axes": [{"key": "z"}, {"key": "y"}, {"key": "x"}]})"}},
            [](const Place& p) { return double(p.x); });
        const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
        const hid_t dataset = H5Dopen2(file, "data", H5P_DEFAULT);
        writeNumbers(dataset, attribute.constData(), values);
        for (const auto& [name, text] : texts) writeText(dataset, name.c_str(), text);
        H5Dclose(dataset);
        H5Fclose(file);
        const ImageInfo info = openImage(path)->info();
        QVERIFY2(near(info.voxelSize.xNm, xNm), info.voxelSize.source.c_str());
        QVERIFY(near(info.voxelSize.yNm, xNm) && near(info.voxelSize.zNm, zNm));
        QVERIFY2(remark.isEmpty() ? info.remarks.empty() : has(info, remark.toStdString()),
                 info.remarks.empty() ? "" : info.remarks[0].c_str());
    }

    void attributesOfGroupAndFile() {
        const fs::path path = dir_->filePath("a.h5").toStdString();
        const auto info = [&](const char* where, const char* alsoAt, double also) {
            writeHdf5(path, {{.name = "volumes/raw", .shape = {6, 12, 13}}},
                      [](const Place& p) { return double(p.x); });
            edit(path, where, [](hid_t object, hid_t) { writeNumbers(object, "resolution", {40, 4, 4}); });
            if (alsoAt)
                edit(path, alsoAt, [&](hid_t object, hid_t) {
                    writeNumbers(object, "resolution", {also, 5, 5});
                });
            return openImage(path)->info();
        };
        for (const char* where : {"/", "/volumes"}) {
            const ImageInfo found = info(where, nullptr, 0);
            QVERIFY2(near(found.voxelSize.xNm, 4) && near(found.voxelSize.zNm, 40), where);
            QVERIFY(found.voxelSize.source.ends_with(std::string("resolution of ") + where));
        }
        // The dataset's own come first.
        QVERIFY(near(info("/", "/volumes/raw", 50).voxelSize.zNm, 50));
    }

private:
    std::unique_ptr<QTemporaryDir> dir_;
};

QTEST_GUILESS_MAIN(TestHdf5Calibration)
#include "tst_hdf5_calibration.moc"

// Exports that outgrow a type: BigTIFF above 4 GB, 32-bit labels above 65535, images of more than 2^31
// voxels.
#include "core/export/exporter.h"
#include "core/image/memory_source.h"
#include "core/labels/label_source.h"
#include "tests/support/expect_error.h"

#include <QtTest>
#include <fstream>
#include <hdf5.h>

using namespace cristae;
namespace fs = std::filesystem;

namespace {

ExportDescription describe(PixelType type, int64_t channels, const Extent3& extent) {
    ExportDescription description;
    description.info.levels = {extent};
    description.info.type = type;
    description.info.channels = channels;
    return description;
}

} // namespace

class TestLargeExports : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(".?")); }
    void init() {
        dir_ = std::make_unique<QTemporaryDir>();
        folder_ = dir_->path().toStdString();
    }

    void bigTiffWhereItMustBe_data() {
        QTest::addColumn<int>("type");
        QTest::addColumn<int>("channels");
        QTest::addColumn<qint64>("slices");
        QTest::addColumn<bool>("big");
        const auto row = [](const char* name, PixelType type, int channels, qint64 slices, bool big) {
            QTest::newRow(name) << int(type) << channels << slices << big;
        };
        // 1000 × 1000 a slice.
        row("3.9 GB", PixelType::u8, 1, 3900, false);
        row("a slice more", PixelType::u8, 1, 3901, true);
        row("16 bits", PixelType::u16, 1, 2000, true);
        row("floats of two channels", PixelType::f32, 2, 487, false);
        row("floats of two channels, more", PixelType::f32, 2, 488, true);
        row("more than 2^63 bits", PixelType::f64, 4, 30'000'000'000, true);
    }
    void bigTiffWhereItMustBe() {
        QFETCH(int, type);
        QFETCH(int, channels);
        QFETCH(qint64, slices);
        QFETCH(bool, big);
        const auto exporters = allExporters();
        const auto description = describe(PixelType(type), channels, {slices, 1000, 1000});
        // Nothing is written but the header, which says which kind of TIFF it becomes.
        const auto sink = findExporter(exporters, "tiff", {}).create(folder_ / "a.tif", description);
        fs::path file;
        for (const auto& entry : fs::directory_iterator(folder_)) file = entry.path();
        char head[4] = {};
        std::ifstream(file, std::ios::binary).read(head, 4);
        QCOMPARE(QByteArray(head, 4), big ? QByteArray("II+\0", 4) : QByteArray("II*\0", 4));
    }

    void labelsAbove16Bits() {
        QCOMPARE(name(labelTypeFor(255)), name(PixelType::u8));
        QCOMPARE(name(labelTypeFor(256)), name(PixelType::u16));
        QCOMPARE(name(labelTypeFor(65535)), name(PixelType::u16));
        QCOMPARE(name(labelTypeFor(65536)), name(PixelType::u32));
        for (const uint32_t largest : {65535u, 65536u, 4'000'000'000u}) {
            const Extent3 extent{2, 30, 40};
            LabelLayer layer(extent);
            Pixels values(PixelType::u32, 1, extent);
            values.values<uint32_t>()[0] = 1;
            values.values<uint32_t>()[2399] = largest;
            LabelEdit edit(layer.snapshot(), {});
            edit.setBlock(Box3::ofExtent(extent), values, Origin::model);
            layer.apply(edit.delta());
            const auto source = makeLabelSource(layer.snapshot(), {});
            const auto exporters = allExporters();
            auto description = describe(source->info().type, 1, extent);
            description.classes = {{1, "one", {}}};
            for (const char* key : {"tiff", "hdf5"}) {
                const Exporter& exporter = findExporter(exporters, key, {});
                const fs::path target = folder_ / ("labels." + exporter.extensions().front());
                exportSource(*source, exporter, {target, Existing::replace}, description, Progress::none());
                const Pixels read = readWhole(target);
                QCOMPARE(name(read.type()), name(largest > 65535 ? PixelType::u32 : PixelType::u16));
                QCOMPARE(read.at(0, 1, 29, 39), double(largest));
                QCOMPARE(read.at(0, 0, 0, 0), 1.0);
            }
            const std::string complaint = findExporter(exporters, "png", {}).complaint(description);
            QCOMPARE(complaint.empty(), largest <= 65535);
            if (!complaint.empty()) QVERIFY(complaint.find("TIFF or HDF5") != std::string::npos);
        }
    }

    void moreThan2To31VoxelsInHdf5() {
        // Only the chunks that are written take space; the places are far behind the 32-bit numbers.
        const fs::path path = folder_ / "large.h5";
        const hsize_t shape[3] = {5, 40000, 40000}, chunk[3] = {1, 500, 500};
        const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
        const hid_t space = H5Screate_simple(3, shape, nullptr), storage = H5Pcreate(H5P_DATASET_CREATE);
        H5Pset_chunk(storage, 3, chunk);
        const hid_t set = H5Dcreate2(file, "labels", H5T_STD_U16LE, space, H5P_DEFAULT, storage, H5P_DEFAULT);
        std::vector<uint16_t> values(100);
        for (size_t i = 0; i < values.size(); ++i) values[i] = uint16_t(1000 + i);
        const hsize_t start[3] = {4, 39990, 39990}, count[3] = {1, 10, 10};
        H5Sselect_hyperslab(space, H5S_SELECT_SET, start, nullptr, count, nullptr);
        const hid_t memory = H5Screate_simple(3, count, nullptr);
        QVERIFY(H5Dwrite(set, H5T_NATIVE_UINT16, memory, space, H5P_DEFAULT, values.data()) >= 0);
        H5Sclose(memory);
        H5Dclose(set);
        H5Pclose(storage);
        H5Sclose(space);
        H5Fclose(file);
        const auto source = openImage(path, {.axes = "zyx"});
        QVERIFY(source->info().extent().count() == int64_t(8'000'000'000));
        const Pixels read = source->read(0, {4, 39980, 39985, 5, 40000, 40000});
        QCOMPARE(read.at(0, 0, 9, 14), 0.0);
        QCOMPARE(read.at(0, 0, 10, 4), 0.0);
        QCOMPARE(read.at(0, 0, 10, 5), 1000.0);
        QCOMPARE(read.at(0, 0, 19, 14), 1099.0);
        QCOMPARE(source->read(0, {3, 39999, 39999, 4, 40000, 40000}).at(0, 0, 0, 0), 0.0);
    }

    void moreThan2To31VoxelsOfLabels() {
        // Labels are sparse; their places are counted in 64 bits.
        const Extent3 extent{5, 40000, 40000};
        LabelLayer layer(extent);
        LabelEdit edit(layer.snapshot(), {});
        const Box3 corner{4, 39990, 39990, 5, 40000, 40000};
        Pixels values(PixelType::u8, 1, corner.extent());
        for (uint8_t& value : values.values<uint8_t>()) value = 3;
        edit.setBlock(corner, values, Origin::human);
        layer.apply(edit.delta());
        const auto source = makeLabelSource(layer.snapshot(), {});
        QCOMPARE(source->read(0, {4, 39980, 39980, 5, 40000, 40000}).at(0, 0, 19, 19), 3.0);
        QCOMPARE(source->read(0, {4, 39980, 39980, 5, 40000, 40000}).at(0, 0, 9, 9), 0.0);
    }

private:
    std::unique_ptr<QTemporaryDir> dir_;
    fs::path folder_;
};

QTEST_GUILESS_MAIN(TestLargeExports)
#include "tst_large_exports.moc"

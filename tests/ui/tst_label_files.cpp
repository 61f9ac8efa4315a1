// Labels that are loaded in the window: what their values become in the document.
#include "core/base/error.h"
#include "core/export/exporter.h"
#include "core/image/memory_source.h"
#include "tests/ui/fake_engine.h"
#include "ui/window/label_files.h"
#include "ui/window/workbench.h"

#include <QRegularExpression>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <hdf5.h>
#include <limits>

using namespace cristae;

class TestLabelFiles : public QObject {
    Q_OBJECT
    QTemporaryDir folder_;
    static constexpr Extent3 extent_{6, 50, 60};

    /// Writes floating-point numbers as an HDF5 file of the extent, and loads it as labels.
    LoadedLabels load(const std::vector<float>& values) {
        const std::string path = folder_.filePath(QStringLiteral("labels.h5")).toStdString();
        const hsize_t shape[] = {6, 50, 60};
        const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
        const hid_t space = H5Screate_simple(3, shape, nullptr);
        const hid_t data =
            H5Dcreate2(file, "labels", H5T_NATIVE_FLOAT, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        H5Dwrite(data, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
        H5Dclose(data);
        H5Sclose(space);
        H5Fclose(file);
        OpenOptions options;
        options.axes = "zyx";
        return readLabels(path, options, LabelLayer(extent_).snapshot(), {}, Progress::none());
    }

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".?"))); }

    void theSizeEnteredByHandComesWithTheLabels() {
        FakeWorld world;
        Workbench bench(*world.session);
        QSignalSpy opened(&bench, &Workbench::documentChanged);
        bench.open(world.writeImage("image.png", 60, 50));
        QTRY_COMPARE(opened.count(), 1);
        QVERIFY(!bench.document()->voxelSize().knownInPlane());
        Pixels pixels(PixelType::u8, 1, {1, 50, 60});
        pixels.values<uint8_t>()[70] = 1;
        ImageInfo info;
        info.voxelSize = {{}, 4.5, 4.5, "entered by hand"};
        const MemorySource labels(pixels, info);
        ExportDescription description;
        description.info = labels.info();
        const std::string file = world.path("labels.tif").string();
        exportSource(labels, findExporter(world.session->exporters(), "tiff", file), file, description,
                     Progress::none());
        QSignalSpy sized(&bench, &Workbench::voxelSizeChanged);
        bench.loadLabels(QString::fromStdString(file));
        QTRY_COMPARE(sized.count(), 1);
        QCOMPARE(bench.document()->voxelSize().xNm, std::optional(4.5));
        QCOMPARE(bench.document()->labels().at(0, 1, 10).label, 1u);
        bench.undo(); // one step
        QTRY_VERIFY(!bench.document()->voxelSize().knownInPlane());
        QCOMPARE(bench.document()->labels().at(0, 1, 10).label, 0u);
    }

    void wholeNumbersInFloatFilesAreLabels() {
        std::vector<float> values(size_t(extent_.count()));
        for (size_t i = 0; i < values.size(); ++i)
            values[i] = i % 60 < 20 ? 2.f : i % 60 < 30 ? std::numeric_limits<float>::quiet_NaN() : 0.f;
        const LoadedLabels loaded = load(values);
        LabelLayer layer(extent_);
        layer.apply(loaded.delta);
        QCOMPARE(layer.at(3, 40, 5).label, 2u);
        QCOMPARE(layer.at(3, 40, 25).label, 0u); // not labelled
        QVERIFY(loaded.classes.find(2) && !loaded.classes.find(255));
        QVERIFY(std::any_of(loaded.remarks.begin(), loaded.remarks.end(), [](const std::string& remark) {
            return remark.find("not labelled") != std::string::npos;
        }));
        values[7] = 0.5f;
        try {
            load(values);
            QFAIL("fractions were loaded");
        } catch (const Error& error) {
            QVERIFY(std::string(error.what()).find("fractions such as 0.5") != std::string::npos);
        }
    }
};

QTEST_MAIN(TestLabelFiles)
#include "tst_label_files.moc"

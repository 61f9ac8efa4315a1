// Every exporter: what is read back is what was written; a failure leaves nothing new and nothing lost.
#include "core/base/input_file.h"
#include "core/base/random.h"
#include "core/export/metadata.h"
#include "core/image/memory_source.h"
#include "core/io/format.h"
#include "tests/support/expect_error.h"
#include "tests/support/patience.h"

#include <QProcess>
#include <QtTest>
#include <csignal>
#include <fstream>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace cristae;
namespace fs = std::filesystem;

namespace {

/// Random values of any type; a few runs of equal ones, so that compression has something to do.
Pixels randomPixels(PixelType type, int64_t channels, const Extent3& extent, uint64_t seed = 1) {
    Pixels pixels(type, channels, extent);
    Random random(seed);
    withPixelType(type, [&](auto t) {
        using T = decltype(t);
        for (T& value : pixels.values<T>())
            if (random.chance(0.7))
                value = std::is_floating_point_v<T> ? T(random.uniform()) : T(random.next());
    });
    return pixels;
}

Pixels randomLabels(PixelType type, const Extent3& extent, uint32_t largest) {
    Pixels pixels(type, 1, extent);
    Random random(7);
    withPixelType(type, [&](auto t) {
        using T = decltype(t);
        for (T& value : pixels.values<T>()) value = T(random.below(int64_t(largest) + 1));
    });
    return pixels;
}

ExportDescription describe(const Pixels& pixels, VoxelSize size = {}, std::vector<LabelClass> classes = {}) {
    ExportDescription description;
    description.info.levels = {pixels.extent()};
    description.info.channels = pixels.channels();
    description.info.type = pixels.type();
    description.info.voxelSize = size;
    description.classes = std::move(classes);
    description.provenance = {{"program", "Cristae test"}, {"model", "nothing \"quoted\"\nµ"}};
    return description;
}

Pixels readAll(const fs::path& path) {
    const auto source = openImage(path);
    return source->read(0, Box3::ofExtent(source->info().extent()));
}

const std::vector<LabelClass> twoClasses{{1, "mitochondria", Colour{0xe6, 0x9f, 0}},
                                         {2, "Zellkern µ \"x\"", Colour{0xcc, 0x79, 0xa7}}};
const VoxelSize voxel{50.0, 4.6, 4.7, "entered by hand"};

int entries(const fs::path& folder) {
    int count = 0;
    for ([[maybe_unused]] const auto& entry : fs::directory_iterator(folder)) ++count;
    return count;
}

std::string bytesOf(const fs::path& path) {
    return readTextFile(path, size_t(1) << 30);
}

int inChild(const std::function<int()>& action) {
    const pid_t child = fork();
    if (child == 0) _exit(action());
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + status;
}

bool mountSmallDisk(const fs::path& folder) {
    const std::string user = std::to_string(getuid()), group = std::to_string(getgid());
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0 && unshare(CLONE_NEWNS) != 0) return false;
    std::ofstream("/proc/self/setgroups") << "deny";
    std::ofstream("/proc/self/uid_map") << "0 " + user + " 1";
    std::ofstream("/proc/self/gid_map") << "0 " + group + " 1";
    return mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
           mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=1m") == 0;
}

} // namespace

class TestExporters : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(".?")); }
    void init() {
        dir_ = std::make_unique<QTemporaryDir>();
        folder_ = dir_->path().toStdString();
    }

    void readOfWriteIsTheSame_data() {
        QTest::addColumn<QString>("key");
        QTest::addColumn<int>("type");
        QTest::addColumn<int>("channels");
        QTest::addColumn<int>("slices");
        for (const auto& exporter : exporters_)
            for (const PixelType type : {PixelType::u8, PixelType::i8, PixelType::u16, PixelType::i16,
                                         PixelType::u32, PixelType::i32, PixelType::f32, PixelType::f64})
                for (const int channels : {1, 2, 3})
                    for (const int slices : {1, 3}) {
                        const auto description = describe(Pixels(type, channels, {slices, 37, 53}));
                        if (!exporter->lossless() || !exporter->complaint(description).empty()) continue;
                        QTest::addRow("%s %s %d channels %d slices", exporter->key().c_str(),
                                      std::string(name(type)).c_str(), channels, slices)
                            << QString::fromStdString(exporter->key()) << int(type) << channels << slices;
                    }
    }
    void readOfWriteIsTheSame() {
        QFETCH(QString, key);
        QFETCH(int, type);
        QFETCH(int, channels);
        QFETCH(int, slices);
        const Exporter& exporter = findExporter(exporters_, key.toStdString(), {});
        const Pixels pixels = randomPixels(PixelType(type), channels, {slices, 37, 53});
        const auto description = describe(pixels, voxel);
        const fs::path target = folder_ / ("result." + exporter.extensions().front());
        exportSource(MemorySource(pixels), exporter, target, description, Progress::none());
        if (exporter.key() == "raw") {
            const std::string stored = bytesOf(target);
            QCOMPARE(stored.size(), pixels.bytes());
            const auto json = nlohmann::json::parse(bytesOf(folder_ / "result.json"));
            QCOMPARE(json.at("type").get<std::string>(), std::string(name(pixels.type())));
            QCOMPARE(json.at("voxelSizeNm").at("y").get<double>(), 4.6);
            if (channels == 1) QVERIFY(std::memcmp(stored.data(), pixels.data(), stored.size()) == 0);
            return;
        }
        const auto source = openImage(exporter.placeOf(target, description));
        QVERIFY(readAll(exporter.placeOf(target, description)) == pixels);
        QCOMPARE(source->info().voxelSize.zNm, voxel.zNm);
        QCOMPARE(source->info().voxelSize.yNm, voxel.yNm);
        QCOMPARE(source->info().voxelSize.xNm, voxel.xNm);
        QCOMPARE(entries(folder_), 1);
    }

    void classNamesComeBack() {
        const Pixels labels = randomLabels(PixelType::u8, {2, 40, 50}, 2);
        for (const auto& exporter : exporters_) {
            const fs::path target = folder_ / (exporter->key() + "." + exporter->extensions().front());
            const auto description = describe(labels, voxel, twoClasses);
            exportSource(MemorySource(labels), *exporter, target, description, Progress::none());
            if (exporter->key() == "raw") {
                QCOMPARE(nlohmann::json::parse(bytesOf(folder_ / "raw.json")).at("classes"),
                         classesJson(twoClasses));
                continue;
            }
            if (!exporter->lossless()) continue;
            const ImageInfo info = openImage(exporter->placeOf(target, description))->info();
            QVERIFY2(classesOf(info) == twoClasses, exporter->key().c_str());
            QVERIFY(readAll(exporter->placeOf(target, description)) == labels);
        }
    }

    void equalResultsGiveEqualBytes() {
        const Pixels labels = randomLabels(PixelType::u16, {1, 100, 90}, 2);
        for (const auto& exporter : exporters_) {
            const fs::path a = folder_ / ("a." + exporter->extensions().front()),
                           b = folder_ / ("b." + exporter->extensions().front());
            const auto description = describe(labels, voxel, twoClasses);
            exportSource(MemorySource(labels), *exporter, a, description, Progress::none());
            QTest::qWait(exporter->key() == "hdf5" ? 1100 : 0); // HDF5 keeps times in seconds
            exportSource(MemorySource(labels), *exporter, b, description, Progress::none());
            QVERIFY2(bytesOf(a) == bytesOf(b), exporter->key().c_str());
        }
    }

    void jpegShowsMasksAndClasses() {
        const Exporter& jpeg = findExporter(exporters_, "", "x.jpg");
        Pixels mask(PixelType::u8, 1, {1, 64, 64});
        for (size_t i = 0; i < 64 * 32; ++i) mask.values<uint8_t>()[i] = 1;
        exportSource(MemorySource(mask), jpeg, folder_ / "mask.jpg", describe(mask, {}, {twoClasses[0]}),
                     Progress::none());
        const Pixels shown = readAll(folder_ / "mask.jpg");
        QCOMPARE(shown.channels(), int64_t(1));
        QVERIFY(shown.at(0, 0, 5, 5) > 250 && shown.at(0, 0, 60, 5) < 5);
        exportSource(MemorySource(mask), jpeg, folder_ / "classes.jpg", describe(mask, {}, twoClasses),
                     Progress::none());
        const Pixels coloured = readAll(folder_ / "classes.jpg");
        QCOMPARE(coloured.channels(), int64_t(3));
        QVERIFY(std::abs(coloured.at(0, 0, 5, 5) - 0xe6) < 6 &&
                std::abs(coloured.at(1, 0, 5, 5) - 0x9f) < 6 && coloured.at(2, 0, 5, 5) < 6);
    }

    void probabilities() {
        const Pixels two = randomPixels(PixelType::f32, 2, {2, 30, 40});
        auto description = describe(two, voxel, twoClasses);
        description.probabilities = true;
        for (const char* key : {"tiff", "hdf5"}) {
            const Exporter& exporter = findExporter(exporters_, key, {});
            const fs::path target = folder_ / ("p." + exporter.extensions().front());
            exportSource(MemorySource(two), exporter, target, description, Progress::none());
            QVERIFY(readAll(target) == two);
        }
        QCOMPARE(openImage(folder_ / "p.h5")->info().dataset, std::string("/probabilities"));
        const Exporter& png = findExporter(exporters_, "png", {});
        QVERIFY(png.complaint(description).find("one class") != std::string::npos);
        const Pixels one = randomPixels(PixelType::f32, 1, {1, 30, 40});
        auto single = describe(one);
        single.probabilities = true;
        exportSource(MemorySource(one), png, folder_ / "p.png", single, Progress::none());
        QVERIFY(std::abs(readAll(folder_ / "p.png").at(0, 0, 7, 9) - 255 * one.at(0, 0, 7, 9)) <= 0.51);
    }

    void stackOfPngKeepsNamesAndForeignFiles() {
        const Pixels labels = randomLabels(PixelType::u8, {3, 20, 20}, 1);
        const Exporter& png = findExporter(exporters_, "png", {});
        auto description = describe(labels, {}, twoClasses);
        description.sliceNames = {"cell.009.tif", "cell.010.tif", "cell.011.tif"};
        exportSource(MemorySource(labels), png, folder_ / "stack.png", description, Progress::none());
        QVERIFY(fs::exists(folder_ / "stack" / "cell.010.png"));
        const Destination again(folder_ / "stack.png", Existing::replace);
        exportSource(MemorySource(labels), png, again, description, Progress::none()); // its own files may go
        std::ofstream(folder_ / "stack" / "notes.txt") << "mine";
        const std::string message =
            messageOf([&] { exportSource(MemorySource(labels), png, again, description, Progress::none()); });
        QVERIFY2(message.find("notes.txt") != std::string::npos, message.c_str());
        QCOMPARE(entries(folder_ / "stack"), 5); // three slices, their mark, the notes
        QCOMPARE(entries(folder_), 1);
    }

    void refusalsAreSentences() {
        const Exporter& png = findExporter(exporters_, "png", {});
        QVERIFY(png.complaint(describe(Pixels(PixelType::u32, 1, {1, 2, 2}))).find("TIFF or HDF5") !=
                std::string::npos);
        const Exporter& jpeg = findExporter(exporters_, "jpeg", {});
        QVERIFY(!jpeg.complaint(describe(Pixels(PixelType::u16, 1, {1, 2, 2}))).empty());
        QVERIFY(messageOf([&] {
                    findExporter(exporters_, "gif", "a.gif");
                }).find("tiff, png, jpeg, hdf5, raw") != std::string::npos);
        QVERIFY(messageOf([&] { findExporter(exporters_, "", "a.gif"); }).find(".tif") != std::string::npos);
        QCOMPARE(findExporter(exporters_, "", "A.TIFF").key(), std::string("tiff"));
    }

    void cancelledLeavesNothing() {
        struct Cancel : Progress {
            mutable int calls = 0;
            void report(double, const std::string&) const override {}
            bool cancelled() const override { return ++calls > 2; }
        };
        const Pixels labels = randomLabels(PixelType::u8, {9, 20, 20}, 1);
        for (const auto& exporter : exporters_) {
            const fs::path target = folder_ / ("x." + exporter->extensions().front());
            std::ofstream(target) << "old";
            const std::string message = messageOf([&] {
                exportSource(MemorySource(labels), *exporter, {target, Existing::replace},
                             describe(labels, {}, twoClasses), Cancel());
            });
            QVERIFY2(message.find("ancelled") != std::string::npos, exporter->key().c_str());
            QCOMPARE(bytesOf(target), std::string("old"));
            QCOMPARE(entries(folder_), 1);
            fs::remove(target);
        }
    }

    void fullDisk_data() { eachExporter(); }
    void fullDisk() {
        QFETCH(QString, key);
        const int result = inChild([&] {
            if (!mountSmallDisk(folder_)) return 77;
            const Exporter& exporter = findExporter(exporters_, key.toStdString(), {});
            const Pixels pixels = randomPixels(PixelType::u8, 1, {6, 700, 700});
            const fs::path target = folder_ / ("x." + exporter.extensions().front());
            const auto description = describe(pixels);
            std::ofstream(exporter.placeOf(target, description) == target ? target : folder_ / "other")
                << "old";
            const std::string message = messageOf([&] {
                exportSource(MemorySource(pixels), exporter, {target, Existing::replace}, description,
                             Progress::none());
            });
            if (message.find("the disk is full") == std::string::npos ||
                message.find("x") == std::string::npos) {
                fprintf(stderr, "%s\n", message.c_str());
                return 1;
            }
            return entries(folder_) == 1 ? 0 : 2;
        });
        if (result == 77) QSKIP("no user namespaces here: a small disk cannot be mounted");
        QCOMPARE(result, 0);
    }

    /// HDF5 closes everything at the end of the process, also what could not be written.
    void fullDiskIsHarmlessAtExit() {
        const pid_t child = fork();
        if (child == 0) {
            if (!mountSmallDisk(folder_)) _exit(77);
            const Pixels pixels = randomPixels(PixelType::u8, 1, {6, 700, 700});
            const std::string first = messageOf([&] {
                exportSource(MemorySource(pixels), findExporter(exporters_, "hdf5", {}), folder_ / "x.h5",
                             describe(pixels), Progress::none());
            });
            if (first.find("the disk is full") == std::string::npos) _exit(1);
            // The space is free again, and the library still works.
            const Pixels small = randomPixels(PixelType::u8, 1, {1, 700, 700});
            const std::string second = messageOf([&] {
                exportSource(MemorySource(small), findExporter(exporters_, "hdf5", {}), folder_ / "y.h5",
                             describe(small), Progress::none());
            });
            if (second != "no error") _exit(2);
            std::exit(0);
        }
        int status = 0;
        waitpid(child, &status, 0);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
            QSKIP("no user namespaces here: a small disk cannot be mounted");
        QVERIFY2(WIFEXITED(status), "killed by a signal");
        QCOMPARE(WEXITSTATUS(status), 0);
    }

    void fileSizeLimit_data() { eachExporter(); }
    void fileSizeLimit() {
        QFETCH(QString, key);
        const int result = inChild([&] {
            signal(SIGXFSZ, SIG_IGN);
            const rlimit limit{200000, 200000};
            setrlimit(RLIMIT_FSIZE, &limit);
            const Exporter& exporter = findExporter(exporters_, key.toStdString(), {});
            const Pixels pixels = randomPixels(PixelType::u8, 1, {2, 700, 700});
            const fs::path target = folder_ / ("x." + exporter.extensions().front());
            const std::string message = messageOf([&] {
                exportSource(MemorySource(pixels), exporter, target, describe(pixels), Progress::none());
            });
            if (message.find("your limit for files") == std::string::npos) {
                fprintf(stderr, "%s\n", message.c_str());
                return 1;
            }
            return entries(folder_) == 0 ? 0 : 2;
        });
        QCOMPARE(result, 0);
    }

    void missingFolder_data() { eachExporter(); }
    void missingFolder() {
        QFETCH(QString, key);
        const Exporter& exporter = findExporter(exporters_, key.toStdString(), {});
        const Pixels pixels = randomPixels(PixelType::u8, 1, {1, 20, 20});
        const std::string message = messageOf([&] {
            exportSource(MemorySource(pixels), exporter,
                         folder_ / "no" / ("x." + exporter.extensions().front()), describe(pixels),
                         Progress::none());
        });
        QVERIFY2(message.find("does not exist") != std::string::npos, message.c_str());
    }

    void othersReadIt() {
        const Pixels labels = randomLabels(PixelType::u16, {3, 41, 67}, 400);
        for (const char* file : {"t.tif", "t.h5"})
            exportSource(MemorySource(labels), findExporter(exporters_, "", file), folder_ / file,
                         describe(labels, voxel, twoClasses), Progress::none());
        exportSource(MemorySource(labels), findExporter(exporters_, "raw", {}), folder_ / "t.raw",
                     describe(labels, voxel), Progress::none());
        QProcess python;
        python.setWorkingDirectory(dir_->path());
        python.start("/usr/bin/python3", {"-c", R"(
import sys
try:
    import numpy, tifffile, h5py
except ImportError:
    sys.exit(77)
raw = numpy.fromfile('t.raw', '<u2').reshape(3, 41, 67)
with tifffile.TiffFile('t.tif') as tif:
    assert tif.is_imagej and tif.imagej_metadata['unit'] == 'nm' and tif.imagej_metadata['spacing'] == 50, tif.imagej_metadata
    assert tif.series[0].axes == 'ZYX', tif.series[0].axes
    x = tif.pages[0].tags['XResolution'].value
    assert abs(x[1] / x[0] - 4.7) < 1e-4, x
    assert (tif.asarray() == raw).all()
with h5py.File('t.h5') as f:
    assert (f['labels'][()] == raw).all()
    assert list(f['labels'].attrs['resolution']) == [50, 4.6, 4.7]
    assert '"key":"z"' in f['labels'].attrs['axistags']
)"});
        if (!python.waitForStarted()) QSKIP("no python3 here");
        QVERIFY(python.waitForFinished(patienceMs));
        if (python.exitCode() == 77) QSKIP("python3 has no tifffile or h5py");
        QVERIFY2(python.exitCode() == 0, python.readAllStandardError().constData());
    }

private:
    void eachExporter() {
        QTest::addColumn<QString>("key");
        for (const auto& exporter : exporters_)
            QTest::newRow(exporter->key().c_str()) << QString::fromStdString(exporter->key());
    }

    std::vector<std::unique_ptr<Exporter>> exporters_ = allExporters();
    std::unique_ptr<QTemporaryDir> dir_;
    fs::path folder_;
};

QTEST_GUILESS_MAIN(TestExporters)
#include "tst_exporters.moc"

// Real files of every flavour: sizes and types as the list of samples says, and values as tifffile and h5py
// read them.
#include "core/base/hash.h"
#include "core/io/format.h"

#include "tests/support/patience.h"

#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QtTest>
#include <chrono>

using namespace cristae;

namespace {

const QString data = QStringLiteral(CRISTAE_TEST_DATA);

Pixels readAll(const TileSourcePtr& source) {
    return source->read(0, Box3::ofExtent(source->info().extent()));
}

/// z, c, y, x order: what the scripts hash.
std::string hashOf(const TileSourcePtr& source) {
    Sha256 hash;
    const Extent3& extent = source->info().extent();
    for (int64_t z = 0; z < extent.z; ++z) hash.add(source->read(0, Box3::ofSlice(extent, z)).asBytes());
    return hash.finish();
}

/// Runs a script that prints one JSON object; empty if Python or its modules are missing.
QJsonObject runPython(const char* script, const QString& folder) {
    QProcess python;
    python.start("/usr/bin/python3", {"-c", script, folder});
    if (!python.waitForStarted() || !python.waitForFinished(patienceMs) || python.exitCode() != 0) return {};
    return QJsonDocument::fromJson(python.readAllStandardOutput()).object();
}

double timeToOpen(const QString& path) {
    const auto start = std::chrono::steady_clock::now();
    static_cast<void>(openImage(path.toStdString()));
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

} // namespace

class TestRealFiles : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void tiffSizesAndTypes() {
        QFile list(data + "/formats/MANIFEST.tsv");
        if (!list.open(QIODevice::ReadOnly)) QSKIP("no sample files here");
        const QRegularExpression pattern(
            R"(dtype=(\w+) bps=\d+ spp=(\d+) photometric=(\w+).*series=\[\('([A-Z]+)', \(([\d, ]+)\))");
        int checked = 0;
        for (const QString& line : QString::fromUtf8(list.readAll()).split('\n')) {
            const QStringList columns = line.split('\t');
            if (columns.size() < 4 || !columns[0].startsWith("tiff/")) continue;
            const QString path = data + "/formats/" + columns[0];
            const auto match = pattern.match(columns[3]);
            if (!QFile::exists(path) || !match.hasMatch()) continue;
            if (columns[0].endsWith("pillow/multipage.tiff"))
                continue; // pages of three sizes: the list names the first, Cristae shows the largest
            if (columns[0].endsWith("twelvemonkeys/tiff/lzw-rgba-4444.tif"))
                continue; // a colour and a grey image of one size: Cristae asks which
            const QString type = match.captured(1), colours = match.captured(3), axes = match.captured(4);
            const QStringList sizes = match.captured(5).split(',', Qt::SkipEmptyParts);
            const ImageInfo info = openImage(path.toStdString())->info();
            if (std::ranges::any_of(info.remarks, [](const std::string& remark) {
                    return remark.find("orientation tag") != std::string::npos;
                }))
                continue; // the list has the sizes as they are stored
            int64_t others = 1;
            for (int i = 0; i < axes.size(); ++i) {
                const int64_t size = sizes[i].trimmed().toLongLong();
                if (axes[i] == 'Y')
                    QVERIFY2(info.extent().y == size, qPrintable(columns[0]));
                else if (axes[i] == 'X')
                    QVERIFY2(info.extent().x == size, qPrintable(columns[0]));
                else if (axes[i] != 'T' || !axes.contains('Z'))
                    others *= size;
            }
            ++checked;
            if (colours == "PALETTE" || colours == "SEPARATED" || colours == "LOGLUV" || colours == "LOGL" ||
                colours == "YCBCR")
                continue;
            const std::string expected = type == "bool"      ? "uint8"
                                         : type == "float16" ? "float32"
                                         : type == "int64"   ? "int32"
                                         : type == "uint64"  ? "uint32"
                                                             : type.toStdString();
            QVERIFY2(std::string(name(info.type)) == expected, qPrintable(columns[0]));
            // Alpha is left out.
            if (match.captured(2).toInt() == 1 || (colours == "RGB" && match.captured(2).toInt() == 3))
                QVERIFY2(info.extent().z * info.channels == others, qPrintable(columns[0]));
        }
        QVERIFY2(checked > 50, qPrintable(QString::number(checked)));
    }

    void tiffValuesAsTifffileReadsThem() {
        if (!QDir(data + "/formats/tiff").exists()) QSKIP("no sample files here");
        const QJsonObject hashes = runPython(R"(
import sys, os, json, hashlib, warnings, logging
warnings.filterwarnings('ignore'); logging.disable(logging.CRITICAL)
import numpy as np, tifffile
found = {}
for folder, _, files in os.walk(sys.argv[1]):
    for name in files:
        if not name.lower().endswith(('.tif', '.tiff')): continue
        path = os.path.join(folder, name)
        try:
            with tifffile.TiffFile(path) as tif:
                page, series = tif.pages[0], tif.series[0]
                if len(tif.series) > 1 or page.photometric.name not in ('MINISBLACK', 'RGB'): continue
                if page.tags.get(274) and page.tags[274].value != 1: continue
                a, axes = series.asarray(), series.axes
        except Exception:
            continue
        if 'T' in axes and 'Z' in axes or a.dtype.itemsize == 8 and a.dtype.kind in 'iu': continue
        if page.photometric.name == 'RGB' and page.samplesperpixel != 3 or page.extrasamples: continue
        if axes.endswith('S'): a = np.moveaxis(a, -1, -3)
        if a.dtype == bool: a = a.astype('u1')
        if a.dtype == np.float16: a = a.astype('f4')
        found[path] = hashlib.sha256(np.ascontiguousarray(a.astype(a.dtype.newbyteorder('=')))).hexdigest()
print(json.dumps(found))
)",
                                             data + "/formats/tiff");
        if (hashes.isEmpty()) QSKIP("no python3 with tifffile here");
        for (auto it = hashes.begin(); it != hashes.end(); ++it) {
            const auto source = openImage(it.key().toStdString());
            QVERIFY2(hashOf(source) == it.value().toString().toStdString(), qPrintable(it.key()));
        }
        QVERIFY2(hashes.size() >= 20, qPrintable(QString::number(hashes.size())));
    }

    void hdf5ValuesAsH5pyReadsThem() {
        if (!QDir(data + "/formats/hdf5").exists()) QSKIP("no sample files here");
        const QJsonObject arrays = runPython(R"(
import sys, os, json, hashlib
import numpy as np, h5py
found = {}
for folder, _, files in os.walk(sys.argv[1]):
    for name in files:
        path = os.path.join(folder, name)
        if not h5py.is_hdf5(path): continue
        def visit(key, item):
            if not isinstance(item, h5py.Dataset) or item.dtype.kind not in 'iuf' or item.dtype.itemsize > 4 or item.shape is None or item.size < 64: return
            if item.ndim not in (2, 3) or item.compression == 'lzf' or item.dtype == np.float16: return
            if item.ndim == 3 and (item.shape[0] <= 4 or item.shape[2] <= 4) or 'axistags' in item.attrs: return
            a = item[()]
            found[path + '|/' + key] = hashlib.sha256(np.ascontiguousarray(a.astype(a.dtype.newbyteorder('=')))).hexdigest()
        try:
            with h5py.File(path, 'r') as f: f.visititems(visit)
        except OSError: pass
print(json.dumps(found))
)",
                                             data + "/formats/hdf5");
        if (arrays.isEmpty()) QSKIP("no python3 with h5py here");
        for (auto it = arrays.begin(); it != arrays.end(); ++it) {
            const QStringList parts = it.key().split('|');
            const auto source = openImage(parts[0].toStdString(), {.scene = parts[1].toStdString()});
            QVERIFY2(hashOf(source) == it.value().toString().toStdString(), qPrintable(it.key()));
        }
        QVERIFY2(arrays.size() >= 3, qPrintable(QString::number(arrays.size())));
    }

    void ilastikAxes() {
        const auto open = [](const char* file) {
            return openImage((data + "/formats/hdf5/ilastik/" + file).toStdString());
        };
        if (!QFile::exists(data + "/formats/hdf5/ilastik/3d2c.h5")) QSKIP("no sample files here");
        const auto check = [&](const char* file, const char* axes, int64_t channels, const Extent3& extent) {
            const auto source = open(file);
            QCOMPARE(source->info().axes, std::string(axes));
            QCOMPARE(source->info().channels, channels);
            QVERIFY(source->info().extent() == extent);
            const Pixels all = readAll(source); // slices and channels in their places
            const Pixels part = source->read(0, {extent.z - 1, 3, 4, extent.z, 9, 11});
            QVERIFY(part == all.cropped({extent.z - 1, 3, 4, extent.z, 9, 11}));
        };
        check("3d2c.h5", "zyxc", 2, {50, 60, 55});
        check("2d3c.h5", "yxc", 3, {1, 73, 187});
        check("1t3d2c.h5", "tzyxc", 2, {33, 77, 45});
        check("5t2d2c.h5", "tyxc", 2, {5, 33, 77});
    }

    void severalDatasetsAreListed() {
        const QString path = data + "/formats/hdf5/plantseg/data/train/1135_mini.h5";
        const QString other = data + "/formats/hdf5/plantseg/training_sources/train_2D_2D.h5";
        const QString file = QFile::exists(path) ? path : other;
        if (!QFile::exists(file)) QSKIP("no sample files here");
        const auto scenes = listScenes(file.toStdString());
        QCOMPARE(scenes.size(), size_t(2));
        QCOMPARE(scenes[0].name, std::string("/label"));
        QVERIFY(scenes[0].looksLikeLabels && !scenes[1].looksLikeLabels);
        QVERIFY_EXCEPTION_THROWN(openImage(file.toStdString()), Error);
        QCOMPARE(openImage(file.toStdString(), {.scene = "raw"})->info().dataset, std::string("/raw"));
        QVERIFY_EXCEPTION_THROWN(openImage(file.toStdString(), {.scene = "nothing"}), Error);
    }

    void microscopePixelSizes() {
        const QString path = data + "/formats/tiff/imageio/fei-sem-rbc.tif";
        if (!QFile::exists(path)) QSKIP("no sample files here");
        const ImageInfo info = openImage(path.toStdString())->info();
        QCOMPARE(info.voxelSize.source, std::string("FEI/Thermo tags"));
        QVERIFY(std::abs(*info.voxelSize.xNm - 7.70833) < 1e-4);
        QVERIFY(info.remarks.size() == 1 && info.remarks[0].find("data bar") != std::string::npos);
    }

    void openingIsQuick() {
        const QString folder = data + "/cdeep3m_mito/mito_testsample/training/images";
        if (!QDir(folder).exists()) QSKIP("no sample files here");
        QVERIFY(timeToOpen(folder) < 1.0);
        QVERIFY(timeToOpen(data + "/lucchi_pp/train_images_z000-023.tif") < 1.0);
    }

    void paletteLabels() {
        const QString path = data + "/cdeep3m_mito/mito_testsample/training/labels/mitos_3D.010.png";
        if (!QFile::exists(path)) QSKIP("no sample files here");
        const auto source = openImage(path.toStdString());
        QCOMPARE(source->info().channels, int64_t(1));
        const Pixels pixels = readAll(source);
        int64_t set = 0;
        for (const uint8_t value : pixels.values<uint8_t>()) {
            QVERIFY(value <= 1);
            set += value;
        }
        QVERIFY(set > 1000 && set < 500000);
    }
};

QTEST_GUILESS_MAIN(TestRealFiles)
#include "tst_real_files.moc"

// The small inputs of ../shared/data/cases, made after public bug reports: each gives the right value, or the
// very command says in a sentence why not. Skipped where the folder is absent.
#include "tests/support/patience.h"

#include <QDir>
#include <QDirIterator>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>

namespace {

struct Outcome {
    int code = -1;
    QString out, err;
    QJsonObject json() const { return QJsonDocument::fromJson(out.toUtf8()).object(); }
    double number(const char* key) const { return json()[QLatin1String(key)].toDouble(std::nan("")); }
    /// A figure that is none.
    bool holdsNoNumber() const {
        static const QRegularExpression none(QStringLiteral(":\\s*(-?nan|null|inf)"),
                                             QRegularExpression::CaseInsensitiveOption);
        return out.contains(none);
    }
    /// Refused as an input that cannot be taken, with a sentence that matches.
    bool refused(const char* pattern) const { return (code == 2 || code == 3) && says(pattern); }
    /// A sentence of the command, whether it went on or not.
    bool says(const char* pattern) const {
        return err.contains(
            QRegularExpression(QString::fromUtf8(pattern), QRegularExpression::CaseInsensitiveOption));
    }
};

/// A row of a CSV table by the names of its columns.
QList<QMap<QString, QString>> tableOf(const QString& path) {
    QFile file(path);
    QList<QMap<QString, QString>> rows;
    if (!file.open(QIODevice::ReadOnly)) return rows;
    const QStringList lines =
        QString::fromUtf8(file.readAll()).split(QStringLiteral("\r\n"), Qt::SkipEmptyParts);
    const QStringList names = lines.value(0).split(u',');
    for (const QString& line : lines.mid(1)) {
        QMap<QString, QString> row;
        const QStringList fields = line.split(u',');
        for (qsizetype i = 0; i < names.size(); ++i) row[names[i]] = fields.value(i);
        rows << row;
    }
    return rows;
}

bool near(double value, double expected, double within = 1e-6) {
    return std::abs(value - expected) <= within;
}

} // namespace

class TestCases : public QObject {
    Q_OBJECT
    QDir all_;
    QTemporaryDir folder_;

    /// Runs the program in a copy of the case's folder.
    Outcome run(const QStringList& arguments) {
        QProcess process;
        process.setWorkingDirectory(folder_.path());
        process.start(QStringLiteral(CRISTAE_BINARY_DIR "/bin/cristae-cli"), arguments);
        process.waitForFinished(cristae::patienceMs);
        return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
                QString::fromUtf8(process.readAllStandardOutput()),
                QString::fromUtf8(process.readAllStandardError())};
    }
    QString in(const char* name) const { return folder_.filePath(QString::fromUtf8(name)); }
    QByteArray bytesOf(const char* name) const {
        QFile file(in(name));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    Outcome info(const char* name) { return run({"info", name, "--json"}); }
    /// Axes "xyz" in nm; NaN where unknown.
    static double voxel(const Outcome& info, const char* axis) {
        return info.json()["voxel_size_nm"][QLatin1String(axis)].toDouble(std::nan(""));
    }
    QStringList trained(const QStringList& more = {}) {
        return QStringList{"train",    "--images",      "images",   "--labels", "labels",
                           "--output", "m.safetensors", "--recipe", "quick",    "--set",
                           "steps=8",  "--set",         "patch=16", "--set",    "stepsPerEpoch=4",
                           "--device", "cpu",           "--seed",   "1"} +
               more;
    }

private Q_SLOTS:
    void initTestCase() {
        all_.setPath(QStringLiteral(CRISTAE_TEST_DATA "/cases"));
        if (!all_.exists()) QSKIP("no ../shared/data/cases here");
    }
    void init() {
        const QString name = QString::fromLatin1(QTest::currentTestFunction());
        const QString source = all_.filePath(name);
        if (!QFileInfo(source).isDir()) return;
        folder_ = QTemporaryDir();
        QDirIterator files(source, QDir::Files, QDirIterator::Subdirectories);
        while (files.hasNext()) {
            const QString file = files.next(), copy = folder_.filePath(QDir(source).relativeFilePath(file));
            QDir().mkpath(QFileInfo(copy).path());
            QVERIFY(QFile::copy(file, copy));
            QFile::setPermissions(copy, QFile::ReadOwner | QFile::WriteOwner);
        }
    }
    void everyCaseHasATest() {
        for (const QString& name : all_.entryList(QDir::Dirs | QDir::NoDotAndDotDot))
            QVERIFY2(metaObject()->indexOfSlot(qPrintable(name + "()")) >= 0 ||
                         name == "window_decimal_comma", // tests/ui/tst_window
                     qPrintable(name));
    }

    void output_is_input() {
        const QByteArray labels = bytesOf("labels.tif"), slice = bytesOf("slice.png");
        for (const QStringList& arguments :
             {QStringList{"measure", "labels.tif", "--output", "labels.tif"},
              {"evaluate", "labels.tif", "labels.tif", "--per-slice", "labels.tif"},
              {"explore", "slice.png", "labels.tif", "--output", "slice.png"},
              {"predict", "slice.png", "--model", "membranes", "--mask", "--output", "slice.png"}}) {
            const Outcome o = run(arguments);
            QVERIFY2(o.refused("labels.tif|slice.png"), qPrintable(o.err));
            QVERIFY(bytesOf("labels.tif") == labels && bytesOf("slice.png") == slice);
        }
    }
    void decimal_comma() {
        const Outcome o = info("fei.tif");
        QVERIFY(near(voxel(o, "x"), 2.5) && near(voxel(o, "y"), 2.5));
    }
    void folder_mixed_pixel_size() {
        const Outcome o = run({"info", "images", "--json"});
        QVERIFY2(o.refused("s2.tif") ||
                     o.json()["remarks"].toVariant().toStringList().join(u' ').contains("s2.tif"),
                 qPrintable(o.out + o.err));
        const Outcome converted = run({"convert", "images", "out.tif"});
        QVERIFY2(converted.says("s2.tif"), qPrintable(converted.err));
    }
    void imagej_inch_print() {
        for (const char* name : {"scan.tif", "same_without_imagej.tif"}) {
            const Outcome o = info(name);
            QVERIFY(std::isnan(voxel(o, "x")) && std::isnan(voxel(o, "y")));
            QVERIFY2(o.out.contains("300 dpi"), qPrintable(o.out));
        }
        const Outcome o = run({"predict", "scan.tif", "--model", "membranes", "--output", "out.tif"});
        QVERIFY2(o.code == 0 || o.refused("pixel size"), qPrintable(o.err));
        QVERIFY2(o.says("pixel size"), qPrintable(o.err));
    }
    void imagej_yunit() {
        const Outcome o = info("labels.tif");
        QVERIFY(near(voxel(o, "x"), 5) && near(voxel(o, "y"), 10));
        QCOMPARE(run({"measure", "labels.tif", "--output", "t.csv"}).code, 0);
        const auto rows = tableOf(in("t.csv"));
        QCOMPARE(rows.size(), 1);
        QCOMPARE(rows[0]["size_voxels"], QString("317"));
        QVERIFY(near(rows[0]["area_nm2"].toDouble(), 15850, 0.5));
    }
    void measure_image_of_other_size() {
        const Outcome o = run({"measure", "labels.png", "--image", "image.tif", "--output", "t.csv"});
        QVERIFY2(o.refused("128"), qPrintable(o.err));
        QVERIFY(!QFile::exists(in("t.csv")));
    }
    void zeiss_display_pixel_size() {
        const Outcome o = info("zeiss.tif");
        QVERIFY(near(voxel(o, "x"), 10) && near(voxel(o, "y"), 10));
    }
    void fiji_lut_labels() {
        QCOMPARE(run({"measure", "labels.tif", "--output", "t.csv"}).code, 0);
        const auto rows = tableOf(in("t.csv"));
        QCOMPARE(rows.size(), 3);
        QMap<QString, QString> voxels, areas;
        for (const auto& row : rows) {
            voxels[row["label"]] = row["size_voxels"];
            areas[row["label"]] = row["area_nm2"];
        }
        QVERIFY((voxels == QMap<QString, QString>{{"1", "100"}, {"2", "100"}, {"3", "200"}}));
        QVERIFY((areas == QMap<QString, QString>{{"1", "2500"}, {"2", "2500"}, {"3", "5000"}}));
    }
    void palette_voc_training() {
        for (const char* set : {"both", "green_only"}) {
            const QString folder = QString::fromLatin1(set);
            QStringList arguments = trained();
            arguments[2] = folder + "/images";
            arguments[4] = folder + "/labels";
            arguments[6] = folder + ".safetensors";
            const Outcome o = run(arguments);
            QVERIFY2(o.code == 0, qPrintable(o.err));
            QVERIFY(!o.says("hold no object"));
        }
    }
    void palette_white_background() {
        const Outcome o = run({"evaluate", "labels.png", "truth.png", "--json"});
        QVERIFY2(near(o.number("dice"), 1), qPrintable(o.out + o.err));
        const Outcome e = run({"explore", "truth.png", "labels.png", "--json"});
        QCOMPARE(e.json()["objects"].toInt(), 2);
    }
    void ignore_label_minus_one() {
        const Outcome o = run({"evaluate", "prediction.tif", "truth.tif", "--json"});
        QVERIFY2(near(o.number("dice"), 1), qPrintable(o.out + o.err));
        QVERIFY2(o.out.contains("not labelled"), qPrintable(o.out));
    }
    void imagej_signed16() {
        QCOMPARE(run({"measure", "labels.tif", "--output", "t.csv"}).code, 0);
        const auto rows = tableOf(in("t.csv"));
        QCOMPARE(rows.size(), 2);
        for (const auto& row : rows) QCOMPARE(row["size_voxels"], QString("197"));
        QCOMPARE(rows[0]["label"].toInt() + rows[1]["label"].toInt(), 3);
        QVERIFY(near(run({"evaluate", "labels.tif", "truth.tif", "--json"}).number("dice"), 1));
    }
    void jpeg_mask() {
        const Outcome o = run({"evaluate", "mask.jpg", "truth.png", "--json"});
        QVERIFY2(near(o.number("dice"), 1) || o.refused("JPEG"), qPrintable(o.out + o.err));
        const Outcome m = run({"measure", "mask.jpg", "--output", "t.csv", "--json"});
        QVERIFY2(m.json()["objects"].toInt() == 2 || m.refused("JPEG"), qPrintable(m.out + m.err));
        QVERIFY(m.says("JPEG"));
    }
    void nan_in_float_labels() {
        const Outcome o = run(trained({"--json"}));
        QVERIFY2(o.code == 0, qPrintable(o.err));
        QVERIFY2(o.says("not labelled"), qPrintable(o.err));
        QVERIFY2(!o.holdsNoNumber(), qPrintable(o.out));
    }
    void float_probabilities_threshold() {
        const Outcome o = run({"evaluate", "p.tif", "truth.png", "--threshold", "0.5", "--json"});
        QVERIFY2(near(o.number("dice"), 1), qPrintable(o.out + o.err));
        const Outcome slices = run({"evaluate", "p.tif", "truth.png", "--threshold", "0.5", "--per-slice",
                                    "slices.csv", "--difference", "d.png", "--json"});
        QVERIFY2(near(slices.number("dice"), 1), qPrintable(slices.err));
    }
    void hdf5_three_slices() {
        for (const char* name : {"labels.h5", "labels.tif", "raw.h5", "raw.tif"}) {
            const Outcome o = info(name);
            QCOMPARE(o.json()["shape"].toVariant().toList(), (QVariantList{1, 3, 64, 64}));
        }
        QCOMPARE(run({"measure", "labels.h5", "--output", "t.csv"}).code, 0);
        const auto rows = tableOf(in("t.csv"));
        QCOMPARE(rows.size(), 2);
        QCOMPARE(rows[0]["size_voxels"].toInt() + rows[1]["size_voxels"].toInt(), 500);
        QCOMPARE(std::max(rows[0]["size_voxels"].toInt(), rows[1]["size_voxels"].toInt()), 300);
        QCOMPARE(run({"predict", "raw.h5", "--model", "membranes", "--output", "p.tif"}).code, 0);
        QCOMPARE(info("p.tif").json()["shape"].toVariant().toList(), (QVariantList{1, 3, 64, 64}));
        const Outcome other = run({"info", "raw.h5", "--axes", "cyx", "--json"});
        QCOMPARE(other.json()["shape"].toVariant().toList(), (QVariantList{3, 1, 64, 64}));
    }
    void imagej_time_points() {
        const Outcome o = run({"measure", "labels.tif", "--output", "t.csv", "--json"});
        QVERIFY2(o.says("first of 3 time points"), qPrintable(o.err));
        QVERIFY(o.json()["remarks"].toArray().size() > 0);
        QCOMPARE(tableOf(in("t.csv"))[0]["size_voxels"], QString("200"));
    }
    void matlab_v73() {
        const Outcome o = run({"evaluate", "square.mat", "square_truth.png", "--json"});
        QVERIFY2(near(o.number("dice"), 1), qPrintable(o.out + o.err));
    }
    void ome_newlines() {
        for (const char* name : {"newlines.ome.tif", "usual.ome.tif"}) {
            const Outcome o = info(name);
            QVERIFY(near(voxel(o, "z"), 50) && near(voxel(o, "y"), 4) && near(voxel(o, "x"), 4));
        }
    }
    void ome_two_images() {
        const Outcome o = info("two.ome.tif");
        if (o.code == 0) {
            const int slices = o.json()["shape"].toArray()[1].toInt();
            QVERIFY2((slices == 2 && near(voxel(o, "x"), 4)) || (slices == 4 && std::isnan(voxel(o, "x"))),
                     qPrintable(o.out));
            QVERIFY(!o.json()["remarks"].toArray().isEmpty());
        } else {
            QVERIFY2(o.refused("--scene"), qPrintable(o.err));
        }
        for (const char* scene : {"0", "1"}) {
            const Outcome one = run({"info", "two.ome.tif", "--scene", scene, "--json"});
            QVERIFY2(one.code == 0, qPrintable(one.err));
            QCOMPARE(one.json()["shape"].toArray()[1].toInt(), 2);
            QVERIFY(near(voxel(one, "x"), *scene == '0' ? 4 : 8));
        }
    }
    void folder_masks_beside() {
        const Outcome o = run({"info", "images", "--json"});
        QCOMPARE(o.json()["shape"][1].toInt(), 3);
        QVERIFY2(o.out.contains("_masks"), qPrintable(o.out));
        const Outcome p = run({"convert", "images", "out.tif"});
        QVERIFY2(p.code == 0 && p.says("_masks"), qPrintable(p.err));
    }
    void train_pair_gap() {
        const Outcome o = run(trained());
        QVERIFY2(o.refused("img_4.png"), qPrintable(o.err));
        QVERIFY(!QFile::exists(in("m.safetensors")));
    }
    void explore_nan() {
        for (const char* image : {"raw.tif", "raw_whole.tif"}) {
            const Outcome o = run({"explore", image, "labels.tif", "--json"});
            QVERIFY2(o.code == 0, qPrintable(o.err));
            const double pearson =
                o.json()["slice_correlation"].toArray()[1].toObject()["pearson"].toDouble(std::nan(""));
            QVERIFY2(near(pearson, 0.921, 0.002), qPrintable(QString::number(pearson)));
            QCOMPARE(o.says("no finite value"), QLatin1String(image) == "raw.tif");
        }
    }
    void explore_touching_ids() {
        for (const char* flag : {"--quiet", "--ids"}) {
            const Outcome o = run({"explore", "raw.tif", "ids.tif", "--json", flag});
            QCOMPARE(o.json()["objects"].toInt(), 3);
            QVERIFY(near(o.number("mean_area_px"), 400) && near(o.number("mean_area_nm2"), 10000));
        }
    }
    void train_tiny() {
        const Outcome o = run(trained({"--json"}));
        QVERIFY2(o.code == 0, qPrintable(o.err));
        QVERIFY2(!o.holdsNoNumber(), qPrintable(o.out));
        // The same four slices as stacks.
        QCOMPARE(run({"convert", "images", "i.tif"}).code, 0);
        QCOMPARE(run({"convert", "labels", "l.tif"}).code, 0);
        QStringList arguments = trained({"--json"});
        arguments[2] = "i.tif";
        arguments[4] = "l.tif";
        arguments[6] = "stack.safetensors";
        const Outcome stack = run(arguments);
        QVERIFY2(stack.code == 0, qPrintable(stack.err));
        QVERIFY(!stack.holdsNoNumber());
    }
    void imagej_stale_images() {
        const Outcome o = info("crop.tif");
        QVERIFY2(o.code == 0, qPrintable(o.err));
        QCOMPARE(o.json()["shape"].toArray()[1].toInt(), 1);
        QVERIFY(near(voxel(o, "x"), 5));
        QVERIFY(!o.json()["remarks"].toArray().isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestCases)
#include "tst_cases.moc"

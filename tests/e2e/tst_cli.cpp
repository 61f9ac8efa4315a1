// The command line as scripts use it: every verb, its files, its words and its exit codes.
#include "core/base/random.h"
#include "core/io/format.h"
#include "core/learn/trainer.h"
#include "tests/support/command_line.h"
#include "tests/support/image_files.h"
#include "tests/support/patience.h"

#include <QJsonArray>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <csignal>

using namespace cristae;

namespace {

const QString sampleStack = QStringLiteral(CRISTAE_SOURCE_DIR "/resources/samples/fly_medulla.h5");

/// Round cells, brighter inside than outside, with noise and a known truth.
void makeCells(Pixels& image, Pixels& truth, uint64_t seed) {
    Random random(seed);
    const Extent3 e = image.extent();
    for (int64_t z = 0; z < e.z; ++z) {
        auto grey = image.plane<uint8_t>(0, z);
        auto mask = truth.plane<uint8_t>(0, z);
        for (auto& value : grey) value = uint8_t(std::clamp(90 + 18 * random.normal(), 0.0, 255.0));
        for (int cell = 0; cell < 12; ++cell) {
            const double cy = random.uniform(0, double(e.y)), cx = random.uniform(0, double(e.x)),
                         r = random.uniform(8, 18);
            for (int64_t y = 0; y < e.y; ++y)
                for (int64_t x = 0; x < e.x; ++x)
                    if (std::hypot(double(y) - cy, double(x) - cx) < r && !mask[size_t(y * e.x + x)]) {
                        mask[size_t(y * e.x + x)] = 255;
                        grey[size_t(y * e.x + x)] =
                            uint8_t(std::clamp(150 + 18 * random.normal(), 0.0, 255.0));
                    }
        }
    }
}

} // namespace

class TestCli : public QObject {
    Q_OBJECT
private:
    QTemporaryDir folder_;
    QString in(const QString& name) const { return folder_.filePath(name); }
    static bool hasModels() {
        return QFile::exists(QStringLiteral(CRISTAE_SOURCE_DIR "/models/zoo/membranes.safetensors"));
    }

    /// The flags of score, of the model that was trained above on cells.tif.
    void scoresInDetail(const QStringList& data) {
        const QString model = in(QStringLiteral("cells.safetensors")),
                      worst = in(QStringLiteral("worst.png")), images = in(QStringLiteral("images.csv"));
        const QStringList call = QStringList{QStringLiteral("score"), model} + data;
        const Outcome o =
            run(call + QStringList{QStringLiteral("--sweep"), QStringLiteral("--average"),
                                   QStringLiteral("flips"), QStringLiteral("--only"), QStringLiteral("cells"),
                                   QStringLiteral("--per-image"), images, QStringLiteral("--worst"), worst,
                                   QStringLiteral("--json")});
        QVERIFY2(o.code == 0, qPrintable(o.err));
        const QJsonObject json = QJsonDocument::fromJson(o.out.toUtf8()).object();
        const QJsonObject dice = json["scores"][0].toObject();
        QCOMPARE(dice["images"].toInt(), 4);
        QCOMPARE(dice["averaging"].toString(), QStringLiteral("flips"));
        QVERIFY(dice["min"].toDouble() <= dice["mean"].toDouble() &&
                dice["mean"].toDouble() <= dice["max"].toDouble());
        QVERIFY(dice["note"].toString().startsWith(QStringLiteral("slices of one volume")));
        QCOMPARE(json["sweep"].toArray().size(), 9);
        QVERIFY(json["sweep"][4]["v_rand"].toDouble() > 0.5);
        const QStringList rows = QString::fromUtf8(bytesOf(images)).trimmed().split(QStringLiteral("\r\n"));
        QCOMPARE(rows.size(), 5);
        double lowest = 1;
        for (qsizetype i = 1; i < rows.size(); ++i)
            lowest = std::min(lowest, rows[i].section(u',', -9, -9).toDouble());
        QVERIFY(std::abs(lowest - dice["min"].toDouble()) < 1e-9);
        const TileSourcePtr picture = openImage(worst.toStdString());
        QCOMPARE(picture->info().channels, int64_t(3));
        QVERIFY(picture->info().extent().x > 2 * 700);
        const auto fails = [&](const QStringList& flags, int code, const char* words) {
            const Outcome refused = run(call + flags);
            QVERIFY2(refused.code == code && refused.err.contains(QLatin1String(words)),
                     qPrintable(refused.err));
        };
        fails({QStringLiteral("--per-image"), images}, 3, "--overwrite");
        fails({QStringLiteral("--worst"), in(QStringLiteral("cells.tif")), QStringLiteral("--overwrite")}, 3,
              "cells.tif");
        fails({QStringLiteral("--only"), QStringLiteral("mice")}, 2, "no data set");
        fails({QStringLiteral("--threshold"), QStringLiteral("2")}, 2, "between 0 and 1");
        fails({QStringLiteral("--write"), QStringLiteral("--threshold"), QStringLiteral("0.2")}, 2,
              "--threshold");
        const Outcome plain = run(call + QStringList{QStringLiteral("--threshold"), QStringLiteral("0.5")});
        QVERIFY2(plain.code == 0 && plain.out.contains(QStringLiteral("4 images")), qPrintable(plain.out));
        const Outcome written = run(call + QStringList{QStringLiteral("--write")});
        QVERIFY2(written.code == 0, qPrintable(written.err));
        const Outcome card = run({QStringLiteral("models"), QStringLiteral("--card"), model});
        QVERIFY2(card.out.contains(QStringLiteral("cells, mean over all orientations")) &&
                     card.out.contains(QStringLiteral("cristae-cli score")),
                 qPrintable(card.out));
    }

private Q_SLOTS:
    void initTestCase() {
        QVERIFY(folder_.isValid());
        qputenv("CRISTAE_MODELS", in(QStringLiteral("models")).toUtf8());
        Pixels image(PixelType::u8, 1, {6, 160, 160}), truth(PixelType::u8, 1, {6, 160, 160});
        makeCells(image, truth, 7);
        writeImage(image, in(QStringLiteral("cells.tif")));
        writeImage(truth, in(QStringLiteral("truth.tif")));
    }

    void init() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".?"))); }

    void infoTellsSizeAndVoxelSize() {
        const Outcome o = run({QStringLiteral("info"), sampleStack, QStringLiteral("--json")});
        QCOMPARE(o.code, 0);
        const QJsonObject json = o.json();
        QCOMPARE(json[QStringLiteral("type")].toString(), QStringLiteral("uint8"));
        QCOMPARE(json[QStringLiteral("voxel_size_nm")][QStringLiteral("x")].toDouble(), 10.0);
        QVERIFY(!json[QStringLiteral("voxel_size_nm")][QStringLiteral("source")].toString().isEmpty());
        QCOMPARE(json[QStringLiteral("shape")].toArray().size(), 4);
        QVERIFY(json[QStringLiteral("stated_lengths")][0][QStringLiteral("used")].toBool());
    }

    void knowsItsFolderWithoutProc() {
        const Outcome o =
            run({"-Urm", "sh", "-c", R"(mount -t tmpfs none /proc || exit 77; exec "$0" models)", cli},
                {.program = "unshare"});
        if (o.code == 77 || o.err.contains("unshare failed")) QSKIP("no user namespaces here");
        QVERIFY2(o.code == 0, qPrintable(o.err));
        QCOMPARE(o.out.contains("membranes"), hasModels());
    }

    void exitCodes_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("code");
        QTest::addColumn<QString>("named"); // what the sentence on stderr must name
        const auto list = [](const char* text) { return QString::fromLatin1(text).split(QLatin1Char(' ')); };
        const QString matlab = in("old.mat");
        QFile old(matlab);
        QVERIFY(old.open(QIODevice::WriteOnly));
        old.write("MATLAB 5.0 MAT-file, Platform: GLNXA64" + QByteArray(200, ' '));
        old.close();
        QTest::newRow("no verb") << QStringList{} << 2 << "subcommand";
        QTest::newRow("unknown verb") << list("segment x.tif") << 2 << "segment";
        QTest::newRow("unknown flag") << list("info x.tif --verbose-ish") << 2 << "--verbose-ish";
        QTest::newRow("missing file") << list("info nowhere.tif") << 3 << "nowhere.tif";
        QTest::newRow("unknown model")
            << QStringList{"predict", in("cells.tif"), "--model", "unicorns", "--output", in("x.tif")} << 4
            << "unicorns";
        QTest::newRow("MATLAB before 7.3") << QStringList{"info", matlab} << 3 << "-v7.3";
        QTest::newRow("a name that moves the cursor")
            << QStringList{"info", QStringLiteral("no\x1b[31m\nfile.tif")} << 3 << "no?[31m?file.tif";
        QTest::newRow("an empty argument")
            << QStringList{"convert", in("cells.tif"), in("x.tif"), "--pixel-size", ""} << 2
            << "after --pixel-size is empty";
        QTest::newRow("bad slices") << QStringList{"convert", in("cells.tif"), in("x.tif"), "--slices",
                                                   "4:99"}
                                    << 2 << "4:99";
        QTest::newRow("pixel size with a comma")
            << QStringList{"convert", in("cells.tif"), in("x.tif"), "--pixel-size", "4,5"} << 2
            << "Decimals take a dot";
        QTest::newRow("labels of another image")
            << QStringList{"measure", in("truth.tif"), "--image", sampleStack, "--output", in("x.csv")} << 3
            << "160 × 160 px";
        QTest::newRow("bad pixel size")
            << QStringList{"convert", in("cells.tif"), in("x.tif"), "--pixel-size", "-3"} << 2
            << "--pixel-size";
        QTest::newRow("unknown format")
            << QStringList{"convert", in("cells.tif"), in("x.docx")} << 2 << "docx";
        QTest::newRow("read-only place")
            << QStringList{"convert", in("cells.tif"), "/proc/x.tif"} << 3 << "/proc";
        QTest::newRow("sizes differ")
            << QStringList{"evaluate", in("cells.tif"), sampleStack} << 3 << "cells.tif";
    }
    void exitCodes() {
        QFETCH(QStringList, arguments);
        QFETCH(int, code);
        QFETCH(QString, named);
        const Outcome o = run(arguments);
        QVERIFY2(o.code == code, qPrintable(QStringLiteral("%1: %2").arg(o.code).arg(o.err)));
        QVERIFY2(o.err.contains(named), qPrintable(o.err));
        QVERIFY(!QFile::exists(in(QStringLiteral("x.tif"))));
    }

    void convertKeepsEveryVoxel_data() {
        QTest::addColumn<QString>("name");
        for (const char* name : {"c.tif", "c.h5", "c.raw", "c.png"})
            QTest::newRow(name) << QString::fromLatin1(name);
    }
    void convertKeepsEveryVoxel() {
        QFETCH(QString, name);
        const Outcome o = run({QStringLiteral("convert"), in(QStringLiteral("cells.tif")), in(name),
                               QStringLiteral("--pixel-size"), QStringLiteral("40,5,5")});
        QVERIFY2(o.code == 0, qPrintable(o.err));
        if (name.endsWith(QStringLiteral("raw"))) {
            const TileSourcePtr image = openImage(in(QStringLiteral("cells.tif")).toStdString());
            const Pixels all = image->read(0, Box3::ofExtent(image->info().extent()));
            QCOMPARE(bytesOf(in(name)),
                     QByteArray(reinterpret_cast<const char*>(all.data()), qsizetype(all.bytes())));
            return;
        }
        const QString written = o.out.trimmed();
        const TileSourcePtr before = openImage(in(QStringLiteral("cells.tif")).toStdString());
        const TileSourcePtr after = openImage(written.toStdString());
        QVERIFY(before->info().extent() == after->info().extent());
        const Box3 box = Box3::ofExtent(before->info().extent());
        QVERIFY(before->read(0, box) == after->read(0, box));
        QCOMPARE(after->info().voxelSize.xNm.value_or(0), 5.0);
        if (!name.endsWith(QStringLiteral("png"))) QCOMPARE(after->info().voxelSize.zNm.value_or(0), 40.0);
    }

    void evaluateGivesTheNamedNumbers() {
        const Outcome o = run({QStringLiteral("evaluate"), in(QStringLiteral("truth.tif")),
                               in(QStringLiteral("truth.tif")), QStringLiteral("--json")});
        QCOMPARE(o.code, 0);
        for (const char* name : {"dice", "iou", "precision", "recall", "accuracy"})
            QCOMPARE(o.json()[QLatin1String(name)].toDouble(-1), 1.0);
        QVERIFY(o.json()[QStringLiteral("conventions")].toObject().contains(QStringLiteral("dice")));
    }

    void evaluateKnowsObjectsSurfacesAndPartitions() {
        const QStringList call{QStringLiteral("evaluate"), in(QStringLiteral("truth.tif")),
                               in(QStringLiteral("truth.tif")), QStringLiteral("--metrics"),
                               QStringLiteral("objects,hd95,v_rand")};
        const Outcome o = run(call + QStringList{QStringLiteral("--json")});
        QCOMPARE(o.code, 0);
        const QJsonObject json = o.json();
        const double total = json[QStringLiteral("objects_total")].toDouble();
        QVERIFY(total > 0);
        QCOMPARE(json[QStringLiteral("objects_found")].toDouble(), total);
        QCOMPARE(json[QStringLiteral("object_dice")].toDouble(), 1.0);
        QCOMPARE(json[QStringLiteral("hd95")].toDouble(-1), 0.0);
        QCOMPARE(json[QStringLiteral("v_rand")].toDouble(), 1.0);
        QVERIFY(!json.contains(QStringLiteral("dice")));
        // On a terminal the number of objects comes first.
        QVERIFY(run(call).out.startsWith(QStringLiteral("%1 of %1 objects found").arg(total)));
    }

    void exploreDescribesALabelledStack() {
        const Outcome o =
            run({QStringLiteral("explore"), in(QStringLiteral("cells.tif")), in(QStringLiteral("truth.tif")),
                 QStringLiteral("--pixel-size"), QStringLiteral("10,5,4"), QStringLiteral("--json")});
        QCOMPARE(o.code, 0);
        const QJsonObject json = o.json();
        QVERIFY(json[QStringLiteral("objects")].toInt() > 0);
        QCOMPARE(json[QStringLiteral("mean_volume_nm3")].toDouble(),
                 json[QStringLiteral("mean_volume_voxels")].toDouble() * 200);
        const QJsonArray correlation = json[QStringLiteral("slice_correlation")].toArray();
        QVERIFY(correlation[0][QStringLiteral("pearson")].toDouble() > 0.999999);
        QVERIFY(correlation[1][QStringLiteral("pearson")].toDouble() < 0.999);
    }

    void trainedModelPredictsWhatItWasTrainedOn() {
        const QStringList training{QStringLiteral("train"),
                                   QStringLiteral("--images"),
                                   in(QStringLiteral("cells.tif")),
                                   QStringLiteral("--labels"),
                                   in(QStringLiteral("truth.tif")),
                                   QStringLiteral("--output"),
                                   in(QStringLiteral("cells.safetensors")),
                                   QStringLiteral("--class"),
                                   QStringLiteral("cells"),
                                   QStringLiteral("--recipe"),
                                   QStringLiteral("quick"),
                                   QStringLiteral("--set"),
                                   QStringLiteral("steps=120"),
                                   QStringLiteral("--set"),
                                   QStringLiteral("stepsPerEpoch=40"),
                                   QStringLiteral("--set"),
                                   QStringLiteral("base=8"),
                                   QStringLiteral("--set"),
                                   QStringLiteral("levels=3"),
                                   QStringLiteral("--set"),
                                   QStringLiteral("patch=96"),
                                   QStringLiteral("--device"),
                                   QStringLiteral("cpu"),
                                   QStringLiteral("--json")};
        const Outcome trained = run(training);
        QVERIFY2(trained.code == 0, qPrintable(trained.err));
        QCOMPARE(trained.out.count(QStringLiteral("\"validation_dice\"")), 3); // one line an epoch
        const Outcome predicted =
            run({QStringLiteral("predict"), in(QStringLiteral("cells.tif")), QStringLiteral("--model"),
                 in(QStringLiteral("cells.safetensors")), QStringLiteral("--mask"),
                 QStringLiteral("--output"), in(QStringLiteral("found.tif"))});
        QVERIFY2(predicted.code == 0, qPrintable(predicted.err));
        const Outcome score = run({QStringLiteral("evaluate"), in(QStringLiteral("found.tif")),
                                   in(QStringLiteral("truth.tif")), QStringLiteral("--json")});
        QVERIFY2(score.json()[QStringLiteral("dice")].toDouble() > 0.9, qPrintable(score.out));

        // The same model scored by a data list, and combined with itself: the mean is itself.
        QFile list(in(QStringLiteral("cells.json")));
        QVERIFY(list.open(QIODevice::WriteOnly));
        list.write(R"({"classes": ["cells"], "title": "Cells", "marks": "boundaries", "entries": [
            {"name": "cells", "images": "cells.tif", "labels": "truth.tif", "role": "validation", "slices": "0:2"},
            {"name": "cells", "images": "cells.tif", "labels": "truth.tif", "role": "test", "slices": "2:6"}]})");
        list.close();
        const QStringList data{QStringLiteral("--data"), list.fileName(), QStringLiteral("--data-root"),
                               folder_.path()};
        const auto scoresOf = [&](const QString& model) {
            const Outcome o =
                run(QStringList{QStringLiteral("score"), model, QStringLiteral("--json")} + data);
            QMap<QString, double> found;
            for (const QJsonValue& one : QJsonDocument::fromJson(o.out.toUtf8()).object()["scores"].toArray())
                found[one[QStringLiteral("metric")].toString() + one[QStringLiteral("data")].toString()] =
                    one[QStringLiteral("value")].toDouble();
            return found;
        };
        const auto alone = scoresOf(in(QStringLiteral("cells.safetensors")));
        QCOMPARE(alone.size(), 9); // five of pixels, V-rand and V-info at two thresholds each
        QVERIFY(alone[QStringLiteral("Dicecells")] > 0.9);
        const Outcome together =
            run(QStringList{QStringLiteral("ensemble"), in(QStringLiteral("cells.safetensors")),
                            in(QStringLiteral("cells.safetensors")), QStringLiteral("--output"),
                            in(QStringLiteral("both.safetensors"))} +
                data);
        QVERIFY2(together.code == 0, qPrintable(together.err));
        const auto both = scoresOf(in(QStringLiteral("both.safetensors")));
        QCOMPARE(both.size(), alone.size());
        const QString best = QStringLiteral("V-rand, best thresholdcells"),
                      vRand = QStringLiteral("V-randcells");
        QCOMPARE(both[best], alone[best]);
        // Its threshold is that of the best V-rand, as the list marks boundaries.
        QVERIFY(both[vRand] >= alone[vRand] && both[QStringLiteral("Dicecells")] > 0.8);
        scoresInDetail(data);
    }

    void volumesAreDrawn() {
        const QString picture = in(QStringLiteral("volume.png"));
        const QStringList drawing{QStringLiteral("volume"),        in(QStringLiteral("cells.tif")),
                                  in(QStringLiteral("truth.tif")), QStringLiteral("--look"),
                                  QStringLiteral("objects"),       QStringLiteral("--width"),
                                  QStringLiteral("320"),           QStringLiteral("--height"),
                                  QStringLiteral("200"),           QStringLiteral("--output")};
        const Outcome drawn = run(drawing + QStringList{picture});
        QVERIFY2(drawn.code == 0, qPrintable(drawn.err));
        const TileSourcePtr source = openImage(picture.toStdString());
        QCOMPARE(source->info().extent(), (Extent3{1, 200, 320}));
        QCOMPARE(source->info().channels, int64_t(3));
        const Pixels pixels = source->read(0, Box3::ofExtent(source->info().extent()));
        QCOMPARE(pixels.at(0, 0, 0, 0), 20.0); // the background, #141416
        double brightest = 0;
        for (int64_t x = 0; x < 320; ++x) brightest = std::max(brightest, pixels.at(1, 0, 100, x));
        QVERIFY(brightest > 100);
        QVERIFY(run({QStringLiteral("volume"), in(QStringLiteral("cells.tif")), QStringLiteral("--look"),
                     QStringLiteral("objects"), QStringLiteral("--output"), picture})
                    .code == 2);
        QCOMPARE(run(drawing + QStringList{in(QStringLiteral("volume.xyz"))}).code, 2);
    }

    void modelsAreOneLineEach() {
        if (!hasModels()) QSKIP("No shipped membranes model in models/zoo.");
        const Outcome table = run({QStringLiteral("models")});
        QCOMPARE(table.code, 0);
        const auto lines = table.out.trimmed().split('\n');
        const Outcome json = run({QStringLiteral("models"), QStringLiteral("--json")});
        const QJsonArray cards = QJsonDocument::fromJson(json.out.toUtf8()).array();
        QCOMPARE(lines.size(), cards.size() + 1);
        for (qsizetype i = 0; i < cards.size(); ++i)
            QVERIFY(lines[i + 1].startsWith(cards[i][QStringLiteral("name")].toString() + QLatin1Char(' ')));
        const Outcome card =
            run({QStringLiteral("models"), QStringLiteral("--card"), QStringLiteral("membranes")});
        QVERIFY(card.out.contains(QStringLiteral("## Scores")));
    }

    void predictionsAreEqualByteForByte() {
        if (!hasModels()) QSKIP("No shipped membranes model in models/zoo.");
        for (const char* name : {"a.tif", "b.tif"}) {
            const Outcome o =
                run({QStringLiteral("predict"), sampleStack, QStringLiteral("--model"),
                     QStringLiteral("membranes"), QStringLiteral("--slices"), QStringLiteral("0:1"),
                     QStringLiteral("--output"), in(QLatin1String(name))});
            QVERIFY2(o.code == 0, qPrintable(o.err));
        }
        QCOMPARE(bytesOf(in(QStringLiteral("a.tif"))), bytesOf(in(QStringLiteral("b.tif"))));
        const TileSourcePtr labels = openImage(in(QStringLiteral("a.tif")).toStdString());
        QCOMPARE(labels->info().voxelSize.xNm.value_or(0), 10.0);
    }

    void everyFormatOfAPrediction_data() {
        QTest::addColumn<QString>("name");
        for (const char* name : {"p.tif", "p.png", "p.jpg", "p.h5", "p.raw", "p.pdf"})
            QTest::newRow(name) << QString::fromLatin1(name);
    }
    void everyFormatOfAPrediction() {
        if (!hasModels()) QSKIP("No shipped membranes model in models/zoo.");
        QFETCH(QString, name);
        const Outcome o = run({QStringLiteral("predict"), sampleStack, QStringLiteral("--model"),
                               QStringLiteral("membranes"), QStringLiteral("--slices"), QStringLiteral("3:4"),
                               QStringLiteral("--output"), in(name)});
        QVERIFY2(o.code == 0, qPrintable(o.err));
        QVERIFY2(QFileInfo(o.out.trimmed()).size() > 0, qPrintable(o.out));
    }

    void oneBadInputOfSeveralIsPartlyDone() {
        if (!hasModels()) QSKIP("No shipped membranes model in models/zoo.");
        QFile bad(in(QStringLiteral("bad.tif")));
        QVERIFY(bad.open(QIODevice::WriteOnly));
        bad.write("II*\0 this is no image", 21);
        bad.close();
        const Outcome o = run({QStringLiteral("predict"), in(QStringLiteral("cells.tif")), bad.fileName(),
                               QStringLiteral("--slices"), QStringLiteral("0:1"), QStringLiteral("--model"),
                               QStringLiteral("membranes"), QStringLiteral("--format"), QStringLiteral("png"),
                               QStringLiteral("--output"), in(QStringLiteral("many"))});
        QVERIFY2(o.code == 6, qPrintable(o.err));
        QVERIFY(o.err.contains(QStringLiteral("bad.tif")));
        QVERIFY(QFile::exists(in(QStringLiteral("many/cells.png"))));
    }

    void interruptedLeavesNothing_data() {
        QTest::addColumn<int>("signalNumber");
        QTest::addColumn<int>("code");
        QTest::newRow("SIGINT") << SIGINT << 130;
        QTest::newRow("SIGTERM") << SIGTERM << 143;
    }
    void interruptedLeavesNothing() {
        if (!hasModels()) QSKIP("No shipped membranes model in models/zoo.");
        QFETCH(int, signalNumber);
        QFETCH(int, code);
        QProcess process;
        process.start(cli, {QStringLiteral("predict"), sampleStack, QStringLiteral("--model"),
                            QStringLiteral("membranes"), QStringLiteral("--average"), QStringLiteral("all"),
                            QStringLiteral("--output"), in(QStringLiteral("stopped.tif"))});
        QVERIFY(process.waitForStarted());
        QVERIFY2(!process.waitForFinished(3000), "The prediction ended before it could be interrupted.");
        ::kill(pid_t(process.processId()), signalNumber);
        QVERIFY(process.waitForFinished(patienceMs));
        QCOMPARE(process.exitCode(), code);
        QVERIFY(!QFile::exists(in(QStringLiteral("stopped.tif"))));
        QVERIFY(QDir(folder_.path())
                    .entryList({QStringLiteral("*stopped*")}, QDir::AllEntries | QDir::Hidden)
                    .isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestCli)
#include "tst_cli.moc"

// Figures of the command line on labels whose answers are known: classes, ids, small objects, thresholds, and
// the remarks that every verb tells.
#include "core/export/exporter.h"
#include "core/image/memory_source.h"
#include "tests/support/command_line.h"
#include "tests/support/image_files.h"

#include <QDir>
#include <QJsonArray>
#include <QTemporaryDir>
#include <QTest>
#include <cmath>

using namespace cristae;

namespace {

void fill(Pixels& pixels, const Box3& box, uint8_t value) {
    for (int64_t z = box.z0; z < box.z1; ++z)
        for (int64_t y = box.y0; y < box.y1; ++y)
            for (int64_t x = box.x0; x < box.x1; ++x)
                pixels.plane<uint8_t>(0, z)[size_t(y * pixels.extent().x + x)] = value;
}

/// Written with the names of its classes and 5 nm pixels.
void writeLabels(const Pixels& pixels, const QString& file, std::vector<LabelClass> classes) {
    ImageInfo info;
    info.voxelSize = {{}, 5.0, 5.0, "entered by hand"};
    const MemorySource source(pixels, info);
    ExportDescription description;
    description.info = source.info();
    description.classes = std::move(classes);
    const auto exporters = allExporters();
    exportSource(source, findExporter(exporters, "tiff", file.toStdString()), file.toStdString(), description,
                 Progress::none());
}

QStringList column(const QString& table, const char* name) {
    const QStringList lines =
        QString::fromUtf8(bytesOf(table)).split(QStringLiteral("\r\n"), Qt::SkipEmptyParts);
    const qsizetype at = lines.value(0).split(u',').indexOf(QLatin1String(name));
    QStringList values;
    for (const QString& line : lines.mid(1)) values << line.split(u',').value(at);
    return values;
}

} // namespace

class TestFigures : public QObject {
    Q_OBJECT
    QTemporaryDir folder_;
    QString in(const char* name) const { return folder_.filePath(QString::fromLatin1(name)); }
    static QStringList remarksOf(const Outcome& o) {
        return o.json()[QStringLiteral("remarks")].toVariant().toStringList();
    }

private Q_SLOTS:
    void initTestCase() {
        // Nuclei in two pieces (30 and 20 px), one mitochondrion of 100 px that touches it, a speck of 1 px.
        Pixels labels(PixelType::u8, 1, {1, 40, 60});
        fill(labels, {0, 2, 2, 1, 7, 8}, 1);
        fill(labels, {0, 20, 2, 1, 24, 7}, 1);
        fill(labels, {0, 7, 2, 1, 17, 12}, 2);
        fill(labels, {0, 35, 50, 1, 36, 51}, 2);
        writeLabels(labels, in("labels.tif"), {{1, "nuclei", {}}, {2, "mitochondria", {}}});
        Pixels swapped = labels.converted(PixelType::u16).converted(PixelType::u8);
        for (uint8_t& value : swapped.values<uint8_t>()) value = value ? uint8_t(3 - value) : value;
        writeLabels(swapped, in("swapped.tif"), {});
        Pixels map(PixelType::u8, 1, {1, 40, 60}), floats(PixelType::f32, 1, {1, 40, 60});
        for (size_t i = 0; i < 2400; ++i) {
            map.values<uint8_t>()[i] = uint8_t(labels.values<uint8_t>()[i] ? 150 + i % 50 : i % 100);
            floats.values<float>()[i] = float(map.values<uint8_t>()[i]) / 255.f;
        }
        writeImage(map, in("map.tif"));
        writeImage(floats, in("probability.tif"));
        writeImage(labels, in("grey.tif"));
        Pixels block(PixelType::u8, 1, {3, 20, 20});
        fill(block, {0, 2, 2, 3, 6, 6}, 1);
        writeImage(block, in("unsized.tif"));
    }

    void classesHaveTheirNames() {
        const Outcome o = run({"measure", in("labels.tif"), "--output", in("m.csv"), "--json"});
        QCOMPARE(o.code, 0);
        QCOMPARE(column(in("m.csv"), "class"),
                 (QStringList{"nuclei", "mitochondria", "nuclei", "mitochondria"}));
        QCOMPARE(column(in("m.csv"), "area_nm2"), (QStringList{"750", "2500", "500", "25"}));
        QCOMPARE(o.json()["classes"].toArray()[0].toObject()["class"].toString(), QString("nuclei"));
        QVERIFY(o.json().contains("remarks"));
    }

    void oneIdInTwoPiecesIsASwitch() {
        QCOMPARE(run({"measure", in("labels.tif"), "--output", in("ids.csv"), "--ids"}).code, 0);
        QCOMPARE(column(in("ids.csv"), "size_voxels"), (QStringList{"50", "101"}));
        QCOMPARE(column(in("ids.csv"), "one_object_is"),
                 (QStringList{"voxels of equal id", "voxels of equal id"}));
        const Outcome o = run({"explore", in("grey.tif"), in("labels.tif"), "--ids", "--json"});
        QCOMPARE(o.json()["objects"].toInt(), 2);
        QCOMPARE(run({"explore", in("grey.tif"), in("labels.tif"), "--json"}).json()["objects"].toInt(), 4);
    }

    void smallObjectsAreLeftOutWithAWord() {
        const Outcome o =
            run({"measure", in("labels.tif"), "--output", in("large.csv"), "--smallest", "5", "--json"});
        QCOMPARE(column(in("large.csv"), "object"), (QStringList{"1", "2", "3"}));
        QVERIFY2(remarksOf(o).join(u' ').contains("1 object of fewer than 5 voxels left out"),
                 qPrintable(o.out));
        const Outcome e = run({"evaluate", in("labels.tif"), in("labels.tif"), "--metrics", "objects_total",
                               "--smallest", "60", "--json"});
        QCOMPARE(e.json()["objects_total"].toDouble(), 1.0); // the piece and the mitochondrion touch
    }

    void unknownSizesAreSaid_data() {
        QTest::addColumn<QStringList>("flags");
        QTest::addColumn<QString>("remark");
        QTest::newRow("nothing known") << QStringList{} << "The pixel size is not known";
        QTest::newRow("slice spacing") << QStringList{"--pixel-size", "5"} << "The slice spacing is not";
        QTest::newRow("slices need none")
            << QStringList{"--pixel-size", "5", "--objects-in", "slices"} << QString();
        QTest::newRow("all known") << QStringList{"--pixel-size", "8,5,5"} << QString();
    }
    void unknownSizesAreSaid() {
        QFETCH(QStringList, flags);
        QFETCH(QString, remark);
        flags += QStringList{"--overwrite", "--json"};
        const Outcome o = run(QStringList{"measure", in("unsized.tif"), "--output", in("u.csv")} + flags);
        QVERIFY2(o.code == 0, qPrintable(o.err));
        const QString remarks = remarksOf(o).join(u' ');
        QVERIFY2(remark.isEmpty() ? !remarks.contains("not known") : remarks.contains(remark),
                 qPrintable(o.out));
    }

    void swappedClassesStandBesideTheJointFigures() {
        const Outcome o = run({"evaluate", in("swapped.tif"), in("labels.tif"), "--json"});
        QCOMPARE(o.json()["dice"].toDouble(), 1.0);
        const QJsonArray classes = o.json()["classes"].toArray();
        QCOMPARE(classes.size(), 2);
        QCOMPARE(classes[0].toObject()["name"].toString(), QString("nuclei"));
        QCOMPARE(classes[0].toObject()["dice"].toDouble(), 0.0);
        QVERIFY(run({"evaluate", in("swapped.tif"), in("labels.tif")}).out.contains("class by class"));
    }

    void thresholdsInEveryCombination_data() {
        QTest::addColumn<QStringList>("flags");
        QTest::newRow("alone") << QStringList{};
        QTest::newRow("metrics") << QStringList{"--metrics", "dice"};
        QTest::newRow("objects") << QStringList{"--metrics", "pixels,objects"};
        QTest::newRow("all") << QStringList{"--metrics", "all"};
        QTest::newRow("slices") << QStringList{"--per-slice", in("slices.csv"), "--overwrite"};
        QTest::newRow("difference") << QStringList{"--difference", in("difference.png"), "--overwrite"};
        QTest::newRow("report") << QStringList{"--report", in("report.csv"), "--overwrite"};
        QTest::newRow("label") << QStringList{"--prediction-label", "1"};
    }
    void thresholdsInEveryCombination() {
        QFETCH(QStringList, flags);
        for (const char* file : {"probability.tif", "map.tif"}) {
            const Outcome o = run(
                QStringList{"evaluate", in(file), in("labels.tif"), "--threshold", "0.5", "--json"} + flags);
            QVERIFY2(o.code == 0, qPrintable(o.err));
            QCOMPARE(o.json()["dice"].toDouble(), 1.0);
            QCOMPARE(remarksOf(o).join(u' ').contains("taken for probabilities, 255 for 1"),
                     QLatin1String(file) == "map.tif");
        }
        const Outcome labels =
            run(QStringList{"evaluate", in("labels.tif"), in("labels.tif"), "--threshold", "0.5", "--json"});
        QVERIFY(remarksOf(labels).join(u' ').contains("--threshold has no effect"));
        const Outcome refused = run({"evaluate", in("probability.tif"), in("labels.tif")});
        QVERIFY2(refused.code == 3 && refused.err.contains("--threshold"), qPrintable(refused.err));
    }

    void whatAThresholdPassesOverIsSaid() {
        Pixels map(PixelType::f32, 1, {1, 40, 60}), truth(PixelType::u8, 1, {1, 40, 60});
        for (size_t i = 0; i < 2400; ++i) {
            map.values<float>()[i] = i < 60 ? std::nanf("") : i < 600 ? 0.9f : 0.1f;
            truth.values<uint8_t>()[i] = i >= 60 && i < 600 ? 255 : 0;
        }
        const auto write = [&](const Pixels& pixels, const char* name) {
            const MemorySource source(pixels, {});
            ExportDescription description;
            description.info = source.info();
            const auto exporters = allExporters();
            exportSource(source, findExporter(exporters, "tiff", in(name).toStdString()),
                         in(name).toStdString(), description, Progress::none());
        };
        write(map, "nan.tif");
        write(truth, "mask.tif");
        const Outcome o = run({"evaluate", in("nan.tif"), in("mask.tif"), "--threshold", "0.5", "--json"});
        QVERIFY2(o.code == 0, qPrintable(o.err));
        QCOMPARE(o.json()["dice"].toDouble(), 1.0);
        QVERIFY(remarksOf(o).join(u' ').contains("60 voxels of the prediction are no number"));
        // One side turned over.
        for (uint8_t& value : truth.values<uint8_t>()) value = uint8_t(255 - value);
        write(truth, "inverted.tif");
        const Outcome wrong = run({"evaluate", in("mask.tif"), in("inverted.tif"), "--json"});
        QCOMPARE(wrong.json()["dice"].toDouble(), 0.0);
        QVERIFY(remarksOf(wrong).join(u' ').contains("--truth-inverted"));
        const Outcome right =
            run({"evaluate", in("mask.tif"), in("inverted.tif"), "--truth-inverted", "--json"});
        QCOMPARE(right.json()["dice"].toDouble(), 1.0);
        QVERIFY(!remarksOf(right).join(u' ').contains("inverted"));
    }

    void plainTextUnderTheNameOfASpreadsheetIsSaid() {
        const Outcome o = run({"measure", in("labels.tif"), "--output", in("t.xlsx"), "--json"});
        QVERIFY(o.code == 0 && remarksOf(o).join(u' ').contains("end the name with .csv"));
        const Outcome csv = run({"measure", in("labels.tif"), "--output", in("t9.csv"), "--json"});
        QVERIFY(csv.code == 0 && !remarksOf(csv).join(u' ').contains("spreadsheet"));
    }

    void everyVerbTellsWhatWasLeftOut() {
        QVERIFY(QDir(folder_.path()).mkdir("stack"));
        for (int i = 0; i < 3; ++i)
            QVERIFY(QFile::copy(in("labels.tif"), in(qPrintable(QStringLiteral("stack/s%1.tif").arg(i)))));
        QVERIFY(QFile::copy(in("labels.tif"), in("stack/s1_masks.tif")));
        const QString stack = in("stack");
        for (const QStringList& arguments :
             {QStringList{"info", stack},
              {"convert", stack, in("c.tif")},
              {"measure", stack, "--output", in("s.csv")},
              {"evaluate", stack, stack},
              {"explore", stack, stack},
              {"volume", stack, "--output", in("v.png"), "--width", "64", "--height", "48"}}) {
            const Outcome o = run(arguments + QStringList{"--json"});
            QVERIFY2(o.code == 0, qPrintable(o.err));
            QVERIFY2(remarksOf(o).join(u' ').contains("s1_masks.tif"), qPrintable(arguments[0] + o.out));
            if (arguments[0] != "info") QVERIFY2(o.err.contains("s1_masks.tif"), qPrintable(o.err));
        }
        // And so does the record in the file.
        QVERIFY(bytesOf(in("c.tif")).contains("s1_masks.tif"));
    }
};

QTEST_GUILESS_MAIN(TestFigures)
#include "tst_figures.moc"

// cristae-cli train: leaks are named, splits keep a distance, runs become longer, logs stay short.
#include "tests/support/command_line.h"

#include <QDir>
#include <QImage>
#include <QJsonArray>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>

class TestTrainSplit : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        QTest::failOnWarning(QRegularExpression(".?"));
        // Six slices of a stack, 400 px wide: round cells that drift.
        QDir folder(folder_.path());
        for (const char* name : {"images", "labels"}) QVERIFY(folder.mkdir(QString::fromLatin1(name)));
        for (int i = 0; i < 6; ++i) {
            QImage image(400, 64, QImage::Format_Grayscale8), labels = image;
            for (int y = 0; y < 64; ++y)
                for (int x = 0; x < 400; ++x) {
                    const bool inside = std::hypot(y % 32 - 16, x % 37 - 18 + i) < 9;
                    image.scanLine(y)[x] = uchar((inside ? 180 : 80) + (x * 7 + y * 13 + i) % 40);
                    labels.scanLine(y)[x] = inside ? 255 : 0;
                }
            QVERIFY(image.save(folder.filePath(QStringLiteral("images/z%1.png").arg(i))) &&
                    labels.save(folder.filePath(QStringLiteral("labels/z%1.png").arg(i))));
        }
        write("near.json", R"({"classes": ["cell"], "entries": [
            {"name": "Cells", "stack": true, "images": "./images", "labels": "./labels", "slices": "0:4",
             "pixelSizeNm": 5, "sliceDistanceNm": 5},
            {"name": "Cells", "stack": true, "images": "./images", "labels": "./labels", "slices": "4:6",
             "pixelSizeNm": 5, "sliceDistanceNm": 5, "role": "test"},
            {"name": "Cells", "stack": true, "images": "./images", "labels": "./labels", "slices": "3",
             "pixelSizeNm": 5, "sliceDistanceNm": 5, "role": "validation", "region": ":,390:400"}]})");
    }

    void neighboursAreNamedBeforeAndInTheCard() {
        const Outcome outcome = train({"--data", "near.json", "--output", "near.safetensors", "--json"});
        QVERIFY2(outcome.code == 0, qPrintable(outcome.words()));
        const QJsonObject result = lastLine(outcome);
        QCOMPARE(result["leaks"].toArray().size(), 2);
        const QString said = QString::fromUtf8(QJsonDocument(result["remarks"].toArray()).toJson());
        QVERIFY2(said.contains("2 test slices of “Cells” are neighbours of training slices (as near as 5 nm"),
                 qPrintable(said));
        QVERIFY2(said.contains("1 validation slice of “Cells” is trained on"), qPrintable(said));
        QVERIFY2(said.contains("--split distance"), qPrintable(said));
        const Outcome card = run({"models", "--card", "near.safetensors"}, {.folder = folder_.path()});
        QVERIFY2(card.words().contains("neighbours of training slices"), qPrintable(card.words()));
    }

    void splitsKeepADistance() {
        const Outcome outcome =
            train({"--data", "near.json", "--split", "distance", "--output", "far.safetensors", "--json"});
        QVERIFY2(outcome.code == 0, qPrintable(outcome.words()));
        const QJsonObject result = lastLine(outcome);
        QVERIFY(result["leaks"].toArray().isEmpty());
        const QString said = QString::fromUtf8(QJsonDocument(result["remarks"].toArray()).toJson());
        QVERIFY2(said.contains("training: columns 0–235; validation: rows 0–31, columns 300–399; the scores: "
                               "rows 32–63, columns 300–399 of every slice; 64 px (320 nm) between"),
                 qPrintable(said));
        QVERIFY(!result["scores"].toArray().isEmpty());
        const Outcome volume =
            train({"--data", "near.json", "--split", "volume", "--output", "v.safetensors"});
        QCOMPARE(volume.code, 2);
        QVERIFY2(volume.words().contains("--split distance"), qPrintable(volume.words()));
        QCOMPARE(train({"--data", "near.json", "--split-test", "--output", "v.safetensors"}).code, 2);
        // One slice is enough: its right quarter validates.
        const Outcome one =
            train({"--images", "images/z0.png", "--labels", "labels/z0.png", "--output", "one.safetensors"});
        QVERIFY2(one.code == 0 && one.err.contains("columns 300–399"), qPrintable(one.words()));
    }

    void longerRunsAndShortLogs() {
        const Outcome first = train({"--data", "near.json", "--split", "distance", "--output",
                                     "long.safetensors", "--set", "schedule=constant"});
        QVERIFY2(first.code == 0, qPrintable(first.words()));
        QCOMPARE(first.err.count(QRegularExpression(QStringLiteral("%  step \\d+ of 4"))), 2); // two epochs
        const Outcome longer = run({"train", "--resume", "--run-folder", "long.run", "--overwrite", "--set",
                                    "steps=8", "--set", "schedule=constant_cosine", "--set", "threads=1"},
                                   {.folder = folder_.path()});
        QVERIFY2(longer.code == 0, qPrintable(longer.words()));
        QVERIFY2(longer.err.contains("From step 4 on the recipe has steps 8 (was 4)."),
                 qPrintable(longer.err));
        QVERIFY(longer.out.contains("All 8 steps are done."));
        const Outcome other =
            run({"train", "--resume", "--run-folder", "long.run", "--overwrite", "--set", "patch=48"},
                {.folder = folder_.path()});
        QCOMPARE(other.code, 2);
        QVERIFY2(other.words().contains("patch 48 (was 32)"), qPrintable(other.words()));
    }

private:
    void write(const QString& name, const char* text) {
        QFile file(folder_.filePath(name));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(text) > 0);
    }
    Outcome train(QStringList arguments) {
        for (const char* setting :
             {"steps=4", "stepsPerEpoch=2", "levels=2", "base=4", "patch=32", "batch=2"})
            arguments << "--set" << QString::fromLatin1(setting);
        return run(QStringList{"train", "--device", "cpu"} + arguments, {.folder = folder_.path()});
    }
    static QJsonObject lastLine(const Outcome& outcome) {
        const QStringList lines = outcome.out.trimmed().split('\n');
        return QJsonDocument::fromJson(lines.last().toUtf8()).object();
    }
    QTemporaryDir folder_;
};

QTEST_GUILESS_MAIN(TestTrainSplit)
#include "tst_train_split.moc"

// cristae-cli evaluate with everything it writes: several predictions, slices, difference, report.
#include "core/io/format.h"
#include "tests/support/command_line.h"
#include "tests/support/image_files.h"

#include <QDir>
#include <QJsonArray>
#include <QTemporaryDir>
#include <QTest>

using namespace cristae;

class TestEvaluateVerb : public QObject {
    Q_OBJECT
    QTemporaryDir folder_;
    QString in(const char* name) const { return folder_.filePath(QString::fromLatin1(name)); }

private Q_SLOTS:
    void initTestCase() {
        // Three slices of 40 × 50: the truth is a box; one prediction is shifted by 5 px, one exact, one of
        // probabilities.
        const Extent3 extent{3, 40, 50};
        Pixels truth(PixelType::u8, 1, extent), shifted(PixelType::u8, 1, extent),
            probability(PixelType::f32, 1, extent);
        for (int64_t z = 0; z < 3; ++z)
            for (int64_t y = 10; y < 30; ++y)
                for (int64_t x = 10; x < 30; ++x) {
                    truth.plane<uint8_t>(0, z)[size_t(y * 50 + x)] = 255;
                    shifted.plane<uint8_t>(0, z)[size_t(y * 50 + x + (z == 1 ? 0 : 5))] = 1;
                    probability.plane<float>(0, z)[size_t(y * 50 + x)] = 0.6f;
                }
        writeImage(truth, in("truth.tif"));
        writeImage(shifted, in("shifted.tif"));
        writeImage(probability, in("probability.tif"));
    }

    void everySliceOfEveryPrediction() {
        const Outcome o = run({"evaluate", in("shifted.tif"), in("probability.tif"), in("truth.tif"),
                               "--threshold", "0.5", "--per-slice", in("slices.csv"), "--json"});
        QVERIFY2(o.code == 0, qPrintable(o.err));
        const QJsonArray list = QJsonDocument::fromJson(o.out.toUtf8()).object()["predictions"].toArray();
        QCOMPARE(list.size(), 2);
        QCOMPARE(list[0]["precision"].toDouble(), (300 + 400 + 300) / 1200.0);
        QCOMPARE(list[1]["dice"].toDouble(), 1.0);
        const QList<QByteArray> lines = bytesOf(in("slices.csv")).trimmed().split('\n');
        QCOMPARE(lines.size(), 7);
        QVERIFY(lines[0].startsWith("slice,prediction,dice,iou,"));
        QVERIFY(lines[1].startsWith("1,shifted.tif,0.75,0.6,"));
        QVERIFY(lines[3].startsWith("2,shifted.tif,1,1,"));
        // Without a threshold fractions are no labels.
        QCOMPARE(run({"evaluate", in("probability.tif"), in("truth.tif")}).code, 3);
        QCOMPARE(run({"evaluate", in("truth.tif")}).code, 2);
    }

    void theDifferenceIsAPicture() {
        const Outcome o =
            run({"evaluate", in("shifted.tif"), in("truth.tif"), "--difference", in("difference.tif")});
        QVERIFY2(o.code == 0, qPrintable(o.err));
        QVERIFY(o.out.contains("false positive yellow"));
        const TileSourcePtr picture = openImage(in("difference.tif").toStdString());
        QCOMPARE(picture->info().channels, 3);
        const Pixels slice = picture->read(0, Box3::ofSlice(picture->info().extent(), 0));
        const auto colour = [&](size_t y, size_t x) {
            return std::array{slice.plane<uint8_t>(0, 0)[y * 50 + x], slice.plane<uint8_t>(1, 0)[y * 50 + x],
                              slice.plane<uint8_t>(2, 0)[y * 50 + x]};
        };
        QVERIFY((colour(15, 20) == std::array<uint8_t, 3>{0x56, 0xb4, 0xe9}));
        QVERIFY((colour(15, 32) == std::array<uint8_t, 3>{0xf0, 0xe4, 0x42}));
        QVERIFY((colour(15, 11) == std::array<uint8_t, 3>{0xd5, 0x5e, 0x00}));
        const Outcome png =
            run({"evaluate", in("shifted.tif"), in("truth.tif"), "--difference", in("pictures.png")});
        QVERIFY2(png.code == 0, qPrintable(png.err)); // a stack of PNGs is a folder
        QCOMPARE(QDir(in("pictures")).entryList({"*.png"}).size(), 3);
    }

    void theReportHoldsEverything() {
        for (const char* file : {"report.csv", "report.pdf"}) {
            const Outcome o = run({"evaluate", in("shifted.tif"), in("truth.tif"), "--report", in(file)});
            QVERIFY2(o.code == 0, qPrintable(o.err));
            QVERIFY(o.out.contains("1 of 1 object found")); // a report wants every metric
        }
        const QByteArray csv = bytesOf(in("report.csv")), pdf = bytesOf(in("report.pdf"));
        for (const char* part :
             {"figure,shifted.tif,hd95,", "slice,shifted.tif,dice,2,1",
              "confusion,shifted.tif,truth value 255,", "file,shifted.tif,prediction,", "file,,truth,"})
            QVERIFY2(csv.contains(part), part);
        QVERIFY(pdf.startsWith("%PDF") && pdf.size() > 10000);
        const Outcome other =
            run({"evaluate", in("shifted.tif"), in("truth.tif"), "--report", in("report.doc")});
        QCOMPARE(other.code, 2);
        QVERIFY(other.err.contains(".pdf or .csv"));
    }
};

QTEST_GUILESS_MAIN(TestEvaluateVerb)
#include "tst_evaluate.moc"

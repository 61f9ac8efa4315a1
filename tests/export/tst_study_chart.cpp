// The chart of a study: a picture with its curves in it, and a PDF of one page.
#include "ui/report/pdf_check.h"
#include "ui/report/study_chart.h"

#include <QImage>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>

using namespace cristae;

class TestStudyChart : public QObject {
    Q_OBJECT
    QTemporaryDir folder_;
    static int pixelsLike(const QImage& image, const QColor& colour) {
        int count = 0;
        for (int y = 0; y < image.height(); ++y)
            for (int x = 0; x < image.width(); ++x) {
                const QColor c = image.pixelColor(x, y);
                count += std::abs(c.red() - colour.red()) + std::abs(c.green() - colour.green()) +
                             std::abs(c.blue() - colour.blue()) <
                         30;
            }
        return count;
    }
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".?"))); }

    void curvesAreDrawn_data() {
        QTest::addColumn<bool>("names");
        QTest::newRow("numbers") << false;
        QTest::newRow("names") << true;
    }
    void curvesAreDrawn() {
        QFETCH(bool, names);
        StudyResult result;
        result.title = "Score against the number of training images";
        result.xTitle = "training images";
        result.yTitle = "Dice";
        result.series = {{"with", {0, 1, 2}, {0.5, 0.7, 0.8}}, {"without", {0, 1, 2}, {0.3, 0.5, 0.7}}};
        if (names) result.xLabels = {"a rather long name of a setting", "b", "c"};
        const std::filesystem::path base =
            folder_.filePath(names ? QStringLiteral("names") : QStringLiteral("numbers")).toStdString();
        writeStudyChart(base, result);
        const QImage image(QString::fromStdString(base.string() + ".png"));
        QCOMPARE(image.size(), QSize(1600, 1000));
        QVERIFY(pixelsLike(image, QColor("#0072b2")) > 600);
        QVERIFY(pixelsLike(image, QColor("#d55e00")) > 600);
        QVERIFY(pixelsLike(image, Qt::black) > 1000); // words
        // Nothing runs over the edge.
        for (int x = 0; x < image.width(); ++x) {
            QCOMPARE(image.pixelColor(x, 0), QColor(Qt::white));
            QCOMPARE(image.pixelColor(x, image.height() - 1), QColor(Qt::white));
        }
        checkPdf(base.string() + ".pdf", 1);
    }

    void nothingMeasuredIsAnEmptyChart() {
        const std::filesystem::path base = folder_.filePath(QStringLiteral("empty")).toStdString();
        writeStudyChart(base, {});
        QVERIFY(!QImage(QString::fromStdString(base.string() + ".png")).isNull());
    }
};

QTEST_MAIN(TestStudyChart)
#include "tst_study_chart.moc"

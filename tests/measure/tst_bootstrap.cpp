// Bootstrap intervals: against the exact bootstrap of few units, and against scores whose true value is
// known.
#include "core/base/random.h"
#include "core/measure/bootstrap.h"

#include <QRegularExpression>
#include <QTest>
#include <algorithm>
#include <cmath>

using namespace cristae;

namespace {

std::vector<double> diceOf(const std::vector<ConfusionCounts>& counts) {
    std::vector<double> values;
    for (const ConfusionCounts& one : counts) values.push_back(one.dice());
    return values;
}

/// An image of a made-up kind: objects of 500 to 2000 px, of which a share is found, and as much again as
/// one tenth of it too much.
ConfusionCounts drawnImage(Random& random) {
    const double objects = std::floor(random.uniform(500, 2000)), found = random.uniform(0.6, 1);
    ConfusionCounts counts;
    counts.truePositive = int64_t(objects * found);
    counts.falseNegative = int64_t(objects) - counts.truePositive;
    counts.falsePositive = int64_t(objects * random.uniform(0, 0.2));
    counts.trueNegative = 10000;
    return counts;
}

/// In how many of 400 studies of `units` images the interval holds what countless images would give.
double coverage(size_t units) {
    Random random(7);
    ConfusionCounts all;
    for (int i = 0; i < 200000; ++i) all += drawnImage(random);
    const double right = all.dice();
    int held = 0;
    for (int study = 0; study < 400; ++study) {
        std::vector<ConfusionCounts> images;
        for (size_t i = 0; i < units; ++i) images.push_back(drawnImage(random));
        const auto interval = bootstrapInterval(diceOf(resampledCounts(images)), units);
        held += interval->low <= right && right <= interval->high;
    }
    return held / 400.0;
}

} // namespace

class TestBootstrap : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void percentilesByHand() {
        QVERIFY(!bootstrapInterval({}, 10));
        std::vector<double> values; // 0 … 1000, out of order
        for (int i = 0; i <= 1000; ++i) values.push_back(double((i * 8) % 1001));
        const auto many = bootstrapInterval(values, 100000); // Student's t is normal: 2.5 %
        QVERIFY(std::abs(many->low - 25) < 0.05 && std::abs(many->high - 975) < 0.05);
        // Of five units √(5/4) · 2.7764 = 3.1041, and 0.0955 % of the normal distribution lies beyond.
        const auto few = bootstrapInterval(values, 5);
        QVERIFY2(std::abs(few->low - 0.955) < 0.005 && std::abs(few->high - 999.045) < 0.005,
                 qPrintable(QString::number(few->low)));
    }

    void fewUnitsGiveNone() {
        const std::vector<ConfusionCounts> four(4, ConfusionCounts{1, 1, 1, 1});
        QVERIFY(resampledCounts(four).empty());
        QVERIFY(resampledCounts(std::vector<ConfusionCounts>(5)).size() == 2000);
    }

    void everyDrawHasAsManyUnits() {
        std::vector<ConfusionCounts> units;
        for (int64_t i = 1; i <= 6; ++i) units.push_back({i, 0, 0, 1});
        const std::vector<ConfusionCounts> draws = resampledCounts(units), again = resampledCounts(units),
                                           others = resampledCounts(units, 2);
        double sum = 0;
        int different = 0;
        for (size_t i = 0; i < draws.size(); ++i) {
            QCOMPARE(draws[i].trueNegative, int64_t(6));
            QCOMPARE(draws[i].truePositive, again[i].truePositive);
            different += draws[i].truePositive != others[i].truePositive;
            sum += double(draws[i].truePositive);
        }
        QVERIFY2(std::abs(sum / 2000 - 21) < 0.4, qPrintable(QString::number(sum / 2000))); // 4 deviations
        QVERIFY(different > 1500);
    }

    /// All 5⁵ draws of five units, each once: their percentiles of 2.5 and 97.5 are what those of the random
    /// ones come near to.
    void nearTheExactBootstrap() {
        const std::vector<ConfusionCounts> units = {
            {90, 10, 5, 0}, {50, 40, 20, 0}, {10, 1, 30, 0}, {70, 7, 7, 0}, {30, 0, 2, 0}};
        std::vector<double> exact;
        for (int code = 0; code < 3125; ++code) {
            ConfusionCounts sum;
            for (int n = 0, rest = code; n < 5; ++n, rest /= 5) sum += units[size_t(rest % 5)];
            exact.push_back(sum.dice());
        }
        const auto right = bootstrapInterval(exact, 100000),
                   ours = bootstrapInterval(diceOf(resampledCounts(units)), 100000);
        QVERIFY2(
            std::abs(right->low - ours->low) < 0.012 && std::abs(right->high - ours->high) < 0.012,
            qPrintable(
                QString("%1 %2, %3 %4").arg(right->low).arg(ours->low).arg(right->high).arg(ours->high)));
        QVERIFY(right->high - right->low > 0.1);
    }

    void holdsTheTrueValue() {
        const double many = coverage(30), few = coverage(5);
        QVERIFY2(many > 0.91 && many < 0.98, qPrintable(QString::number(many)));
        QVERIFY2(few > 0.86 && few < 0.98, qPrintable(QString::number(few)));
        qInfo("95 %% intervals hold the true value in %.1f %% of studies of 30 images, %.1f %% of 5",
              100 * many, 100 * few);
    }
};

QTEST_GUILESS_MAIN(TestBootstrap)
#include "tst_bootstrap.moc"

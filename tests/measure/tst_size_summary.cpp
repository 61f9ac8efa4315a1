// Figures and histograms of sizes, against values worked out by hand.
#include "core/measure/size_summary.h"

#include <QtTest>

#include <numeric>

using namespace cristae;

class TestSizeSummary : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(".?")); }

    void figures() {
        const SizeSummary some = summaryOf({4, 1, 2, 9});
        QCOMPARE(some.count, int64_t(4));
        QCOMPARE(some.mean, 4.0);
        QCOMPARE(some.median, 3.0);
        QCOMPARE(some.smallest, 1.0);
        QCOMPARE(some.largest, 9.0);
        QVERIFY(std::abs(some.deviation - std::sqrt(38.0 / 3)) < 1e-12);
        const SizeSummary one = summaryOf({7});
        QCOMPARE(one.median, 7.0);
        QCOMPARE(one.deviation, 0.0);
        QCOMPARE(summaryOf({}).count, int64_t(0));
    }

    void binsHaveRoundEdgesAndLoseNothing() {
        QVERIFY(histogramOf({}).counts.empty());
        const Histogram five = histogramOf({0, 1, 1.5, 9.99, 10});
        QCOMPARE(five.binWidth, 2.0);
        QCOMPARE(five.counts, (std::vector<int64_t>{3, 0, 0, 0, 2})); // the last edge is in the last bin
        QCOMPARE(five.end(), 10.0);
        std::vector<double> many;
        for (int i = 0; i < 10000; ++i) many.push_back(i * 0.0137);
        const Histogram fine = histogramOf(many, 24);
        QVERIFY(fine.counts.size() <= 24 && fine.counts.size() >= 12);
        QCOMPARE(std::accumulate(fine.counts.begin(), fine.counts.end(), int64_t(0)), int64_t(10000));
        QVERIFY(fine.end() >= many.back());
        const Histogram same = histogramOf({0, 0, 0});
        QCOMPARE(same.counts, (std::vector<int64_t>{3}));
    }
};

QTEST_GUILESS_MAIN(TestSizeSummary)
#include "tst_size_summary.moc"

// Tiler: random geometry; every pixel is decided once, on the grid, with enough border.
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/segment/tiler.h"

#include <QRegularExpression>
#include <QTest>

using namespace cristae;

class TestTiler : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void randomGeometryCoversOnceOnTheGridWithHalo() {
        Random random(7);
        for (int round = 0; round < 300; ++round) {
            NetworkInfo info;
            info.strideMultiple = int64_t(1) << random.below(6);
            info.receptiveRadius = random.below(80);
            const Extent3 plane = {1, 1 + random.below(700), 1 + random.below(700)};
            Box3 region = {0, random.below(plane.y), random.below(plane.x), 1, 0, 0};
            region.y1 = region.y0 + 1 + random.below(plane.y - region.y0);
            region.x1 = region.x0 + 1 + random.below(plane.x - region.x0);
            const int64_t side = 1 + random.below(600);
            const Tiling tiling = makeTiling(plane, region, info, side);
            QVERIFY(tiling.halo >= info.receptiveRadius);
            QCOMPARE(tiling.inputHeight % info.strideMultiple, int64_t(0));
            QCOMPARE(tiling.inputWidth % info.strideMultiple, int64_t(0));
            QVERIFY(tiling.inputHeight <= std::max(side, 2 * tiling.halo + info.strideMultiple));
            std::vector<int> decided(static_cast<size_t>(plane.y * plane.x));
            for (const Tile& tile : tiling.tiles) {
                QCOMPARE(tile.inputY % info.strideMultiple, int64_t(0));
                QCOMPARE(tile.inputX % info.strideMultiple, int64_t(0));
                QVERIFY(!tile.output.empty());
                QVERIFY(tile.output.y0 - tile.inputY >= info.receptiveRadius);
                QVERIFY(tile.output.x0 - tile.inputX >= info.receptiveRadius);
                QVERIFY(tile.inputY + tiling.inputHeight - tile.output.y1 >= info.receptiveRadius);
                QVERIFY(tile.inputX + tiling.inputWidth - tile.output.x1 >= info.receptiveRadius);
                for (int64_t y = tile.output.y0; y < tile.output.y1; ++y)
                    for (int64_t x = tile.output.x0; x < tile.output.x1; ++x)
                        ++decided[size_t(y * plane.x + x)];
            }
            for (int64_t y = 0; y < plane.y; ++y)
                for (int64_t x = 0; x < plane.x; ++x) {
                    const bool inside = y >= region.y0 && y < region.y1 && x >= region.x0 && x < region.x1;
                    if (decided[size_t(y * plane.x + x)] != (inside ? 1 : 0))
                        QFAIL(qPrintable(QString("round %1: pixel %2 %3 decided %4 times")
                                             .arg(round)
                                             .arg(y)
                                             .arg(x)
                                             .arg(decided[size_t(y * plane.x + x)])));
                }
        }
    }

    void aPlaneThatFitsGivesOneTile() {
        NetworkInfo info;
        info.strideMultiple = 16;
        info.receptiveRadius = 20;
        const Tiling tiling = makeTiling({1, 100, 50}, {0, 0, 0, 1, 100, 50}, info, 1024);
        QCOMPARE(tiling.tiles.size(), size_t(1));
        QCOMPARE(tiling.inputHeight, int64_t(112 + 64));
        QCOMPARE(tiling.inputWidth, int64_t(64 + 64));
    }

    void regionsOutsideAreRefused() {
        NetworkInfo info;
        QVERIFY_THROWS_EXCEPTION(Error, makeTiling({1, 10, 10}, {0, 0, 0, 1, 11, 10}, info, 512));
        QVERIFY_THROWS_EXCEPTION(Error, makeTiling({1, 10, 10}, {0, 5, 0, 1, 5, 10}, info, 512));
    }

    void reflectionRepeatsNoEdgeAndSurvivesFarIndices() {
        const std::vector<int64_t> expected = {2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1, 2};
        for (size_t i = 0; i < expected.size(); ++i) QCOMPARE(reflectedIndex(int64_t(i) - 4, 4), expected[i]);
        QCOMPARE(reflectedIndex(-100, 1), int64_t(0));
        QCOMPARE(reflectedIndex(1'000'001, 2), int64_t(1));
    }
};

QTEST_GUILESS_MAIN(TestTiler)
#include "tst_tiler.moc"

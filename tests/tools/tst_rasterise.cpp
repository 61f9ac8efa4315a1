// Rasterisers against brute force over every pixel: discs, sweeps, polygons, connected regions.
#include "core/base/random.h"
#include "core/tools/tool.h"

#include <QtTest>

#include <cmath>
#include <deque>

using namespace cristae;

namespace {
const Extent3 plane{2, 170, 200};

double squaredDistance(ImagePoint p, ImagePoint a, ImagePoint b) {
    const double dy = b.y - a.y, dx = b.x - a.x, length = dy * dy + dx * dx;
    const double t = length > 0 ? std::clamp(((p.y - a.y) * dy + (p.x - a.x) * dx) / length, 0.0, 1.0) : 0.0;
    return std::pow(p.y - a.y - t * dy, 2) + std::pow(p.x - a.x - t * dx, 2);
}

// Even-odd rule: crossings of a ray to the right.
bool insidePolygon(ImagePoint p, const std::vector<ImagePoint>& corners) {
    bool inside = false;
    for (size_t i = 0; i < corners.size(); ++i) {
        const ImagePoint a = corners[i], b = corners[(i + 1) % corners.size()];
        if ((a.y > p.y) == (b.y > p.y)) continue;
        if (p.x < a.x + (p.y - a.y) / (b.y - a.y) * (b.x - a.x)) inside = !inside;
    }
    return inside;
}

ImagePoint randomPoint(Random& random, bool onGrid) {
    ImagePoint p{random.uniform(-30, 200), random.uniform(-30, 230)};
    if (onGrid)
        p = {std::round(p.y * 2) / 2,
             std::round(p.x * 2) / 2}; // corners and centres of pixels: the doubtful cases
    return p;
}

template <class Inside>
void compareWithBruteForce(const LabelEdit& edit, int64_t z, Inside&& inside, const QString& what) {
    for (int64_t y = 0; y < plane.y; ++y)
        for (int64_t x = 0; x < plane.x; ++x)
            if ((edit.at(z, y, x).label == 7) != inside(y, x))
                QFAIL(qPrintable(QString("%1: pixel y %2 x %3").arg(what).arg(y).arg(x)));
}
const Voxel ink{7, Origin::human};
} // namespace

class TestRasterise : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void discsAndSweeps() {
        Random random(1);
        const LabelLayer layer(plane);
        for (int i = 0; i < 60; ++i) {
            const bool onGrid = random.chance(0.5);
            const ImagePoint a = randomPoint(random, onGrid),
                             b = random.chance(0.3) ? a : randomPoint(random, onGrid);
            const double radius = onGrid ? double(random.below(60)) / 2 : random.uniform(0, 60);
            LabelEdit edit(layer.snapshot(), {});
            if (a.x == b.x && a.y == b.y)
                paintDisc(edit, 1, a, radius, ink);
            else
                paintCapsule(edit, 1, a, b, radius, ink);
            // Rims that pass within rounding of a pixel centre may fall either way for slanted sweeps.
            compareWithBruteForce(
                edit, 1,
                [&](int64_t y, int64_t x) {
                    const double d =
                        squaredDistance({double(y) + 0.5, double(x) + 0.5}, a, b) - radius * radius;
                    if (std::abs(d) < 1e-9 && (a.x != b.x && a.y != b.y)) return edit.at(1, y, x).label == 7;
                    return d <= 0;
                },
                QString("capsule %1").arg(i));
            QVERIFY(edit.at(0, 50, 50).label == 0);
        }
    }

    void aDiscOfRadiusFiveIsTheKnownOne() {
        const LabelLayer layer(plane);
        LabelEdit edit(layer.snapshot(), {});
        paintDisc(edit, 0, {20.5, 20.5}, 5, ink);
        int64_t area = 0;
        for (int64_t y = 0; y < plane.y; ++y)
            for (int64_t x = 0; x < plane.x; ++x) area += edit.at(0, y, x).label == 7;
        QCOMPARE(area, int64_t(81)); // Gauss's circle problem: 81 lattice points within 5
        QCOMPARE(edit.at(0, 15, 20).label, 7u);
        QCOMPARE(edit.at(0, 17, 16).label, 7u); // 3² + 4² = 5², on the rim
        QCOMPARE(edit.at(0, 16, 16).label, 0u);
    }

    void polygons() {
        Random random(2);
        const LabelLayer layer(plane);
        for (int i = 0; i < 40; ++i) {
            const bool onGrid = random.chance(0.5);
            std::vector<ImagePoint> corners;
            for (int64_t n = 3 + random.below(12); n > 0; --n)
                corners.push_back(randomPoint(random, onGrid)); // crosses itself
            LabelEdit edit(layer.snapshot(), {});
            fillPolygon(edit, 1, corners, ink);
            compareWithBruteForce(
                edit, 1,
                [&](int64_t y, int64_t x) {
                    return insidePolygon({double(y) + 0.5, double(x) + 0.5}, corners);
                },
                QString("polygon %1").arg(i));
        }
        // Two polygons that share an edge fill each pixel exactly once, wherever the edge runs.
        LabelEdit left(layer.snapshot(), {}), right(layer.snapshot(), {});
        const std::vector<ImagePoint> leftCorners{{10, 10}, {10, 50.5}, {60, 73.5}, {60, 10}};
        const std::vector<ImagePoint> rightCorners{{10, 50.5}, {10, 100}, {60, 100}, {60, 73.5}};
        fillPolygon(left, 0, leftCorners, ink);
        fillPolygon(right, 0, rightCorners, ink);
        for (int64_t y = 10; y < 60; ++y)
            for (int64_t x = 10; x < 100; ++x)
                QCOMPARE((left.at(0, y, x).label == 7) + (right.at(0, y, x).label == 7), 1);
    }

    void regions() {
        Random random(3);
        for (int round = 0; round < 12; ++round) {
            // A random maze of three labels, some of it locked, some set by hand.
            LabelLayer layer(plane);
            LabelEdit maze(layer.snapshot(), {});
            for (int i = 0; i < 300; ++i) {
                const int64_t y = random.below(plane.y), x = random.below(plane.x);
                const bool upright = random.chance(0.5);
                const Voxel value{uint32_t(random.below(3)),
                                  random.chance(0.3) ? Origin::human : Origin::model};
                for (int64_t k = 0; k < 60; ++k) maze.set(1, upright ? y + k : y, upright ? x : x + k, value);
            }
            layer.apply(maze.delta());
            WriteRule rule;
            rule.keepHuman = random.chance(0.5);
            if (random.chance(0.2)) rule.lockedLabels = {uint32_t(random.below(3))};
            LabelEdit edit(layer.snapshot(), rule);
            const int64_t seedY = random.below(plane.y), seedX = random.below(plane.x);
            const Voxel fill{random.chance(0.3) ? uint32_t(random.below(3)) : 9u, Origin::human};
            floodFill(edit, 1, {double(seedY) + 0.3, double(seedX) + 0.9}, fill);

            const uint32_t label = layer.at(1, seedY, seedX).label;
            std::vector<uint8_t> reached(size_t(plane.y * plane.x), 0);
            std::deque<std::pair<int64_t, int64_t>> queue;
            const auto visit = [&](int64_t y, int64_t x) {
                if (y < 0 || x < 0 || y >= plane.y || x >= plane.x || reached[size_t(y * plane.x + x)])
                    return;
                if (layer.at(1, y, x).label != label) return;
                reached[size_t(y * plane.x + x)] = 1;
                queue.emplace_back(y, x);
            };
            if (label != fill.label) visit(seedY, seedX);
            while (!queue.empty()) {
                const auto [y, x] = queue.front();
                queue.pop_front();
                visit(y - 1, x);
                visit(y + 1, x);
                visit(y, x - 1);
                visit(y, x + 1);
            }
            for (int64_t y = 0; y < plane.y; ++y)
                for (int64_t x = 0; x < plane.x; ++x) {
                    const Voxel before = layer.at(1, y, x);
                    const bool changes = reached[size_t(y * plane.x + x)] && rule.allows(before);
                    QVERIFY(edit.at(1, y, x) == (changes ? fill : before));
                }
        }
    }

    void nonsenseDrawsNothing() {
        const LabelLayer layer(plane);
        LabelEdit edit(layer.snapshot(), {});
        const double nan = std::nan("");
        paintDisc(edit, 0, {nan, 5}, 10, ink);
        paintDisc(edit, 0, {5, 5}, nan, ink);
        paintDisc(edit, 0, {5, 5}, -1, ink);
        paintDisc(edit, 9, {5, 5}, 10, ink);
        paintDisc(edit, 0, {1e18, 1e18}, 10, ink);
        paintCapsule(edit, 0, {5, 5}, {INFINITY, 5}, 10, ink);
        fillPolygon(edit, 0, {{1, 1}, {50, 50}}, ink);
        fillPolygon(edit, 0, {{1, 1}, {50, 50}, {nan, 20}}, ink);
        fillPolygon(edit, -1, {{1, 1}, {50, 50}, {20, 2}}, ink);
        floodFill(edit, 0, {-1, 5}, ink);
        floodFill(edit, 0, {nan, 5}, ink);
        floodFill(edit, 5, {5, 5}, ink);
        QVERIFY(edit.delta().empty());
        fillPolygon(edit, 0, {{-1e15, -1e15}, {-1e15, 1e15}, {1e15, 1e15}, {1e15, -1e15}}, ink);
        QCOMPARE(edit.at(0, 100, 100).label, 7u);
    }
};

QTEST_GUILESS_MAIN(TestRasterise)
#include "tst_rasterise.moc"

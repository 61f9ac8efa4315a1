// Masks become objects: touching objects are split, gaps in boundaries bridged, slices linked, small pieces
// left out.
#include "core/measure/instances.h"

#include "core/base/error.h"

#include <QRegularExpression>
#include <QTest>
#include <cmath>
#include <set>

using namespace cristae;

namespace {

struct Ball {
    double z, y, x, radius;
};

std::vector<uint8_t> balls(const Extent3& extent, const std::vector<Ball>& list, double zSpacing = 1) {
    std::vector<uint8_t> mask(size_t(extent.count()));
    for (int64_t z = 0, i = 0; z < extent.z; ++z)
        for (int64_t y = 0; y < extent.y; ++y)
            for (int64_t x = 0; x < extent.x; ++x, ++i)
                for (const Ball& ball : list) {
                    const double dz = (double(z) - ball.z) * zSpacing, dy = double(y) - ball.y,
                                 dx = double(x) - ball.x;
                    if (dz * dz + dy * dy + dx * dx <= ball.radius * ball.radius) mask[size_t(i)] = 1;
                }
    return mask;
}

size_t countOf(const LabelVolume& objects) {
    std::set<uint32_t> ids(objects.labels.begin(), objects.labels.end());
    ids.erase(0);
    return ids.size();
}

uint32_t at(const LabelVolume& objects, int64_t z, int64_t y, int64_t x) {
    return objects.labels[size_t((z * objects.extent.y + y) * objects.extent.x + x)];
}

LabelVolume separated(const std::vector<uint8_t>& mask, const Extent3& extent, const ObjectRule& rule,
                      const Spacing& spacing = {}) {
    return separateObjects(mask, {}, extent, spacing, rule, Progress::none());
}

} // namespace

class TestInstances : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".?"))); }

    void touchingDisksAreSplit() {
        const Extent3 extent{1, 40, 70};
        const auto mask = balls(extent, {{0, 20, 20, 14}, {0, 20, 45, 14}});
        ObjectRule rule;
        QCOMPARE(countOf(separated(mask, extent, rule)), size_t(1));
        rule.splitting = Splitting::distance;
        const LabelVolume two = separated(mask, extent, rule);
        QCOMPARE(countOf(two), size_t(2));
        QCOMPARE(at(two, 0, 20, 20), uint32_t(1));
        QCOMPARE(at(two, 0, 20, 45), uint32_t(2));
        // Every voxel of the mask belongs to one, none outside; the cut is in the middle.
        for (size_t i = 0; i < mask.size(); ++i) QCOMPARE(two.labels[i] != 0, mask[i] != 0);
        QCOMPARE(at(two, 0, 20, 29), uint32_t(1));
        QCOMPARE(at(two, 0, 20, 36), uint32_t(2));
        // A neck of 7 px radius at disks of 14: deeper demands keep them together.
        rule.depth = 9;
        QCOMPARE(countOf(separated(mask, extent, rule)), size_t(1));
    }

    void aLongRodStaysWhole() {
        const Extent3 extent{1, 20, 100};
        std::vector<uint8_t> mask(size_t(extent.count()));
        for (int64_t y = 6; y < 14; ++y)
            for (int64_t x = 5; x < 95; ++x) mask[size_t(y * 100 + x)] = 1;
        for (const int64_t x : {20, 50, 51, 77}) mask[size_t(6 * 100 + x)] = 0; // a rough border
        ObjectRule rule;
        rule.splitting = Splitting::distance;
        QCOMPARE(countOf(separated(mask, extent, rule)), size_t(1));
    }

    void thickSlicesCountAsFarApart() {
        // Balls in slices 5 px apart: in true distances they are balls, and split; counted as voxels, flat.
        const Extent3 extent{13, 40, 40};
        const auto mask = balls(extent, {{3, 20, 20, 14}, {8, 20, 20, 14}}, 5);
        ObjectRule rule;
        QCOMPARE(countOf(separated(mask, extent, rule)), size_t(1));
        rule.splitting = Splitting::distance;
        QCOMPARE(countOf(separated(mask, extent, rule, {50, 10, 10})), size_t(2));
        const LabelVolume objects = separated(mask, extent, rule, {50, 10, 10});
        QVERIFY(at(objects, 3, 20, 20) != at(objects, 8, 20, 20));
        rule.connectivity = Connectivity::slices;
        rule.splitting = Splitting::none;
        QCOMPARE(countOf(separated(mask, extent, rule)), size_t(10)); // a disk a slice
    }

    void cellsAreFoundBetweenBoundariesWithGaps() {
        // Four cells of 20 px, walls 2 px wide with a hole of 4 px in one of them.
        const Extent3 extent{1, 42, 42};
        std::vector<uint8_t> wall(size_t(extent.count()));
        std::vector<float> probability(wall.size(), 0.05f);
        for (int64_t y = 0; y < 42; ++y)
            for (int64_t x = 0; x < 42; ++x)
                if (y / 2 == 10 || x / 2 == 10) {
                    const bool hole = y / 2 == 10 && x >= 8 && x < 12;
                    wall[size_t(y * 42 + x)] = !hole;
                    probability[size_t(y * 42 + x)] = hole ? 0.4f : 0.95f;
                }
        ObjectRule rule;
        rule.splitting = Splitting::boundary;
        for (const auto& ridge : {std::vector<float>{}, probability}) {
            const LabelVolume cells = separateObjects(wall, ridge, extent, {}, rule, Progress::none());
            QCOMPARE(countOf(cells), size_t(4));
            QVERIFY(at(cells, 0, 10, 10) != at(cells, 0, 30, 10));
            for (size_t i = 0; i < wall.size(); ++i) QCOMPARE(cells.labels[i] == 0, wall[i] != 0);
        }
        rule.depth = 100;
        QCOMPARE(countOf(separated(wall, extent, rule)), size_t(3)); // through the hole two cells are one
    }

    void watershedFollowsTheSteepestWay() {
        // A row with two valleys; the pass is at 5.
        const Extent3 extent{1, 1, 11};
        const std::vector<float> height{3, 2, 1, 2, 4, 5, 3, 0, 1, 2, 3};
        const std::vector<uint8_t> mask(11, 1);
        const LabelVolume two = watershed(height, mask, extent, Connectivity::volume, 1, Progress::none());
        QCOMPARE(two.labels, (std::vector<uint32_t>{1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2}));
        const LabelVolume one = watershed(height, mask, extent, Connectivity::volume, 4.5, Progress::none());
        QCOMPARE(countOf(one), size_t(1)); // the shallower valley is 4 deep
    }

    void plateausAndEmptyMasks() {
        const Extent3 extent{2, 5, 5};
        const std::vector<uint8_t> full(50, 1), empty(50, 0);
        ObjectRule rule;
        rule.splitting = Splitting::distance;
        QCOMPARE(countOf(separated(full, extent, rule)), size_t(1));
        QCOMPARE(countOf(separated(empty, extent, rule)), size_t(0));
        rule.connectivity = Connectivity::slices;
        QCOMPARE(countOf(separated(full, extent, rule)), size_t(2));
        const std::vector<float> flat(50, 1);
        QCOMPARE(countOf(watershed(flat, full, extent, Connectivity::volume, 0.5, Progress::none())),
                 size_t(1));
    }

    void slicesAreLinkedWhereAreasOverlap() {
        LabelVolume objects{{3, 1, 8}, {1, 1, 1, 1, 0, 0, 2, 2, //
                                        3, 3, 3, 0, 0, 0, 0, 4, //
                                        5, 5, 5, 0, 6, 6, 0, 0}};
        linkSlices(objects, 0.4);
        QCOMPARE(objects.labels, (std::vector<uint32_t>{1, 1, 1, 1, 0, 0, 2, 2, //
                                                        1, 1, 1, 0, 0, 0, 0, 2, //
                                                        1, 1, 1, 0, 3, 3, 0, 0}));
    }

    void smallObjectsAreLeftOut() {
        LabelVolume objects{{1, 1, 7}, {4, 4, 0, 9, 0, 7, 7}};
        QCOMPARE(dropSmall(objects, 2), int64_t(2));
        QCOMPARE(objects.labels, (std::vector<uint32_t>{1, 1, 0, 0, 0, 2, 2}));
    }

    void isCancelled() {
        const Extent3 extent{1, 300, 300};
        const std::vector<uint8_t> mask(90000, 1);
        class Cancelled : public Progress {
        public:
            void report(double, const std::string&) const override {}
            bool cancelled() const override { return true; }
        };
        ObjectRule rule;
        rule.splitting = Splitting::distance;
        QVERIFY_EXCEPTION_THROWN(separateObjects(mask, {}, extent, {}, rule, Cancelled()), Error);
    }
};

QTEST_GUILESS_MAIN(TestInstances)
#include "tst_instances.moc"

// Grey values inside and outside objects, and the correlation of slices, on stacks whose answer is known.
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/image/memory_source.h"
#include "core/measure/exploration.h"
#include "core/measure/student.h"

#include <QtTest>

#include <cmath>

using namespace cristae;

namespace {
MemorySource stack(const Pixels& pixels) {
    return MemorySource(pixels);
}
/// Slices that share a random picture by `share` from one to the next: correlation ≈ share^distance.
Pixels fading(int64_t slices, double share) {
    Random random(5);
    Pixels pixels(PixelType::f32, 1, {slices, 60, 70});
    for (size_t i = 0; i < 4200; ++i) {
        double value = random.normal();
        for (int64_t z = 0; z < slices; ++z) {
            pixels.plane<float>(0, z)[i] = float(100 + 20 * value);
            value = share * value + std::sqrt(1 - share * share) * random.normal();
        }
    }
    return pixels;
}
Pixels flipped(const Pixels& slice, int64_t) {
    Pixels result(PixelType::f32, 1, slice.extent());
    const int64_t width = slice.extent().x;
    for (int64_t i = 0; i < slice.extent().count(); ++i)
        result.values<float>()[size_t(i)] =
            slice.values<float>()[size_t(i / width * width + width - 1 - i % width)];
    return result;
}
} // namespace

class TestExploration : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void histogramsCountEveryVoxelOnItsSide() {
        Pixels grey(PixelType::u8, 1, {2, 10, 10}), labels(PixelType::u8, 1, {2, 10, 10});
        for (size_t i = 0; i < 200; ++i) {
            labels.values<uint8_t>()[i] = i % 4 == 0 ? 3 : 0;
            grey.values<uint8_t>()[i] = i % 4 == 0 ? 10 : i % 4 == 1 ? 110 : 60;
        }
        const GreyHistograms h = greyHistograms(stack(grey), stack(labels), {}, 10, Progress::none());
        QCOMPARE(h.low, 10.0);
        QCOMPARE(h.high, 110.0);
        QCOMPARE(h.inside[0], 50);
        QCOMPARE(h.outside[0], 0);
        QCOMPARE(h.outside[5], 100);
        QCOMPARE(h.outside[9], 50); // the highest value belongs to the last bin
        QCOMPARE(h.overlap(), 0.0);
        const GreyHistograms same =
            greyHistograms(stack(grey), stack(grey), {.label = 10}, 1, Progress::none());
        QCOMPARE(same.overlap(), 1.0); // one bin tells nothing apart
        QVERIFY_EXCEPTION_THROWN(greyHistograms(stack(grey), stack(Pixels(PixelType::u8, 1, {1, 10, 10})), {},
                                                10, Progress::none()),
                                 Error);
    }

    void correlationFallsWithDistance() {
        const auto found = sliceCorrelations(stack(fading(30, 0.8)), 6, {}, Progress::none());
        QCOMPARE(found.size(), size_t(7));
        QVERIFY(found[0].mean > 0.999999);
        for (int64_t d = 0; d < 7; ++d) {
            const SliceCorrelation& c = found[size_t(d)];
            QCOMPARE(c.distance, d);
            QCOMPARE(c.pairs, 30 - d);
            QVERIFY2(std::abs(c.mean - std::pow(0.8, double(d))) < 0.02, qPrintable(QString::number(c.mean)));
            QVERIFY(c.low <= c.mean && c.mean <= c.high);
            if (d) QVERIFY(c.high - c.low < 0.05 && c.high - c.low > 0);
        }
    }

    void aFlipTakesTheCorrelationAway() {
        const auto found = sliceCorrelations(stack(fading(12, 0.9)), 3, flipped, Progress::none());
        for (const SliceCorrelation& c : found)
            QVERIFY2(std::abs(c.mean) < 0.05, qPrintable(QString::number(c.mean)));
    }

    void slicesWithoutContrastAreLeftOut() {
        Pixels pixels = fading(5, 0.9);
        for (float& v : pixels.plane<float>(0, 2)) v = 7;
        const auto found = sliceCorrelations(stack(pixels), 1, {}, Progress::none());
        QCOMPARE(found[0].pairs, 4);
        QCOMPARE(found[1].pairs, 2);
        QCOMPARE(sliceCorrelations(stack(fading(1, 0.9)), 5, {}, Progress::none()).size(), size_t(1));
    }

    void pixelsWithoutAValueAreLeftOut() {
        // Two slices that correlate; a pixel that is no number must not change it, wherever it is.
        Pixels grey(PixelType::f32, 1, {2, 16, 16});
        const auto values = grey.values<float>();
        for (size_t i = 0; i < 256; ++i) {
            values[i] = float(i * 7919 % 251);
            values[256 + i] = values[i] + float(i * 104729 % 101);
        }
        const double whole = sliceCorrelations(MemorySource(grey), 1, {}, Progress::none())[1].mean;
        QVERIFY(whole > 0.8 && whole < 0.99);
        values[40] = std::numeric_limits<float>::quiet_NaN();
        values[256 + 90] = std::numeric_limits<float>::infinity();
        double n = 0, a = 0, b = 0, aa = 0, bb = 0, ab = 0; // the textbook's sums over the other 254
        for (size_t i = 0; i < 256; ++i) {
            if (i == 40 || i == 90) continue;
            const double x = double(values[i]), y = double(values[256 + i]);
            n += 1, a += x, b += y, aa += x * x, bb += y * y, ab += x * y;
        }
        const double expected = (n * ab - a * b) / std::sqrt((n * aa - a * a) * (n * bb - b * b));
        const auto found = sliceCorrelations(MemorySource(grey), 1, {}, Progress::none());
        QVERIFY(std::abs(found[1].mean - expected) < 1e-9);
        QCOMPARE(found[1].pairs, int64_t(1));
        const Exploration told = explore(
            MemorySource(grey), MemorySource(Pixels(PixelType::u8, 1, {2, 16, 16})), {}, Progress::none());
        QCOMPARE(told.grey.withoutValue, int64_t(2));
        QCOMPARE(told.remarks.size(), size_t(1));
        QVERIFY(told.remarks[0].starts_with("2 voxels of the image have no finite value"));
    }

    void intervalsAreStudents() {
        // Tables of the 97.5 % quantile.
        for (const auto& [degrees, factor] : std::vector<std::pair<int64_t, double>>{{1, 12.7062},
                                                                                     {2, 4.3027},
                                                                                     {3, 3.1824},
                                                                                     {4, 2.7764},
                                                                                     {5, 2.5706},
                                                                                     {9, 2.2622},
                                                                                     {30, 2.0423},
                                                                                     {1000, 1.9623}})
            QVERIFY2(std::abs(studentFactor95(degrees) - factor) < 1e-4, std::to_string(degrees).c_str());
    }

    void touchingIdsAreObjectsOfTheirOwn() {
        Pixels labels(PixelType::u8, 1, {1, 10, 30});
        for (int64_t y = 0; y < 10; ++y)
            for (int64_t x = 0; x < 30; ++x)
                if (x % 15 < 10)
                    labels.values<uint8_t>()[size_t(y * 30 + x)] = uint8_t(x < 5 ? 1 : x < 10 ? 2 : 3);
        ImageInfo image, own;
        image.voxelSize = {{}, 8.0, 8.0, "image"};
        own.voxelSize = {{}, 5.0, 5.0, "labels"};
        const MemorySource grey(Pixels(PixelType::u8, 1, {1, 10, 30}), image), truth(labels, own);
        Exploration found = explore(grey, truth, {}, Progress::none());
        QCOMPARE(found.objects, int64_t(3)); // 50, 50 and 100 px
        QCOMPARE(found.meanAreaPx, 200.0 / 3);
        QCOMPARE(*found.meanAreaNm2, 200.0 / 3 * 25); // of the labels' own voxel size
        ExplorationOptions options;
        options.smallest = 60;
        found = explore(grey, truth, options, Progress::none());
        QCOMPARE(found.objects, int64_t(1));
        QCOMPARE(found.meanAreaPx, 100.0);
        QVERIFY(found.remarks.size() == 1 && found.remarks[0].starts_with("2 objects of fewer than 60"));
        options = {};
        options.foreground.label = 2;
        QCOMPARE(explore(grey, truth, options, Progress::none()).objects, int64_t(1));
        options.foreground = {2, true};
        QCOMPARE(explore(grey, truth, options, Progress::none()).meanVolumeVoxels, 125.0); // both sides of it
    }

    void aStackInFigures() {
        // Two boxes of 2 × 3 × 4 and 1 × 5 × 5 voxels in four slices of 20 × 30.
        Pixels grey(PixelType::u8, 1, {4, 20, 30}), labels(PixelType::u8, 1, {4, 20, 30});
        const auto fill = [&](const Box3& box) {
            for (int64_t z = box.z0; z < box.z1; ++z)
                for (int64_t y = box.y0; y < box.y1; ++y)
                    for (int64_t x = box.x0; x < box.x1; ++x)
                        labels.plane<uint8_t>(0, z)[size_t(y * 30 + x)] = 1;
        };
        fill({0, 2, 2, 2, 5, 6});
        fill({3, 10, 10, 4, 15, 15});
        for (size_t i = 0; i < size_t(grey.count()); ++i)
            grey.values<uint8_t>()[i] = uint8_t(labels.values<uint8_t>()[i] ? 200 : i % 50);
        ImageInfo info;
        info.voxelSize = {40.0, 5.0, 4.0, "test"};
        const MemorySource image(grey, info), truth(labels);
        ExplorationOptions options;
        options.mostDistance = 2;
        options.bins = 16;
        const Exploration found = explore(image, truth, options, Progress::none());
        QCOMPARE(found.objects, 2);
        QCOMPARE(found.sections, 3);
        QCOMPARE(found.foregroundShare, 49.0 / 2400);
        QCOMPARE(*found.meanAreaNm2, 49.0 / 3 * 20);
        QCOMPARE(*found.meanVolumeNm3, 49.0 / 2 * 800);
        QCOMPARE(found.grey.overlap(), 0.0);
        QCOMPARE(found.correlation.size(), size_t(3));
        options.identity.connectivity = Connectivity::slices;
        QCOMPARE(explore(image, truth, options, Progress::none()).objects, 3);
        QVERIFY(!explore(MemorySource(grey), truth, options, Progress::none()).meanAreaNm2);
        const std::string csv = explorationCsv(found);
        QVERIFY(csv.find("figure,mean_volume_nm3,19600,") != std::string::npos);
        QCOMPARE(std::ranges::count(csv, '\n'), 1 + 8 + 2 * 16 + 3);

        options.foreground.inverted = true; // all of it is background
        std::ranges::fill(labels.values<uint8_t>(), uint8_t(1));
        const Exploration nothing = explore(image, MemorySource(labels), options, Progress::none());
        QCOMPARE(nothing.objects, 0);
        QCOMPARE(nothing.meanVolumeVoxels, 0.0);
        QVERIFY(!nothing.meanAreaNm2);
    }
};

QTEST_GUILESS_MAIN(TestExploration)
#include "tst_exploration.moc"

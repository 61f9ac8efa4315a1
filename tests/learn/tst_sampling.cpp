// Where patches come from: shares of entries, labelled pixels, places where a network errs.
#include "core/base/error.h"
#include "tests/learn/discs.h"

#include <QRegularExpression>
#include <QTest>

using namespace cristae;

namespace {

/// A slice of grey values that tell where they lie: 100 · number + column / 10.
PreparedSlice marked(int number, int64_t width, double share, int64_t entry) {
    PreparedSlice slice;
    slice.image = Pixels(PixelType::f32, 1, {1, 200, width});
    slice.labels = Pixels(PixelType::u8, 1, {1, 200, width});
    for (int64_t i = 0; i < slice.image.count(); ++i)
        slice.image.values<float>()[size_t(i)] = float(100 * number) + float(i % width) / 10;
    slice.share = share;
    slice.entry = entry;
    slice.known = 200 * width;
    return slice;
}

nlohmann::json plain() {
    return nothingBut({{"patch", 32}, {"foregroundFraction", 0.0}, {"shift", 0}});
}

/// Middle grey value of patches 0 … n − 1.
std::vector<double> centres(const PatchSampler& sampler, int n) {
    std::vector<double> greys;
    for (int i = 0; i < n; ++i) greys.push_back(sampler.patch(1, uint64_t(i)).image.at(0, 0, 16, 16));
    return greys;
}

double shareAbove(const std::vector<double>& greys, double limit) {
    return double(std::ranges::count_if(greys, [&](double g) { return g >= limit; })) / double(greys.size());
}

} // namespace

class TestSampling : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void sharesAreThoseOfTheEntries() {
        // Entry 1 has two slices and 30 % of the patches, whatever their size; the others share the rest by
        // area: 100 and 300 columns.
        const std::vector<PreparedSlice> slices{marked(0, 100, 0, 0), marked(1, 300, 0, 0),
                                                marked(2, 900, 0.3, 1), marked(3, 600, 0.3, 1)};
        const auto greys = centres(PatchSampler(slices, plain()), 6000);
        QVERIFY2(std::abs(shareAbove(greys, 195) - 0.3) < 0.02,
                 qPrintable(QString::number(shareAbove(greys, 195))));
        QVERIFY(std::abs(shareAbove(greys, 295) - 0.12) < 0.02);
        QVERIFY(std::abs(shareAbove(greys, 95) - (0.3 + 0.7 * 0.75)) < 0.02);
    }

    void withoutSharesAreaAndWeightCount() {
        std::vector<PreparedSlice> slices{marked(0, 100, 0, 0), marked(1, 300, 0, 1)};
        slices[0].weight = 3;
        const auto greys = centres(PatchSampler(slices, plain()), 4000);
        QVERIFY(std::abs(shareAbove(greys, 95) - 0.5) < 0.03);
    }

    void everyPatchHoldsALabelledPixel() {
        TrainingSlice slice = noisyDiscs(300, 600);
        slice.labels = knownOnlyIn({100, 104, 500, 520}, slice.labels);
        nlohmann::json recipe = geometryOnly();
        recipe["patch"] = 64;
        const std::vector<PreparedSlice> prepared{prepareSlice(slice, 1, recipe)};
        QCOMPARE(prepared[0].known, int64_t(80));
        const PatchSampler sampler(prepared, recipe);
        int without = 0;
        for (uint64_t n = 0; n < 400; ++n) {
            const Patch patch = sampler.patch(3, n);
            const auto labels = std::as_const(patch.labels).values<uint8_t>();
            without += std::ranges::all_of(labels, [](uint8_t v) { return v == 255; });
        }
        QCOMPARE(without, 0);
    }

    void patchesOfARegionLieInIt() {
        TrainingSlice slice = noisyDiscs(400, 800);
        slice.labels = knownOnlyIn({0, 400, 0, 560}, slice.labels);
        const auto recipe = plain();
        const std::vector<PreparedSlice> prepared{prepareSlice(slice, 1, recipe)};
        const PatchSampler sampler(prepared, recipe);
        double known = 0;
        for (uint64_t n = 0; n < 500; ++n) {
            const Patch patch = sampler.patch(3, n);
            QVERIFY(patch.labels.at(0, 0, 16, 16) != 255);
            known += 1 - double(std::ranges::count(std::as_const(patch.labels).values<uint8_t>(), 255)) /
                             (32.0 * 32);
        }
        QVERIFY2(known / 500 > 0.97, qPrintable(QString::number(known / 500)));
    }

    void slicesWithoutLabelsAreLeftOut() {
        TrainingSlice empty = noisyDiscs(100, 100);
        empty.labels = knownOnlyIn({0, 0, 0, 0}, empty.labels);
        const std::vector<PreparedSlice> none{prepareSlice(empty, 1, plain())};
        QVERIFY_EXCEPTION_THROWN(PatchSampler(none, plain()), Error);
    }

    void errorsAreSummedOverCells() {
        Pixels probability(PixelType::f32, 2, {1, 40, 70}), labels(PixelType::u8, 1, {1, 40, 70});
        labels.values<uint8_t>()[0] = 1; // class 1 at 0.25: wrong by 0.75
        probability.plane<float>(0, 0)[0] = 0.25F;
        probability.plane<float>(1, 0)[5] = 0.5F; // class 2 where there is none
        probability.plane<float>(0, 0)[69] = 1;   // unknown: no error
        labels.values<uint8_t>()[69] = 255;
        const ErrorMap map = errorMapOf(probability, labels);
        QCOMPARE(map.rows, int64_t(2));
        QCOMPARE(map.columns, int64_t(3));
        const double squares = (0.75 * 0.75 + 0.5 * 0.5) / (32 * 32);
        QCOMPARE(int(map.cells[0]), int(std::lround(255 * std::sqrt(squares))));
        for (size_t i = 1; i < map.cells.size(); ++i) QCOMPARE(int(map.cells[i]), 0);
    }

    void hardPatchesComeFromErrors() {
        const std::vector<PreparedSlice> slices{marked(0, 640, 0, 0), marked(1, 640, 0, 0)};
        nlohmann::json recipe = plain();
        recipe["hardFraction"] = 0.5;
        PatchSampler sampler(slices, recipe), usual(slices, plain());
        // Without maps nothing changes, not even the random numbers.
        QCOMPARE(centres(sampler, 50), centres(usual, 50));
        std::vector<ErrorMap> maps(2);
        maps[1] = {7, 20, std::vector<uint8_t>(140)};
        maps[1].cells[size_t(3 * 20 + 10)] = 200; // rows 96–127, columns 320–351 of the second
        maps[1].cells[size_t(3 * 20 + 4)] = 100;  // columns 128–159: a quarter of the squared error
        sampler.setErrorMaps(maps);
        const auto greys = centres(sampler, 8000);
        const auto between = [&](double low, double high) {
            return shareAbove(greys, low) - shareAbove(greys, high);
        };
        // Half of the patches by chance (about 1/20 of the second slice's columns), half by error.
        QVERIFY2(std::abs(between(132, 135.2) - (0.4 + 0.5 * 0.5 / 19)) < 0.03,
                 qPrintable(QString::number(between(132, 135.2))));
        QVERIFY(std::abs(between(112.8, 116) - (0.1 + 0.5 * 0.5 / 19)) < 0.03);
    }
};

QTEST_GUILESS_MAIN(TestSampling)
#include "tst_sampling.moc"

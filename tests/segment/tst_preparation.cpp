// Preparation: channels, normalisation by whole-slice statistics, resampling by absolute coordinates.
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/segment/preparation.h"
#include "core/segment/resample.h"

#include <QRegularExpression>
#include <QTest>
#include <cmath>
#include <limits>

using namespace cristae;

namespace {

Pixels randomPlane(PixelType type, int64_t channels, int64_t height, int64_t width, uint64_t seed, double low,
                   double high) {
    Random random(seed);
    Pixels plane(PixelType::f64, channels, {1, height, width});
    for (double& value : plane.values<double>()) value = random.uniform(low, high);
    return plane.converted(type);
}

double meanOf(std::span<const float> values) {
    double sum = 0;
    for (const float v : values) sum += double(v);
    return sum / double(values.size());
}

} // namespace

class TestPreparation : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void zeroMeanUnitVariancePerChannelOfAnyType() {
        for (const PixelType type : {PixelType::u8, PixelType::u16, PixelType::i32, PixelType::f32}) {
            const Pixels plane = randomPlane(type, 2, 600, 500, 3, 20, 240);
            const Pixels done =
                normalised(plane, normalisationOf(plane, {{"kind", "zero-mean-unit-variance"}}));
            for (int64_t c = 0; c < 2; ++c) {
                const auto values = std::as_const(done).plane<float>(c, 0);
                double squares = 0;
                for (const float v : values) squares += double(v) * double(v);
                QVERIFY(std::abs(meanOf(values)) < 1e-5);
                QVERIFY(std::abs(squares / double(values.size()) - 1) < 1e-5);
            }
        }
    }

    void invertExchangesDarkAndBright() {
        const Pixels plane = randomPlane(PixelType::u8, 1, 60, 50, 4, 20, 240);
        Pixels mirror(PixelType::u8, 1, plane.extent()); // 255 − v
        for (size_t i = 0; i < 3000; ++i)
            mirror.values<uint8_t>()[i] = uint8_t(255 - plane.values<uint8_t>()[i]);
        for (const nlohmann::json& plain : std::initializer_list<nlohmann::json>{
                 {{"kind", "zero-mean-unit-variance"}}, {{"kind", "percentile"}}, {{"kind", "none"}}}) {
            nlohmann::json inverted = plain;
            inverted["invert"] = true;
            const Pixels wanted = normalised(mirror, normalisationOf(mirror, plain)),
                         done = normalised(plane, normalisationOf(plane, inverted));
            for (size_t i = 0; i < 3000; ++i)
                QVERIFY(std::abs(done.values<float>()[i] - wanted.values<float>()[i]) < 1e-5f);
        }
        Pixels fraction(PixelType::f32, 1, {1, 1, 2});
        fraction.values<float>()[0] = 0.25f;
        const Pixels done =
            normalised(fraction, normalisationOf(fraction, {{"kind", "none"}, {"invert", true}}));
        QCOMPARE(done.values<float>()[0], 0.75f);
    }

    void largeOffsetsDoNotCancel() {
        Pixels plane(PixelType::f64, 1, {1, 64, 64});
        for (size_t i = 0; i < 64 * 64; ++i) plane.values<double>()[i] = 1e9 + double(i % 2);
        const Normalisation n = normalisationOf(plane, {{"kind", "zero-mean-unit-variance"}});
        QVERIFY(std::abs(1 / n.scale[0] - 0.5) < 1e-6);
    }

    void fixedPercentileNone() {
        Pixels plane(PixelType::u8, 1, {1, 1, 101});
        for (int i = 0; i < 101; ++i) plane.values<uint8_t>()[size_t(i)] = uint8_t(i);
        const Normalisation percentile =
            normalisationOf(plane, {{"kind", "percentile"}, {"low", 10}, {"high", 90}});
        QCOMPARE(percentile.apply(0, 10), 0.f);
        QCOMPARE(percentile.apply(0, 90), 1.f);
        const Normalisation fixed = normalisationOf(plane, {{"kind", "fixed"}, {"mean", 50}, {"std", 25}});
        QCOMPARE(fixed.apply(0, 100), 2.f);
        QCOMPARE(normalisationOf(plane, {{"kind", "none"}}).apply(0, 42), 42.f);
        QVERIFY_THROWS_EXCEPTION(Error, normalisationOf(plane, {{"kind", "fixed"}, {"mean", 50}}));
        QVERIFY_THROWS_EXCEPTION(Error,
                                 normalisationOf(plane, {{"kind", "fixed"}, {"mean", 50}, {"std", 0}}));
        QVERIFY_THROWS_EXCEPTION(Error,
                                 normalisationOf(plane, {{"kind", "percentile"}, {"low", 90}, {"high", 10}}));
        QVERIFY_THROWS_EXCEPTION(Error, normalisationOf(plane, {{"kind", "magic"}}));
    }

    void plainAndNonFiniteSlices() {
        Pixels plain(PixelType::u8, 1, {1, 5, 5});
        QCOMPARE(normalisationOf(plain, {{"kind", "zero-mean-unit-variance"}}).apply(0, 0), 0.f);
        Pixels holes = randomPlane(PixelType::f32, 1, 40, 40, 5, 0, 1);
        const Normalisation whole = normalisationOf(holes, {{"kind", "zero-mean-unit-variance"}});
        QVERIFY(!whole.hadNonFinite);
        holes.values<float>()[7] = std::numeric_limits<float>::quiet_NaN();
        holes.values<float>()[0] = std::numeric_limits<float>::infinity();
        const Normalisation n = normalisationOf(holes, {{"kind", "zero-mean-unit-variance"}});
        QVERIFY(n.hadNonFinite);
        QVERIFY(std::abs(n.shift[0] - whole.shift[0]) < 0.01);
        QCOMPARE(n.apply(0, double(holes.values<float>()[7])), 0.f);
        QCOMPARE(n.apply(0, double(holes.values<float>()[0])), 0.f);
    }

    void outliersDoNotDecide() {
        const nlohmann::json kind{{"kind", "zero-mean-unit-variance"}};
        for (const PixelType type : {PixelType::u16, PixelType::f32})
            for (const int64_t side : {20, 64, 512}) {
                Pixels plane = randomPlane(type, 1, side, side, 7, 900, 1100);
                const Normalisation before = normalisationOf(plane, kind);
                QVERIFY(before.low.empty() && before.remark().empty());
                const auto set = [&](size_t at, double value) {
                    if (type == PixelType::u16)
                        plane.values<uint16_t>()[at] = uint16_t(value);
                    else
                        plane.values<float>()[at] = float(value);
                };
                set(33, 65535);
                const Normalisation after = normalisationOf(plane, kind);
                QCOMPARE(after.outliers, int64_t(1));
                QVERIFY(std::abs(after.shift[0] - before.shift[0]) < 1);
                QVERIFY(std::abs(after.scale[0] / before.scale[0] - 1) < 0.02);
                QVERIFY(after.apply(0, 65535) < 40); // clamped
                QCOMPARE(after.apply(0, 1000), float((1000 - after.shift[0]) * after.scale[0]));
                QVERIFY(after.remark().find("far outside") != std::string::npos);
            }
    }

    void ordinaryImagesAreNormalisedByAllTheirValues() {
        const nlohmann::json kind{{"kind", "zero-mean-unit-variance"}};
        // Noise with black particles; a few objects on nothing; a saturated region.
        Pixels particles = randomPlane(PixelType::u8, 1, 128, 128, 1, 120, 180);
        for (size_t i = 500; i < 512; ++i) particles.values<uint8_t>()[i] = 0;
        Pixels sparse(PixelType::u8, 1, {1, 128, 128});
        for (size_t i = 500; i < 520; ++i) sparse.values<uint8_t>()[i] = 200;
        Pixels saturated = randomPlane(PixelType::u16, 1, 128, 128, 1, 1000, 2000);
        for (size_t i = 0; i < 600; ++i) saturated.values<uint16_t>()[i] = 65535;
        for (const Pixels& plane : {particles, sparse, saturated}) {
            double sum = 0, squares = 0;
            const auto n = double(plane.count());
            for (int64_t y = 0; y < 128; ++y)
                for (int64_t x = 0; x < 128; ++x) sum += plane.at(0, 0, y, x);
            for (int64_t y = 0; y < 128; ++y)
                for (int64_t x = 0; x < 128; ++x) squares += std::pow(plane.at(0, 0, y, x) - sum / n, 2);
            const Normalisation all = normalisationOf(plane, kind);
            QVERIFY(all.low.empty());
            QVERIFY(std::abs(all.shift[0] / (sum / n) - 1) < 1e-9);
            QVERIFY(std::abs(all.scale[0] * std::sqrt(squares / n) - 1) < 1e-9);
        }
    }

    void channelsAreMadeToFit() {
        const Pixels rgb = randomPlane(PixelType::u8, 3, 4, 5, 9, 0, 255);
        const Pixels grey = withChannels(rgb, 1);
        QCOMPARE(grey.channels(), int64_t(1));
        const double expected =
            0.299 * rgb.at(0, 0, 2, 3) + 0.587 * rgb.at(1, 0, 2, 3) + 0.114 * rgb.at(2, 0, 2, 3);
        QVERIFY(std::abs(grey.at(0, 0, 2, 3) - expected) < 1e-4);
        const Pixels one = randomPlane(PixelType::u16, 1, 4, 5, 9, 0, 60000);
        std::string said;
        static_cast<void>(withChannels(rgb, 1, &said));
        QVERIFY(said.find("luminance") != std::string::npos);
        Pixels equal(PixelType::u8, 3, {1, 4, 5});
        said.clear();
        static_cast<void>(withChannels(equal, 1, &said)); // a grey image stored as RGB
        QVERIFY(said.empty());
        const Pixels three = withChannels(one, 3);
        for (int64_t c = 0; c < 3; ++c) QCOMPARE(three.at(c, 0, 1, 4), one.at(0, 0, 1, 4));
        std::string remark;
        QCOMPARE(withChannels(randomPlane(PixelType::u8, 2, 4, 5, 1, 0, 255), 1, &remark).channels(),
                 int64_t(1));
        QVERIFY(!remark.empty());
        QVERIFY_THROWS_EXCEPTION(Error, withChannels(rgb, 5));
    }

    void resamplingKeepsStraightLinesAndMeans() {
        // A ramp stays a ramp in absolute coordinates, away from the ends.
        Pixels ramp(PixelType::f32, 1, {1, 40, 60});
        for (int64_t y = 0; y < 40; ++y)
            for (int64_t x = 0; x < 60; ++x) ramp.values<float>()[size_t(y * 60 + x)] = float(2 * x - 3 * y);
        for (const double scale : {0.37, 0.5, 1.6, 2.0, 3.3}) {
            const Pixels out = resampledPlane(ramp, scale, scale);
            QCOMPARE(out.extent().y, scaledCount(40, scale));
            const int64_t margin = int64_t(std::ceil(2 * std::max(1.0, scale)));
            for (int64_t y = margin; y < out.extent().y - margin; ++y)
                for (int64_t x = margin; x < out.extent().x - margin; ++x) {
                    const double expected =
                        2 * ((double(x) + 0.5) / scale - 0.5) - 3 * ((double(y) + 0.5) / scale - 0.5);
                    // The triangle's sampled weights are not perfectly symmetric when shrinking by odd
                    // factors.
                    QVERIFY2(std::abs(out.at(0, 0, y, x) - expected) < (scale < 1 ? 0.7 : 1e-3),
                             qPrintable(QString("%1: %2 %3: %4 %5")
                                            .arg(scale)
                                            .arg(y)
                                            .arg(x)
                                            .arg(out.at(0, 0, y, x))
                                            .arg(expected)));
                }
        }
        const Pixels noise = randomPlane(PixelType::f32, 1, 256, 256, 1, 0, 1);
        const Pixels quarter = resampledPlane(noise, 0.25, 0.25);
        QVERIFY(std::abs(meanOf(quarter.values<float>()) - 0.5) < 0.01);
    }

    void aPartIsResampledAsInTheWhole() {
        const Pixels plane = randomPlane(PixelType::f32, 1, 70, 90, 4, 0, 1);
        for (const double scale : {0.4, 1.7}) {
            const Pixels whole = resampledPlane(plane, scale, scale);
            const AxisWeights y = axisWeights(70, 5, 21, scale), x = axisWeights(90, 9, 30, scale);
            const Pixels part =
                resampled(plane.cropped({0, y.inputBegin, x.inputBegin, 1, y.inputEnd, x.inputEnd}), y, x);
            QVERIFY(part == whole.cropped({0, 5, 9, 1, 21, 30}));
        }
    }
};

QTEST_GUILESS_MAIN(TestPreparation)
#include "tst_preparation.moc"

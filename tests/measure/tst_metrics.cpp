// Pixel metrics against counting voxel by voxel, with the edge cases of their conventions.
#include "core/base/random.h"
#include "core/image/memory_source.h"
#include "core/measure/metrics.h"

#include <QtTest>

#include <map>

using namespace cristae;

namespace {
TileSourcePtr source(const Pixels& pixels, const char* path = "") {
    ImageInfo info;
    info.path = path;
    return std::make_shared<MemorySource>(pixels, info);
}

Pixels randomMask(Random& random, const Extent3& extent, double share, PixelType type) {
    Pixels mask(PixelType::u8, 1, extent);
    for (uint8_t& value : mask.values<uint8_t>())
        value = random.chance(share) ? uint8_t(1 + random.below(3)) : uint8_t(0);
    return mask.converted(type);
}

std::map<std::string, double> byName(const std::vector<Metric>& metrics) {
    std::map<std::string, double> values;
    for (const Metric& metric : metrics) values[metric.name] = metric.value;
    return values;
}

std::map<std::string, double> scores(const Pixels& prediction, const Pixels& truth,
                                     const EvaluationOptions& options = {}) {
    return byName(evaluate(*source(prediction), *source(truth), options, Progress::none()));
}

Pixels filled(uint8_t value, const Extent3& extent = {2, 7, 9}) {
    Pixels pixels(PixelType::u8, 1, extent);
    for (uint8_t& v : pixels.values<uint8_t>()) v = value;
    return pixels;
}

template <class F> std::string complaintOf(F&& f) {
    try {
        f();
    } catch (const Error& error) {
        return error.kind() == ErrorKind::input ? error.what() : "another kind of error";
    }
    return "no error";
}
} // namespace

class TestMetrics : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void againstCountingVoxels() {
        Random random(6);
        const PixelType types[] = {PixelType::u8,  PixelType::i8,  PixelType::u16, PixelType::i16,
                                   PixelType::u32, PixelType::i32, PixelType::f32, PixelType::f64};
        for (int round = 0; round < 60; ++round) {
            const Extent3 extent{1 + random.below(4), 1 + random.below(40), 1 + random.below(40)};
            const Pixels p = randomMask(random, extent, random.uniform(), types[random.below(8)]);
            const Pixels t = randomMask(random, extent, random.uniform(), types[random.below(8)]);
            EvaluationOptions options;
            if (random.chance(0.4)) options.truthLabel = random.below(5);
            if (random.chance(0.4)) options.predictionLabel = random.below(5);
            options.truthInverted = random.chance(0.3);
            double tp = 0, fp = 0, fn = 0, tn = 0;
            for (int64_t z = 0; z < extent.z; ++z)
                for (int64_t y = 0; y < extent.y; ++y)
                    for (int64_t x = 0; x < extent.x; ++x) {
                        const double pv = p.at(0, z, y, x), tv = t.at(0, z, y, x);
                        const bool a =
                            options.predictionLabel ? pv == double(*options.predictionLabel) : pv != 0;
                        bool b = options.truthLabel ? tv == double(*options.truthLabel) : tv != 0;
                        if (options.truthInverted) b = !b;
                        (a ? (b ? tp : fp) : (b ? fn : tn)) += 1;
                    }
            const auto values = scores(p, t, options);
            const auto close = [](double a, double b) { return std::abs(a - b) < 1e-12; };
            if (tp + fp + fn > 0)
                QVERIFY(close(values.at("dice"), 2 * tp / (2 * tp + fp + fn)) &&
                        close(values.at("iou"), tp / (tp + fp + fn)));
            if (tp + fp > 0) QVERIFY(close(values.at("precision"), tp / (tp + fp)));
            if (tp + fn > 0) QVERIFY(close(values.at("recall"), tp / (tp + fn)));
            QVERIFY(close(values.at("accuracy"), (tp + tn) / (tp + fp + fn + tn)));
        }
    }

    void emptyFullAndOnePixel() {
        auto v = scores(filled(0), filled(0));
        for (const char* name : {"dice", "iou", "precision", "recall", "accuracy"}) QCOMPARE(v.at(name), 1.0);
        v = scores(filled(9), filled(9));
        for (const char* name : {"dice", "iou", "precision", "recall", "accuracy"}) QCOMPARE(v.at(name), 1.0);
        for (const bool predicted : {true, false}) {
            v = predicted ? scores(filled(1), filled(0)) : scores(filled(0), filled(1));
            for (const char* name : {"dice", "iou", "precision", "recall", "accuracy"})
                QCOMPARE(v.at(name), 0.0);
        }
        Pixels one = filled(0);
        one.values<uint8_t>()[30] = 255;
        v = scores(one, one);
        QCOMPARE(v.at("dice"), 1.0);
        v = scores(filled(1), one);
        QCOMPARE(v.at("precision"), 1.0 / 126);
        QCOMPARE(v.at("recall"), 1.0);
        QCOMPARE(v.at("accuracy"), 1.0 / 126);
        // A label that the type cannot hold matches nothing, rather than its remainder.
        QCOMPARE(scores(filled(44), filled(44), {std::nullopt, 300, false}).at("recall"), 0.0);
    }

    void slicesAreSummedBeforeDividing() {
        Pixels p = filled(0, {2, 1, 4}), t = filled(0, {2, 1, 4});
        p.values<uint8_t>()[0] = t.values<uint8_t>()[0] = 1; // slice 0 perfect, slice 1 all wrong
        for (size_t i = 4; i < 8; ++i) t.values<uint8_t>()[i] = 1;
        QCOMPARE(scores(p, t).at("dice"), 2.0 / (2 + 4));
    }

    void conventionsAreNamed() {
        for (const Metric& metric : evaluate(*source(filled(1)), *source(filled(1)), {}, Progress::none()))
            QVERIFY2(metric.convention.find("TP") != std::string::npos &&
                         metric.convention.find("slices") != std::string::npos,
                     metric.convention.c_str());
    }

    void colourMasks() {
        Pixels rgb(PixelType::u8, 3, {1, 2, 2});
        rgb.values<uint8_t>()[4 + 1] = 200; // green only
        Pixels truth(PixelType::u8, 1, {1, 2, 2});
        truth.values<uint8_t>()[1] = 1;
        QCOMPARE(scores(rgb, truth).at("dice"), 1.0);
    }

    void complaints() {
        const std::string sizes = complaintOf([] {
            evaluate(*source(filled(1, {1, 20, 30}), "/data/prediction.tif"),
                     *source(filled(1, {2, 20, 31}), "/data/truth.h5"), {}, Progress::none());
        });
        for (const char* part :
             {"/data/prediction.tif", "/data/truth.h5", "30 × 20", "31 × 20", "1 slice,", "2 slices"})
            QVERIFY2(sizes.find(part) != std::string::npos, sizes.c_str());
        Pixels probabilities(PixelType::f32, 1, {1, 2, 2});
        probabilities.values<float>()[2] = 0.7f;
        const std::string fractions = complaintOf([&] {
            evaluate(*source(probabilities, "/data/p.tif"), *source(filled(1, {1, 2, 2})), {},
                     Progress::none());
        });
        QVERIFY2(fractions.find("/data/p.tif") != std::string::npos &&
                     fractions.find("probabilities") != std::string::npos,
                 fractions.c_str());
    }
};

QTEST_GUILESS_MAIN(TestMetrics)
#include "tst_metrics.moc"

// Partitions, thinned boundaries and probability curves against slow, independent computations.
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/image/memory_source.h"
#include "core/measure/metrics.h"
#include "core/measure/partition_scores.h"
#include "core/measure/probability_curves.h"

#include <QtTest>

#include <cmath>
#include <map>

using namespace cristae;

namespace {

Pixels pixelsOf(const std::vector<uint8_t>& mask, const Extent3& e) {
    Pixels pixels(PixelType::u8, 1, e);
    std::copy(mask.begin(), mask.end(), pixels.values<uint8_t>().begin());
    return pixels;
}
LabelVolume volume(const std::vector<uint32_t>& labels, const Extent3& e) {
    return {e, labels};
}
std::map<std::string, double> scores(const std::vector<uint8_t>& prediction,
                                     const std::vector<uint8_t>& truth, const Extent3& e,
                                     EvaluationOptions options) {
    options.metrics = {"partitions"};
    std::map<std::string, double> values;
    for (const Metric& m : evaluate(MemorySource(pixelsOf(prediction, e)), MemorySource(pixelsOf(truth, e)),
                                    options, Progress::none()))
        values[m.name] = m.value;
    return values;
}
bool near(double a, double b, double tolerance = 1e-5) {
    return std::abs(a - b) <= tolerance * std::max({1.0, std::abs(a), std::abs(b)});
}

} // namespace

class TestPartitionMetrics : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void partitionsAgainstEveryPairOfPixels() {
        Random random(5);
        for (int round = 0; round < 25; ++round) {
            const Extent3 e{1, 7, 9};
            std::vector<uint32_t> t(63), p(63);
            for (size_t i = 0; i < 63; ++i) {
                t[i] = uint32_t(i % 9 / 3 + (i / 27) * 3) + (round % 4 ? 1u : 0u);
                p[i] = random.chance(0.3) ? uint32_t(random.below(5)) : t[i];
            }
            LabelVolume truth = volume(t, e), prediction = volume(p, e);
            renumber(truth, Connectivity::volume);
            renumber(prediction, Connectivity::volume);
            const PartitionScores found = partitionScores(overlapsOf(truth, prediction));
            // Pairs of foreground pixels, the same pixel twice included; predicted background pixels are
            // alone.
            double together = 0, inTruth = 0, inPrediction = 0, n = 0;
            double pairsBoth = 0, pairsTruth = 0, pairsPrediction = 0;
            std::map<uint32_t, double> ofTruth, ofPrediction;
            std::map<std::pair<uint32_t, uint32_t>, double> ofBoth;
            for (size_t i = 0; i < 63; ++i) {
                if (!t[i]) continue;
                ++n;
                ++ofTruth[t[i]];
                ++ofPrediction[p[i]];
                ++ofBoth[{t[i], p[i]}];
                for (size_t j = 0; j < 63; ++j) {
                    if (!t[j]) continue;
                    const bool sameTruth = t[i] == t[j], same = i == j || (p[i] == p[j] && p[i]);
                    inTruth += sameTruth;
                    inPrediction += same;
                    together += sameTruth && same;
                    if (i == j) continue;
                    pairsTruth += sameTruth;
                    pairsPrediction += p[i] == p[j];
                    pairsBoth += sameTruth && p[i] == p[j];
                }
            }
            QVERIFY(near(found.vRand, 2 * together / (inTruth + inPrediction)));
            const double precision = pairsBoth / pairsPrediction, recall = pairsBoth / pairsTruth;
            QVERIFY(near(found.adaptedRandError, 1 - 2 * precision * recall / (precision + recall)));
            const auto entropy = [n](const auto& counts) {
                double sum = 0;
                for (const auto& [id, count] : counts) sum -= count / n * std::log2(count / n);
                return sum;
            };
            QVERIFY(near(found.voiSplit, entropy(ofBoth) - entropy(ofTruth)));
            QVERIFY(near(found.voiMerge, entropy(ofBoth) - entropy(ofPrediction)));
            // The same with every predicted background pixel a segment of its own.
            std::map<uint32_t, double> alone;
            std::map<std::pair<uint32_t, uint32_t>, double> bothAlone;
            for (size_t i = 0; i < 63; ++i) {
                if (!t[i]) continue;
                const uint32_t id = p[i] ? p[i] : uint32_t(1000 + i);
                ++alone[id];
                ++bothAlone[{t[i], id}];
            }
            const double information = entropy(ofTruth) + entropy(alone) - entropy(bothAlone);
            QVERIFY(near(found.vInfo, 2 * information / (entropy(ofTruth) + entropy(alone))));
        }
    }

    void thinLinesEncloseTheSameCells() {
        // A grid of lines three pixels wide around 4 × 5 cells.
        const Extent3 e{1, 45, 56};
        std::vector<uint8_t> lines(size_t(e.count()), 0);
        for (int64_t y = 0; y < e.y; ++y)
            for (int64_t x = 0; x < e.x; ++x) lines[size_t(y * e.x + x)] = y % 11 < 3 || x % 11 < 3;
        auto thinned = lines;
        thinSlices(thinned, e);
        size_t count = 0;
        for (size_t i = 0; i < lines.size(); ++i) {
            QVERIFY(thinned[i] <= lines[i]);
            count += thinned[i];
        }
        for (int64_t y = 0; y + 1 < e.y; ++y)
            for (int64_t x = 0; x + 1 < e.x; ++x) {
                const auto i = size_t(y * e.x + x);
                QVERIFY2(!(thinned[i] && thinned[i + 1] && thinned[i + size_t(e.x)] &&
                           thinned[i + size_t(e.x) + 1]),
                         qPrintable(QStringLiteral("a block at %1, %2").arg(y).arg(x)));
            }
        const auto cells = [&](std::vector<uint8_t> mask) {
            for (uint8_t& value : mask) value = !value;
            const auto labels = components(mask, e, Connectivity::slices, false).labels;
            return *std::max_element(labels.begin(), labels.end());
        };
        QCOMPARE(cells(lines), 4u * 5u + 0u);
        QCOMPARE(cells(thinned), cells(lines));
        QVERIFY(count < size_t(e.count()) / 4);
        // So a prediction with lines of another width has the same partition.
        std::vector<uint8_t> thick(size_t(e.count()), 0);
        for (int64_t y = 0; y < e.y; ++y)
            for (int64_t x = 0; x < e.x; ++x)
                thick[size_t(y * e.x + x)] = y % 11 <= 3 || x % 11 <= 3 || x % 11 == 10 || y % 11 == 10;
        EvaluationOptions options;
        options.boundaries = true;
        const auto s = scores(thick, lines, e, options);
        // What is boundary in the truth does not count, so how wide lines are makes no difference at all.
        QCOMPARE(s.at("v_rand"), 1.0);
        QCOMPARE(s.at("v_info"), 1.0);
        // A gap in one line merges two cells of twenty.
        for (int64_t x = 11; x < 14; ++x) thick[size_t(6 * e.x + x)] = 0;
        for (int64_t x = 10; x < 16; ++x) thick[size_t(6 * e.x + x)] = 0;
        const auto merged = scores(thick, lines, e, options);
        QVERIFY(merged.at("v_rand") < s.at("v_rand") - 0.03);
        QVERIFY(merged.at("voi_merge") > s.at("voi_merge") + 0.05);
    }

    void boundaryProbabilitiesAtTheirBestThreshold() {
        // A wall between two halves, of which one stretch is faint, and a false wall that is fainter.
        const Extent3 e{1, 40, 60};
        Pixels probability(PixelType::f32, 1, e);
        std::vector<uint8_t> truth(size_t(e.count()), 0);
        for (int64_t y = 0; y < e.y; ++y)
            for (int64_t x = 0; x < e.x; ++x) {
                const size_t i = size_t(y * e.x + x);
                truth[i] = std::abs(x - 30) < 3;
                if (std::abs(x - 30) < 2) probability.values<float>()[i] = y >= 10 && y < 20 ? 0.45f : 0.95f;
                if (std::abs(x - 45) < 2) probability.values<float>()[i] = 0.25f;
            }
        EvaluationOptions options;
        options.boundaries = true;
        options.metrics = {"best_v_rand", "best_v_info"};
        const MemorySource truthSource(pixelsOf(truth, e));
        const auto best = evaluate(MemorySource(probability), truthSource, options, Progress::none());
        QCOMPARE(best.size(), size_t(2));
        for (const Metric& metric : best) {
            QCOMPARE(metric.value,
                     1.0); // at 0.3 and 0.4 the real wall stands whole and the false one is gone
            QVERIFY2(metric.convention.find("which is 0.3") != std::string::npos, metric.convention.c_str());
        }
        // At each threshold the sweep is what the mask gives.
        const auto at = [&](float threshold) {
            std::vector<uint8_t> mask(truth.size());
            for (size_t i = 0; i < mask.size(); ++i) mask[i] = probability.values<float>()[i] >= threshold;
            return scores(mask, truth, e, options).at("v_rand");
        };
        QCOMPARE(at(0.3f), 1.0);
        QVERIFY(at(0.2f) < 0.9); // split by the false wall
        QVERIFY(at(0.5f) < 0.8); // merged through the gap
        // Without the word that these are boundaries the score means nothing.
        options.boundaries = false;
        QVERIFY_EXCEPTION_THROWN(evaluate(MemorySource(probability), truthSource, options, Progress::none()),
                                 Error);
        options.metrics = {"curves"};
        for (const Metric& metric :
             evaluate(MemorySource(probability), truthSource, options, Progress::none()))
            QVERIFY(!metric.name.starts_with("best_v"));
    }

    void curvesAgainstCounting() {
        Random random(6);
        Pixels probability(PixelType::f32, 1, {2, 20, 20});
        std::vector<uint8_t> truth(800);
        for (size_t i = 0; i < 800; ++i) {
            truth[i] = random.chance(0.3);
            probability.values<float>()[i] =
                float(std::floor(std::clamp(random.uniform() * 0.7 + (truth[i] ? 0.3 : 0.0), 0.0, 1.0) *
                                 1000)) /
                1000;
        }
        ProbabilityCurves curves;
        curves.add(probability.values<float>(), truth);
        for (const CurvePoint& point : curves.precisionRecall()) {
            double both = 0, predicted = 0, foreground = 0;
            for (size_t i = 0; i < 800; ++i) {
                const bool says = double(probability.values<float>()[i]) >= point.threshold - 1e-6;
                predicted += says;
                foreground += truth[i];
                both += says && truth[i];
            }
            QVERIFY(near(point.recall, both / foreground, 0.004));
            QVERIFY(near(point.precision, predicted > 0 ? both / predicted : 1, 0.01));
        }
        EvaluationOptions options;
        options.metrics = {"curves"};
        std::map<std::string, double> values;
        for (const Metric& m : evaluate(MemorySource(probability), MemorySource(pixelsOf(truth, {2, 20, 20})),
                                        options, Progress::none()))
            values[m.name] = m.value;
        QVERIFY(values.at("average_precision") > 0.6 && values.at("average_precision") < 1);
        QVERIFY(values.at("best_dice") > 0.5);
        // Probabilities that tell the truth are calibrated; that are sure and wrong are not.
        ProbabilityCurves honest, wrong;
        std::vector<float> half(1000, 0.5f), sure(1000, 1.f);
        std::vector<uint8_t> coin(1000), never(1000, 0);
        for (size_t i = 0; i < 1000; ++i) coin[i] = i % 2;
        honest.add(half, coin);
        wrong.add(sure, never);
        QVERIFY(honest.calibrationError() < 1e-9);
        QCOMPARE(wrong.calibrationError(), 1.0);
        std::vector<float> odd{1.5f};
        std::vector<uint8_t> one{1};
        QVERIFY_EXCEPTION_THROWN(honest.add(odd, one), Error);
    }
};

QTEST_GUILESS_MAIN(TestPartitionMetrics)
#include "tst_partition_metrics.moc"

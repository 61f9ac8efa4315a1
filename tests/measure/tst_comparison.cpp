// Comparisons slice by slice, class by class and as a picture, against counting by hand.
#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/random.h"
#include "core/image/memory_source.h"
#include "core/measure/comparison.h"
#include "core/measure/difference.h"

#include <QtTest>

#include <map>

using namespace cristae;

namespace {

constexpr Extent3 extent{3, 21, 34};

/// Values 0 … most − 1, in patches and single voxels.
Pixels randomLabels(uint64_t seed, uint32_t most) {
    Random random(seed);
    Pixels pixels(PixelType::u8, 1, extent);
    uint8_t value = 0;
    for (uint8_t& out : pixels.values<uint8_t>()) {
        if (random.uniform() < 0.3) value = uint8_t(random.uniform() * most);
        out = value;
    }
    return pixels;
}

TileSourcePtr source(const Pixels& pixels) {
    return std::make_shared<MemorySource>(pixels);
}

} // namespace

class TestComparison : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void everyPairOfValuesIsCounted() {
        const Pixels prediction = randomLabels(1, 4), truth = randomLabels(2, 3);
        std::map<std::pair<int, int>, int64_t> expected;
        for (size_t i = 0; i < size_t(extent.count()); ++i)
            ++expected[{truth.values<uint8_t>()[i], prediction.values<uint8_t>()[i]}];
        const ConfusionTable table =
            confusionTable(*source(prediction), *source(truth), {}, Progress::none());
        QCOMPARE(table.truthValues, (std::vector<int64_t>{0, 1, 2}));
        QCOMPARE(table.predictionValues, (std::vector<int64_t>{0, 1, 2, 3}));
        for (int t = 0; t < 3; ++t)
            for (int p = 0; p < 4; ++p) QCOMPARE(table.count(size_t(t), size_t(p)), (expected[{t, p}]));
        int64_t sum = 0;
        for (size_t t = 0; t < 3; ++t) sum += table.rowSum(t);
        QCOMPARE(sum, extent.count());
    }

    void idsThatTouchAreRemarkedOn() {
        Pixels cells(PixelType::u16, 1, {1, 8, 12}), mask(PixelType::u16, 1, {1, 8, 12});
        for (size_t i = 0; i < 96; ++i) {
            const size_t x = i % 12;
            cells.values<uint16_t>()[i] = uint16_t(x < 4 ? 1 : x < 8 ? 2 : 0);
            mask.values<uint16_t>()[i] = uint16_t(x < 8 ? 1 : 0);
        }
        const auto compared = [&](const Pixels& prediction, const Pixels& truth, bool ids,
                                  const char* metrics) {
            EvaluationOptions options;
            options.metrics = {metrics};
            options.truthIds = options.predictionIds = ids;
            return compareWithTruth(source(prediction), *source(truth), options, {}, Progress::none());
        };
        const auto total = [](const Comparison& one) {
            return std::ranges::find(one.metrics, "objects_total", &Metric::name)->value;
        };
        const Comparison touching = compared(cells, cells, false, "objects");
        QCOMPARE(total(touching), 1.0);
        QCOMPARE(touching.remarks.size(), size_t(2));
        QVERIFY(touching.remarks[0].find("--truth-ids") != std::string::npos);
        QVERIFY(touching.remarks[1].find("--prediction-ids") != std::string::npos);
        const Comparison byId = compared(cells, cells, true, "objects");
        QCOMPARE(total(byId), 2.0);
        QVERIFY(byId.remarks.empty());
        QCOMPARE(compared(mask, cells, false, "objects").remarks.size(), size_t(1));
        QVERIFY(compared(mask, mask, false, "objects").remarks.empty());
        QVERIFY(compared(cells, cells, false, "pixels").remarks.empty());
    }

    void idsAreBackgroundAndForeground() {
        Pixels ids(PixelType::u16, 1, extent);
        for (size_t i = 0; i < size_t(extent.count()); ++i) ids.values<uint16_t>()[i] = uint16_t(i % 500);
        const Pixels mask = randomLabels(3, 2);
        const ConfusionTable table = confusionTable(*source(ids), *source(mask), {}, Progress::none());
        QVERIFY(table.predictionMerged && !table.truthMerged);
        QCOMPARE(table.predictionValues, (std::vector<int64_t>{0, 1}));
        int64_t background = 0;
        for (const uint16_t id : ids.values<uint16_t>()) background += id == 0;
        QCOMPARE(table.count(0, 0) + table.count(1, 0), background);
        EvaluationOptions options;
        options.predictionIds = true;
        const ConfusionTable asked = confusionTable(*source(mask), *source(mask), options, Progress::none());
        QVERIFY(asked.predictionMerged);
        QCOMPARE(asked.count(0, 1), 0);
    }

    void namesOfValues() {
        ClassTable classes;
        classes.set({2, "mitochondria", {}});
        QCOMPARE(confusionName(0, false, classes), std::string("background"));
        QCOMPARE(confusionName(2, false, classes), std::string("mitochondria"));
        QCOMPARE(confusionName(255, false, classes), std::string("value 255"));
        QCOMPARE(confusionName(1, true, classes), std::string("foreground"));
    }

    void swappedClassesAreSeen() {
        const Pixels truth = randomLabels(8, 3);
        Pixels swapped = truth;
        swapped = truth.converted(PixelType::u16).converted(PixelType::u8); // memory of its own
        for (uint8_t& value : swapped.values<uint8_t>()) value = value ? uint8_t(3 - value) : value;
        const Comparison one =
            compareWithTruth(source(swapped), *source(truth), {}, {}, Progress::none(), {false, false});
        QCOMPARE(one.metrics.front().value, 1.0); // all classes taken for one
        QVERIFY(one.slices.empty() && one.prediction.sha256.empty());
        ClassTable names;
        names.set({2, "mitochondria", {}});
        const auto scores = classScores(one.classes, {}, names);
        QCOMPARE(scores.size(), size_t(2));
        QCOMPARE(scores[0].name, std::string("value 1"));
        QCOMPARE(scores[1].name, std::string("mitochondria"));
        QCOMPARE(scores[0].counts.dice(), 0.0);
        // Counted voxel by voxel.
        int64_t ones = 0, twos = 0;
        for (const uint8_t value : truth.values<uint8_t>()) ones += value == 1, twos += value == 2;
        QCOMPARE(scores[0].counts.falseNegative, ones);
        QCOMPARE(scores[0].counts.falsePositive, twos);
        QCOMPARE(scores[0].counts.trueNegative, extent.count() - ones - twos);
        // A mask of 255 against one of 1 is no matter of classes, nor is a single class.
        Pixels mask(PixelType::u8, 1, extent), white(PixelType::u8, 1, extent);
        mask.values<uint8_t>()[5] = 1;
        white.values<uint8_t>()[5] = 255;
        QVERIFY(
            classScores(confusionTable(*source(white), *source(mask), {}, Progress::none()), {}, {}).empty());
        QVERIFY(
            classScores(confusionTable(*source(mask), *source(mask), {}, Progress::none()), {}, {}).empty());
    }

    void whatIsNotLabelledCountsNowhere() {
        Pixels truth = randomLabels(9, 3), prediction = randomLabels(10, 3);
        for (size_t i = 0; i < size_t(extent.count()); i += 3) truth.values<uint8_t>()[i] = 200;
        ImageInfo info;
        info.unlabelled = 200;
        const MemorySource reference(truth, info);
        ConfusionCounts expected;
        for (size_t i = 0; i < size_t(extent.count()); ++i) {
            if (i % 3 == 0) continue;
            const bool p = prediction.values<uint8_t>()[i] != 0, t = truth.values<uint8_t>()[i] != 0;
            ++(p ? (t ? expected.truePositive : expected.falsePositive)
                 : (t ? expected.falseNegative : expected.trueNegative));
        }
        const Comparison one =
            compareWithTruth(source(prediction), reference, {}, {}, Progress::none(), {false, true});
        for (const Metric& metric : one.metrics) QCOMPARE(metric.value, pixelMetric(expected, metric.name));
        QVERIFY(one.metrics.front().convention.find("714 that are not labelled") != std::string::npos);
        ConfusionCounts sum;
        for (const ConfusionCounts& slice : one.slices) sum += slice;
        QCOMPARE(sum.trueNegative, expected.trueNegative);
        QCOMPARE(one.classes.truthValues, (std::vector<int64_t>{0, 1, 2}));
        int64_t counted = 0;
        for (const int64_t count : one.classes.counts) counted += count;
        QCOMPARE(counted, extent.count() - 714);
        // In the prediction it is background.
        Pixels holes = prediction.converted(PixelType::u16);
        for (size_t i = 0; i < size_t(extent.count()); i += 5) holes.values<uint16_t>()[i] = 9;
        Pixels zeros = holes.converted(PixelType::u8);
        for (uint8_t& value : zeros.values<uint8_t>()) value = value == 9 ? 0 : value;
        ImageInfo partly;
        partly.unlabelled = 9;
        QCOMPARE(evaluate(MemorySource(holes, partly), reference, {}, Progress::none())[0].value,
                 evaluate(*source(zeros), reference, {}, Progress::none())[0].value);
    }

    void smallObjectsDoNotCount() {
        Pixels truth(PixelType::u8, 1, {1, 8, 8}), prediction(PixelType::u8, 1, {1, 8, 8});
        const auto fill = [](Pixels& pixels, int64_t y0, int64_t y1, int64_t x0, int64_t x1) {
            for (int64_t y = y0; y < y1; ++y)
                for (int64_t x = x0; x < x1; ++x) pixels.values<uint8_t>()[size_t(y * 8 + x)] = 1;
        };
        fill(truth, 0, 3, 0, 3);
        fill(prediction, 0, 3, 0, 3);
        fill(prediction, 5, 6, 5, 6); // specks
        fill(prediction, 7, 8, 0, 1);
        EvaluationOptions options;
        options.metrics = {"objects_predicted", "object_f1"};
        auto found = evaluate(*source(prediction), *source(truth), options, Progress::none());
        QCOMPARE(found[0].value, 3.0);
        QCOMPARE(found[1].value, 0.5);
        options.smallest = 2;
        found = evaluate(*source(prediction), *source(truth), options, Progress::none());
        QCOMPARE(found[0].value, 1.0);
        QCOMPARE(found[1].value, 1.0);
        QVERIFY(found[0].convention.find("fewer than 2 voxels are left out") != std::string::npos);
    }

    void probabilitiesAsWholeNumbers() {
        Pixels floats(PixelType::f32, 1, extent), bytes(PixelType::u8, 1, extent),
            words(PixelType::u16, 1, extent);
        Random random(11);
        for (size_t i = 0; i < size_t(extent.count()); ++i) {
            const double p = std::round(random.uniform() * 255);
            floats.values<float>()[i] = float(p / 255);
            bytes.values<uint8_t>()[i] = uint8_t(p);
            words.values<uint16_t>()[i] = uint16_t(p * 257);
        }
        const auto scaleOf = [&](const Pixels& map) {
            return probabilityScale(*source(map), Progress::none()).value_or(ProbabilityScale{0}).one;
        };
        QCOMPARE(scaleOf(floats), 1.0);
        QCOMPARE(scaleOf(bytes), 255.0);
        QCOMPARE(scaleOf(words), 65535.0);
        QCOMPARE(scaleOf(bytes.converted(PixelType::f32)), 255.0);
        QVERIFY(!probabilityScale(*source(randomLabels(12, 4)), Progress::none())); // classes
        const Pixels truth = randomLabels(13, 2);
        for (const char* metrics : {"pixels", "all", "curves", "objects"}) {
            EvaluationOptions options;
            options.metrics = {metrics};
            const Comparison one =
                compareWithTruth(source(floats), *source(truth), options, 0.5, Progress::none());
            QVERIFY(one.fromProbabilities && one.remarks.empty());
            for (const Pixels& map : {bytes, words}) {
                const Comparison other =
                    compareWithTruth(source(map), *source(truth), options, 0.5, Progress::none());
                QVERIFY(other.fromProbabilities && other.remarks.size() == 1);
                QCOMPARE(other.metrics.size(), one.metrics.size());
                for (size_t i = 0; i < one.metrics.size(); ++i)
                    QVERIFY(std::abs(other.metrics[i].value - one.metrics[i].value) < 1e-6);
            }
        }
        // Without a threshold nothing is taken for a probability, unless curves are asked for.
        QVERIFY(!compareWithTruth(source(bytes), *source(truth), {}, {}, Progress::none()).fromProbabilities);
        EvaluationOptions curves;
        curves.metrics = {"curves"};
        QVERIFY(
            compareWithTruth(source(bytes), *source(truth), curves, {}, Progress::none()).fromProbabilities);
    }

    void slicesAddUpToTheWhole() {
        const auto prediction = source(randomLabels(4, 2)), truth = source(randomLabels(5, 2));
        const auto slices = countsOfSlices(*prediction, *truth, {}, Progress::none());
        QCOMPARE(slices.size(), size_t(extent.z));
        ConfusionCounts sum;
        for (const ConfusionCounts& one : slices) sum += one;
        for (const Metric& metric : evaluate(*prediction, *truth, {}, Progress::none()))
            QCOMPARE(pixelMetric(sum, metric.name), metric.value);
        QVERIFY_EXCEPTION_THROWN(pixelMetric(sum, "hd95"), Error);
    }

    void probabilitiesGiveCurvesAndFigures() {
        Pixels floats(PixelType::f32, 1, extent), mask(PixelType::u8, 1, extent);
        Random random(6);
        const Pixels truth = randomLabels(7, 2);
        for (size_t i = 0; i < size_t(extent.count()); ++i) {
            floats.values<float>()[i] = float(random.uniform());
            mask.values<uint8_t>()[i] = floats.values<float>()[i] >= 0.25f;
        }
        EvaluationOptions options;
        options.metrics = {"all"};
        const auto value = [](const std::vector<Metric>& metrics, const std::string& name) {
            for (const Metric& metric : metrics)
                if (metric.name == name) return metric.value;
            return -1.0;
        };
        const Comparison comparison =
            compareWithTruth(source(floats), *source(truth), options, 0.25, Progress::none());
        const auto expected = evaluate(*source(mask), *source(truth), options, Progress::none());
        for (const char* name : {"dice", "object_f1", "hd95", "v_rand"})
            QCOMPARE(value(comparison.metrics, name), value(expected, name));
        QVERIFY(value(comparison.metrics, "average_precision") > 0);
        // The curve passes through the best Dice and through what the threshold gives.
        QCOMPARE(comparison.precisionRecall.size(), size_t(99));
        double best = 0;
        for (const CurvePoint& point : comparison.precisionRecall) best = std::max(best, point.dice);
        QCOMPARE(best, value(comparison.metrics, "best_dice"));
        QCOMPARE(comparison.precisionRecall[24].recall, value(comparison.metrics, "recall"));
        QCOMPARE(comparison.calibration.size(), size_t(10));
        EvaluationRecord record;
        record.predictions = {comparison};
        const std::string csv = evaluationCsv(record);
        QVERIFY(csv.find(fmt::format("curve,,dice,0.25,{},", comparison.precisionRecall[24].dice)) !=
                std::string::npos);
        QCOMPARE(comparison.slices.size(), size_t(3));
        QCOMPARE(comparison.classes.predictionValues.size(), size_t(2));
        options.metrics = {"best_dice"};
        QCOMPARE(
            compareWithTruth(source(floats), *source(truth), options, 0.5, Progress::none()).metrics.size(),
            size_t(1));
        // Without a threshold nobody is told that fractions were cut somewhere.
        options.metrics = {"dice"};
        QVERIFY_EXCEPTION_THROWN(
            compareWithTruth(source(floats), *source(truth), options, {}, Progress::none()), Error);
    }

    void tablesHoldEveryFigure() {
        EvaluationRecord record;
        record.structure = "axons, \"thick\"";
        record.program = "Cristae";
        record.truth = {"truth.tif", "/data/truth.tif", "", "abc", {}};
        for (const uint64_t seed : {8, 9}) {
            record.predictions.push_back(compareWithTruth(
                source(randomLabels(seed, 2)), *source(randomLabels(10, 2)), {}, {}, Progress::none()));
            record.predictions.back().prediction.name = seed == 8 ? "first" : "second";
        }
        const std::string all = evaluationCsv(record), slices = slicesCsv(record);
        const auto lines = [](const std::string& text) { return std::ranges::count(text, '\n'); };
        // Two predictions: 5 figures, 3 × 5 of slices, 2 × 2 of classes and the file; heading and truth.
        QCOMPARE(lines(all), 2 * (5 + 15 + 4 + 1) + 2);
        QCOMPARE(lines(slices), 3 * 2 + 1);
        const double dice = record.predictions[1].slices[2].dice();
        QVERIFY(slices.find(fmt::format("3,second,{},", dice)) != std::string::npos);
        QVERIFY(all.find(fmt::format("slice,second,dice,3,{},", dice)) != std::string::npos);
        QVERIFY(all.find("figure,first,dice,\"axons, \"\"thick\"\"\",") != std::string::npos);
        QVERIFY(all.find("file,,truth,/data/truth.tif,abc,Cristae") != std::string::npos);
    }

    void foundInWords() {
        QCOMPARE(foundWords({{"objects_found", 75, ""}, {"objects_total", 302, ""}}),
                 std::string("75 of 302 objects found"));
        QVERIFY(foundWords({{"dice", 1, ""}}).empty());
    }

    void filesAreKnownByTheirHash() {
        QTemporaryDir folder;
        QFile file(folder.filePath("labels.bin"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("abc");
        file.close();
        ImageInfo info;
        info.path = file.fileName().toStdString();
        info.dataset = "/labels";
        const ComparedFile known = comparedFile(info, Progress::none());
        QCOMPARE(known.name, std::string("labels.bin (/labels)"));
        QCOMPARE(known.sha256,
                 std::string("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
        info.path = folder.path().toStdString();
        const std::string before = comparedFile(info, Progress::none()).sha256;
        QVERIFY(file.open(QIODevice::Append));
        file.write("d");
        file.close();
        QVERIFY(comparedFile(info, Progress::none()).sha256 != before);
        QVERIFY(comparedFile({}, Progress::none()).sha256.empty());
    }

    void differenceSaysWhatEachVoxelIs() {
        const Pixels prediction = randomLabels(11, 3), truth = randomLabels(12, 3);
        EvaluationOptions options;
        options.predictionLabel = 2;
        options.truthInverted = true;
        const Pixels difference = differenceOf(prediction, truth, options);
        int64_t counts[4] = {};
        for (size_t i = 0; i < size_t(extent.count()); ++i) {
            const bool predicted = prediction.values<uint8_t>()[i] == 2,
                       there = truth.values<uint8_t>()[i] == 0;
            const auto expected = predicted && there ? Agreement::truePositive
                                  : predicted        ? Agreement::falsePositive
                                  : there            ? Agreement::falseNegative
                                                     : Agreement::trueNegative;
            QCOMPARE(difference.values<uint8_t>()[i], uint8_t(expected));
            ++counts[int(expected)];
        }
        const ConfusionCounts sum = compareSlices(prediction, truth, options);
        QCOMPARE(counts[1], sum.truePositive);
        QCOMPARE(counts[2], sum.falsePositive);
        QCOMPARE(counts[3], sum.falseNegative);
    }

    void pictureHasFourColours() {
        Pixels prediction(PixelType::u8, 1, {1, 1, 4}), truth(PixelType::u8, 1, {1, 1, 4}),
            image(PixelType::u8, 1, {1, 1, 4});
        for (size_t i = 0; i < 4; ++i) prediction.values<uint8_t>()[i] = i & 1 ? 1 : 0;
        for (size_t i = 0; i < 4; ++i) truth.values<uint8_t>()[i] = i & 2 ? 255 : 0;
        for (size_t i = 0; i < 4; ++i) image.values<uint8_t>()[i] = 100;
        const auto colourAt = [](const Pixels& picture, size_t i) {
            return Colour{picture.plane<uint8_t>(0, 0)[i], picture.plane<uint8_t>(1, 0)[i],
                          picture.plane<uint8_t>(2, 0)[i]};
        };
        const Box3 all = Box3::ofExtent({1, 1, 4});
        const Pixels plain = differencePicture(source(prediction), source(truth), {})->read(0, all);
        QVERIFY(colourAt(plain, 0) == differenceBackground());
        QCOMPARE(colourAt(plain, 1).hex(), std::string("#f0e442")); // only predicted
        QCOMPARE(colourAt(plain, 2).hex(), std::string("#d55e00")); // only there
        QCOMPARE(colourAt(plain, 3).hex(), std::string("#56b4e9")); // both
        const Pixels over =
            differencePicture(source(prediction), source(truth), {}, source(image))->read(0, all);
        QCOMPARE(colourAt(over, 0).hex(), std::string("#646464")); // the micrograph itself
        QVERIFY(colourAt(over, 3).b > 100 && colourAt(over, 3).b < 0xe9);
        QVERIFY_EXCEPTION_THROWN(differencePicture(source(prediction), source(randomLabels(1, 2)), {}),
                                 Error);
    }
};

QTEST_GUILESS_MAIN(TestComparison)
#include "tst_comparison.moc"

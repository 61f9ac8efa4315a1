// Scores of held-out slices: image by image, in blocks, at other thresholds, and what of it a card keeps.
#include "core/base/error.h"
#include "core/image/memory_source.h"
#include "core/measure/bootstrap.h"
#include "core/session/score_units.h"
#include "core/session/scoring.h"
#include "core/session/session.h"
#include "tests/support/fake_package.h"
#include "tests/support/grey_network.h"

#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>
#include <cmath>
#include <set>

using namespace cristae;

namespace {

/// Grey value `bright` in the first `found` columns, else 0.1; the object are the first `is` columns; the
/// last `unknown` columns are not labelled.
TrainingSlice slice(const char* data, int64_t side, int64_t found, int64_t is, int64_t unknown = 0,
                    float bright = 0.9f) {
    TrainingSlice made;
    made.name = std::string(data) + ", an image";
    made.data = data;
    made.role = Role::test;
    made.image = Pixels(PixelType::f32, 1, {1, side, side});
    made.labels = Pixels(PixelType::u8, 1, {1, side, side});
    for (int64_t i = 0; i < side * side; ++i) {
        made.image.values<float>()[size_t(i)] = i % side < found ? bright : 0.1f;
        made.labels.values<uint8_t>()[size_t(i)] = i % side >= side - unknown ? 255 : i % side < is;
    }
    return made;
}

/// The slices of one stack, `gap` apart.
std::vector<TrainingSlice> stackOf(const std::vector<TrainingSlice>& slices, int64_t gap,
                                   std::optional<double> depthNm) {
    const Extent3 e = slices.front().image.extent();
    Pixels all(PixelType::f32, 1, {int64_t(slices.size()) * gap, e.y, e.x});
    for (size_t i = 0; i < slices.size(); ++i)
        std::ranges::copy(slices[i].image.values<float>(), all.plane<float>(0, int64_t(i) * gap).begin());
    ImageInfo info;
    info.voxelSize.zNm = depthNm;
    const auto source = std::make_shared<MemorySource>(all, info);
    std::vector<TrainingSlice> made = slices;
    for (size_t i = 0; i < made.size(); ++i) {
        made[i].source = source;
        made[i].z = int64_t(i) * gap;
    }
    return made;
}

const ModelScore& named(const std::vector<ModelScore>& scores, const char* metric) {
    static const ModelScore none{"", "missing"};
    const auto found = std::ranges::find(scores, metric, &ModelScore::metric);
    return found == scores.end() ? none : *found;
}

} // namespace

class TestScoring : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        QTest::failOnWarning(QRegularExpression(".?"));
        ModelCard card;
        card.name = "grey";
        card.classes = {{"stripes", {230, 159, 0}, 0.5}};
        card.normalisation = {{"kind", "none"}};
        card.training = {{"command", "cristae-cli train"}};
        writeFakePackage(in("zoo/grey.safetensors"), card);
        session_ = std::make_unique<Session>(SessionPaths{in("zoo"), in("mine"), in("samples")}, [] {
            return Engine{std::make_unique<GreyLoader>(), nullptr};
        });
    }

    void imageByImage() {
        // 20 of 20 columns, 10 of 20, 20 for 10: Dice 1, 2·10/30, 2·10/30; together 2·40/(50 + 50).
        const std::vector<TrainingSlice> slices = {slice("a", 40, 20, 20), slice("a", 40, 10, 20),
                                                   slice("a", 40, 20, 10, 4), slice("b", 40, 8, 8)};
        const ScoreReport report = reportOf(slices);
        QCOMPARE(report.scores.size(), size_t(10));
        const ModelScore& dice = report.scores[0];
        QCOMPARE(dice.data, std::string("a"));
        QCOMPARE(dice.value, 0.8);
        QCOMPARE(dice.images, int64_t(3));
        QVERIFY(std::abs(*dice.mean - (1 + 2.0 / 3 + 2.0 / 3) / 3) < 1e-12);
        QVERIFY(std::abs(dice.range->low - 2.0 / 3) < 1e-12);
        QCOMPARE(dice.range->high, 1.0);
        QVERIFY(!dice.interval); // three images of one block
        QVERIFY(QString::fromStdString(dice.note).contains("too few images"));
        QCOMPARE(dice.command, std::string("cristae-cli train"));
        QCOMPARE(report.images.size(), size_t(4));
        QCOMPARE(report.images[2].counts.truePositive, int64_t(400));
        QCOMPARE(report.images[2].counts.falsePositive, int64_t(400));
        QCOMPARE(report.images[2].counts.trueNegative, int64_t(40 * 16)); // four columns are unknown
        QCOMPARE(report.images[*report.worst].slice, size_t(1));
        QCOMPARE(report.worstLabels.values<uint8_t>()[9], uint8_t(1));
        QCOMPARE(report.worstLabels.values<uint8_t>()[10], uint8_t(0));
        QCOMPARE(report.images[3].data, std::string("b"));
    }

    void neighboursOfTrainingSlicesAreSaid() {
        std::vector<TrainingSlice> slices(4, slice("a", 40, 10, 15));
        slices.push_back(slice("b", 40, 10, 15));
        slices[1].leak = slices[2].leak = "neighbours of training slices (15 nm)";
        slices[4].leak = "trained on: the same pixels";
        const ScoreReport report = reportOf(slices);
        for (const ModelScore& score : report.scores) {
            const QString note = QString::fromStdString(score.note);
            QVERIFY2(note.endsWith(score.data == "a" ? "; neighbours of training slices (15 nm): 2 of 4"
                                                     : "; trained on: the same pixels"),
                     qPrintable(note));
        }
    }

    void unknownImagesAreLeftOut() {
        const ScoreReport report = reportOf({slice("a", 40, 20, 20), slice("a", 40, 20, 10, 40)});
        QCOMPARE(report.scores[0].images, int64_t(1));
        QCOMPARE(report.scores[0].value, 1.0);
    }

    void intervalsOverImages() {
        std::vector<TrainingSlice> slices;
        std::vector<ConfusionCounts> counts;
        for (int64_t i = 0; i < 6; ++i) {
            slices.push_back(slice("a", 40, 10 + i, 15));
            const int64_t both = std::min<int64_t>(10 + i, 15) * 40;
            counts.push_back({both, (10 + i) * 40 - both, 15 * 40 - both, 0});
        }
        const ModelScore dice = reportOf(slices).scores[0];
        std::vector<double> drawn;
        for (const ConfusionCounts& draw : resampledCounts(counts)) drawn.push_back(draw.dice());
        const auto right = bootstrapInterval(drawn, 6);
        QVERIFY(dice.interval && dice.interval->low == right->low && dice.interval->high == right->high);
        QVERIFY(dice.interval->low < dice.value && dice.value < dice.interval->high);
        QCOMPARE(dice.note, std::string("interval over 6 images"));
    }

    void neighboursAreOneImage() {
        std::vector<TrainingSlice> six(6, slice("a", 40, 10, 15));
        const auto numbers = [&](int64_t gap, std::optional<double> depth) {
            const auto list = independentImages(stackOf(six, gap, depth));
            return int(std::set(list.begin(), list.end()).size());
        };
        QCOMPARE(numbers(9, {}), 1);
        QCOMPARE(numbers(10, {}), 6);
        QCOMPARE(numbers(6, 40.0), 1);                   // 240 nm
        QCOMPARE(numbers(5, 50.0), 6);                   // 250 nm
        QCOMPARE(numbers(20, 10.0), 1);                  // 200 nm, though 20 slices
        QCOMPARE(int(independentImages(six).back()), 5); // six files
        const ModelScore dice = reportOf(stackOf(six, 1, {})).scores[0];
        QCOMPARE(dice.images, int64_t(6));
        QVERIFY(!dice.interval);
        QVERIFY(QString::fromStdString(dice.note).startsWith("slices of one volume; "));
        QVERIFY(reportOf(stackOf(six, 10, {})).scores[0].interval);
    }

    void blocksOfFewImages() {
        // Two neighbouring slices of 600 px: 2 × 2 blocks of 300 px, each through both slices; the image
        // alone besides gives four more.
        std::vector<TrainingSlice> slices =
            stackOf({slice("a", 600, 100, 200), slice("a", 600, 200, 200)}, 1, {});
        UnitCounts units;
        for (const TrainingSlice& one : slices) units.add(0, one.labels, one.labels, 1);
        QCOMPARE(units.units().counts.size(), size_t(4));
        QCOMPARE(units.units().counts[0].truePositive, int64_t(2 * 300 * 200));
        QCOMPARE(units.units().counts[1].truePositive, int64_t(0));
        slices.push_back(slice("a", 600, 10, 300));
        const ModelScore dice = reportOf(slices).scores[0];
        QVERIFY(dice.interval);
        QCOMPARE(dice.note, std::string("slices of one volume; interval over 8 blocks of 256 px"));
    }

    void thresholdsAndSweep() {
        const std::vector<TrainingSlice> slices = {slice("a", 40, 20, 20, 0, 0.45f)};
        QCOMPARE(reportOf(slices).scores[0].value, 0.0);
        ScoreRequest request;
        request.threshold = 0.4;
        request.command = "cristae-cli score";
        request.averaging = Averaging::all;
        request.sweep = true;
        const ScoreReport report =
            session_->scoreReport(session_->findModel("grey"), slices, request, Progress::none());
        QCOMPARE(report.scores[0].value, 1.0);
        QCOMPARE(report.scores[0].command, std::string("cristae-cli score"));
        QCOMPARE(report.scores[0].averaging, std::string("all"));
        QCOMPARE(report.sweep.size(), size_t(9));
        QCOMPARE(report.sweep[0].threshold, 0.1);
        for (const SweepRow& row : report.sweep) {
            const double right = row.threshold > 0.45 ? 0 : row.threshold > 0.15 ? 1 : -1;
            if (right >= 0) QCOMPARE(row.dice, right);
            QVERIFY(!row.vRand);
        }
    }

    void boundariesAtTheirOwnThreshold() {
        // A wall of 0.9 with a gap of 0.3 between two cells: closed at 0.1 to 0.3, open above.
        const TrainingSlice wall = wallWithGap(0.3f);
        ScoreRequest request;
        request.boundaries = request.sweep = true;
        const ScoreReport report =
            session_->scoreReport(session_->findModel("grey"), {wall, wall}, request, Progress::none());
        const double own = named(report.scores, "V-rand").value;
        QVERIFY2(own > 0.6 && own < 0.72, qPrintable(QString::number(own)));
        QCOMPARE(named(report.scores, "V-rand, best threshold").value, 1.0);
        QCOMPARE(named(report.scores, "V-rand, best threshold").note, std::string("best V-rand at 0.1"));
        QCOMPARE(named(report.scores, "V-rand").note, std::string("V-rand at a threshold of 0.5"));
        QCOMPARE(named(report.scores, "V-rand").images, int64_t(2));
        QVERIFY(std::abs(*named(report.scores, "V-rand").mean - own) < 0.01);
        QCOMPARE(*report.sweep[1].vRand, 1.0);
        QVERIFY(*report.sweep[5].vRand < 0.72);
        // The threshold for cells is one that closes the gap; of data sets that disagree the mean decides.
        SlicesRequest slices{Role::test};
        const ModelPackage model = session_->findModel("grey");
        QCOMPARE(session_->boundaryThreshold(model, {wall}, slices, Progress::none()), 0.1);
        const TrainingSlice closed = wallWithGap(0.9f);
        QCOMPARE(session_->boundaryThreshold(model, {closed}, slices, Progress::none()), 0.5);
    }

    void severalClassesByName() {
        ModelCard card;
        card.name = "two";
        card.classes = {{"left", {}, 0.5}, {"right", {}, 0.5}};
        card.normalisation = {{"kind", "none"}};
        card.channelsIn = 2;
        writeFakePackage(in("zoo/two.safetensors"), card);
        TrainingSlice both = slice("a", 40, 0, 0);
        both.image = Pixels(PixelType::f32, 2, {1, 40, 40});
        for (int64_t i = 0; i < 1600; ++i) {
            both.image.plane<float>(0, 0)[size_t(i)] = i % 40 < 10 ? 0.9f : 0.1f;
            both.image.plane<float>(1, 0)[size_t(i)] = i % 40 >= 20 ? 0.8f : 0.1f;
            both.labels.values<uint8_t>()[size_t(i)] = i % 40 < 10 ? 1 : i % 40 >= 30 ? 2 : 0;
        }
        const ScoreReport report =
            session_->scoreReport(session_->findModel("two"), {both}, {}, Progress::none());
        QCOMPARE(report.scores[0].data, std::string("a, left"));
        QCOMPARE(report.scores[0].value, 1.0);
        QCOMPARE(report.scores[5].data, std::string("a, right"));
        QVERIFY(std::abs(report.scores[5].value - 2.0 / 3) < 1e-12);
        QCOMPARE(report.images[*report.worst].classIndex, size_t(1));
    }

    void newScoresReplaceTheOld() {
        ModelCard card;
        card.description = "old";
        card.licence = "MIT";
        card.data = {{"one", "", "slices 0:4 for training; slices 4:6 held out for the scores", ""},
                     {"two", "", "all slices set aside for the scores", ""},
                     {"three", "", "all slices for training", ""}};
        card.scores = {{"one", "Dice", 0.99}};
        ModelCard words;
        words.description = "new";
        words.data = {{"three", "", "all slices held out for the scores", ""},
                      {"far", "CC0", "slices 9 held out for the scores", "Nobody 2026"}};
        replaceScores(card, {{"far", "Dice", 0.5}}, words);
        QCOMPARE(card.scores.size(), size_t(1));
        QCOMPARE(card.description, std::string("new"));
        QCOMPARE(card.licence, std::string("MIT"));
        QCOMPARE(card.data.size(), size_t(3));
        QCOMPARE(card.data[0].slices, std::string("slices 0:4 for training"));
        QCOMPARE(card.data[1].slices,
                 std::string("all slices for training; all slices held out for the scores"));
        QCOMPARE(card.data[2].cite, std::string("Nobody 2026"));
    }

private:
    std::filesystem::path in(const char* name) const {
        return folder_.filePath(QString::fromLatin1(name)).toStdString();
    }
    ScoreReport reportOf(const std::vector<TrainingSlice>& slices) {
        return session_->scoreReport(session_->findModel("grey"), slices, {}, Progress::none());
    }
    /// A wall in the middle of 40 columns, with four rows of another probability.
    static TrainingSlice wallWithGap(float gap) {
        TrainingSlice made = slice("cells", 40, 0, 0);
        for (int64_t i = 0; i < 1600; ++i) {
            const bool wall = std::abs(i % 40 - 20) < 3, open = i / 40 >= 18 && i / 40 < 22;
            made.image.values<float>()[size_t(i)] = wall ? open ? gap : 0.9f : 0.05f;
            made.labels.values<uint8_t>()[size_t(i)] = wall;
        }
        return made;
    }
    QTemporaryDir folder_;
    std::unique_ptr<Session> session_;
};

QTEST_GUILESS_MAIN(TestScoring)
#include "tst_scoring.moc"

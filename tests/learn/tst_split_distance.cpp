// Splits by distance: by volume, by slice, by column; what is held out lies far enough away.
#include "core/learn/leak_guard.h"
#include "core/learn/split_distance.h"
#include "core/segment/model_card.h"
#include "tests/learn/synthetic_stack.h"

#include <QRegularExpression>
#include <QTest>

using namespace cristae;

namespace {

TrainingSet setOf(std::vector<TrainingSlice> slices) {
    TrainingSet set;
    set.slices = std::move(slices);
    set.classNames = {"cell"};
    return set;
}

std::vector<const TrainingSlice*> ofRole(const TrainingSet& set, Role role) {
    std::vector<const TrainingSlice*> found;
    for (const TrainingSlice& slice : set.slices)
        if (slice.role == role) found.push_back(&slice);
    return found;
}

bool holdsObject(const std::vector<const TrainingSlice*>& slices) {
    return std::ranges::any_of(slices, [](const TrainingSlice* slice) {
        return std::ranges::count(slice->labels.values<uint8_t>(), uint8_t(1)) > 0;
    });
}

} // namespace

class TestSplitDistance : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void longStacksAreSplitBySlices() {
        // 100 slices of 10 nm: 25 apart are needed.
        TrainingSet set = setOf(stackSlices(stackOf(1, 100, 40, 60), "s", 5.0, 10.0));
        const Split split = planSplit(set, SplitBy::distance, false, Progress::none());
        QVERIFY(split.apart);
        QCOMPARE(split.sentences,
                 std::vector<std::string>{"“s”: training: slices 0–55, validation: slices 80–99; 24 "
                                          "slices (250 nm) between belong to neither."});
        ModelCard card;
        card.data = {{"s", "", "slices 0:100 for training", ""}};
        applySplit(set, card, split);
        QCOMPARE(set.slices.size(), size_t(76));
        QCOMPARE(ofRole(set, Role::train).size(), size_t(56));
        QVERIFY(findLeaks(set, Progress::none()).leaks.empty());
        QVERIFY(card.data[0].slices.starts_with("training: slices 0–55"));
        QVERIFY(card.training.contains("split"));
    }

    void threePartsWhereScoresAreWanted() {
        TrainingSet set = setOf(stackSlices(stackOf(1, 100, 40, 60), "s", 5.0, 50.0)); // 5 apart
        applySplit(set, planSplit(set, SplitBy::distance, true, Progress::none()));
        QCOMPARE(ofRole(set, Role::test).size(), size_t(20));
        QCOMPARE(ofRole(set, Role::validation).size(), size_t(20));
        QCOMPARE(ofRole(set, Role::train).size(), size_t(52));
        QCOMPARE(ofRole(set, Role::test).back()->z, int64_t(99));
        QVERIFY(findLeaks(set, Progress::none()).leaks.empty());
    }

    void shortStacksAreSplitByColumns() {
        TrainingSet set = setOf(stackSlices(stackOf(1, 6, 40, 1024), "s", 5.0, 5.0));
        const Split split = planSplit(set, SplitBy::distance, false, Progress::none());
        QCOMPARE(split.sentences,
                 std::vector<std::string>{
                     "“s”: training: columns 0–703; validation: columns 768–1023 of every slice; "
                     "64 px (320 nm) between belong to neither."});
        applySplit(set, split);
        QCOMPARE(set.slices.size(), size_t(12));
        for (const TrainingSlice* slice : ofRole(set, Role::train)) {
            const KnownPixels known = knownPixels(slice->labels);
            QCOMPARE(known.box, (Region{0, 40, 0, 704}));
            QVERIFY(known.fillsBox());
        }
        QVERIFY(holdsObject(ofRole(set, Role::train)) && holdsObject(ofRole(set, Role::validation)));
        QVERIFY(findLeaks(set, Progress::none()).leaks.empty());
        QCOMPARE(set.slices[0].image.extent().x, int64_t(1024)); // the image around stays to be seen
    }

    void columnsWithScores() {
        TrainingSet set = setOf(stackSlices(stackOf(1, 2, 512, 1024), "s", 5.0, 5.0));
        applySplit(set, planSplit(set, SplitBy::distance, true, Progress::none()));
        QCOMPARE(knownPixels(ofRole(set, Role::validation)[0]->labels).box, (Region{0, 224, 768, 1024}));
        QCOMPARE(knownPixels(ofRole(set, Role::test)[0]->labels).box, (Region{288, 512, 768, 1024}));
        QVERIFY(findLeaks(set, Progress::none()).leaks.empty());
    }

    void theSideWithObjectsIsHeldOut() {
        TrainingSet set = setOf(stackSlices(stackOf(1, 1, 400, 1024), "s", 5.0, 5.0));
        auto labels = set.slices[0].labels.values<uint8_t>();
        std::ranges::fill(labels, uint8_t(0));
        for (int64_t x = 0; x < 600; ++x) labels[size_t(200 * 1024 + x)] = 1; // none in the right quarter
        applySplit(set, planSplit(set, SplitBy::distance, false, Progress::none()));
        QVERIFY(holdsObject(ofRole(set, Role::train)) && holdsObject(ofRole(set, Role::validation)));
        QCOMPARE(knownPixels(ofRole(set, Role::validation)[0]->labels).box, (Region{0, 400, 0, 256}));
    }

    void threeVolumesAreSplitWhole() {
        TrainingSet set;
        for (const char* name : {"a", "b", "c"})
            for (TrainingSlice& slice : stackSlices(stackOf(uint64_t(*name), 5, 40, 60), name, 5.0, 5.0))
                set.slices.push_back(std::move(slice));
        const Split split = planSplit(set, SplitBy::distance, false, Progress::none());
        applySplit(set, split);
        QCOMPARE(ofRole(set, Role::validation).size(), size_t(5));
        for (const TrainingSlice* slice : ofRole(set, Role::validation))
            QCOMPARE(slice->data, std::string("c"));
        QVERIFY2(split.sentences.at(0).find("validation: “c”") != std::string::npos,
                 split.sentences[0].c_str());
        applySplit(set, planSplit(set, SplitBy::volume, true, Progress::none()));
        for (const Role role : {Role::train, Role::validation, Role::test})
            QCOMPARE(ofRole(set, role).size(), size_t(5));
    }

    void oneVolumeIsNoVolumeSplit() {
        const TrainingSet set = setOf(stackSlices(stackOf(1, 5, 40, 60), "s", 5.0, 5.0));
        try {
            planSplit(set, SplitBy::volume, false, Progress::none());
            QFAIL("one volume cannot be split by volume");
        } catch (const Error& error) {
            QVERIFY(error.kind() == ErrorKind::usage);
            QVERIFY(std::string(error.what()).find("--split distance") != std::string::npos);
        }
    }

    void tooSmallImagesSaySo() {
        TrainingSet set = setOf(stackSlices(stackOf(1, 1, 80, 100), "s", 5.0, 5.0));
        const Split split = planSplit(set, SplitBy::distance, false, Progress::none());
        QVERIFY(!split.apart);
        QVERIFY2(split.sentences.at(0).find("too small") != std::string::npos, split.sentences[0].c_str());
        applySplit(set, split);
        QCOMPARE(findLeaks(set, Progress::none()).leaks.size(), size_t(1));
    }

    void holdingOutLeavesADistanceWhereTheDataAllow() {
        TrainingSet longStack = setOf(stackSlices(stackOf(1, 60, 40, 60), "s", 5.0, 50.0));
        const auto sentences = holdOutForValidation(longStack);
        QCOMPARE(ofRole(longStack, Role::validation).size(), size_t(9)); // 15 %
        QVERIFY(findLeaks(longStack, Progress::none()).leaks.empty());
        QVERIFY(sentences.at(0).find("between belong to neither") != std::string::npos);

        // Too short and too narrow for any distance: the last slices, and the leak guard names them.
        TrainingSet shortStack = setOf(stackSlices(stackOf(1, 8, 40, 60), "s", 5.0, 5.0));
        QVERIFY(holdOutForValidation(shortStack).at(0).starts_with("Held out for validation: s, slice 7"));
        QCOMPARE(shortStack.slices.size(), size_t(8));
        QCOMPARE(findLeaks(shortStack, Progress::none()).leaks.size(), size_t(1));

        TrainingSet one = setOf(stackSlices(stackOf(1, 1, 200, 800), "s", 5.0, 5.0));
        holdOutForValidation(one);
        QCOMPARE(knownPixels(ofRole(one, Role::validation).at(0)->labels).box, (Region{0, 200, 600, 800}));
        QCOMPARE(knownPixels(ofRole(one, Role::train).at(0)->labels).box, (Region{0, 200, 0, 536}));

        // Images that have nothing to do with each other need none.
        TrainingSet images;
        for (int i = 0; i < 10; ++i) {
            auto slice = stackSlices(stackOf(uint64_t(i), 1, 40, 60), "image " + std::to_string(i), 5.0, {});
            images.slices.push_back(slice[0]);
        }
        holdOutForValidation(images);
        QCOMPARE(images.slices.size(), size_t(10));
        QCOMPARE(ofRole(images, Role::validation).size(), size_t(2));
    }
};

QTEST_GUILESS_MAIN(TestSplitDistance)
#include "tst_split_distance.moc"

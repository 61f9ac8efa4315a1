// Document: strokes, results, classes and pixel size in long random sequences with undo and redo, against
// kept states.
#include "core/base/random.h"
#include "core/document/document.h"
#include "core/image/memory_source.h"
#include "core/tools/tool.h"

#include <QtTest>

#include <deque>

using namespace cristae;

namespace {
const Extent3 volume{2, 140, 180};

std::unique_ptr<Document> emptyDocument() {
    ImageInfo info;
    info.voxelSize = {std::nullopt, 4.0, 4.0, "TIFF resolution tags"};
    return std::make_unique<Document>(std::make_shared<MemorySource>(Pixels(PixelType::u8, 1, volume), info));
}

// All that a document can undo.
struct State {
    Pixels labels, origins;
    ClassTable classes;
    VoxelSize voxelSize;
    bool operator==(const State&) const = default;
};

State stateOf(const Document& document) {
    const Box3 all = Box3::ofExtent(volume);
    return {document.labels().snapshot().labels(all), document.labels().snapshot().origins(all),
            document.classes(), document.voxelSize()};
}

void scribble(Random& random, LabelEdit& edit) {
    const int64_t z = random.below(2);
    const auto point = [&] { return ImagePoint{random.uniform(-10, 150), random.uniform(-10, 190)}; };
    const Voxel value{uint32_t(random.below(4)), Origin::human};
    switch (random.below(4)) {
    case 0:
        paintCapsule(edit, z, point(), point(), random.uniform(1, 15), value);
        break;
    case 1:
        fillPolygon(edit, z, {point(), point(), point(), point()}, value);
        break;
    case 2:
        floodFill(edit, z, point(), value);
        break;
    default:
        eraseCapsule(edit, z, point(), point(), random.uniform(1, 25));
    }
}

WriteRule randomRule(Random& random) {
    WriteRule rule;
    if (random.chance(0.3)) rule.lockedLabels = {uint32_t(random.below(4))};
    if (random.chance(0.2)) rule.onlyOver = uint32_t(random.below(3));
    return rule;
}

LabelDelta randomResult(Random& random, const LabelSnapshot& snapshot) {
    WriteRule rule = randomRule(random);
    rule.keepHuman = random.chance(0.5);
    LabelEdit edit(snapshot, rule);
    Pixels block(PixelType::u8, 1, volume);
    uint8_t label = 0; // long stretches, as in real results
    for (uint8_t& value : block.values<uint8_t>()) {
        if (random.chance(0.002)) label = uint8_t(random.below(4));
        value = label;
    }
    edit.setBlock(Box3::ofExtent(volume), block, Origin::model);
    return edit.delta();
}
} // namespace

class TestDocument : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void randomSequences() {
        Random random(99);
        const auto document = emptyDocument();
        std::vector<State> past{stateOf(*document)}; // past.back() is now
        std::vector<State> future;
        std::vector<std::pair<LabelSnapshot, Pixels>> kept;
        LabelSnapshot older = document->labels().snapshot();
        const auto did = [&] {
            const State now = stateOf(*document);
            if (now == past.back()) return;
            past.push_back(now);
            future.clear();
        };
        for (int step = 0; step < 150; ++step) {
            switch (random.below(9)) {
            case 0:
            case 1: { // a stroke in parts
                LabelEdit edit(document->labels().snapshot(), randomRule(random));
                for (int part = 0; part < 4; ++part) {
                    scribble(random, edit);
                    document->strokePart(edit.takeIncrement());
                }
                if (random.chance(0.8))
                    document->endStroke("Brush");
                else
                    document->cancelStroke();
                did();
                break;
            }
            case 2: // a result, now and then one made from an older state
                document->applyLabels(
                    randomResult(random, random.chance(0.3) ? older : document->labels().snapshot()),
                    "Predict");
                did();
                break;
            case 3: {
                ClassTable classes = document->classes();
                if (random.chance(0.7))
                    classes.ensure("class " + std::to_string(random.below(6)));
                else
                    classes.remove(uint32_t(random.below(6)));
                document->setClasses(classes, "Classes");
                did();
                break;
            }
            case 4:
                document->setVoxelSize({std::nullopt, double(random.below(3)) + 1, 5.0, "entered by hand"});
                did();
                break;
            case 5:
                older = document->labels().snapshot();
                kept.emplace_back(older, older.labels(Box3::ofExtent(volume)));
                break;
            case 6:
            case 7:
                for (int64_t n = 1 + random.below(4); n > 0 && document->undoStack().canUndo(); --n) {
                    document->undoStack().undo();
                    future.push_back(past.back());
                    past.pop_back();
                }
                break;
            default:
                for (int64_t n = 1 + random.below(4); n > 0 && document->undoStack().canRedo(); --n) {
                    document->undoStack().redo();
                    past.push_back(future.back());
                    future.pop_back();
                }
            }
            QCOMPARE(document->undoStack().canUndo(), past.size() > 1);
            QCOMPARE(document->undoStack().canRedo(), !future.empty());
            QVERIFY2(stateOf(*document) == past.back(), qPrintable(QString("step %1").arg(step)));
        }
        while (document->undoStack().canUndo()) {
            document->undoStack().undo();
            past.pop_back();
            QVERIFY(stateOf(*document) == past.back());
        }
        QCOMPARE(past.size(), size_t(1));
        QVERIFY(!document->modified());
        for (const auto& [snapshot, labels] : kept)
            QVERIFY(snapshot.labels(Box3::ofExtent(volume)) == labels);
    }

    void aStrokeIsOneStepAndAResultDuringItAnother() {
        const auto document = emptyDocument();
        const State empty = stateOf(*document);
        LabelEdit stroke(document->labels().snapshot(), {});
        paintDisc(stroke, 0, {50, 50}, 10, {1, Origin::human});
        document->strokePart(stroke.takeIncrement());
        QVERIFY(!document->undoStack().canUndo());
        LabelEdit result(LabelLayer(volume).snapshot(), {});
        Pixels all(PixelType::u8, 1, volume);
        for (uint8_t& value : all.values<uint8_t>()) value = 3;
        result.setBlock(Box3::ofExtent(volume), all, Origin::model);
        document->applyLabels(result.delta(), "Predict");
        QCOMPARE(document->labels().at(0, 50, 50),
                 (Voxel{1, Origin::human})); // painted while the result was on its way
        QCOMPARE(document->labels().at(0, 90, 90), (Voxel{3, Origin::model}));
        paintDisc(stroke, 0, {50, 100}, 10, {1, Origin::human});
        document->strokePart(stroke.takeIncrement());
        document->endStroke("Brush");
        QCOMPARE(document->labels().at(0, 50, 100).label, 1u);
        document->undoStack().undo();
        QCOMPARE(document->labels().at(0, 50, 100), (Voxel{3, Origin::model}));
        document->undoStack().undo();
        QCOMPARE(document->labels().at(0, 90, 90), Voxel{});
        document->undoStack().undo();
        QVERIFY(stateOf(*document) == empty);
    }

    void aPreparedResultIsTakenOverUnlessTheLabelsChanged() {
        for (const bool changedMeanwhile : {false, true}) {
            const auto document = emptyDocument();
            LabelLayer after = document->labels();
            LabelEdit result(after.snapshot(), {});
            paintDisc(result, 0, {50, 50}, 20, {3, Origin::model});
            after.apply(result.delta());
            if (changedMeanwhile) {
                LabelEdit stroke(document->labels().snapshot(), {});
                paintDisc(stroke, 0, {50, 50}, 5, {1, Origin::human});
                document->applyLabels(stroke.delta(), "Brush");
            }
            const State before = stateOf(*document);
            document->applyLabels(result.delta(), after, "Predict");
            QCOMPARE(document->labels().at(0, 50, 50).label, changedMeanwhile ? 1u : 3u);
            QCOMPARE(document->labels().at(0, 50, 65), (Voxel{3, Origin::model}));
            const State done = stateOf(*document);
            document->undoStack().undo();
            QVERIFY(stateOf(*document) == before);
            document->undoStack().redo();
            QVERIFY(stateOf(*document) == done);
        }
    }

    void undoDuringAStrokeDropsTheStroke() {
        const auto document = emptyDocument();
        LabelEdit first(document->labels().snapshot(), {});
        paintDisc(first, 0, {50, 50}, 10, {1, Origin::human});
        document->applyLabels(first.delta(), "first");
        LabelEdit stroke(document->labels().snapshot(), {});
        paintDisc(stroke, 0, {55, 55}, 10, {2, Origin::human});
        document->strokePart(stroke.takeIncrement());
        document->undoStack().undo();
        QVERIFY(document->labels().snapshot().sliceEmpty(0));
        document->undoStack().redo();
        QCOMPARE(document->labels().at(0, 50, 50).label, 1u);
    }

    void aResultWithItsClassesAndHistoryIsOneStep() {
        const auto document = emptyDocument();
        ClassTable classes;
        const uint32_t value = classes.ensure("mitochondria").value;
        const auto enter = [&] {
            document->setClasses(classes, "Add classes");
            LabelEdit result(document->labels().snapshot(), {});
            result.setRun(0, 20, 10, 90, {value, Origin::model});
            document->applyLabels(result.delta(), "Labels");
            document->addHistory({{"verb", "predict"}});
        };
        const State before = stateOf(*document);
        document->asOneStep("Predict mitochondria", enter);
        const State after = stateOf(*document);
        QCOMPARE(document->undoStack().undoWords(), std::string("Predict mitochondria"));
        document->undoStack().undo();
        QVERIFY(stateOf(*document) == before);
        QVERIFY(document->history().empty());
        QVERIFY(!document->undoStack().canUndo());
        document->undoStack().redo();
        QVERIFY(stateOf(*document) == after);
        QCOMPARE(document->history().size(), size_t(1));
        document->undoStack().undo();
        QVERIFY_EXCEPTION_THROWN(document->asOneStep("Broken",
                                                     [&] {
                                                         enter();
                                                         throw Error(ErrorKind::internal, "broken");
                                                     }),
                                 Error);
        QVERIFY(stateOf(*document) == before);
        QVERIFY(document->history().empty());
    }

    void listenersHearWhatChanged() {
        const auto document = emptyDocument();
        std::vector<std::pair<Document::Change, Box3>> heard;
        const int id = document->addListener(
            [&](Document::Change change, const Box3& box) { heard.emplace_back(change, box); });
        int once = 0;
        int second = 0;
        second = document->addListener([&](Document::Change, const Box3&) {
            ++once;
            document->removeListener(second); // from inside its own call
        });
        LabelEdit edit(document->labels().snapshot(), {});
        edit.set(1, 130, 10, {1, Origin::human});
        document->applyLabels(edit.delta(), "dot");
        QCOMPARE(once, 1);
        QCOMPARE(heard.size(), size_t(2));
        QVERIFY(heard[0].first == Document::Change::labels);
        QCOMPARE(heard[0].second, (Box3{1, 128, 0, 2, 256, 128}));
        QVERIFY(heard[1].first == Document::Change::state);
        heard.clear();
        document->undoStack().undo();
        QVERIFY(heard.size() == 2 && heard[0].first == Document::Change::labels);
        heard.clear();
        document->applyLabels({}, "nothing");
        document->setClasses(document->classes(), "same");
        document->setVoxelSize(document->voxelSize());
        document->endStroke("nothing");
        document->cancelStroke();
        QVERIFY(heard.empty());
        QVERIFY(!document->modified());
        ClassTable classes;
        classes.ensure("membranes");
        document->setClasses(classes, "Add class");
        QVERIFY(heard[0].first == Document::Change::classes && document->modified());
        document->markSaved();
        QVERIFY(!document->modified());
        document->removeListener(id);
        heard.clear();
        document->undoStack().undo();
        QVERIFY(heard.empty() && document->classes().empty() && document->modified());
    }

    void aLongSessionStaysWithinTheBudget() {
        Random random(4);
        const auto document = emptyDocument();
        for (int i = 0; i < 60; ++i)
            document->applyLabels(randomResult(random, document->labels().snapshot()), "Predict");
        QVERIFY(document->undoStack().bytes() > 0);
        QVERIFY(document->undoStack().bytes() <= size_t(256) << 20);
    }
};

QTEST_GUILESS_MAIN(TestDocument)
#include "tst_document.moc"

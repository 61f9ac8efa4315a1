// Every registered tool: press, move and release change the layer, one undo restores it, rules are obeyed.
#include "core/document/document.h"
#include "core/image/memory_source.h"
#include "core/tools/tool.h"

#include <QtTest>

#include <cmath>
#include <set>

using namespace cristae;

namespace {
const Extent3 volume{3, 150, 160};

// A document with a square of class 2 in slice 1.
std::unique_ptr<Document> documentWithSquare() {
    auto document =
        std::make_unique<Document>(std::make_shared<MemorySource>(Pixels(PixelType::u8, 1, volume)));
    LabelEdit edit(document->labels().snapshot(), {});
    for (int64_t y = 40; y < 120; ++y) edit.setRun(1, y, 40, 120, {2, Origin::model});
    document->applyLabels(edit.delta(), "square");
    return document;
}

Pixels labelsOf(const Document& document) {
    return document.labels().snapshot().labels(Box3::ofExtent(volume));
}

// The path of a hand over the square, shown live part by part as the canvas does it.
void draw(Document& document, Tool& tool, const ToolSettings& settings, const std::vector<ImagePoint>& path) {
    LabelEdit edit(document.labels().snapshot(), settings.rule);
    const ToolContext context{edit, 1, settings, document.image().get()};
    for (size_t i = 0; i < path.size(); ++i) {
        if (tool.multiClick()) {
            tool.press(context, path[i]);
            tool.release(context, path[i]);
        } else if (i == 0) {
            tool.press(context, path[i]);
        } else {
            tool.move(context, path[i]);
        }
        document.strokePart(edit.takeIncrement());
    }
    if (tool.multiClick())
        tool.finish(context);
    else
        tool.release(context, path.back());
    document.strokePart(edit.takeIncrement());
    document.endStroke(tool.title());
}

const std::vector<ImagePoint> zigzag{{50, 50}, {60, 110}, {100, 100}, {110, 55}, {80, 45}};
} // namespace

class TestTools : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void everyToolIsComplete() {
        std::set<std::string> keys;
        for (const auto& tool : allTools()) {
            QVERIFY(keys.insert(tool->key()).second);
            QVERIFY(!tool->title().empty() && tool->hint().back() == '.');
        }
        QCOMPARE(keys, (std::set<std::string>{"brush", "eraser", "fill", "polygon", "lasso", "wand"}));
    }

    void strokeChangesAndOneUndoRestores() {
        for (const auto& tool : allTools()) {
            const auto document = documentWithSquare();
            const Pixels before = labelsOf(*document);
            ToolSettings settings;
            settings.radius = 6;
            for (int repeat = 0; repeat < 2; ++repeat) { // a tool is fresh again after its stroke
                draw(*document, *tool, settings, zigzag);
                const Pixels after = labelsOf(*document);
                QVERIFY2(!(after == before), tool->key().c_str());
                QVERIFY(tool->outline().empty());
                QCOMPARE(document->undoStack().undoWords(), tool->title());
                QVERIFY2(document->labels().snapshot().sliceEmpty(0) &&
                             document->labels().snapshot().sliceEmpty(2),
                         "other slices");
                document->undoStack().undo();
                QVERIFY2(labelsOf(*document) == before, tool->key().c_str());
                QCOMPARE(document->undoStack().undoWords(), std::string("square"));
                document->undoStack().redo();
                QVERIFY(labelsOf(*document) == after);
                document->undoStack().undo();
            }
        }
    }

    void lockedLabelsStay() {
        for (const auto& tool : allTools()) {
            const auto document = documentWithSquare();
            const Pixels before = labelsOf(*document);
            ToolSettings settings;
            settings.rule.lockedLabels = {2};
            draw(*document, *tool, settings, zigzag);
            const Pixels after = labelsOf(*document);
            for (int64_t i = 0; i < before.count(); ++i)
                if (before.values<uint32_t>()[size_t(i)] == 2)
                    QCOMPARE(after.values<uint32_t>()[size_t(i)], 2u);
        }
    }

    void cancelForgetsTheShape() {
        for (const auto& tool : allTools()) {
            const auto document = documentWithSquare();
            const Pixels before = labelsOf(*document);
            const ToolSettings settings;
            LabelEdit edit(document->labels().snapshot(), {});
            const ToolContext context{edit, 1, settings};
            for (const ImagePoint& point : zigzag) {
                tool->press(context, point);
                document->strokePart(edit.takeIncrement());
            }
            tool->cancel();
            document->cancelStroke();
            QVERIFY(tool->outline().empty());
            QVERIFY2(labelsOf(*document) == before, tool->key().c_str());
            QCOMPARE(document->undoStack().undoWords(), std::string("square"));
        }
    }

    void fastBrushLeavesNoGaps() {
        const auto document = documentWithSquare();
        const auto brush = std::move(allTools().front());
        ToolSettings settings;
        for (const double radius : {0.1, 0.5, 1.0, 3.0}) {
            settings.radius = radius;
            draw(*document, *brush, settings, {{10.2, 5.7}, {140.9, 150.1}});
            // Every column between the ends holds paint, and paint of neighbouring columns touches.
            int64_t lastLow = -1, lastHigh = -1;
            for (int64_t x = 6; x < 150; ++x) {
                int64_t low = -1, high = -1;
                for (int64_t y = 0; y < volume.y; ++y)
                    if (document->labels().at(1, y, x).label == 1) {
                        if (low < 0) low = y;
                        high = y;
                    }
                QVERIFY(low >= 0);
                if (lastLow >= 0) QVERIFY(low <= lastHigh + 1 && high >= lastLow - 1);
                lastLow = low;
                lastHigh = high;
            }
            document->undoStack().undo();
        }
        settings.radius = 0.2;
        draw(*document, *brush, settings, {{10.95, 5.02}});
        QCOMPARE(document->labels().snapshot().countsInSlice(1).at(1), int64_t(1));
        QCOMPARE(document->labels().at(1, 10, 5).label, 1u);
    }

    void wandTakesWhatIsAlikeAndConnected_data() {
        QTest::addColumn<double>("tolerance");
        QTest::addColumn<bool>("diagonals");
        QTest::addColumn<int>("expected");
        // An L of 100 (5 × 20 and 15 × 4), touched at a corner by a square of 110 (6 × 6), on a background of
        // 20; another 100 lies apart.
        QTest::newRow("only the same") << 0.0 << true << 160;
        QTest::newRow("4 neighbours") << 5.0 << false << 160;
        QTest::newRow("8 neighbours") << 5.0 << true << 196;
        QTest::newRow("everything") << 100.0 << false << 150 * 160;
    }
    void wandTakesWhatIsAlikeAndConnected() {
        QFETCH(double, tolerance);
        QFETCH(bool, diagonals);
        QFETCH(int, expected);
        Pixels grey(PixelType::u8, 1, volume);
        const auto values = grey.values<uint8_t>();
        const auto paint = [&](int64_t y0, int64_t x0, int64_t height, int64_t width, uint8_t value) {
            for (int64_t y = y0; y < y0 + height; ++y)
                for (int64_t x = x0; x < x0 + width; ++x)
                    values[size_t((volume.y + y) * volume.x + x)] = value; // slice 1
        };
        paint(0, 0, volume.y, volume.x, 20);
        paint(120, 100, 5, 20, 100);
        paint(125, 100, 15, 4, 100);
        paint(140, 104, 6, 6, 110);
        paint(10, 10, 5, 5, 100);
        Document document(std::make_shared<MemorySource>(grey));
        const auto tools = allTools();
        const auto wand =
            std::find_if(tools.begin(), tools.end(), [](const auto& tool) { return tool->key() == "wand"; });
        QVERIFY((*wand)->readsImage());
        ToolSettings settings;
        settings.label = 3;
        settings.options = (*wand)->options().defaults();
        settings.options["tolerance"] = tolerance;
        settings.options["diagonals"] = diagonals;
        draw(document, **wand, settings, {{122.5, 110.5}});
        QCOMPARE(document.labels().snapshot().countsInSlice(1).at(3), int64_t(expected));
        QVERIFY(document.labels().snapshot().sliceEmpty(0) && document.labels().snapshot().sliceEmpty(2));
        QCOMPARE(document.labels().at(1, 139, 101).label, 3u);
        QCOMPARE(document.labels().at(1, 12, 12).label, tolerance == 100 ? 3u : 0u);
    }

    void eraserTakesOnlyWhatItMay() {
        const auto tools = allTools();
        const auto eraser = std::find_if(tools.begin(), tools.end(),
                                         [](const auto& tool) { return tool->key() == "eraser"; });
        const auto document = documentWithSquare();
        ToolSettings settings;
        settings.radius = 10;
        settings.erasable = {5};
        draw(*document, **eraser, settings, zigzag);
        QCOMPARE(document->undoStack().undoWords(), std::string("square")); // nothing to take: no step
        settings.erasable = {2};
        draw(*document, **eraser, settings, {{40, 40}});
        QCOMPARE(document->labels().at(1, 42, 42), (Voxel{0, Origin::human}));
        QCOMPARE(document->labels().at(1, 38, 38), Voxel{}); // background stays as if never touched
    }
};

QTEST_GUILESS_MAIN(TestTools)
#include "tst_tools.moc"

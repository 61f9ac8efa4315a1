// Parts that are said to be complete: adding, taking away, undo, and how they are kept with labels.
#include "core/document/complete_parts.h"
#include "core/document/document.h"
#include "core/image/memory_source.h"

#include <QTest>

using namespace cristae;

namespace {
constexpr Extent3 extent{4, 50, 60};
}

class TestCompleteParts : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void partsWithinOthersGo() {
        std::vector<Box3> parts = withPart({}, {1, 10, 10, 2, 20, 20});
        parts = withPart(parts, {1, 30, 10, 2, 40, 20});
        parts = withPart(parts, {1, 12, 12, 2, 15, 15}); // lies in the first
        QCOMPARE(parts.size(), size_t(2));
        parts = withPart(parts, {1, 5, 5, 1, 9, 9}); // empty
        QCOMPARE(parts.size(), size_t(2));
        parts = withPart(parts, {2, 0, 0, 3, 9, 9});
        parts = withPart(parts, Box3::ofSlice(extent, 1)); // holds the first two
        QCOMPARE(parts.size(), size_t(2));
        QVERIFY(sliceComplete(parts, extent, 1));
        QVERIFY(!sliceComplete(parts, extent, 2));
        QCOMPARE(withoutSlice(parts, 1).size(), size_t(1));
    }

    void theyAreUndoable() {
        Document document(std::make_shared<MemorySource>(Pixels(PixelType::u8, 1, extent)));
        int told = 0;
        document.addListener(
            [&](Document::Change change, const Box3&) { told += change == Document::Change::complete; });
        document.setCompleteParts({{0, 1, 2, 1, 3, 4}}, "Part");
        document.setCompleteParts({{0, 1, 2, 1, 3, 4}}, "the same");
        QCOMPARE(told, 1);
        QVERIFY(document.modified());
        QCOMPARE(document.undoStack().undoWords(), std::string("Part"));
        document.undoStack().undo();
        QVERIFY(document.completeParts().empty());
        document.undoStack().redo();
        QCOMPARE(document.completeParts().front(), (Box3{0, 1, 2, 1, 3, 4}));
        QCOMPARE(told, 3);
    }

    void theyAreKeptWithLabels() {
        const std::vector<Box3> parts{{0, 1, 2, 1, 30, 40}, Box3::ofSlice(extent, 3)};
        const nlohmann::json provenance = {
            {"history", {toJson(std::vector<Box3>{{2, 0, 0, 3, 9, 9}}), {{"model", "m"}}, toJson(parts)}}};
        QCOMPARE(completePartsFrom(nlohmann::json::parse(provenance.dump()), extent), parts);
        QVERIFY(completePartsFrom(nlohmann::json::object(), extent).empty());
    }

    /// Whatever a file says: only what lies in the image is taken.
    void nonsenseIsPassedOver() {
        const auto json =
            nlohmann::json::parse(R"({"completeParts": [[9, 0, 0, 5, 5], [1, 2], "x", [1, 5, 5, 5, 9],
            [1, -5, -5, 1000000000000, 7], [1.5, 0, 0, 5, 5], [1, 2, 3, null, 5]]})");
        const auto parts = completePartsFrom(json, extent);
        QCOMPARE(parts.size(), size_t(1));
        QCOMPARE(parts.front(), (Box3{1, 0, 0, 2, 50, 7}));
        QVERIFY(completePartsFrom(nlohmann::json::parse(R"({"completeParts": 7})"), extent).empty());
    }
};

QTEST_APPLESS_MAIN(TestCompleteParts)
#include "tst_complete_parts.moc"

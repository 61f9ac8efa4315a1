// Run folders: the data that a run needs, also the neighbours that a network of several slices sees.
#include "core/base/error.h"
#include "core/image/memory_source.h"
#include "core/learn/augment.h"
#include "core/learn/kept_stack.h"
#include "core/learn/recipe.h"
#include "core/learn/run_folder.h"

#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

using namespace cristae;

namespace {

/// Every pixel says where it lies.
std::shared_ptr<MemorySource> stack(int64_t depth, int64_t channels, int start) {
    Pixels pixels(PixelType::u16, channels, {depth, 12, 10});
    for (int64_t i = 0; i < pixels.count(); ++i) pixels.values<uint16_t>()[size_t(i)] = uint16_t(start + i);
    return std::make_shared<MemorySource>(pixels);
}

TrainingSlice sliceOf(const TileSourcePtr& source, int64_t z, Role role) {
    TrainingSlice slice;
    slice.name = "slice " + std::to_string(z);
    slice.image = source->read(0, Box3::ofSlice(source->info().extent(), z));
    slice.labels = Pixels(PixelType::u8, 1, {1, 12, 10});
    slice.labels.values<uint8_t>()[size_t(z)] = 1;
    slice.role = role;
    slice.source = source;
    slice.z = z;
    return slice;
}

} // namespace

class TestRunFolder : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(".?")); }

    void neighboursAreKept_data() {
        QTest::addColumn<bool>("volume");
        QTest::newRow("several slices") << false;
        QTest::newRow("volume") << true;
    }
    void neighboursAreKept() {
        QFETCH(bool, volume);
        const SlicesSeen seen{2, 1, volume};
        TrainingPlan plan;
        plan.card.name = "run";
        plan.recipe = recipeSchema().defaults();
        plan.set.classNames = {"cells"};
        plan.runFolder = folder_.filePath(volume ? "volume" : "several").toStdString();
        const auto first = stack(9, 1, 0), second = stack(5, 3, 700);
        TrainingSlice alone = sliceOf(first, 4, Role::validation);
        alone.source = nullptr;
        plan.set.slices = {sliceOf(first, 0, Role::train),
                           sliceOf(first, 6, Role::validation),
                           sliceOf(first, 7, Role::train),
                           sliceOf(second, 4, Role::train),
                           alone,
                           sliceOf(second, 1, Role::test)};
        saveRun(plan, seen, Progress::none());
        const TrainingPlan loaded = loadRun(plan.runFolder, Progress::none());
        QVERIFY(loaded.resume);
        QCOMPARE(loaded.set.slices.size(), plan.set.slices.size());
        const auto before = prepareSlices(plan.set.slices, 1, plan.recipe, seen, Progress::none()),
                   after = prepareSlices(loaded.set.slices, 1, loaded.recipe, seen, Progress::none());
        QCOMPARE(after.size(), before.size());
        const auto equal = [](const Pixels& a, const Pixels& b) {
            return std::ranges::equal(a.asBytes(), b.asBytes());
        };
        for (size_t i = 0; i < before.size(); ++i) {
            QVERIFY(equal(before[i].image, after[i].image) && equal(before[i].labels, after[i].labels));
            QCOMPARE(after[i].planes.size(), size_t(4));
            for (size_t z = 0; z < 4; ++z) QVERIFY(equal(before[i].planes[z], after[i].planes[z]));
            QCOMPARE(after[i].planeLabels.size(), before[i].planeLabels.size());
            for (size_t z = 0; z < after[i].planeLabels.size(); ++z)
                QVERIFY(equal(before[i].planeLabels[z], after[i].planeLabels[z]));
        }
        // Slices that nobody looks at are not kept: of the first stack that is slice 3.
        QVERIFY_EXCEPTION_THROWN(loaded.set.slices[0].source->read(0, Box3::ofSlice({9, 12, 10}, 3)), Error);
    }

    void keptStackReadsBoxes() {
        const auto source = stack(4, 3, 5);
        std::map<int64_t, Pixels> slices;
        for (const int64_t z : {1, 2}) slices[z] = source->read(0, Box3::ofSlice({4, 12, 10}, z));
        const KeptStack kept(4, slices);
        QCOMPARE(kept.info().extent().z, 4);
        QCOMPARE(kept.info().channels, 3);
        const Box3 box{1, 3, 2, 3, 9, 8};
        QVERIFY(std::ranges::equal(kept.read(0, box).asBytes(), source->read(0, box).asBytes()));
        slices[3] = Pixels(PixelType::u8, 3, {1, 12, 10}); // another type
        QVERIFY_EXCEPTION_THROWN(KeptStack(4, slices), Error);
        QVERIFY_EXCEPTION_THROWN(KeptStack(4, {}), Error);
    }

private:
    QTemporaryDir folder_;
};

QTEST_GUILESS_MAIN(TestRunFolder)
#include "tst_run_folder.moc"

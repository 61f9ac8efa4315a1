// What is known of corrected slices, the plan that is made of it, and the sample that is kept of a model's
// own data.
#include "core/image/memory_source.h"
#include "core/learn/augment.h"
#include "core/learn/fine_tune.h"
#include "core/learn/recipe.h"
#include "tests/support/expect_error.h"

#include <QTemporaryDir>
#include <QTest>
#include <set>

using namespace cristae;

namespace {

constexpr Extent3 extent{3, 40, 50};

/// Three slices of noise; labels as `paint` sets them.
Corrections corrected(const std::function<void(LabelEdit&)>& paint) {
    Pixels pixels(PixelType::u8, 1, extent);
    uint32_t state = 1;
    for (uint8_t& v : pixels.values<uint8_t>()) v = uint8_t((state = state * 1664525u + 1013904223u) >> 24);
    LabelLayer layer(extent);
    LabelEdit edit(layer.snapshot(), {});
    paint(edit);
    layer.apply(edit.delta());
    ClassTable classes;
    classes.set({1, "mitochondria", {1, 2, 3}});
    classes.set({2, "nuclei", {4, 5, 6}});
    classes.set({3, backgroundClass, {7, 8, 9}});
    return {std::make_shared<MemorySource>(pixels), layer.snapshot(), classes, {}, {}};
}

uint8_t at(const Pixels& labels, int64_t y, int64_t x) {
    return labels.values<uint8_t>()[size_t(y * labels.extent().x + x)];
}

ModelCard card() {
    ModelCard made;
    made.name = "m";
    made.title = "Mitochondria";
    made.classes = {{"mitochondria", {1, 2, 3}, 0.7}};
    made.architecture = "unet";
    made.network = {{"levels", 4}, {"base", 12}, {"normalisation", "batch"}, {"slicesIn", 3}};
    made.pixelSizeNm = 8;
    return made;
}

} // namespace

class TestFineTune : public QObject {
    Q_OBJECT
private Q_SLOTS:
    /// Outside complete parts only hand-set voxels are known; inside everything is.
    void knowsWhatAPersonSaid() {
        Corrections c = corrected([](LabelEdit& edit) {
            edit.setRun(1, 5, 0, 10, {1, Origin::model});
            edit.setRun(1, 6, 0, 10, {1, Origin::human});
            edit.setRun(1, 7, 0, 10, {0, Origin::human});        // erased
            edit.setRun(1, 8, 0, 10, {2, Origin::human});        // of another class
            edit.setRun(1, 9, 0, 10, {1, Origin::interpolated}); // nobody looked at it
            edit.setRun(1, 25, 20, 30, {1, Origin::model});
        });
        c.complete = {{1, 20, 0, 2, 30, 50}};
        const Pixels known = knownLabels(c, 1, {"mitochondria"});
        QCOMPARE(at(known, 5, 3), uint8_t(255));
        QCOMPARE(at(known, 6, 3), uint8_t(1));
        QCOMPARE(at(known, 7, 3), uint8_t(0));
        QCOMPARE(at(known, 8, 3), uint8_t(0));
        QCOMPARE(at(known, 9, 3), uint8_t(255));
        QCOMPARE(at(known, 19, 3), uint8_t(255));
        QCOMPARE(at(known, 20, 3), uint8_t(0));
        QCOMPARE(at(known, 25, 25), uint8_t(1));
        QCOMPARE(at(known, 29, 49), uint8_t(0));
        QCOMPARE(at(known, 30, 0), uint8_t(255));
        const Pixels two = knownLabels(c, 1, {"nuclei", "mitochondria"});
        QCOMPARE(at(two, 6, 3), uint8_t(2));
        QCOMPARE(at(two, 8, 3), uint8_t(1));
        const Pixels elsewhere = knownLabels(c, 0, {"mitochondria"});
        QVERIFY(std::ranges::all_of(std::as_const(elsewhere).values<uint8_t>(),
                                    [](uint8_t v) { return v == 255; }));
    }

    void takesSlicesOfWhichSomethingIsKnown() {
        Corrections c = corrected([](LabelEdit& edit) {
            edit.setRun(0, 5, 0, 10, {1, Origin::model}); // nobody corrected this slice
            edit.setRun(2, 6, 0, 10, {1, Origin::human});
            edit.setRun(2, 9, 0, 10, {3, Origin::human}); // a stroke of background
        });
        c.voxelSize.yNm = c.voxelSize.xNm = 5;
        const TrainingSet set = correctedSlices(c, {"mitochondria"}, Progress::none());
        QCOMPARE(set.slices.size(), size_t(1));
        QCOMPARE(set.slices[0].z, int64_t(2));
        QCOMPARE(set.slices[0].role, Role::train);
        QCOMPARE(set.slices[0].pixelSizeNm.value(), 5.0);
        QCOMPARE(at(set.slices[0].labels, 9, 3), uint8_t(0));
        QVERIFY(set.slices[0].weight * 20 / 2000 < 0.5); // a few strokes of 20 pixels among 2000
        QCOMPARE(unseenSlice(set, 3).value(), int64_t(1));
        QCOMPARE(unseenSlice(set, 1).value(), int64_t(0));
        c.complete = {Box3::ofSlice(extent, 0), Box3::ofSlice(extent, 1)};
        const TrainingSet all = correctedSlices(c, {"mitochondria"}, Progress::none());
        QCOMPARE(all.slices.size(), size_t(3));
        QVERIFY(!unseenSlice(all, 3).has_value()); // every slice was corrected
        QCOMPARE(strokedClasses(c), std::vector<std::string>{"mitochondria"});
    }

    void saysWhatIsMissing() {
        const auto none = corrected([](LabelEdit& edit) { edit.setRun(0, 5, 0, 10, {1, Origin::model}); });
        QVERIFY(
            messageOf([&] { static_cast<void>(correctedSlices(none, {"mitochondria"}, Progress::none())); },
                      ErrorKind::input)
                .find("complete") != std::string::npos);
        const auto noBackground = corrected([](LabelEdit& edit) {
            edit.setRun(0, 5, 0, 10, {1, Origin::human});
        });
        QVERIFY(
            messageOf(
                [&] { static_cast<void>(correctedSlices(noBackground, {"mitochondria"}, Progress::none())); },
                ErrorKind::input)
                .find("background") != std::string::npos);
        QVERIFY(messageOf(
                    [&] {
                        static_cast<void>(
                            correctedSlices(noBackground, {"mitochondria", "nuclei"}, Progress::none()));
                    },
                    ErrorKind::input)
                    .find("nuclei") != std::string::npos);
    }

    /// The next slice, which is not trained on, is only looked at.
    void previewsASliceThatIsNotTrainedOn() {
        Corrections c = corrected([](LabelEdit& edit) { edit.setRun(0, 5, 0, 10, {1, Origin::human}); });
        c.complete = {Box3::ofSlice(extent, 0)};
        TrainingSet set = correctedSlices(c, {"mitochondria"}, Progress::none());
        addPreview(set, c, unseenSlice(set, extent.z).value(), Progress::none());
        QCOMPARE(set.slices.size(), size_t(2));
        QCOMPARE(set.slices[1].role, Role::validation);
        QCOMPARE(set.slices[1].z, int64_t(1));
        QVERIFY(std::ranges::all_of(std::as_const(set.slices[1].labels).values<uint8_t>(),
                                    [](uint8_t v) { return v == 255; }));
    }

    void keepsTheModelsNetwork() {
        Corrections c = corrected([](LabelEdit& edit) { edit.setRun(0, 5, 0, 10, {1, Origin::human}); });
        c.complete = {Box3::ofSlice(extent, 0)};
        const TrainingPlan plan = fineTunePlan(correctedSlices(c, {"mitochondria"}, Progress::none()),
                                               {card(), "m.safetensors", ""}, "image");
        QVERIFY(recipeSchema().complaints(plan.recipe).empty());
        QCOMPARE(plan.recipe["base"].get<int>(), 12);
        QCOMPARE(plan.recipe["levels"].get<int>(), 4);
        QCOMPARE(plan.recipe["pixelSizeNm"].get<double>(), 8.0);
        QVERIFY(plan.recipe["network"].get<std::string>().find("slicesIn=3") != std::string::npos);
        QCOMPARE(plan.recipe["statistics"].get<std::string>(), std::string("keep"));
        QVERIFY(plan.startFrom.has_value());
        QCOMPARE(plan.card.classes[0].threshold, 0.7);
        QVERIFY(plan.card.scores.empty());
        ModelCard ensemble = card();
        ensemble.architecture = "ensemble";
        QVERIFY(messageOf([&] { static_cast<void>(fineTuneRecipe(ensemble)); }, ErrorKind::usage)
                    .find("ensemble") != std::string::npos);
    }

    void takesAsManyStepsAsFit() {
        nlohmann::json recipe = fineTuneRecipe(card());
        const int64_t most = recipe["steps"];
        limitSteps(recipe, 0.01, 10);
        QCOMPARE(recipe["steps"].get<int64_t>(), most);
        limitSteps(recipe, 6, 10);
        QCOMPARE(recipe["steps"].get<int64_t>(), int64_t(100));
        QCOMPARE(recipe["stepsPerEpoch"].get<int64_t>(), int64_t(25));
        QVERIFY(recipe["warmupSteps"].get<int64_t>() <= 25);
        limitSteps(recipe, 1000, 1);
        QCOMPARE(recipe["steps"].get<int64_t>(), int64_t(50));
    }

    /// The sample has its share of the patches, whatever its size.
    void mixesTheSampleIn() {
        Corrections c = corrected([](LabelEdit& edit) { edit.setRun(0, 5, 0, 10, {1, Origin::human}); });
        c.complete = {Box3::ofSlice(extent, 0)};
        TrainingSet set = correctedSlices(c, {"mitochondria"}, Progress::none());
        const auto sample = sampleOf(set);
        QCOMPARE(sample.size(), size_t(6));
        TrainingPlan plan = fineTunePlan(set, {card(), "m.safetensors", ""}, "image");
        const double strong = plan.recipe["anchor"];
        addSample(plan, {});
        QCOMPARE(plan.recipe["anchor"].get<double>(), strong);
        QCOMPARE(plan.set.slices.size(), size_t(1));
        addSample(plan, sample);
        QVERIFY(plan.recipe["anchor"].get<double>() < strong);
        for (const TrainingSlice& slice : plan.set.slices) {
            const bool kept = slice.data == "sample";
            QCOMPARE(slice.share, kept ? keptShare : 0.0);
            QCOMPARE(slice.entry == -1, kept);
        }
    }

    void keepsASampleBesideTheModel() {
        const QTemporaryDir folder;
        const std::filesystem::path file = folder.filePath(QStringLiteral("m.safetensors")).toStdString();
        ModelPackage model{card(), file, ""};
        QVERIFY(keptSample(model).empty());
        Corrections c = corrected([](LabelEdit& edit) { edit.setRun(0, 5, 0, 10, {1, Origin::human}); });
        c.complete = {Box3::ofSlice(extent, 0)};
        TrainingSet set = correctedSlices(c, {"mitochondria"}, Progress::none());
        const TrainingSet sample{sampleOf(set), set.classNames};
        keepSample(file, sample);
        for (int again = 0; again < 2; ++again) {
            const auto read = keptSample(model);
            QCOMPARE(read.size(), sample.slices.size());
            for (size_t i = 0; i < read.size(); ++i) {
                QVERIFY(read[i].image == sample.slices[i].image);
                QVERIFY(read[i].labels == sample.slices[i].labels);
            }
            keepSample(file, sample); // over an older one
        }
    }

    /// Where little is labelled, half of the patches are on objects and half on any labelled pixel: with as
    /// much background as objects, a quarter of all is on background.
    void placesPatchesWhereSomethingIsKnown() {
        TrainingSlice slice;
        slice.image = Pixels(PixelType::u8, 1, {1, 600, 600});
        slice.labels = Pixels(PixelType::u8, 1, {1, 600, 600});
        for (size_t i = 0; i < 360000; ++i) slice.image.values<uint8_t>()[i] = uint8_t(i * 7 % 251);
        std::ranges::fill(slice.labels.values<uint8_t>(), uint8_t(255));
        for (int64_t x = 0; x < 40; ++x) {
            slice.labels.values<uint8_t>()[size_t(60 * 600 + 60 + x)] = 1;
            slice.labels.values<uint8_t>()[size_t(540 * 600 + 500 + x)] = 0;
        }
        nlohmann::json recipe = strokesRecipe();
        recipe.update(
            {{"patch", 64}, {"foregroundFraction", 0.5}, {"shift", 0.0}, {"scale", 0.0}, {"rotate", 0.0}});
        const std::vector<PreparedSlice> prepared{prepareSlice(slice, 1, recipe)};
        const PatchSampler sampler(prepared, recipe);
        int objects = 0, background = 0;
        for (uint64_t n = 0; n < 200; ++n) {
            const Pixels labels = sampler.patch(1, n).labels;
            const auto values = std::as_const(labels).values<uint8_t>();
            objects += std::ranges::count(values, uint8_t(1)) > 0;
            background += std::ranges::count(values, uint8_t(0)) > 0;
        }
        QVERIFY2(objects > 130 && background > 35,
                 qPrintable(QStringLiteral("%1 %2").arg(objects).arg(background)));
    }

    void suggestsAFreeName() {
        const std::set<std::string> there{"Mitochondria, fitted to cell", "Mitochondria, fitted to cell 2"};
        const auto taken = [&](const std::string& title) { return there.contains(title); };
        QCOMPARE(fittedTitle("Mitochondria", "leaf", taken), std::string("Mitochondria, fitted to leaf"));
        QCOMPARE(fittedTitle("Mitochondria", "cell", taken), std::string("Mitochondria, fitted to cell 3"));
        QCOMPARE(fittedTitle("Mitochondria, fitted to leaf", "cell", taken),
                 std::string("Mitochondria, fitted to cell 3"));
    }
};

QTEST_APPLESS_MAIN(TestFineTune)
#include "tst_fine_tune.moc"

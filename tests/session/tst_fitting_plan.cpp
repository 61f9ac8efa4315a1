// From corrections to a plan: with a model, its kept sample and a look at the next slice; from strokes alone;
// and no longer than was asked.
#include "core/image/memory_source.h"
#include "core/session/fitting.h"
#include "tests/support/bright_network.h"
#include "tests/support/fake_package.h"

#include <QTemporaryDir>
#include <QTest>

using namespace cristae;

namespace {

/// Takes half a second a step, and trains nothing.
class SlowTrainer : public Trainer {
public:
    std::vector<std::string> complaints(const TrainingPlan&) const override { return {}; }
    std::optional<double> secondsPerStep(const TrainingPlan&, const Progress&) override { return 0.5; }
    TrainingResult train(const TrainingPlan&, TrainingListener&, const Progress&) override { return {}; }
};

Corrections stack() {
    const Extent3 extent{3, 64, 64};
    Pixels pixels(PixelType::u8, 1, extent);
    for (size_t i = 0; i < pixels.values<uint8_t>().size(); ++i)
        pixels.values<uint8_t>()[i] = uint8_t(i * 37 % 199);
    LabelLayer layer(extent);
    LabelEdit edit(layer.snapshot(), {});
    for (int64_t y = 10; y < 30; ++y) edit.setRun(0, y, 10, 30, {1, Origin::human});
    edit.setRun(0, 50, 0, 64, {2, Origin::human});
    layer.apply(edit.delta());
    ClassTable classes;
    classes.set({1, "cells", {1, 2, 3}});
    classes.set({2, backgroundClass, {4, 5, 6}});
    return {std::make_shared<MemorySource>(pixels), layer.snapshot(), classes, {}, {}};
}

} // namespace

class TestFittingPlan : public QObject {
    Q_OBJECT
private:
    QTemporaryDir folder_;
    std::unique_ptr<Session> session_;

    ModelPackage model() {
        ModelCard card;
        card.name = card.title = "cells";
        card.classes = {{"cells", {1, 2, 3}, 0.6}};
        card.network = {{"levels", 4}, {"base", 8}, {"normalisation", "batch"}, {"upsampling", "transposed"}};
        const std::filesystem::path file =
            folder_.filePath(QStringLiteral("cells.safetensors")).toStdString();
        writeFakePackage(file, card);
        return openModelPackage(file);
    }

private Q_SLOTS:
    void init() {
        session_ = std::make_unique<Session>(SessionPaths{}, [] {
            return Engine{std::make_unique<BrightLoader>(), std::make_unique<SlowTrainer>()};
        });
    }

    void aModelIsFitted() {
        const Corrections corrections = stack();
        FitSettings settings;
        settings.minutes = 1;
        settings.fittedTo = "stack";
        const TrainingPlan plan = fitPlan(*session_, corrections, model(), settings, Progress::none());
        QCOMPARE(plan.recipe["steps"].get<int>(), 120); // a minute of half seconds
        QCOMPARE(plan.set.classNames, std::vector<std::string>{"cells"});
        QCOMPARE(plan.set.slices.size(), size_t(2));
        QCOMPARE(plan.set.slices[1].role, Role::validation);
        QCOMPARE(plan.set.slices[1].z, int64_t(1));
        QCOMPARE(plan.card.training.at("startedFrom").get<std::string>(), std::string("cells"));
        QCOMPARE(plan.recipe["foregroundFraction"].get<double>(), 0.5); // strokes only
    }

    /// Three tenths of the patches come from what was kept of the model's own data.
    void theKeptSampleIsMixedIn() {
        const ModelPackage own = model();
        TrainingSet before{{}, {"cells"}};
        for (int i = 0; i < 2; ++i) {
            TrainingSlice slice;
            slice.name = "own";
            slice.image = Pixels(PixelType::u8, 1, {1, 80, 80});
            slice.labels = Pixels(PixelType::u8, 1, {1, 80, 80});
            for (size_t p = 0; p < 6400; ++p) slice.labels.values<uint8_t>()[p] = p % 80 < 30;
            before.slices.push_back(slice);
        }
        keepSample(own.file, {sampleOf(before), {"cells"}});
        const TrainingPlan plan = fitPlan(*session_, stack(), own, {}, Progress::none());
        int kept = 0;
        for (const TrainingSlice& slice : plan.set.slices) kept += slice.share == keptShare;
        QCOMPARE(kept, 6);
    }

    void strokesMakeAPlan() {
        const TrainingPlan plan = fitPlan(*session_, stack(), std::nullopt, {}, Progress::none());
        QVERIFY(!plan.startFrom.has_value());
        QCOMPARE(plan.set.classNames, std::vector<std::string>{"cells"});
        QCOMPARE(plan.card.classes.size(), size_t(1));
        QCOMPARE(plan.card.classes[0].colour, (Colour{1, 2, 3}));
    }
};

QTEST_GUILESS_MAIN(TestFittingPlan)
#include "tst_fitting_plan.moc"

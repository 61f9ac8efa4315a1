// Training from scratch on synthetic cells until it is good, resume bit for bit, pause, stop, cancel,
// complaints, bad numbers.
#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/image/memory_source.h"
#include "core/learn/recipe.h"
#include "core/segment/predictor.h"
#include "core/segment/safetensors.h"
#include "models/run/torch_loader.h"
#include "models/train/trainer.h"
#include "models/train/validation.h"

#include <QElapsedTimer>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>
#include <atomic>
#include <cmath>
#include <cstring>
#include <functional>
#include <thread>

using namespace cristae;

namespace {

/// Dark ellipses with a bright rim in a noisy, unevenly lit field; class 1 inside (odd ones class 2 when
/// there are two).
TrainingSlice cells(uint64_t seed, int classes, Role role) {
    constexpr int64_t side = 128;
    Random random(seed);
    TrainingSlice slice{"cells " + std::to_string(seed),
                        Pixels(PixelType::u8, 1, {1, side, side}),
                        Pixels(PixelType::u8, 1, {1, side, side}),
                        std::nullopt,
                        role,
                        1};
    const auto labels = slice.labels.values<uint8_t>();
    std::vector<double> grey(size_t(side * side), 150);
    for (int cell = 0; cell < 7; ++cell) {
        const double cy = random.uniform(10, side - 10), cx = random.uniform(10, side - 10),
                     ry = random.uniform(7, 15), rx = random.uniform(7, 15);
        for (int64_t y = 0; y < side; ++y)
            for (int64_t x = 0; x < side; ++x) {
                const double distance = std::hypot((double(y) - cy) / ry, (double(x) - cx) / rx);
                const size_t i = size_t(y * side + x);
                if (distance < 1) {
                    labels[i] = uint8_t(classes == 2 ? 1 + cell % 2 : 1);
                    grey[i] = classes == 2 && cell % 2 ? 230 : 80;
                }
            }
    }
    for (size_t i = 0; i < grey.size(); ++i)
        slice.image.values<uint8_t>()[i] =
            uint8_t(std::clamp(grey[i] + 0.2 * double(i % side) + 20 * random.normal(), 0.0, 255.0));
    return slice;
}

struct Listener : TrainingListener {
    std::function<void(int64_t)> afterStep = [](int64_t) {};
    std::atomic<bool> pause = false, stop = false;
    int64_t steps = 0;
    std::vector<EpochReport> epochs;
    void onStep(int64_t step, double) override {
        steps = step;
        afterStep(step);
    }
    void onEpoch(const EpochReport& report) override { epochs.push_back(report); }
    bool paused() const override { return pause; }
    bool stopRequested() const override { return stop; }
};

struct Cancelling : Progress {
    std::atomic<bool> cancel = false;
    void report(double, const std::string&) const override {}
    bool cancelled() const override { return cancel; }
};

bool sameWeights(const std::filesystem::path& a, const std::filesystem::path& b) {
    const SafetensorsFile first = readSafetensors(a), second = readSafetensors(b);
    if (first.tensors.size() != second.tensors.size() || first.tensors.empty()) return false;
    for (size_t i = 0; i < first.tensors.size(); ++i)
        if (first.tensors[i].name != second.tensors[i].name ||
            first.tensors[i].bytes != second.tensors[i].bytes ||
            std::memcmp(first.tensors[i].data.get(), second.tensors[i].data.get(), first.tensors[i].bytes) !=
                0)
            return false;
    return true;
}

} // namespace

class TestTraining : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void learnsFromScratch() {
        TrainingPlan plan = planFor("scratch", 1);
        Listener listener;
        const TrainingResult result = trainer_->train(plan, listener, Progress::none());
        QVERIFY2(result.bestValidationDice > 0.9, qPrintable(QString::number(result.bestValidationDice)));
        QCOMPARE(result.stepsDone, 120);
        QCOMPARE(int(listener.epochs.size()), 3);
        QVERIFY(listener.epochs.back().trainingLoss < listener.epochs.front().trainingLoss);
        QCOMPARE(listener.epochs.back().previewProbability.extent().y, 128);
        // The package says how it was made, and the run's folder holds recipe, data and log.
        QCOMPARE(result.package.card.network.at("levels").get<int>(), 3);
        QCOMPARE(result.package.card.classes.at(0).name, std::string("cells"));
        QVERIFY(result.package.card.training.at("recipe") == plan.recipe);
        for (const char* file : {"recipe.json", "data.json", "log.jsonl", "checkpoint.safetensors"})
            QVERIFY2(std::filesystem::exists(plan.runFolder / file), file);
        const std::string log = readTextFile(plan.runFolder / "log.jsonl");
        QCOMPARE(int(std::count(log.begin(), log.end(), '\n')), 3);
    }

    void thresholdIsWhereTheDiceIsHighest() {
        // Pixels of the class at 0.22…0.42, others at 0…0.2 and some, unknown, at 0.9.
        ThresholdSearch search(2);
        torch::Tensor probability = torch::zeros({1, 2, 10, 10}),
                      labels = torch::zeros({1, 10, 10}, torch::kByte);
        probability[0][0] = torch::linspace(0, 0.2, 100).view({10, 10});
        probability[0][0].slice(0, 0, 2) = torch::linspace(0.26, 0.42, 20).view({2, 10});
        labels[0].slice(0, 0, 2) = 1;
        probability[0][0][9] = 0.9;
        labels[0][9] = 255;
        search.add(probability, labels);
        QCOMPARE(search.best().at(0), 0.25);
        QCOMPARE(search.best().at(1), 0.5); // a class that is nowhere
        // Of equal thresholds the one nearest to one half.
        ThresholdSearch clear(1);
        clear.add(labels.eq(1).to(torch::kFloat).unsqueeze(1), labels);
        QCOMPARE(clear.best().at(0), 0.5);
    }

    void thresholdsGoIntoTheCard() {
        TrainingPlan plan = planFor("threshold", 1);
        plan.recipe["steps"] = plan.recipe["stepsPerEpoch"] = 20; // hardly trained: no reason for one half
        Listener listener;
        plan.recipe["threshold"] = "half";
        plan.set.slices.pop_back(); // one slice to validate on: the preview is all of it
        QCOMPARE(trainer_->train(plan, listener, Progress::none()).package.card.classes.at(0).threshold, 0.5);
        plan.recipe["threshold"] = "dice";
        const double tuned =
            trainer_->train(plan, listener, Progress::none()).package.card.classes.at(0).threshold;
        const EpochReport& last = listener.epochs.back();
        const auto probability = last.previewProbability.values<float>();
        const auto truth = last.previewTruth.values<uint8_t>();
        double bestDice = -1, diceOfTuned = 0;
        for (int step = 1; step < 20; ++step) {
            double both = 0, either = 0;
            for (size_t i = 0; i < truth.size(); ++i) {
                const bool says = int(probability[i] * 20) >= step;
                both += says && truth[i] == 1;
                either += int(says) + int(truth[i] == 1);
            }
            const double dice = either > 0 ? 2 * both / either : 0;
            if (std::abs(step / 20.0 - tuned) < 1e-9) diceOfTuned = dice;
            bestDice = std::max(bestDice, dice);
        }
        QCOMPARE(diceOfTuned, bestDice);
    }

    void classesThatExcludeEachOther() {
        TrainingPlan plan = planFor("exclusive", 2);
        plan.recipe["loss"] = "ce_dice";
        Listener listener;
        const TrainingResult result = trainer_->train(plan, listener, Progress::none());
        QVERIFY(result.package.card.exclusive);
        QVERIFY2(result.bestValidationDice > 0.85, qPrintable(QString::number(result.bestValidationDice)));
        QCOMPARE(listener.epochs.back().previewProbability.channels(), 2);
    }

    void resumeEqualsUninterrupted() {
        TrainingPlan whole = planFor("whole", 1), broken = planFor("broken", 1);
        for (TrainingPlan* plan : {&whole, &broken}) {
            plan->recipe["steps"] = 30;
            plan->recipe["stepsPerEpoch"] = 12;
        }
        Listener listener;
        trainer_->train(whole, listener, Progress::none());
        Cancelling progress;
        Listener interrupted;
        interrupted.afterStep = [&](int64_t step) { progress.cancel = step >= 17; };
        QVERIFY_EXCEPTION_THROWN(trainer_->train(broken, interrupted, progress), Error);
        QCOMPARE(interrupted.steps, 17);
        broken.resume = true;
        Listener resumed;
        trainer_->train(broken, resumed, Progress::none());
        QVERIFY(sameWeights(whole.output, broken.output));
        QVERIFY(sameWeights(whole.runFolder / "checkpoint.safetensors",
                            broken.runFolder / "checkpoint.safetensors"));
        QCOMPARE(readTextFile(broken.runFolder / "log.jsonl"), readTextFile(whole.runFolder / "log.jsonl"));

        broken.recipe["learningRate"] = 1e-4; // another recipe is another run
        QVERIFY_EXCEPTION_THROWN(trainer_->train(broken, resumed, Progress::none()), Error);
    }

    void pauseStopAndCancelAnswerSoon() {
        TrainingPlan plan = planFor("control", 1);
        plan.recipe["steps"] = 100000;
        Listener listener;
        Cancelling progress;
        listener.afterStep = [&](int64_t step) { listener.pause = step == 5; };
        QElapsedTimer clock;
        bool cancelled = false;
        std::thread training([&] {
            try {
                trainer_->train(plan, listener, progress);
            } catch (const Error& error) {
                cancelled = error.kind() == ErrorKind::cancelled;
            }
        });
        QTRY_COMPARE_WITH_TIMEOUT(listener.pause.load(), true, 30000);
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        QCOMPARE(listener.steps, 5); // really waits
        clock.start();
        progress.cancel = true;
        training.join();
        QVERIFY(cancelled);
        QVERIFY2(clock.elapsed() < 500, qPrintable(QString::number(clock.elapsed())));

        progress.cancel = false;
        listener.pause = false;
        listener.afterStep = [&](int64_t step) { listener.stop = step == 8; };
        plan.resume = true;
        const TrainingResult kept = trainer_->train(plan, listener, progress);
        QVERIFY(kept.stoppedEarly);
        QCOMPARE(kept.stepsDone, 8);
        QVERIFY(std::filesystem::exists(plan.output));
    }

    void fineTuningStartsFromThePackage() {
        TrainingPlan plan = planFor("first", 1);
        Listener listener;
        const TrainingResult first = trainer_->train(plan, listener, Progress::none());
        TrainingPlan again = planFor("second", 1);
        again.startFrom = first.package;
        again.recipe["steps"] = 5;
        again.recipe["learningRate"] = 1e-5;
        const TrainingResult second = trainer_->train(again, listener, Progress::none());
        QVERIFY(second.bestValidationDice >
                first.bestValidationDice - 0.05); // five tiny steps: still as good
        again.recipe["base"] = 4;
        QVERIFY(!trainer_->complaints(again).empty());
    }

    void networksOfSeveralSlicesTrain_data() {
        QTest::addColumn<QString>("architecture");
        QTest::addColumn<QString>("network");
        QTest::addColumn<QString>("loss");
        QTest::newRow("2.5D U-Net") << "unet"
                                    << "slicesIn=3, levels=3, base=4"
                                    << "bce_dice";
        QTest::newRow("3fm") << "deepem3d"
                             << "slicesIn=3, divisor=16"
                             << "bce_dice";
        QTest::newRow("volume") << "unet3d"
                                << "levels=2, base=4, anisotropic=1"
                                << "ce_dice";
        QTest::newRow("SegNet, border weights") << "segnet"
                                                << "levels=2, base=4"
                                                << "border";
        QTest::newRow("instances") << "maskrcnn"
                                   << "divisor=16, smallestAnchor=16"
                                   << "bce";
    }
    void networksOfSeveralSlicesTrain() {
        QFETCH(QString, architecture);
        QFETCH(QString, network);
        QFETCH(QString, loss);
        TrainingPlan plan = planFor("several", 1);
        Pixels stack(PixelType::u8, 1, {int64_t(plan.set.slices.size()), 128, 128});
        for (size_t z = 0; z < plan.set.slices.size(); ++z) {
            const Pixels grey = plan.set.slices[z].image.converted(PixelType::u8);
            std::ranges::copy(grey.values<uint8_t>(), stack.plane<uint8_t>(0, int64_t(z)).begin());
        }
        const auto source = std::make_shared<MemorySource>(std::move(stack));
        for (size_t z = 0; z < plan.set.slices.size(); ++z) {
            plan.set.slices[z].source = source;
            plan.set.slices[z].z = int64_t(z);
        }
        plan.recipe.update({{"architecture", architecture.toStdString()},
                            {"network", network.toStdString()},
                            {"loss", loss.toStdString()},
                            {"patchDepth", 4},
                            {"batch", 2},
                            {"steps", 4},
                            {"stepsPerEpoch", 2}});
        const auto complaints = trainer_->complaints(plan);
        QVERIFY2(complaints.empty(), complaints.empty() ? "" : complaints.front().c_str());
        Listener listener;
        const TrainingResult result = trainer_->train(plan, listener, Progress::none());
        QCOMPARE(result.stepsDone, 4);
        QVERIFY(std::isfinite(listener.epochs.back().trainingLoss));
        QCOMPARE(listener.epochs.back().previewProbability.extent().y, 128);
        // The package predicts.
        const auto loaded = makeTorchLoader()->load(result.package, "cpu", 1);
        QCOMPARE(loaded->info().slicesIn, architecture == "unet" || architecture == "deepem3d" ? 3 : 1);
        const NetworkTask task = {loaded.get(), result.package.card, {}, {}};
        PredictionSettings settings;
        settings.firstSlice = 3;
        settings.endSlice = 5;
        int slices = 0;
        predict(
            *source, {&task, 1}, settings, [&](const PredictedSlice&) { ++slices; }, Progress::none());
        QCOMPARE(slices, 2);
    }

    void complaintsComeBeforeAnythingStarts() {
        TrainingPlan plan = planFor("complaints", 1);
        QVERIFY(trainer_->complaints(plan).empty());
        plan.recipe["patch"] = 65;
        for (TrainingSlice& slice : plan.set.slices) slice.role = Role::validation;
        plan.set.slices.front().labels.values<uint8_t>()[0] = 9;
        const auto found = trainer_->complaints(plan);
        QCOMPARE(int(found.size()), 3);
        QVERIFY(QString::fromStdString(found[0]).contains("68"));
        Listener listener;
        QVERIFY_EXCEPTION_THROWN(trainer_->train(plan, listener, Progress::none()), Error);
        QVERIFY(!std::filesystem::exists(plan.runFolder));
    }

    void aLossThatIsNotFiniteStops() {
        TrainingPlan plan = planFor("infinite", 1);
        plan.recipe["optimiser"] = "sgd";
        plan.recipe["learningRate"] = 10;
        plan.recipe["clipGradient"] = 0;
        plan.recipe["normalisation"] = "none";
        plan.recipe["schedule"] = "constant";
        plan.recipe["loss"] = "bce";
        Listener listener;
        try {
            trainer_->train(plan, listener, Progress::none());
            QFAIL("a learning rate of 10 without normalisation must blow up");
        } catch (const Error& error) {
            QVERIFY2(QString(error.what()).contains("learningRate"), error.what());
        }
        QVERIFY(!std::filesystem::exists(plan.output));
    }

private:
    TrainingPlan planFor(const char* name, int classes) {
        TrainingPlan plan;
        for (uint64_t i = 0; i < 8; ++i)
            plan.set.slices.push_back(cells(i + 1, classes, i < 6 ? Role::train : Role::validation));
        plan.set.classNames =
            classes == 1 ? std::vector<std::string>{"cells"} : std::vector<std::string>{"dark", "bright"};
        plan.recipe = recipeSchema().defaults();
        plan.recipe.update({{"levels", 3},
                            {"base", 6},
                            {"patch", 64},
                            {"batch", 4},
                            {"steps", 120},
                            {"stepsPerEpoch", 40},
                            {"warmupSteps", 10},
                            {"learningRate", 8e-3},
                            {"averaging", 0.9},
                            {"threads", 1},
                            {"noise", 0.1},
                            {"gamma", 0},
                            {"blur", 0}});
        plan.card.name = name;
        plan.output = std::filesystem::path(folder_.filePath(name).toStdString() + ".safetensors");
        plan.runFolder = folder_.filePath(name).toStdString();
        plan.device = "cpu";
        return plan;
    }
    QTemporaryDir folder_;
    std::unique_ptr<Trainer> trainer_ = makeTrainer();
};

QTEST_GUILESS_MAIN(TestTraining)
#include "tst_training.moc"

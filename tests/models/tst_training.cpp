// Training from scratch on synthetic cells until it is good, resume bit for bit, pause, stop, cancel.
#include "core/base/input_file.h"
#include "core/image/memory_source.h"
#include "core/learn/run_folder.h"
#include "core/segment/predictor.h"
#include "models/run/torch_loader.h"
#include "models/train/trainer.h"
#include "models/train/validation.h"
#include "tests/models/training_cells.h"
#include "tests/support/patience.h"

#include <QElapsedTimer>
#include <QRegularExpression>
#include <QTest>
#include <thread>

using namespace cristae;

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
        QCOMPARE(result.ending, std::string("All 120 steps are done."));
        for (const EpochReport& epoch : listener.epochs) {
            QVERIFY(epoch.shareWaitingForData >= 0 && epoch.shareWaitingForData < 1);
            const double all = epoch.secondsWaitingForData + 40 * epoch.secondsPerStep;
            QVERIFY(std::abs(epoch.shareWaitingForData - epoch.secondsWaitingForData / all) < 1e-9);
        }
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
        search.add("one", probability, labels);
        QCOMPARE(search.best().at(0), 0.25);
        QCOMPARE(search.best().at(1), 0.5); // a class that is nowhere
        // Of equal thresholds the one nearest to one half.
        ThresholdSearch clear(1);
        clear.add("one", labels.eq(1).to(torch::kFloat).unsqueeze(1), labels);
        QCOMPARE(clear.best().at(0), 0.5);
    }

    void everyDataSetCountsAlike() {
        // A large set that 0.8 suits best, and a small one that 0.3 does, much more so: pooled, the large one
        // would decide.
        ThresholdSearch search(1);
        torch::Tensor large = torch::full({1, 1, 100, 100}, 0.05), small = torch::full({1, 1, 10, 10}, 0.05);
        torch::Tensor isLarge = torch::zeros({1, 100, 100}, torch::kByte),
                      isSmall = torch::zeros({1, 10, 10}, torch::kByte);
        large[0][0].slice(0, 0, 50) = 0.92; // objects
        isLarge[0].slice(0, 0, 50) = 1;
        large[0][0].slice(0, 50, 60) = 0.62; // taken for objects below
        small[0][0].slice(0, 0, 5) = 0.42;
        isSmall[0].slice(0, 0, 5) = 1;
        search.add("large", large, isLarge);
        QVERIFY(search.best().at(0) > 0.62);
        search.add("small", small, isSmall);
        QCOMPARE(search.best().at(0), 0.4); // 10/11 and 1, instead of 1 and 0
        const CountsByData counts = search.countsAt({0.4});
        QCOMPARE(counts.at("large").both[0], 5000.0);
        QCOMPARE(counts.at("large").predicted[0], 6000.0);
        QCOMPARE(counts.at("large").correct[0], 9000.0);
        QCOMPARE(counts.at("small").known, 100.0);
        const MeanScores mean = meanScores(counts);
        QVERIFY(std::abs(mean.dice - (10.0 / 11 + 1) / 2) < 1e-12);
        QVERIFY(std::abs(mean.iou - (5.0 / 6 + 1) / 2) < 1e-12);
        QVERIFY(std::abs(mean.accuracy - 0.95) < 1e-12);
        // A set without the class has no Dice of its own.
        search.add("without", torch::full({1, 1, 10, 10}, 0.45), torch::zeros({1, 10, 10}, torch::kByte));
        QCOMPARE(meanScores(search.countsAt({0.4})).dice, mean.dice);
        QCOMPARE(meanScores({}).dice, 0.0);
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
        QCOMPARE(bytesOf(bestPackage(whole.runFolder)).size(), bytesOf(bestPackage(broken.runFolder)).size());
        QVERIFY(sameWeights(bestPackage(whole.runFolder), bestPackage(broken.runFolder)));
        QVERIFY(sameWeights(whole.runFolder / "checkpoint.safetensors",
                            broken.runFolder / "checkpoint.safetensors"));
        QVERIFY(withoutTimes(broken) == withoutTimes(whole));
        // The folder tells who computed what: two starts, and a row an epoch.
        const auto record = nlohmann::json::parse(readTextFile((broken.runFolder / "run.json").string()));
        QCOMPARE(record.at("starts").size(), size_t(2));
        QCOMPARE(record["starts"][0].at("step").get<int>(), 0);
        QCOMPARE(record["starts"][1].at("step").get<int>(), 17);
        QCOMPARE(record["starts"][1].at("device").get<std::string>(), std::string("cpu"));
        QVERIFY(!record["starts"][1].at("engine").get<std::string>().empty());
        QVERIFY(record.at("seed") == broken.recipe.at("seed"));
        const QString curves =
            QString::fromStdString(readTextFile((broken.runFolder / "curves.csv").string()));
        QCOMPARE(curves.count(QStringLiteral("\r\n")), 1 + 3); // 12, 24 and 30 steps
        QCOMPARE(curves, QString::fromStdString(readTextFile((whole.runFolder / "curves.csv").string())));

        broken.recipe["batch"] = 2; // another recipe is another run
        QVERIFY_EXCEPTION_THROWN(trainer_->train(broken, resumed, Progress::none()), Error);
    }

    void resumeFromTheFolderOfANetworkOfSeveralSlices() {
        TrainingPlan whole = planFor("several-whole", 1), broken = planFor("several-broken", 1);
        for (TrainingPlan* plan : {&whole, &broken}) {
            stackOf(*plan);
            plan->set.slices.erase(plan->set.slices.begin() + 2); // now only a neighbour
            plan->recipe.update(
                {{"network", "slicesIn=3"}, {"base", 4}, {"batch", 2}, {"steps", 6}, {"stepsPerEpoch", 3}});
        }
        Listener listener, interrupted;
        trainer_->train(whole, listener, Progress::none());
        Cancelling progress;
        interrupted.afterStep = [&](int64_t step) { progress.cancel = step >= 4; };
        const SlicesSeen seen = trainer_->slicesSeen(broken.recipe);
        QVERIFY(seen.before == 1 && seen.after == 1 && !seen.labelled);
        saveRun(broken, seen, Progress::none());
        QVERIFY_EXCEPTION_THROWN(trainer_->train(broken, interrupted, progress), Error);
        const auto offered = unfinishedRuns(broken.runFolder.parent_path());
        QVERIFY(
            std::ranges::any_of(offered, [&](const auto& run) { return run.folder == broken.runFolder; }));
        // All that the run needs lies in its folder: its sources are gone.
        const TrainingPlan again = loadRun(broken.runFolder, Progress::none());
        QVERIFY(again.resume && again.set.slices.size() == 7);
        trainer_->train(again, listener, Progress::none());
        QVERIFY(sameWeights(bestPackage(whole.runFolder), bestPackage(broken.runFolder)));
        QVERIFY(withoutTimes(whole) == withoutTimes(broken));
    }

    void cancelIsHeardInTheForwardPass() {
        struct Counting : Progress {
            mutable std::atomic<int> calls = 0;
            int cancelAt = 1000000;
            void report(double, const std::string&) const override {}
            bool cancelled() const override { return ++calls >= cancelAt; }
        };
        TrainingPlan plan = planFor("forward", 1), whole = planFor("forward-whole", 1);
        for (TrainingPlan* each : {&plan, &whole}) each->recipe.update({{"steps", 4}, {"stepsPerEpoch", 4}});
        Counting counting;
        Listener listener;
        std::vector<int> calls; // of cancelled(), after each step
        listener.afterStep = [&](int64_t) { calls.push_back(counting.calls); };
        const TrainingResult result = trainer_->train(whole, listener, counting);
        int parameters = 0; // the backward pass asks once for each
        for (const NamedTensor& tensor : readSafetensors(result.package.file).tensors)
            parameters += !tensor.name.ends_with("running_mean") && !tensor.name.ends_with("running_var") &&
                          !tensor.name.ends_with("num_batches_tracked");
        // Before the step, in each of the blocks of the network, on the way back.
        QVERIFY2(calls[1] - calls[0] >= 1 + 3 + parameters,
                 qPrintable(QString("%1 %2").arg(calls[1] - calls[0]).arg(parameters)));
        // In the middle of the second forward pass: at once, and the step has not been.
        Counting cancelling;
        cancelling.cancelAt = calls[0] + 3;
        Listener interrupted;
        try {
            trainer_->train(plan, interrupted, cancelling);
            QFAIL("it must be cancelled");
        } catch (const Error& error) {
            QVERIFY(error.kind() == ErrorKind::cancelled);
        }
        QCOMPARE(cancelling.calls.load(), cancelling.cancelAt);
        QCOMPARE(interrupted.steps, 1);
        plan.resume = true;
        trainer_->train(plan, interrupted, Progress::none());
        QVERIFY(sameWeights(bestPackage(plan.runFolder), bestPackage(whole.runFolder)));
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
        QTRY_COMPARE_WITH_TIMEOUT(listener.pause.load(), true, patienceMs);
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
        QVERIFY2(QString::fromStdString(kept.ending).contains("by hand after 8"), kept.ending.c_str());
        QCOMPARE(kept.stepsDone, 8);
        QVERIFY(std::filesystem::exists(kept.package.file));
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
        const TileSourcePtr source = stackOf(plan);
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

private:
    /// Makes the slices of the plan those of one stack.
    static TileSourcePtr stackOf(TrainingPlan& plan) {
        Pixels stack(PixelType::u8, 1, {int64_t(plan.set.slices.size()), 128, 128});
        for (size_t z = 0; z < plan.set.slices.size(); ++z)
            std::ranges::copy(plan.set.slices[z].image.values<uint8_t>(),
                              stack.plane<uint8_t>(0, int64_t(z)).begin());
        const auto source = std::make_shared<MemorySource>(std::move(stack));
        for (size_t z = 0; z < plan.set.slices.size(); ++z) {
            plan.set.slices[z].source = source;
            plan.set.slices[z].z = int64_t(z);
        }
        return source;
    }
    TrainingPlan planFor(const char* name, int classes) { return planIn(folder_, name, classes); }
    QTemporaryDir folder_;
    std::unique_ptr<Trainer> trainer_ = makeTrainer();
};

QTEST_GUILESS_MAIN(TestTraining)
#include "tst_training.moc"

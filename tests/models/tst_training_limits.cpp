// Plans that cannot work are refused with a value that would; plateaus, patience and losses that are no
// numbers end a run with a reason.
#include "models/nn/architecture.h"
#include "models/train/epoch_watch.h"
#include "models/train/memory_estimate.h"
#include "models/train/optimiser.h"
#include "models/train/trainer.h"
#include "tests/models/training_cells.h"

#include <QRegularExpression>
#include <QTest>

using namespace cristae;

namespace {

QString firstOf(const std::vector<std::string>& sentences) {
    return sentences.size() == 1 ? QString::fromStdString(sentences.front()) : QString();
}

} // namespace

class TestTrainingLimits : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void complaintsComeBeforeAnythingStarts() {
        TrainingPlan plan = planFor("complaints", 1);
        QVERIFY(trainer_->complaints(plan).empty());
        plan.recipe["patch"] = 65;
        for (TrainingSlice& slice : plan.set.slices) slice.role = Role::validation;
        plan.set.slices.front().labels.values<uint8_t>()[0] = 9;
        const auto found = trainer_->complaints(plan);
        QCOMPARE(int(found.size()), 3);
        QVERIFY(QString::fromStdString(found[0]).contains("patch=68"));
        QVERIFY(QString::fromStdString(found[1]).contains("class 9"));
        Listener listener;
        QVERIFY_EXCEPTION_THROWN(trainer_->train(plan, listener, Progress::none()), Error);
        QVERIFY(!std::filesystem::exists(plan.runFolder));
    }

    void recipesThatCannotWorkAreRefused() {
        const TrainingPlan good = planFor("refused", 1);
        TrainingPlan plan = good;
        plan.recipe["patch"] = 512; // of slices of 128
        QVERIFY2(firstOf(trainer_->complaints(plan)).contains("take patch=128."),
                 trainer_->complaints(plan).front().c_str());
        // More memory than any machine has; the proposed batch is accepted or would be smaller still.
        plan = good;
        plan.recipe.update({{"base", 128}, {"levels", 5}, {"patch", 256}, {"batch", 256}});
        QString sentence = firstOf(trainer_->complaints(plan));
        if (!sentence.contains("take batch=")) QSKIP("This machine has memory for everything.");
        plan.recipe["batch"] = sentence.section("batch=", 1).chopped(1).toInt();
        QVERIFY(trainer_->complaints(plan).empty());
        // Classes that the training slices do not show, by name.
        plan = good;
        plan.set.classNames = {"cells", "vesicles"};
        QVERIFY(firstOf(trainer_->complaints(plan)).contains("\"vesicles\""));
        for (TrainingSlice& slice : plan.set.slices)
            if (slice.role == Role::validation) slice.labels.values<uint8_t>()[0] = 2;
        QVERIFY(firstOf(trainer_->complaints(plan)).contains("\"vesicles\""));
        // Another number of classes than the model to start from.
        plan = planFor("refused", 1);
        plan.startFrom = ModelPackage();
        plan.startFrom->card.architecture = "unet";
        plan.startFrom->card.network = {{"levels", 3}, {"base", 6}};
        plan.startFrom->card.classes.resize(2);
        plan.startFrom->card.classes[0].name = "nuclei";
        sentence = firstOf(trainer_->complaints(plan));
        QVERIFY2(sentence.contains("2 classes (nuclei") && sentence.contains("1 (cells)"),
                 qPrintable(sentence));
        // Nothing to watch.
        plan.startFrom.reset();
        for (TrainingSlice& slice : plan.set.slices) slice.role = Role::train;
        QVERIFY(trainer_->complaints(plan).empty());
        plan.recipe["patience"] = 3;
        QVERIFY(firstOf(trainer_->complaints(plan)).contains("patience=0"));
    }

    void memoryIsEstimatedFromTheLayers() {
        const auto bytes = [](int base, int64_t side) {
            return stepBytesPerPatch(findArchitecture("unet").layers({{"base", base}, {"levels", 4}}, 1, 1),
                                     side, 1);
        };
        QVERIFY(std::abs(bytes(8, 256) / bytes(8, 128) - 4) < 1e-9);
        QVERIFY(std::abs(bytes(32, 128) / bytes(16, 128) - 2) < 0.05);
        // Two convolutions of 8 filters at full size are kept, at the least.
        QVERIFY(bytes(8, 128) > 2 * 2 * 8 * 4 * 128 * 128);
        QVERIFY(memoryComplaint(1e9, 8, 256, 16, 9e9).empty());
        const QString batch = QString::fromStdString(memoryComplaint(1e9, 8, 256, 16, 5e9));
        QVERIFY2(batch.contains("8 GB") && batch.contains("take batch=4."), qPrintable(batch));
        const QString patch = QString::fromStdString(memoryComplaint(8e9, 2, 256, 16, 2.5e9));
        QVERIFY2(patch.contains("batch=1") && patch.contains("patch=128"), qPrintable(patch));
        const auto free = freeBytes(torch::kCPU);
        QVERIFY(free && *free > 1e7 && *free < 1e15);
    }

    void aLossThatIsNoNumberLaterKeepsTheBest() {
        TrainingPlan plan = planFor("later", 1);
        Listener listener;
        plan.recipe.update({{"stepsPerEpoch", 1}, // the first epoch ends before all goes wrong
                            {"optimiser", "sgd"},
                            {"learningRate", 10},
                            {"clipGradient", 0},
                            {"normalisation", "none"},
                            {"loss", "bce"},
                            {"schedule", "constant"}});
        const TrainingResult result = trainer_->train(plan, listener, Progress::none());
        QVERIFY(result.stoppedEarly);
        QVERIFY(!listener.epochs.empty());
        const QString ending = QString::fromStdString(result.ending);
        QVERIFY2(ending.contains("learningRate from 10 to 1") && ending.contains("is kept"),
                 qPrintable(ending));
        QVERIFY(std::filesystem::exists(result.package.file));
        QVERIFY(withoutTimes(plan).back().at("ending") == result.ending);
    }

    void watchLowersTheRateAndRunsOutOfPatience() {
        nlohmann::json recipe = recipeSchema().defaults();
        recipe.update(
            {{"schedule", "plateau"}, {"plateauEpochs", 2}, {"plateauFactor", 0.1}, {"patience", 5}});
        EpochWatch watch(recipe);
        const auto rate = [&] { return learningRateAt(recipe, 0, watch.rateFactor()) / 2e-3; };
        watch.add(1.0, 0.5);
        watch.add(1.1, 0.6); // the Dice is better
        watch.add(1.2, 0.5);
        QCOMPARE(rate(), 1.0);
        watch.add(1.3, 0.4);
        QVERIFY(std::abs(rate() - 0.1) < 1e-12);
        EpochWatch resumed(recipe);
        resumed.restore(nlohmann::json::parse(watch.state().dump()));
        for (EpochWatch* each : {&watch, &resumed}) {
            each->add(1.0, 0.3);
            each->add(1.0, 0.3);
            QVERIFY(each->verdict().empty());
            QVERIFY(std::abs(each->rateFactor() - 0.01) < 1e-12);
            each->add(1.0, 0.6);
            QVERIFY(QString::fromStdString(each->verdict()).contains("5 epochs"));
        }
        recipe["smallestRate"] = 1e-3;
        QCOMPARE(learningRateAt(recipe, 0, watch.rateFactor()), 1e-3);
        recipe["smallestRate"] = 1; // larger than the rate itself
        QCOMPARE(learningRateAt(recipe, 0, watch.rateFactor()), 2e-3);
        recipe["patience"] = 0;
        EpochWatch patient(recipe);
        for (int i = 0; i < 100; ++i) patient.add(1, 0);
        QVERIFY(patient.verdict().empty());
    }

    void resumeRemembersPlateauAndPatience() {
        TrainingPlan whole = planFor("plateau", 1), broken = planFor("plateau-broken", 1);
        for (TrainingPlan* plan : {&whole, &broken})
            plan->recipe.update({{"schedule", "plateau"}, // so small steps that rounding decides: no progress
                                 {"learningRate", 1e-8},
                                 {"smallestRate", 0},
                                 {"averaging", 0},
                                 {"plateauEpochs", 1},
                                 {"patience", 4},
                                 {"normalisation", "none"},
                                 {"optimiser", "sgd"},
                                 {"weightDecay", 0},
                                 {"clipGradient", 1e-6},
                                 {"steps", 200},
                                 {"stepsPerEpoch", 2}});
        Listener listener;
        const TrainingResult ended = trainer_->train(whole, listener, Progress::none());
        QVERIFY(ended.stoppedEarly && ended.stepsDone < 200);
        QVERIFY2(QString::fromStdString(ended.ending).contains("4 epochs"), ended.ending.c_str());
        QVERIFY(listener.epochs.back().learningRate < 2e-9);
        const int64_t cut = ended.stepsDone - 3; // in the middle of the last but one epoch
        Cancelling progress;
        Listener interrupted, resumed;
        interrupted.afterStep = [&](int64_t step) { progress.cancel = step >= cut; };
        QVERIFY_EXCEPTION_THROWN(trainer_->train(broken, interrupted, progress), Error);
        broken.resume = true;
        const TrainingResult later = trainer_->train(broken, resumed, Progress::none());
        QCOMPARE(later.stepsDone, ended.stepsDone);
        QCOMPARE(later.ending, ended.ending);
        QVERIFY(sameWeights(whole.runFolder / "checkpoint.safetensors",
                            broken.runFolder / "checkpoint.safetensors"));
        QVERIFY(withoutTimes(broken) == withoutTimes(whole));
        // Resumed once more it knows that it has ended.
        QCOMPARE(trainer_->train(broken, resumed, Progress::none()).stepsDone, ended.stepsDone);
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
        QVERIFY(!std::filesystem::exists(bestPackage(plan.runFolder)));
    }

private:
    TrainingPlan planFor(const char* name, int classes) { return planIn(folder_, name, classes); }
    QTemporaryDir folder_;
    std::unique_ptr<Trainer> trainer_ = makeTrainer();
};

QTEST_GUILESS_MAIN(TestTrainingLimits)
#include "tst_training_limits.moc"

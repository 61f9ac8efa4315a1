// A run that goes on longer, with another schedule or other threads; patches drawn by the network's errors;
// validation of labelled pixels alone.
#include "core/learn/run_folder.h"
#include "models/train/optimiser.h"
#include "models/train/trainer.h"
#include "models/train/validation.h"
#include "tests/models/training_cells.h"

#include <QRegularExpression>
#include <QTest>

using namespace cristae;

namespace {

struct Remarking : Listener {
    std::vector<std::string> remarks;
    void onRemark(const std::string& sentence) override { remarks.push_back(sentence); }
    bool said(const std::string& words) const {
        return std::ranges::any_of(
            remarks, [&](const std::string& remark) { return remark.find(words) != std::string::npos; });
    }
};

} // namespace

class TestTrainingLength : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void longerRunsEqualThoseThatWereLongFromTheStart() {
        TrainingPlan whole = planFor("long", 12), longer = planFor("longer", 6);
        for (TrainingPlan* plan : {&whole, &longer}) plan->recipe["schedule"] = "constant";
        Remarking listener;
        trainer_->train(whole, listener, Progress::none());
        trainer_->train(longer, listener, Progress::none());
        longer.resume = true;
        longer.recipe["steps"] = 12;
        const TrainingResult result = trainer_->train(longer, listener, Progress::none());
        QCOMPARE(result.stepsDone, int64_t(12));
        QVERIFY(sameWeights(whole.runFolder / "checkpoint.safetensors",
                            longer.runFolder / "checkpoint.safetensors"));
        QVERIFY(listener.said("From step 6 on the recipe has steps 12 (was 6)."));
        // The card says so, and the run folder goes on with what it has now.
        const auto changes = result.package.card.training.at("changes");
        QCOMPARE(changes.size(), size_t(1));
        QVERIFY(changes[0].at("key") == "steps" && changes[0].at("from") == 6 && changes[0].at("step") == 6);
        QVERIFY(nlohmann::json::parse(readTextFile(longer.runFolder / "recipe.json")).at("steps") == 12);
        // A cool-down may follow, but no length that is behind, and no other network.
        longer.recipe["steps"] = 20;
        longer.recipe["schedule"] = "constant_cosine";
        longer.recipe["learningRate"] = 1e-3;
        QCOMPARE(trainer_->train(longer, listener, Progress::none()).stepsDone, int64_t(20));
        QVERIFY(listener.epochs.back().learningRate < 1e-3);
        longer.recipe["steps"] = 10;
        QVERIFY_EXCEPTION_THROWN(trainer_->train(longer, listener, Progress::none()), Error);
        longer.recipe["steps"] = 24;
        longer.recipe["batch"] = 2;
        try {
            trainer_->train(longer, listener, Progress::none());
            QFAIL("another batch is another run");
        } catch (const Error& error) {
            QVERIFY2(std::string(error.what()).find("batch 2 (was 4)") != std::string::npos, error.what());
        }
    }

    void otherThreadsAreTakenAndSaid() {
        TrainingPlan plan = planFor("threads", 6);
        Cancelling progress;
        Remarking listener;
        listener.afterStep = [&](int64_t step) { progress.cancel = step >= 4; };
        QVERIFY_EXCEPTION_THROWN(trainer_->train(plan, listener, progress), Error);
        plan.resume = true;
        plan.recipe["threads"] = 2;
        plan.recipe["workers"] = 2;
        const TrainingResult result = trainer_->train(plan, listener, Progress::none());
        QCOMPARE(result.stepsDone, int64_t(6));
        QVERIFY(listener.said("threads 2 (was 1)") && listener.said("not bit for bit"));
        QVERIFY(result.package.card.training.at("threads") == 2);
    }

    void errorsOfTheNetworkAreAPlaceToLearn() {
        TrainingPlan whole = planFor("hard", 12), broken = planFor("hard-broken", 12);
        for (TrainingPlan* plan : {&whole, &broken})
            plan->recipe.update({{"hardFraction", 0.5}, {"hardEvery", 1}, {"stepsPerEpoch", 4}});
        Remarking listener;
        trainer_->train(whole, listener, Progress::none());
        const SafetensorsFile kept = readSafetensors(whole.runFolder / "checkpoint.safetensors");
        int maps = 0;
        for (const NamedTensor& tensor : kept.tensors) maps += tensor.name.starts_with("errors.");
        QVERIFY2(maps >= 1 && maps <= 6, qPrintable(QString::number(maps)));
        for (const int64_t at : {5, 9}) { // in the middle of two stretches between looks at the errors
            Cancelling progress;
            Remarking interrupted;
            interrupted.afterStep = [&](int64_t step) { progress.cancel = step >= at; };
            QVERIFY_EXCEPTION_THROWN(trainer_->train(broken, interrupted, progress), Error);
            QCOMPARE(interrupted.steps, at);
            broken.resume = true;
        }
        trainer_->train(broken, listener, Progress::none());
        QVERIFY(sameWeights(whole.runFolder / "checkpoint.safetensors",
                            broken.runFolder / "checkpoint.safetensors"));
        QVERIFY(withoutTimes(whole) == withoutTimes(broken));
        // Without the errors it is another run.
        TrainingPlan plain = planFor("plain", 12);
        plain.recipe["stepsPerEpoch"] = 4;
        trainer_->train(plain, listener, Progress::none());
        QVERIFY(!sameWeights(bestPackage(whole.runFolder), bestPackage(plain.runFolder)));
    }

    void cancelledWhileValidatingEqualsUninterrupted() {
        TrainingPlan whole = planFor("validated", 8), broken = planFor("validated-broken", 8);
        for (TrainingPlan* plan : {&whole, &broken}) plan->recipe["stepsPerEpoch"] = 4;
        Remarking listener;
        trainer_->train(whole, listener, Progress::none());
        struct AtEpochsEnd : Progress {
            mutable int64_t steps = 0, asked = 0; // since the fourth step was reported
            void report(double, const std::string&) const override { ++steps; }
            bool cancelled() const override { return steps == 4 && ++asked >= 1; }
        };
        QVERIFY_EXCEPTION_THROWN(trainer_->train(broken, listener, AtEpochsEnd()), Error);
        broken.resume = true;
        trainer_->train(broken, listener, Progress::none());
        QVERIFY(withoutTimes(whole) == withoutTimes(broken));
        QVERIFY(sameWeights(whole.runFolder / "checkpoint.safetensors",
                            broken.runFolder / "checkpoint.safetensors"));
    }

    void theEpochSaysHowMuchIsLabelled() {
        TrainingPlan plan = planFor("labelled", 4);
        Remarking listener;
        trainer_->train(plan, listener, Progress::none());
        QCOMPARE(listener.epochs.back().shareKnown, 1.0);
        for (TrainingSlice& slice : plan.set.slices)
            slice.labels = knownOnlyIn({0, 128, 0, 40}, slice.labels);
        trainer_->train(plan, listener, Progress::none());
        const double share = listener.epochs.back().shareKnown;
        QVERIFY2(share > 0.3 && share < 0.8, qPrintable(QString::number(share)));
        const std::string log = readTextFile(plan.runFolder / "log.jsonl");
        QVERIFY(log.find("\"shareKnown\":0.") != std::string::npos);
    }

    void onlyLabelledPixelsAreValidated() {
        // The same slice twice: once with half of its labels wrong, but unknown.
        TrainingPlan plan = planFor("region", 4);
        plan.set.slices.pop_back();
        TrainingSlice& last = plan.set.slices.back();
        Remarking whole, part;
        const TrainingSlice right = last;
        last.labels = knownOnlyIn({0, 64, 0, 128}, right.labels);
        trainer_->train(plan, whole, Progress::none());
        last = right;
        for (int64_t i = 64 * 128; i < 128 * 128; ++i)
            last.labels.values<uint8_t>()[size_t(i)] = uint8_t(1 - right.labels.values<uint8_t>()[size_t(i)]);
        last.labels = knownOnlyIn({0, 64, 0, 128}, last.labels);
        trainer_->train(plan, part, Progress::none());
        QCOMPARE(part.epochs.back().validationDice, whole.epochs.back().validationDice);
        QCOMPARE(part.epochs.back().validationLoss, whole.epochs.back().validationLoss);
    }

    void learningRateStaysAndFalls() {
        nlohmann::json recipe = recipeSchema().defaults();
        recipe.update(
            {{"schedule", "constant_cosine"}, {"steps", 1000}, {"cooldown", 0.2}, {"learningRate", 1.0}});
        QCOMPARE(learningRateAt(recipe, 0, 1), 1.0);
        QCOMPARE(learningRateAt(recipe, 800, 1), 1.0);
        QVERIFY(std::abs(learningRateAt(recipe, 900, 1) - 0.5) < 1e-12);
        QVERIFY(learningRateAt(recipe, 999, 1) < 1e-4);
    }

private:
    TrainingPlan planFor(const char* name, int64_t steps) {
        TrainingPlan plan = planIn(folder_, name, 1);
        plan.recipe.update({{"steps", steps}, {"stepsPerEpoch", 6}, {"base", 4}});
        return plan;
    }
    QTemporaryDir folder_;
    std::unique_ptr<Trainer> trainer_ = makeTrainer();
};

QTEST_GUILESS_MAIN(TestTrainingLength)
#include "tst_training_length.moc"

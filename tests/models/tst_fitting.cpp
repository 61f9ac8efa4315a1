// What a fit of a model adds to a training: the pull to its weights, its batch statistics, a slice that is
// only looked at, thresholds without validation labels, and the time of a step.
#include "core/learn/fine_tune.h"
#include "core/learn/run_folder.h"
#include "core/segment/model_card.h"
#include "models/train/trainer.h"
#include "tests/models/training_cells.h"

#include <QTest>

using namespace cristae;

class TestFitting : public QObject {
    Q_OBJECT
private:
    QTemporaryDir folder_;
    std::unique_ptr<Trainer> trainer_ = makeTrainer();
    ModelPackage base_;

    /// A fit of base_ to two slices of which it has seen neither.
    TrainingPlan fit(const char* name, const nlohmann::json& changes) {
        TrainingSet set;
        set.classNames = {"cells"};
        for (const uint64_t seed : {101, 102}) set.slices.push_back(cells(seed, 1, Role::train));
        TrainingPlan plan = fineTunePlan(std::move(set), base_, "cells");
        plan.recipe.update(
            {{"patch", 64}, {"steps", 12}, {"stepsPerEpoch", 4}, {"threads", 1}, {"averaging", 0.5}});
        plan.recipe.update(changes);
        plan.card.name = name;
        plan.output = std::filesystem::path(folder_.filePath(name).toStdString() + ".safetensors");
        plan.runFolder = folder_.filePath(name).toStdString();
        plan.device = "cpu";
        return plan;
    }
    ModelPackage trained(TrainingPlan plan) {
        Listener listener;
        return trainer_->train(plan, listener, Progress::none()).package;
    }
    /// Root of the mean square distance of the parameters, and whether the batch statistics are the same.
    struct Distance {
        double weights = 0;
        bool sameStatistics = true;
    };
    Distance distance(const ModelPackage& model) const {
        const SafetensorsFile a = readSafetensors(base_.file), b = readSafetensors(model.file);
        Distance result;
        size_t count = 0;
        for (const NamedTensor& tensor : a.tensors) {
            const NamedTensor* other = b.find(tensor.name);
            if (!other || other->bytes != tensor.bytes) return {1e9, false};
            if (tensor.name.find("running_") != std::string::npos) {
                result.sameStatistics = result.sameStatistics &&
                                        std::memcmp(tensor.data.get(), other->data.get(), tensor.bytes) == 0;
                continue;
            }
            if (tensor.dtype != "F32") continue;
            const auto* x = reinterpret_cast<const float*>(tensor.data.get());
            const auto* y = reinterpret_cast<const float*>(other->data.get());
            for (size_t i = 0; i < tensor.bytes / 4; ++i, ++count)
                result.weights += double(x[i] - y[i]) * double(x[i] - y[i]);
        }
        result.weights = std::sqrt(result.weights / double(count));
        return result;
    }

private Q_SLOTS:
    void initTestCase() {
        TrainingPlan plan = planIn(folder_, "base", 1);
        plan.recipe.update({{"steps", 40}, {"stepsPerEpoch", 20}});
        base_ = trained(plan);
    }

    void theAnchorHoldsTheWeights() {
        const double free = distance(trained(fit("free", {{"anchor", 0.0}}))).weights,
                     held = distance(trained(fit("held", {{"anchor", 2000.0}}))).weights;
        QVERIFY2(held < 0.5 * free && held > 0, qPrintable(QString("%1 %2").arg(held).arg(free)));
    }

    void statisticsStayIfTheRecipeSaysSo() {
        QVERIFY(distance(trained(fit("kept", {{"statistics", "keep"}}))).sameStatistics);
        QVERIFY(!distance(trained(fit("learnt", {{"statistics", "learn"}}))).sameStatistics);
    }

    /// A slice without labels is predicted after each epoch and judges nothing: the last network is kept.
    void aPreviewJudgesNothing() {
        TrainingPlan plan = fit("preview", nlohmann::json::object());
        TrainingSlice preview = cells(103, 1, Role::validation);
        std::ranges::fill(preview.labels.values<uint8_t>(), uint8_t(255));
        plan.set.slices.push_back(preview);
        Listener listener;
        const TrainingResult result = trainer_->train(plan, listener, Progress::none());
        QCOMPARE(listener.epochs.size(), size_t(3));
        for (const EpochReport& report : listener.epochs) {
            QVERIFY(report.best);
            QCOMPARE(report.validationDice, 0.0);
            QCOMPARE(report.previewProbability.extent(), preview.image.extent());
        }
        QCOMPARE(result.bestValidationDice, 0.0);
        QCOMPARE(result.package.card.training.at("step").get<int>(), 12);
    }

    /// Chosen on the training slices at the end, where the network finds the cells best.
    void thresholdsNeedNoValidation() {
        TrainingPlan plan = fit("threshold", {{"steps", 60}, {"stepsPerEpoch", 30}});
        plan.card.classes[0].threshold = 0.999; // of no use here
        const double threshold = trained(plan).card.classes[0].threshold;
        QVERIFY2(threshold < 0.96 && threshold > 0.04, qPrintable(QString::number(threshold)));
        plan = fit("half", {{"threshold", "half"}});
        plan.card.classes[0].threshold = 0.7;
        QCOMPARE(trained(plan).card.classes[0].threshold, 0.7);
    }

    /// A fit that was cancelled ends as one that was not, although the model it started from is gone.
    void aCancelledFitGoesOn() {
        const TrainingPlan whole = fit("whole", nlohmann::json::object());
        trained(whole);
        TrainingPlan plan = fit("broken", nlohmann::json::object());
        saveRun(plan, {}, Progress::none());
        Listener listener;
        Cancelling progress;
        listener.afterStep = [&](int64_t step) { progress.cancel = step == 6; };
        QVERIFY_EXCEPTION_THROWN(trainer_->train(plan, listener, progress), Error);
        const TrainingPlan kept = loadRun(plan.runFolder, Progress::none());
        QVERIFY(!kept.startFrom.has_value());
        trained(kept);
        QVERIFY(sameWeights(bestPackage(whole.runFolder), bestPackage(plan.runFolder)));
    }

    void aStepIsTimed() {
        const TrainingPlan plan = fit("timed", nlohmann::json::object());
        const auto seconds = trainer_->secondsPerStep(plan, Progress::none());
        QVERIFY(seconds.has_value() && *seconds > 1e-4 && *seconds < 60);
        Cancelling progress;
        progress.cancel = true;
        QVERIFY_EXCEPTION_THROWN(trainer_->secondsPerStep(plan, progress), Error);
    }
};

QTEST_GUILESS_MAIN(TestFitting)
#include "tst_fitting.moc"

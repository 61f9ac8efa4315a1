// What a training keeps: equal runs give equal packages, checkpoints come early and in two generations, and
// neither damage nor changed data gives another model silently.
#include "core/learn/checkpoint_files.h"
#include "core/learn/run_record.h"
#include "core/segment/model_card.h"
#include "models/train/trainer.h"
#include "tests/models/training_cells.h"

#include <QRegularExpression>
#include <QTest>
#include <fstream>

using namespace cristae;

namespace fs = std::filesystem;

class TestTrainingKeeps : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(".?")); }

    void equalTrainingsGiveEqualPackages() {
        const TrainingPlan first = smallPlan("equal-1"), second = smallPlan("equal-2");
        const std::string a = trained(first), b = trained(second);
        QVERIFY(!a.empty());
        QVERIFY(a == b);
        const QStringList keys = keysOf(toJson(openModelPackage(bestPackage(first.runFolder)).card));
        QVERIFY(keys.contains("validationDice"));
        for (const char* key : {"date", "time", "secondsPerStep", "shareWaitingForData", "host"})
            QVERIFY2(!keys.contains(key), key);
        // Times stand in the record of the run.
        const nlohmann::json start = readRunRecord(first.runFolder).at("starts").at(0);
        QVERIFY(QRegularExpression("^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$")
                    .match(QString::fromStdString(start.at("time").get<std::string>()))
                    .hasMatch());
    }

    void theCardIsThatOfTheStart() {
        TrainingPlan whole = smallPlan("card-whole"), broken = smallPlan("card-broken");
        for (TrainingPlan* plan : {&whole, &broken}) plan->card.training["command"] = "train as asked first";
        const std::string expected = trained(whole);
        cancelAfter(broken, 7);
        broken.resume = true;
        broken.card.name = "another";
        broken.card.training["command"] = "train --resume";
        QVERIFY(trained(broken) == expected);
        QCOMPARE(readRunRecord(broken.runFolder).at("starts").at(1).at("command").get<std::string>(),
                 std::string("train --resume"));
    }

    void checkpointsComeEarly() {
        TrainingPlan plan = smallPlan("early");
        plan.recipe["stepsPerEpoch"] = plan.recipe["steps"];
        plan.checkpointSeconds = 0;
        Listener listener;
        std::vector<int64_t> kept; // of the newest checkpoint, seen after each step
        listener.afterStep = [&](int64_t) { kept.push_back(runState(plan.runFolder).at("step")); };
        trainer_->train(plan, listener, Progress::none());
        QCOMPARE(int64_t(kept.size()), plan.recipe.at("steps").get<int64_t>());
        for (size_t i = 0; i < kept.size(); ++i) QCOMPARE(kept[i], int64_t(i)); // 0: before the first step
    }

    void killedAtEveryStepItEndsTheSame_data() {
        QTest::addColumn<int>("step");
        for (const int step : {0, 1, 4, 5, 6, 9})
            QTest::newRow(qPrintable(QString("step %1").arg(step))) << step;
    }
    void killedAtEveryStepItEndsTheSame() {
        QFETCH(int, step);
        if (expected_.empty()) expected_ = trained(smallPlan("expected"));
        TrainingPlan plan = smallPlan(("killed-" + std::to_string(step)).c_str());
        plan.checkpointSeconds = 0;
        // What a kill leaves: the folder as it is then. A copy of it goes on.
        TrainingPlan copy = smallPlan(("copy-" + std::to_string(step)).c_str());
        Listener listener;
        listener.afterStep = [&](int64_t done) {
            if (done == step + 1) fs::copy(plan.runFolder, copy.runFolder, fs::copy_options::recursive);
        };
        trainer_->train(plan, listener, Progress::none());
        QCOMPARE(runState(copy.runFolder).at("step").get<int>(), step);
        copy.resume = true;
        QVERIFY(trained(copy) == expected_);
    }

    void aDamagedCheckpointIsPassedOver() {
        if (expected_.empty()) expected_ = trained(smallPlan("expected"));
        TrainingPlan plan = smallPlan("damaged");
        cancelAfter(plan, 7); // after the checkpoint of the epoch's end at step 5
        const std::vector<fs::path> files = checkpointFiles(plan.runFolder);
        QCOMPARE(int(files.size()), 2);
        const std::string sound = bytesOf(files[0]);
        // A bit in the header's length, in the state, among the names, in the first and the last tensor.
        const size_t data = 8 + size_t(uint8_t(sound[0])) + (size_t(uint8_t(sound[1])) << 8) +
                            (size_t(uint8_t(sound[2])) << 16);
        for (const size_t at :
             {size_t(0), sound.find("cristae.run") + 30, data - 200, data + 1, sound.size() - 1}) {
            TrainingPlan copy = smallPlan(("damaged-" + std::to_string(at)).c_str());
            fs::copy(plan.runFolder, copy.runFolder, fs::copy_options::recursive);
            flip(copy.runFolder / files[0].filename(), at);
            copy.resume = true;
            Remarks listener;
            trainer_->train(copy, listener, Progress::none());
            QVERIFY(bytesOf(bestPackage(copy.runFolder)) == expected_);
            QCOMPARE(listener.remarks.size(), qsizetype(1));
            QVERIFY2(listener.remarks[0].contains("damaged") && listener.remarks[0].contains("of step 5"),
                     qPrintable(listener.remarks[0]));
            QVERIFY(fs::exists(copy.runFolder / "checkpoint-damaged.safetensors"));
        }
        for (const fs::path& file : files) flip(file, sound.size() / 2);
        plan.resume = true;
        Listener listener;
        const QString sentence = refusal(plan, ErrorKind::input);
        QVERIFY2(sentence.contains(QString::fromStdString(plan.runFolder.string())) &&
                     sentence.contains("anew"),
                 qPrintable(sentence));
    }

    void changedDataAreNamed() {
        TrainingPlan plan = smallPlan("data");
        cancelAfter(plan, 3);
        plan.resume = true;
        plan.set.slices[2].image.values<uint8_t>()[5] ^= 1;
        const QString sentence = refusal(plan, ErrorKind::input);
        QVERIFY2(sentence.contains("cells 3") && !sentence.contains("cells 2"), qPrintable(sentence));
        plan.set.slices[2].image.values<uint8_t>()[5] ^= 1;
        plan.set.slices.pop_back();
        QVERIFY(refusal(plan, ErrorKind::input).contains("missing"));
    }

    void aRunOfAnOlderVersionGoesOn() {
        if (expected_.empty()) expected_ = trained(smallPlan("expected"));
        TrainingPlan plan = smallPlan("older");
        cancelAfter(plan, 7);
        // It kept the best network where the model goes, and neither checksum nor card in the checkpoint.
        fs::rename(bestPackage(plan.runFolder), plan.output);
        const fs::path file = plan.runFolder / "checkpoint.safetensors";
        SafetensorsFile content = readSafetensors(file);
        std::erase_if(content.tensors, [](const NamedTensor& t) { return t.name.starts_with("best."); });
        nlohmann::json state = nlohmann::json::parse(content.metadata[runStateKey]);
        state.erase("card");
        state.erase("bestCard");
        content.metadata[runStateKey] = state.dump();
        writeSafetensors({file, Existing::replace}, content);
        fs::remove(plan.runFolder / "checkpoint-previous.safetensors");
        plan.resume = true;
        QVERIFY(trained(plan) == expected_);
        fs::remove(plan.output);
        writeSafetensors({file, Existing::replace}, content);
        QVERIFY(refusal(plan, ErrorKind::input).contains("--output"));
    }

    void oneTrainingAtATimeInARunFolder() {
        const TrainingPlan plan = smallPlan("locked");
        Listener listener;
        QString sentence;
        listener.afterStep = [&](int64_t step) {
            if (step == 3) sentence = refusal(plan, ErrorKind::usage);
        };
        trainer_->train(plan, listener, Progress::none());
        QVERIFY2(sentence.contains("Another training is at work in"), qPrintable(sentence));
        QVERIFY(trained(plan) == trained(smallPlan("unlocked"))); // and it was not disturbed
    }

    void nothingIsReplacedUnasked() {
        TrainingPlan plan = smallPlan("unasked");
        plan.overwrite = false;
        cancelAfter(plan, 3);
        const QString sentence = refusal(plan, ErrorKind::input);
        QVERIFY2(sentence.contains("stopped at step 3 of 10") && sentence.contains("--resume"),
                 qPrintable(sentence));
        plan.overwrite = true;
        QVERIFY(!trained(plan).empty());
    }

private:
    static QStringList keysOf(const nlohmann::json& json) {
        QStringList keys;
        if (!json.is_structured()) return keys;
        for (const auto& [key, value] : json.items())
            keys += QStringList{QString::fromStdString(key)} + keysOf(value);
        return keys;
    }
    struct Remarks : Listener {
        QStringList remarks;
        void onRemark(const std::string& sentence) override { remarks << QString::fromStdString(sentence); }
    };

    /// Ten steps in two epochs, and in all plans the same name of the model.
    TrainingPlan smallPlan(const char* name) {
        TrainingPlan plan = planIn(folder_, name, 1);
        plan.recipe.update({{"levels", 2}, {"base", 4}, {"batch", 2}, {"steps", 10}, {"stepsPerEpoch", 5}});
        plan.card.name = plan.card.title = "cells";
        return plan;
    }
    /// The best package of the whole run.
    std::string trained(const TrainingPlan& plan) {
        Listener listener;
        trainer_->train(plan, listener, Progress::none());
        return bytesOf(bestPackage(plan.runFolder));
    }
    void cancelAfter(const TrainingPlan& plan, int64_t step) {
        Cancelling progress;
        Listener listener;
        listener.afterStep = [&](int64_t done) { progress.cancel = done >= step; };
        QVERIFY_EXCEPTION_THROWN(trainer_->train(plan, listener, progress), Error);
    }
    QString refusal(const TrainingPlan& plan, ErrorKind kind) {
        Listener listener;
        try {
            trainer_->train(plan, listener, Progress::none());
        } catch (const Error& error) {
            return error.kind() == kind ? QString::fromUtf8(error.what())
                                        : QString("another kind: ") + error.what();
        }
        return "no error";
    }
    static void flip(const fs::path& file, size_t at) {
        std::string bytes = bytesOf(file);
        bytes[at] = char(bytes[at] ^ 16);
        std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
    }
    QTemporaryDir folder_;
    std::unique_ptr<Trainer> trainer_ = makeTrainer();
    std::string expected_;
};

QTEST_GUILESS_MAIN(TestTrainingKeeps)
#include "tst_training_keeps.moc"

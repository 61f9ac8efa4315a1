// Session's trainings with a made-up engine: scores on slices set aside, and a model that appears whole at
// the end.
#include "core/base/atomic_file.h"
#include "core/base/input_file.h"
#include "core/base/own_folder.h"
#include "core/learn/run_record.h"
#include "core/segment/safetensors.h"
#include "core/session/session.h"
#include "tests/support/bright_network.h"
#include "tests/support/fake_package.h"

#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

using namespace cristae;

namespace {

/// "Trains" by handing over the package that the plan starts from, as the best of the run.
class CopyingTrainer : public Trainer {
public:
    std::vector<std::string> complaints(const TrainingPlan&) const override { return {}; }
    TrainingResult train(const TrainingPlan& plan, TrainingListener&, const Progress&) override {
        const std::filesystem::path best = bestPackage(plan.runFolder);
        takeOwnFolder(plan.runFolder, "a training run");
        std::filesystem::copy_file(plan.startFrom->file, best,
                                   std::filesystem::copy_options::overwrite_existing);
        TrainingResult result;
        result.package = openModelPackage(best);
        result.ending = "Done.";
        return result;
    }
};

class Silent : public TrainingListener {
public:
    void onStep(int64_t, double) override {}
    void onEpoch(const EpochReport&) override {}
    void onRemark(const std::string& sentence) override { remarks << QString::fromStdString(sentence); }
    QStringList remarks;
};

class Cancelled : public Progress {
public:
    void report(double, const std::string&) const override {}
    bool cancelled() const override { return true; }
};

} // namespace

class TestSessionTraining : public QObject {
    Q_OBJECT
private:
    QTemporaryDir folder_;
    std::unique_ptr<Session> session_;
    std::filesystem::path in(const char* name) const {
        return folder_.filePath(QString::fromLatin1(name)).toStdString();
    }
    /// Slices of which the last two are for the scores.
    TrainingPlan planToScore(const char* output) {
        // What BrightNetwork says of a slice whose left half is bright: the left half. The truth: the upper
        // half, with a strip of unknown pixels at the right edge.
        TrainingSlice slice;
        slice.name = "one, slice 0";
        slice.data = "one";
        slice.role = Role::test;
        slice.image = Pixels(PixelType::u8, 1, {1, 40, 40});
        slice.labels = Pixels(PixelType::u8, 1, {1, 40, 40});
        for (size_t i = 0; i < 1600; ++i) {
            slice.image.values<uint8_t>()[i] = i % 40 < 20 ? 200 : 10;
            slice.labels.values<uint8_t>()[i] = i % 40 >= 30 ? 255 : i / 40 < 20 ? 1 : 0;
        }
        TrainingSlice seen = slice; // would spoil the scores
        seen.role = Role::train;
        seen.labels = Pixels(PixelType::u8, 1, {1, 40, 40});
        TrainingPlan plan;
        plan.recipe = nlohmann::json::object();
        plan.set.slices = {seen, slice, slice};
        plan.set.classNames = {"bright things"};
        plan.startFrom = session_->findModel("bright");
        plan.output = in(output);
        plan.runFolder = in(output).replace_extension(".run");
        return plan;
    }

private Q_SLOTS:
    void init() {
        QTest::failOnWarning(QRegularExpression(QStringLiteral(".?")));
        ModelCard card;
        card.name = card.title = "bright";
        card.classes = {{"bright things", {230, 159, 0}, 0.5}};
        writeFakePackage(in("zoo/bright.safetensors"), card);
        session_ = std::make_unique<Session>(SessionPaths{in("zoo"), in("mine"), in("samples")}, [] {
            return Engine{std::make_unique<BrightLoader>(), std::make_unique<CopyingTrainer>()};
        });
    }

    void trainingEndsWithScoresOnHeldOutSlices() {
        TrainingPlan plan = planToScore("scored.safetensors");
        Silent listener;
        const TrainingResult result = session_->train(std::move(plan), listener, Progress::none());
        const auto scores = openModelPackage(in("scored.safetensors")).card.scores;
        QCOMPARE(scores.size(), size_t(10)); // five metrics, as it is and averaged
        std::map<std::string, double> plain;
        for (const ModelScore& score : scores)
            if (score.averaging.empty()) plain[score.metric] = score.value;
        // 20×20 true, 20×20 false, 10×20 missed, 10×20 rightly background; twice.
        QCOMPARE(plain.at("Dice"), 2.0 * 400 / (800 + 400 + 200));
        QCOMPARE(plain.at("IoU"), 400.0 / 1000);
        QCOMPARE(plain.at("precision"), 0.5);
        QCOMPARE(plain.at("recall"), 400.0 / 600);
        QCOMPARE(plain.at("accuracy"), 600.0 / 1200);
        QCOMPARE(scores.back().data, std::string("one"));
        QCOMPARE(scores.back().averaging, std::string("all"));
        QCOMPARE(result.package.card.scores.size(), size_t(10));
        // What it was trained on.
        const nlohmann::json domain = openModelPackage(in("scored.safetensors")).card.domain;
        QCOMPARE(domain.at("groups").size(), size_t(1));
        QCOMPARE(domain.at("groups").at(0).at("data"), "one");
        // The weights are the trainer's.
        const SafetensorsFile before = readSafetensors(session_->findModel("bright").file),
                              after = readSafetensors(in("scored.safetensors"));
        QCOMPARE(after.tensors.size(), before.tensors.size());
        QVERIFY(std::equal(after.tensors[0].data.get(), after.tensors[0].data.get() + 4,
                           before.tensors[0].data.get()));
    }

    void anOlderModelStaysUntilTheScoresAreThere() {
        TrainingPlan plan = planToScore("kept.safetensors");
        ModelCard older;
        older.name = "older";
        older.classes = {{"other", {}, 0.5}};
        writeFakePackage(plan.output, older);
        const std::string before = readTextFile(plan.output);
        plan.overwrite = true;
        Silent listener;
        QVERIFY_EXCEPTION_THROWN(session_->train(plan, listener, Cancelled()), Error);
        QCOMPARE(readTextFile(plan.output), before);
        QVERIFY(std::filesystem::exists(bestPackage(plan.runFolder))); // nothing is lost
        QVERIFY(!hasEnded(plan.runFolder));
        QCOMPARE(session_->train(plan, listener, Progress::none()).package.file, plan.output);
        const std::string made = readTextFile(plan.output);
        QVERIFY(made != before);
        QVERIFY(!std::filesystem::exists(bestPackage(plan.runFolder)));
        QVERIFY(hasEnded(plan.runFolder));
        // The same once more is the same file; another one that came meanwhile is left alone.
        plan.overwrite = false;
        session_->train(plan, listener, Progress::none());
        QCOMPARE(readTextFile(plan.output), made);
        QVERIFY(listener.remarks.isEmpty());
        writeFakePackage(plan.output, older);
        QCOMPARE(session_->train(plan, listener, Progress::none()).package.file, in("kept-2.safetensors"));
        QCOMPARE(readTextFile(plan.output), before);
        QCOMPARE(readTextFile(in("kept-2.safetensors")), made);
        QVERIFY(listener.remarks.size() == 1 && listener.remarks[0].contains("kept-2.safetensors"));
        // A place that vanished meanwhile: the network is kept, and the sentence says where.
        plan.output = in("gone") / "m.safetensors";
        try {
            session_->train(plan, listener, Progress::none());
            QFAIL("there is no such folder");
        } catch (const Error& error) {
            QCOMPARE(error.kind(), ErrorKind::output);
            QVERIFY2(QString::fromUtf8(error.what()).contains("best.safetensors"), error.what());
        }
        QVERIFY(std::filesystem::exists(bestPackage(plan.runFolder)));
    }
};

QTEST_GUILESS_MAIN(TestSessionTraining)
#include "tst_session_training.moc"

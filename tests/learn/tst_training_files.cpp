// Files of a training: what is missing or changed, two generations of checkpoints, the record of a run.
#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/input_file.h"
#include "core/base/own_folder.h"
#include "core/learn/checkpoint_files.h"
#include "core/learn/data_list.h"
#include "core/learn/run_folder.h"
#include "core/learn/run_record.h"

#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>
#include <cstring>
#include <fstream>

using namespace cristae;
namespace fs = std::filesystem;

namespace {

void put(const fs::path& file, const std::string& text) {
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
}

SafetensorsFile stateAt(int step, int steps = 10) {
    SafetensorsFile content;
    content.metadata[runStateKey] =
        nlohmann::json{{"step", step}, {"card", {{"name", "m"}}}, {"recipe", {{"steps", steps}}}}.dump();
    return content;
}

void flipLastMetadataByte(const fs::path& file) {
    std::string bytes = readTextFile(file);
    bytes[bytes.find("\"step") + 1] = 'S';
    put(file, bytes);
}

} // namespace

class TestTrainingFiles : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() {
        QTest::failOnWarning(QRegularExpression(".?"));
        folder_ = std::make_unique<QTemporaryDir>();
        base_ = fs::path(folder_->path().toStdString());
    }

    void whatIsMissingOrChanged() {
        put(base_ / "a.tif", "12345");
        put(base_ / "labels/1.png", "123");
        put(base_ / "labels/2.png", "4567");
        put(base_ / "volume.h5", "12");
        const auto look = [&] {
            return std::vector<TrainingInput>{trainingInput("--images", base_ / "a.tif"),
                                              trainingInput("--labels", base_ / "labels"),
                                              trainingInput("images of V", base_ / "volume.h5:/raw")};
        };
        const std::vector<TrainingInput> before = trainingInputsFromJson(toJson(look()));
        QCOMPARE(before.size(), size_t(3));
        QCOMPARE(*before[0].bytes, uint64_t(5));
        QCOMPARE(*before[1].bytes, uint64_t(7));
        QCOMPARE(*before[2].bytes, uint64_t(2));
        QVERIFY(missingInputs(before).empty());
        QVERIFY(changedInputs(look(), before).empty());
        put(base_ / "labels/2.png", "45678");
        fs::remove(base_ / "a.tif");
        const std::vector<std::string> found = changedInputs(look(), before);
        QCOMPARE(found.size(), size_t(2)); // all at once
        QVERIFY2(found[0].find("a.tif (--images) is not there") != std::string::npos, found[0].c_str());
        QVERIFY2(found[1].find("has 8 bytes now and had 7 bytes") != std::string::npos, found[1].c_str());
        QVERIFY(trainingInputsFromJson({1, "x", {{"what", 3}}}).empty());
    }

    void aDataListNamesItsFiles() {
        put(base_ / "root/x.tif", "1");
        put(base_ / "lists/y.tif", "22");
        put(base_ / "lists/list.json",
            R"({"entries": [{"name": "A", "images": "x.tif", "labels": "./y.tif"}, {"images": "no.tif", "labels": 3}]})");
        const auto inputs = dataListInputs(base_ / "lists/list.json", base_ / "root");
        QCOMPARE(inputs.size(), size_t(4)); // up to what is wrong, which loading tells
        QCOMPARE(inputs[1].path, base_ / "root/x.tif");
        QCOMPARE(inputs[2].path, base_ / "lists/y.tif");
        QCOMPARE(inputs[2].what, std::string("labels of A"));
        QCOMPARE(missingInputs(inputs).size(), size_t(1));
    }

    void placesThatCannotBeWritten() {
        QVERIFY(placeComplaints(base_ / "m.safetensors", base_ / "deep/er/m.run").empty());
        auto found = placeComplaints(base_ / "no/m.safetensors", base_ / "m.run");
        QCOMPARE(found.size(), size_t(1));
        QVERIFY2(found[0].find("the folder") != std::string::npos, found[0].c_str());
        put(base_ / "file", "x");
        found = placeComplaints(base_ / "file/m.safetensors", base_ / "file/m.run");
        QCOMPARE(found.size(), size_t(2));
        fs::create_directory(base_ / "folder.safetensors");
        found = placeComplaints(base_ / "folder.safetensors", base_ / "m.run");
        QVERIFY2(found.at(0).find("a folder has that name") != std::string::npos, found[0].c_str());
        QVERIFY(!spaceComplaint(base_ / "not/there", 1, "the model"));
        const auto complaint = spaceComplaint(base_, uint64_t(1) << 62, "the model");
        QVERIFY(complaint && complaint->find("4.61 EB") != std::string::npos);
    }

    void twoGenerationsOfCheckpoints() {
        QVERIFY(!hasCheckpoint(base_));
        QVERIFY(runState(base_).is_null());
        takeOwnFolder(base_, "a training run", true);
        for (int step = 1; step <= 4; ++step) {
            writeCheckpointFile(base_, stateAt(step));
            QCOMPARE(int(checkpointFiles(base_).size()), std::min(step, 2));
            QCOMPARE(runState(base_).at("step").get<int>(), step);
        }
        // As after a kill between writing and renaming: the newest is still found, and takes its place.
        writeSafetensors({base_ / "checkpoint-next.safetensors", Existing::replace}, stateAt(5));
        QCOMPARE(runState(base_).at("step").get<int>(), 5);
        writeCheckpointFile(base_, stateAt(6));
        QCOMPARE(int(checkpointFiles(base_).size()), 2);
        // A damaged one is passed over and never takes the place of a sound one.
        flipLastMetadataByte(base_ / "checkpoint.safetensors");
        QCOMPARE(runState(base_).at("step").get<int>(), 4);
        setAsideCheckpoint(base_ / "checkpoint.safetensors");
        writeCheckpointFile(base_, stateAt(7));
        QCOMPARE(runState(base_).at("step").get<int>(), 7);
        fs::remove(base_ / "checkpoint.safetensors");
        QCOMPARE(runState(base_).at("step").get<int>(), 4);
        removeCheckpoints(base_);
        QVERIFY(checkpointFiles(base_).empty());
    }

    void aStoppedTrainingIsNotReplacedUnasked() {
        TrainingPlan plan;
        plan.output = base_ / "m.safetensors";
        plan.runFolder = base_ / "m.run";
        takeOwnFolder(plan.runFolder, "a training run");
        QVERIFY(overwriteComplaints(plan).empty());
        writeCheckpointFile(plan.runFolder, stateAt(0)); // nothing to lose
        QVERIFY(overwriteComplaints(plan).empty());
        writeCheckpointFile(plan.runFolder, stateAt(4));
        put(plan.output, "older");
        const auto found = overwriteComplaints(plan);
        QCOMPARE(found.size(), size_t(2));
        QVERIFY2(found[1].find("step 4 of 10") != std::string::npos, found[1].c_str());
        plan.resume = true;
        QVERIFY(overwriteComplaints(plan).empty());
        plan.resume = false;
        plan.overwrite = true;
        QVERIFY(overwriteComplaints(plan).empty());
        plan.overwrite = false;
        recordEnd(plan.runFolder, "All 10 steps are done.", plan.output);
        QVERIFY(hasEnded(plan.runFolder));
        QCOMPARE(overwriteComplaints(plan).size(), size_t(1)); // the model alone
    }

    void theRecordTellsWhereTheModelGoes() {
        TrainingPlan plan;
        plan.recipe = {{"seed", 3}};
        plan.output = base_ / "out/m.safetensors";
        plan.runFolder = base_ / "runs/m.run";
        plan.request = {{"images", "somewhere"}};
        takeOwnFolder(plan.runFolder, "a training run");
        recordStart(plan, {{"device", "cpu"}}, 0);
        QCOMPARE(recordedOutput(plan.runFolder), plan.output);
        plan.resume = true;
        plan.request = nullptr;
        recordStart(plan, {{"device", "cpu"}}, 5);
        nlohmann::json record = readRunRecord(plan.runFolder);
        QCOMPARE(record.at("starts").size(), size_t(2));
        QCOMPARE(record.at("request").at("images").get<std::string>(), std::string("somewhere"));
        QVERIFY(!hasEnded(plan.runFolder));
        recordEnd(plan.runFolder, "Done.", plan.output);
        QVERIFY(hasEnded(plan.runFolder));
        // As older versions wrote it: relative, and nobody knows to what.
        put(plan.runFolder / "run.json", R"({"starts": [{"step": 0}], "model": "../out/m.safetensors"})");
        QCOMPARE(recordedOutput(plan.runFolder), base_ / "out/m.safetensors");
        put(plan.runFolder / "run.json",
            R"({"starts": [{"folder": "/data/today"}], "model": "out/m.safetensors"})");
        QCOMPARE(recordedOutput(plan.runFolder), fs::path("/data/today/out/m.safetensors"));
        put(plan.runFolder / "run.json", "nonsense");
        QVERIFY(recordedOutput(plan.runFolder).empty());
        QVERIFY(!hasEnded(plan.runFolder));
    }

private:
    std::unique_ptr<QTemporaryDir> folder_;
    fs::path base_;
};

QTEST_GUILESS_MAIN(TestTrainingFiles)
#include "tst_training_files.moc"

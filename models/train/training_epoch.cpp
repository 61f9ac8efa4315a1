// The end of an epoch: validation, the best network, checkpoint and log.
#include "core/base/error.h"
#include "core/base/own_folder.h"
#include "core/learn/run_record.h"
#include "core/segment/package_writer.h"
#include "models/nn/network_options.h"
#include "models/run/weights.h"
#include "models/train/run_log.h"
#include "models/train/training_run.h"

#include <fmt/format.h>

namespace cristae {

std::string TrainingRun::finishEpoch() {
    const auto interrupted = [&] { return progress_.cancelled(); };
    shareEpoch();
    ValidationScores scores;
    if (leads()) scores = validate(*average_, slices_, loss_, use_, interrupted);
    shareScores(scores);
    if (!std::isfinite(scores.loss)) return endOfNumbers();
    updateErrorMaps(); // before anything is counted: a run cancelled here does all of it again
    EpochReport report = epochReport(scores);
    if (validates_) watch_.add(scores.loss, scores.dice);
    state_.history.push_back({{"epoch", report.epoch},
                              {"step", report.step},
                              {"trainingLoss", report.trainingLoss},
                              {"trainingDice", report.trainingDice},
                              {"validationLoss", report.validationLoss},
                              {"validationDice", report.validationDice},
                              {"validationIou", report.validationIou},
                              {"validationAccuracy", report.validationAccuracy},
                              {"learningRate", report.learningRate},
                              {"secondsPerStep", report.secondsPerStep},
                              {"shareWaitingForData", report.shareWaitingForData},
                              {"shareKnown", report.shareKnown},
                              {"best", report.best}});
    if (report.best) {
        state_.bestDice = scores.dice;
        state_.bestStep = state_.step;
        if (leads()) keepBest(thresholdsOf(scores));
    }
    state_.epochLoss = 0;
    state_.epochSteps = 0;
    state_.epochKnown = state_.epochPixels = 0;
    epochCounts_ = ClassCounts(use_.classes);
    secondsOfSteps_ = secondsWaiting_ = 0;
    timedSteps_ = 0;
    if (leads()) {
        checkpoint();
        writeLog(plan_.runFolder, state_.history);
        listener_.onEpoch(report);
    }
    return watch_.verdict();
}

std::vector<double> TrainingRun::thresholdsOf(const ValidationScores& scores) {
    const bool last = state_.step == steps_ || listener_.stopRequested(),
               fits = state_.card.value("training", nlohmann::json::object()).contains("startedFrom");
    if (validates_ || !fits || !last || recipe_.at("threshold") != "dice") return scores.thresholds;
    // A fit has no labels to spare: the last network's are chosen on what it was trained on.
    return validate(
               *average_, slices_, loss_, use_, [&] { return progress_.cancelled(); }, Role::train)
        .thresholds;
}

EpochReport TrainingRun::epochReport(const ValidationScores& scores) const {
    EpochReport report;
    report.steps = steps_;
    report.step = state_.step;
    const int64_t length = recipe_.at("stepsPerEpoch");
    report.epoch = (state_.step + length - 1) / length;
    report.epochs = (steps_ + length - 1) / length;
    report.trainingLoss = state_.epochLoss / double(std::max<int64_t>(1, state_.epochSteps));
    report.trainingDice = epochCounts_.dice();
    report.validationLoss = scores.loss;
    report.validationDice = scores.dice;
    report.validationIou = scores.iou;
    report.validationAccuracy = scores.accuracy;
    report.learningRate = learningRateAt(recipe_, state_.step - 1, watch_.rateFactor());
    report.secondsPerStep = secondsOfSteps_ / double(std::max<int64_t>(1, timedSteps_));
    report.secondsWaitingForData = secondsWaiting_;
    if (const double all = secondsWaiting_ + secondsOfSteps_; all > 0)
        report.shareWaitingForData = secondsWaiting_ / all;
    if (state_.epochPixels > 0) report.shareKnown = state_.epochKnown / state_.epochPixels;
    // Without validation labels the latest network is the best there is.
    report.best = !validates_ || scores.dice > state_.bestDice;
    if (firstValidation_ != size_t(-1)) {
        report.previewImage = slices_[firstValidation_].image;
        report.previewTruth = slices_[firstValidation_].labels;
        report.previewProbability = scores.firstProbability;
    }
    return report;
}

std::string TrainingRun::endOfNumbers() const {
    const double rate = recipe_.at("learningRate");
    std::string sentence = fmt::format(
        "The loss is no finite number any more after step {}; lower the recipe's learningRate from {} to {}.",
        state_.step, rate, rate / 10);
    if (state_.bestStep < 0) {
        if (leads()) recordEnd(plan_.runFolder, sentence, {}); // nobody can go on with this run
        throw Error(ErrorKind::usage, sentence);
    }
    return sentence + fmt::format(" The best network so far, of step {}, is kept.", state_.bestStep);
}

namespace {

/// Of an epoch, without what depends on how busy the machine was.
nlohmann::json withoutTimes(nlohmann::json epoch) {
    epoch.erase("secondsPerStep");
    epoch.erase("shareWaitingForData");
    return epoch;
}

} // namespace

void TrainingRun::keepBest(const std::vector<double>& thresholds) {
    ModelCard card = modelCardFromJson(state_.card);
    // Classes that exclude each other are decided by the largest probability, not by a threshold.
    if (recipe_.at("threshold") == "dice" && !use_.exclusive && !thresholds.empty())
        for (size_t i = 0; i < card.classes.size(); ++i) card.classes[i].threshold = thresholds[i];
    card.architecture = architecture_.key();
    card.network = networkOptions(recipe_);
    card.exclusive = use_.exclusive;
    if (const double size = recipe_.at("pixelSizeNm"); size > 0) card.pixelSizeNm = size;
    card.training["recipe"] = recipe_;
    card.training["step"] = state_.step;
    if (!state_.changes.empty()) card.training["changes"] = state_.changes;
    card.training.update(computedBy(use_));
    card.training["validation"] = withoutTimes(state_.history.back());
    state_.bestCard = toJson(card);
    state_.best = weightsOf(*average_);
    writeBest();
}

ModelPackage TrainingRun::writeBest() const {
    return writePackage(ownFile(bestPackage(plan_.runFolder)), modelCardFromJson(state_.bestCard),
                        state_.best);
}

void TrainingRun::checkpoint() {
    state_.epochCounts.clear();
    for (size_t c = 0; c < epochCounts_.both.size(); ++c)
        for (const double count : {epochCounts_.both[c], epochCounts_.predicted[c], epochCounts_.truth[c]})
            state_.epochCounts.push_back(count);
    state_.watch = watch_.state();
    const auto start = std::chrono::steady_clock::now();
    writeCheckpoint(plan_.runFolder, state_, {*network_, *average_, *optimiser_});
    checkpointEnd_ = std::chrono::steady_clock::now();
    checkpointCost_ = std::chrono::duration<double>(checkpointEnd_ - start).count();
    ++checkpoints_;
}

} // namespace cristae

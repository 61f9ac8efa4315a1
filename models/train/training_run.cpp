// The loop: batch → step → running mean of the weights; each epoch validation, best network, checkpoint, log.
#include "models/train/training_run.h"

#include "core/base/atomic_file.h"
#include "core/base/hash.h"
#include "core/base/parallel.h"
#include "core/learn/recipe.h"
#include "models/nn/network_options.h"
#include "models/run/devices.h"
#include "models/run/foreign_weights.h"
#include "models/run/weights.h"

#include <chrono>
#include <cmath>
#include <ctime>

namespace cristae {

namespace {

using Clock = std::chrono::steady_clock;
double secondsSince(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string today() {
    const std::time_t now = std::time(nullptr);
    char text[16];
    std::tm parts{};
    gmtime_r(&now, &parts);
    std::strftime(text, sizeof text, "%Y-%m-%d", &parts);
    return text;
}

/// Which data the run saw, with hashes of the pixels as they were read.
std::string dataList(const TrainingSet& set) {
    nlohmann::json list = nlohmann::json::array();
    for (const TrainingSlice& slice : set.slices)
        list.push_back(
            {{"name", slice.name},
             {"role", slice.role == Role::train        ? "train"
                      : slice.role == Role::validation ? "validation"
                                                       : "test"},
             {"height", slice.image.extent().y},
             {"width", slice.image.extent().x},
             {"pixelSizeNm", slice.pixelSizeNm ? nlohmann::json(*slice.pixelSizeNm) : nlohmann::json()},
             {"imageSha256", sha256(slice.image.asBytes())},
             {"labelsSha256", sha256(slice.labels.asBytes())}});
    return nlohmann::json{{"classes", set.classNames}, {"slices", list}}.dump(2) + "\n";
}

void copyInto(torch::nn::Module& from, torch::nn::Module& to) {
    const torch::NoGradGuard guard;
    const auto copy = [](const auto& source, auto target) {
        for (const auto& item : source) target[item.key()].copy_(item.value());
    };
    copy(from.named_parameters(), to.named_parameters());
    copy(from.named_buffers(), to.named_buffers());
}

/// Convolutions on both kinds of device are fastest with channels last.
void toChannelsLast(torch::nn::Module& module) {
    const torch::NoGradGuard guard;
    for (torch::Tensor& parameter : module.parameters())
        if (parameter.dim() == 4) parameter.set_data(parameter.contiguous(at::MemoryFormat::ChannelsLast));
}

} // namespace

TrainingRun::TrainingRun(const TrainingPlan& plan, TrainingListener& listener, const Progress& progress)
    : plan_(plan), listener_(listener), progress_(progress), recipe_(plan.recipe),
      architecture_(findArchitecture(plan.recipe.at("architecture"))), ownLoss_(makeLoss(plan.recipe)),
      loss_(*ownLoss_), steps_(recipe_.at("steps")), batchSize_(recipe_.at("batch")),
      side_(recipe_.at("patch")), seed_(recipe_.at("seed").get<uint64_t>()),
      epochCounts_(int64_t(plan.set.classNames.size())) {
    seen_ = slicesSeen(recipe_);
    slices_ = prepareSlices(plan.set.slices, plan.card.channelsIn, recipe_, seen_, progress);
    for (size_t i = slices_.size(); i-- > 0;)
        if (slices_[i].role == Role::validation) firstValidation_ = i;
    build();
}

void TrainingRun::build() {
    use_.classes = int64_t(plan_.set.classNames.size());
    use_.exclusive = loss_.exclusive();
    use_.seen = seen_;
    use_.device = chooseDevice(plan_.device);
    outputs_ = use_.classes + (use_.exclusive ? 1 : 0);
    use_.footprint =
        footprint(architecture_.layers(networkOptions(recipe_), plan_.card.channelsIn, outputs_));
    torch::manual_seed(seed_);
    network_ = architecture_.build(networkOptions(recipe_), plan_.card.channelsIn, outputs_);
    average_ = architecture_.build(networkOptions(recipe_), plan_.card.channelsIn, outputs_);
    if (plan_.startFrom)
        loadWeights(*network_,
                    tensorsOf(readSafetensors(plan_.startFrom->file), plan_.startFrom->file.string()),
                    plan_.startFrom->file.string());
    if (const std::string weights = recipe_.value("weights", std::string());
        !weights.empty() && !plan_.resume)
        startFromForeign(*network_, architecture_.key() == "maskrcnn", weights);
    copyInto(*network_, *average_);
    for (const auto& network : {network_, average_}) {
        network->to(use_.device);
        toChannelsLast(*network);
    }
    optimiser_ = std::make_unique<Optimiser>(network_->parameters(), recipe_);
    // Both passes are asked at each layer, so that a step ends soon after a cancel.
    for (const auto& network : {network_, average_})
        network->setInterrupt([this] { return progress_.cancelled(); });
    for (const torch::Tensor& parameter : network_->parameters())
        parameter.register_hook([this](const torch::Tensor&) { progress_.throwIfCancelled(); });

    const auto file = plan_.runFolder / "checkpoint.safetensors";
    if (plan_.resume) {
        if (!std::filesystem::exists(file))
            throw Error(ErrorKind::input, "There is no checkpoint " + file.string() +
                                              " to resume from; start without resuming.");
        state_ = readCheckpoint(file, *network_, *average_, *optimiser_);
        if (state_.recipe != recipe_)
            throw Error(ErrorKind::usage,
                        "The run in " + plan_.runFolder.string() +
                            " was started with another recipe; resume with its recipe.json or start anew.");
        const size_t n = size_t(use_.classes);
        const auto& counts = state_.epochCounts;
        if (counts.size() == 3 * n)
            for (size_t c = 0; c < n; ++c) {
                epochCounts_.both[c] = counts[3 * c];
                epochCounts_.predicted[c] = counts[3 * c + 1];
                epochCounts_.truth[c] = counts[3 * c + 2];
            }
    } else {
        state_.recipe = recipe_;
    }
    chooseThreadsAndPrecision();
    std::error_code failed;
    std::filesystem::create_directories(plan_.runFolder, failed);
    if (failed)
        throw Error(ErrorKind::output, "The folder " + plan_.runFolder.string() + " cannot be made (" +
                                           failed.message() + "); choose another.");
    writeFileAtomically(plan_.runFolder / "recipe.json", recipe_.dump(2) + "\n");
    writeFileAtomically(plan_.runFolder / "data.json", dataList(plan_.set));
}

void TrainingRun::chooseThreadsAndPrecision() {
    const int threads = recipe_.at("threads").get<int>();
    at::set_num_threads(threads > 0 ? threads : processorCount());
    if (!state_.precision.empty()) { // resumed: as it began
        use_.bf16 = state_.precision == "bf16";
        return;
    }
    const std::string wish = recipe_.at("precision");
    use_.bf16 = wish == "bf16" || (wish == "auto" && use_.device.is_cuda());
    // Without bf16 instructions it is emulated and slower; with them the stopwatch decides.
    if (wish == "auto" && use_.device.is_cpu() && __builtin_cpu_supports("avx512bf16") &&
        !architecture_.hasOwnLoss())
        use_.bf16 = secondsPerStep(true) < 0.95 * secondsPerStep(false);
    state_.precision = use_.bf16 ? "bf16" : "fp32";
}

double TrainingRun::secondsPerStep(bool bf16) {
    NetworkUse use = use_;
    use.bf16 = bf16;
    // A network of its own, so that the statistics of the real one stay as they are.
    const auto trial = architecture_.build(networkOptions(recipe_), plan_.card.channelsIn, outputs_);
    trial->to(use_.device);
    toChannelsLast(*trial);
    torch::Tensor input = torch::ones(inputShape(), torch::TensorOptions(use_.device));
    if (input.dim() == 4) input = input.contiguous(at::MemoryFormat::ChannelsLast);
    double best = 1e9;
    for (int i = 0; i < 3; ++i) {
        const auto start = Clock::now();
        forwardLogits(*trial, input, use).mean().backward();
        best = std::min(best, secondsSince(start));
        progress_.throwIfCancelled();
    }
    return best;
}

std::vector<int64_t> TrainingRun::inputShape() const {
    const int64_t channels = plan_.card.channelsIn, slices = seen_.count();
    if (seen_.labelled) return {batchSize_, channels, slices, side_, side_};
    return {batchSize_, channels * slices, side_, side_};
}

double TrainingRun::trainStep(const Batch& batch) {
    torch::Tensor images =
        torch::from_blob(const_cast<float*>(batch.images.data()), inputShape(), torch::kFloat);
    torch::Tensor labels =
        torch::from_blob(const_cast<uint8_t*>(batch.labels.data()),
                         {batchSize_, (seen_.labelled ? seen_.count() : 1) * side_, side_}, torch::kByte);
    if (use_.device.is_cuda()) {
        images = images.pin_memory().to(use_.device, true);
        labels = labels.pin_memory().to(use_.device, true);
    }
    if (images.dim() == 4) images = images.contiguous(at::MemoryFormat::ChannelsLast);
    network_->train();
    std::vector<torch::Tensor> statistics; // of batch norm, as they were before the step
    for (const torch::Tensor& buffer : network_->buffers()) statistics.push_back(buffer.clone());
    // Layers that draw random numbers draw the same ones in a resumed run.
    torch::manual_seed(seed_ * 1000003 + uint64_t(state_.step));
    const bool own = architecture_.hasOwnLoss();
    torch::Tensor logits;
    double value = 0;
    try {
        if (!own) logits = asPlanes(forwardLogits(*network_, images, use_));
        const torch::Tensor loss = own ? network_->ownLoss(images, labels) : loss_(logits, labels);
        value = loss.item<double>();
        if (!std::isfinite(value)) return value;
        optimiser_->forgetGradients();
        loss.backward();
    } catch (const Error&) { // cancelled: the step has not been
        const torch::NoGradGuard guard;
        const std::vector<torch::Tensor> buffers = network_->buffers();
        for (size_t i = 0; i < buffers.size(); ++i) buffers[i].copy_(statistics[i]);
        throw;
    }
    optimiser_->step(learningRateAt(recipe_, state_.step));
    averageWeights();
    if (!own) epochCounts_.add(classProbabilities(logits.detach(), use_.exclusive), labels, use_.exclusive);
    return value;
}

void TrainingRun::averageWeights() {
    const torch::NoGradGuard guard;
    const double wanted = recipe_.at("averaging");
    // Early on the mean follows faster, so that the first, bad weights are soon forgotten.
    const double decay =
        wanted > 0 ? std::min(wanted, double(1 + state_.step) / double(10 + state_.step)) : 0;
    const auto mix = [&](std::vector<torch::Tensor> from, std::vector<torch::Tensor> to) {
        for (size_t i = 0; i < from.size(); ++i) to[i].lerp_(from[i], 1 - decay);
    };
    mix(network_->parameters(), average_->parameters());
    mix(network_->buffers(), average_->buffers());
}

bool TrainingRun::waitWhilePaused() {
    while (true) {
        progress_.throwIfCancelled();
        if (listener_.stopRequested()) return true;
        if (!listener_.paused()) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
}

TrainingResult TrainingRun::run() {
    const PatchSampler sampler(slices_, recipe_);
    int workers = recipe_.at("workers");
    if (workers == 0)
        workers =
            use_.device.is_cuda() ? std::max(1, processorCount() - 1) : std::max(1, processorCount() / 4);
    BatchQueue queue(sampler, batchSize_, seed_, state_.step, steps_, workers);
    TrainingResult result;
    try {
        while (state_.step < steps_) {
            if (waitWhilePaused()) {
                result.stoppedEarly = true;
                break;
            }
            auto start = Clock::now();
            const Batch batch = queue.next();
            secondsWaiting_ += secondsSince(start);
            start = Clock::now();
            const double loss = trainStep(batch);
            if (!std::isfinite(loss)) {
                if (state_.bestStep < 0)
                    throw Error(ErrorKind::usage, "The loss became infinite at step " +
                                                      std::to_string(state_.step) +
                                                      "; lower the recipe's learningRate (now " +
                                                      recipe_.at("learningRate").dump() + ").");
                result.stoppedEarly = true;
                break;
            }
            secondsOfSteps_ += secondsSince(start);
            ++timedSteps_;
            ++state_.step;
            state_.epochLoss += loss;
            ++state_.epochSteps;
            listener_.onStep(state_.step, loss);
            progress_.report(double(state_.step) / double(steps_),
                             "step " + std::to_string(state_.step) + " of " + std::to_string(steps_));
            if (state_.step % recipe_.at("stepsPerEpoch").get<int64_t>() == 0 || state_.step == steps_)
                finishEpoch();
        }
        if (result.stoppedEarly && state_.epochSteps > 0)
            finishEpoch(); // "keep" counts what was learned since the last epoch
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::cancelled && state_.step > 0) checkpoint();
        throw;
    }
    result.package = openModelPackage(plan_.output);
    result.bestValidationDice = std::max(0.0, state_.bestDice);
    result.stepsDone = state_.step;
    return result;
}

void TrainingRun::finishEpoch() {
    const auto interrupted = [&] { return progress_.cancelled(); };
    const ValidationScores scores = validate(*average_, slices_, loss_, use_, interrupted);
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
    report.learningRate = learningRateAt(recipe_, state_.step - 1);
    report.secondsPerStep = secondsOfSteps_ / double(std::max<int64_t>(1, timedSteps_));
    report.secondsWaitingForData = secondsWaiting_;
    // Without validation slices the latest network is the best there is.
    report.best = firstValidation_ == size_t(-1) || scores.dice > state_.bestDice;
    if (firstValidation_ != size_t(-1)) {
        report.previewImage = slices_[firstValidation_].image;
        report.previewTruth = slices_[firstValidation_].labels;
        report.previewProbability = scores.firstProbability;
    }
    state_.history.push_back({{"epoch", report.epoch},
                              {"step", report.step},
                              {"trainingLoss", report.trainingLoss},
                              {"trainingDice", report.trainingDice},
                              {"validationLoss", report.validationLoss},
                              {"validationDice", report.validationDice},
                              {"validationIou", report.validationIou},
                              {"validationAccuracy", report.validationAccuracy},
                              {"learningRate", report.learningRate},
                              {"best", report.best}});
    if (report.best) {
        state_.bestDice = scores.dice;
        state_.bestStep = state_.step;
        keepBest(scores.thresholds);
    }
    state_.epochLoss = 0;
    state_.epochSteps = 0;
    epochCounts_ = ClassCounts(use_.classes);
    secondsOfSteps_ = secondsWaiting_ = 0;
    timedSteps_ = 0;
    checkpoint();
    std::string log;
    for (const auto& line : state_.history) log += line.dump() + "\n";
    writeFileAtomically(plan_.runFolder / "log.jsonl", log);
    listener_.onEpoch(report);
}

void TrainingRun::keepBest(const std::vector<double>& thresholds) {
    ModelCard card = plan_.card;
    if (card.classes.empty())
        for (size_t i = 0; i < plan_.set.classNames.size(); ++i)
            card.classes.push_back(
                {plan_.set.classNames[i], standardColour(plan_.set.classNames[i], uint32_t(i + 1)), 0.5});
    // Classes that exclude each other are decided by the largest probability, not by a threshold.
    if (recipe_.at("threshold") == "dice" && !use_.exclusive && !thresholds.empty())
        for (size_t i = 0; i < card.classes.size(); ++i) card.classes[i].threshold = thresholds[i];
    card.architecture = architecture_.key();
    card.network = networkOptions(recipe_);
    card.exclusive = use_.exclusive;
    if (const double size = recipe_.at("pixelSizeNm"); size > 0) card.pixelSizeNm = size;
    card.training["recipe"] = recipe_;
    card.training["step"] = state_.step;
    card.training["precision"] = state_.precision;
    card.training["device"] = use_.device.str();
    card.training["threads"] = at::get_num_threads();
    card.training["engine"] = torchVersion();
    card.training["program"] = std::string("Cristae ") + CRISTAE_VERSION;
    card.training["date"] = today();
    card.training["validation"] = state_.history.back();
    SafetensorsFile content;
    content.metadata = {{"cristae.card", toJson(card).dump()}, {"format", "pt"}};
    content.tensors = weightsOf(*average_);
    writeSafetensors(plan_.output, content);
}

void TrainingRun::checkpoint() {
    state_.epochCounts.clear();
    for (size_t c = 0; c < epochCounts_.both.size(); ++c)
        for (const double count : {epochCounts_.both[c], epochCounts_.predicted[c], epochCounts_.truth[c]})
            state_.epochCounts.push_back(count);
    writeCheckpoint(plan_.runFolder / "checkpoint.safetensors", state_, *network_, *average_, *optimiser_);
}

} // namespace cristae

// The loop: batch → step → running mean of the weights.
#include "models/train/training_run.h"

#include "core/base/parallel.h"
#include "core/learn/run_record.h"
#include "models/train/run_log.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace cristae {

namespace {

using Clock = std::chrono::steady_clock;
double secondsSince(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Batch normalisation as in a prediction: with the means and variances that the network has.
void keepStatistics(NetworkModule& network) {
    for (const auto& module : network.modules(false))
        if (module->named_buffers(false).contains("running_mean")) module->eval();
}

} // namespace

double TrainingRun::trainStep(const Batch& batch) {
    torch::Tensor images =
        torch::from_blob(const_cast<float*>(batch.images.data()), inputShape(), torch::kFloat);
    torch::Tensor labels =
        torch::from_blob(const_cast<uint8_t*>(batch.labels.data()),
                         {share_.count, (seen_.labelled ? seen_.count() : 1) * side_, side_}, torch::kByte);
    if (use_.device.is_cuda()) {
        images = images.pin_memory().to(use_.device, true);
        labels = labels.pin_memory().to(use_.device, true);
    }
    if (images.dim() == 4) images = images.contiguous(at::MemoryFormat::ChannelsLast);
    network_->train();
    if (recipe_.at("statistics") == "keep") keepStatistics(*network_);
    std::vector<torch::Tensor> statistics; // of batch norm, as they were before the step
    for (const torch::Tensor& buffer : network_->buffers()) statistics.push_back(buffer.clone());
    // Layers that draw random numbers draw the same ones in a resumed run.
    torch::manual_seed(seed_ * 1000003 + uint64_t(state_.step) + uint64_t(plan_.place.rank) * 7919);
    const bool own = architecture_.hasOwnLoss();
    torch::Tensor logits;
    double value = 0;
    try {
        if (!own) logits = asPlanes(forwardLogits(*network_, images, use_));
        const torch::Tensor loss = own ? network_->ownLoss(images, labels) : loss_(logits, labels);
        value = loss.item<double>();
        optimiser_->forgetGradients();
        if (std::isfinite(value)) loss.backward();
        value = sharedGradients(value);
    } catch (const Error&) { // cancelled: the step has not been
        const torch::NoGradGuard guard;
        const std::vector<torch::Tensor> buffers = network_->buffers();
        for (size_t i = 0; i < buffers.size(); ++i) buffers[i].copy_(statistics[i]);
        throw;
    }
    if (!std::isfinite(value)) return value;
    state_.epochPixels += double(batch.labels.size());
    state_.epochKnown += double(batch.labels.size()) - double(std::ranges::count(batch.labels, uint8_t(255)));
    optimiser_->step(learningRateAt(recipe_, state_.step, watch_.rateFactor()));
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
    PatchSampler sampler(slices_, recipe_);
    int workers = recipe_.at("workers");
    if (workers == 0)
        workers =
            use_.device.is_cuda() ? std::max(1, processorCount() - 1) : std::max(1, processorCount() / 4);
    std::string ending = watch_.verdict(); // of a run that had ended by itself and is resumed all the same
    std::optional<BatchQueue> queue;       // up to the step at which the sampler changes
    int64_t endOfQueue = state_.step;
    try {
        // A run that was cancelled while its epoch was validated.
        if (ending.empty() && state_.epochSteps > 0 && epochIsOver()) ending = finishEpoch();
        while (state_.step < steps_ && ending.empty()) {
            if (waitWhilePaused()) {
                ending = fmt::format("Stopped by hand after {} of {} steps.", state_.step, steps_);
                if (state_.epochSteps > 0)
                    finishEpoch(); // "keep" counts what was learned since the last epoch
                break;
            }
            if (state_.step == endOfQueue) {
                endOfQueue = nextErrorMaps();
                queue.reset();
                sampler.setErrorMaps(state_.errorMaps);
                queue.emplace(sampler, share_, seed_, state_.step, endOfQueue, workers);
            }
            ending = oneStep(*queue);
        }
        return finish(ending);
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::output) throw stoppedBy(error);
        if (error.kind() == ErrorKind::cancelled && state_.step > 0 && leads()) {
            try {
                checkpoint();
            } catch (const Error& failure) {
                throw stoppedBy(failure);
            }
        }
        throw;
    }
}

Error TrainingRun::stoppedBy(const Error& failure) const {
    return {failure.kind(),
            fmt::format("{} The training stopped after step {} of {}; resume it, and it goes on "
                        "from its last checkpoint.",
                        failure.what(), state_.step, steps_)};
}

TrainingResult TrainingRun::finish(const std::string& ending) {
    if (state_.history.empty()) {
        const std::string sentence =
            "The run was stopped before its first step; there is no network to keep.";
        if (leads()) recordEnd(plan_.runFolder, sentence, {});
        throw Error(ErrorKind::usage, sentence);
    }
    TrainingResult result;
    result.ending = ending;
    result.stoppedEarly = state_.step < steps_;
    if (!result.stoppedEarly && ending.empty()) result.ending = fmt::format("All {} steps are done.", steps_);
    state_.history.back()["ending"] = result.ending;
    if (leads()) {
        writeLog(plan_.runFolder, state_.history);
        result.package = writeBest();
    }
    result.bestValidationDice = std::max(0.0, state_.bestDice);
    result.stepsDone = state_.step;
    return result;
}

std::string TrainingRun::oneStep(BatchQueue& queue) {
    auto start = Clock::now();
    const Batch batch = queue.next();
    secondsWaiting_ += secondsSince(start);
    start = Clock::now();
    const double loss = trainStep(batch);
    if (!std::isfinite(loss)) return endOfNumbers();
    secondsOfSteps_ += secondsSince(start);
    ++timedSteps_;
    ++state_.step;
    state_.epochLoss += loss;
    ++state_.epochSteps;
    if (leads()) listener_.onStep(state_.step, loss);
    progress_.report(double(state_.step) / double(steps_),
                     "step " + std::to_string(state_.step) + " of " + std::to_string(steps_));
    const bool ends = epochIsOver();
    if (!ends && leads() && checkpointIsDue()) checkpoint();
    return ends ? finishEpoch() : std::string();
}

bool TrainingRun::epochIsOver() const {
    return state_.step % recipe_.at("stepsPerEpoch").get<int64_t>() == 0 || state_.step == steps_;
}

bool TrainingRun::checkpointIsDue() const {
    // The first one early, for those who look soon; then seldom enough to cost no more than a twentieth.
    constexpr double early = 30;
    const double wanted = plan_.checkpointSeconds;
    const double pause = checkpoints_ <= 1 ? std::min(early, wanted) : wanted;
    return wanted <= 0 || secondsSince(checkpointEnd_) >= std::max(pause, 20 * checkpointCost_);
}

} // namespace cristae

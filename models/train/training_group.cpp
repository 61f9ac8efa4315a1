// What the processes of a run tell each other: where they start, each gradient, the end of each epoch.
#include "core/base/error.h"
#include "core/base/hash.h"
#include "models/train/training_run.h"

namespace cristae {

void TrainingRun::joinOthers() {
    if (plan_.place.count <= 1) return;
    group_ = joinProcesses(plan_.place, progress_);
    const torch::NoGradGuard guard;
    const std::string words = recipe_.dump() + std::to_string(state_.step);
    const std::string hash = sha256(std::as_bytes(std::span(words))).substr(0, 15);
    torch::Tensor mine = torch::tensor(int64_t(std::stoull(hash, nullptr, 16))), first = mine.clone();
    group_->takeFromFirst(first);
    torch::Tensor different = first.ne(mine).to(torch::kLong);
    group_->sum(different);
    if (different.item<int64_t>() > 0)
        throw Error(ErrorKind::usage, "The processes do not train by the same recipe or do not resume at the "
                                      "same step; start all of them with the same flags and run folder.");
    for (const auto& network : {network_, average_}) {
        for (torch::Tensor& parameter : network->parameters()) group_->takeFromFirst(parameter);
        for (torch::Tensor& buffer : network->buffers()) group_->takeFromFirst(buffer);
    }
}

double TrainingRun::sharedGradients(double loss) {
    if (!group_) return loss;
    const torch::NoGradGuard guard;
    const double share = double(share_.count) / double(share_.size);
    const std::vector<torch::Tensor> parameters = network_->parameters();
    // One message: gradients, who has which, and the loss.
    std::vector<torch::Tensor> parts;
    torch::Tensor has = torch::zeros({int64_t(parameters.size()) + 1}, torch::TensorOptions(use_.device));
    for (size_t i = 0; i < parameters.size(); ++i) {
        const torch::Tensor& gradient = parameters[i].grad();
        has[int64_t(i)] = gradient.defined() ? 1 : 0;
        parts.push_back(
            (gradient.defined() ? gradient * share : torch::zeros_like(parameters[i])).reshape(-1));
    }
    has[-1] = loss * share;
    parts.push_back(has);
    torch::Tensor all = torch::cat(parts);
    group_->sum(all);
    has = all.slice(0, all.numel() - has.numel()).cpu();
    int64_t begin = 0;
    for (size_t i = 0; i < parameters.size(); ++i) {
        const int64_t end = begin + parameters[i].numel();
        torch::Tensor parameter = parameters[i];
        if (has[int64_t(i)].item<float>() > 0) {
            if (!parameter.grad().defined()) parameter.mutable_grad() = torch::zeros_like(parameter);
            parameter.mutable_grad().copy_(all.slice(0, begin, end).view(parameter.sizes()));
        }
        begin = end;
    }
    return has[-1].item<double>();
}

void TrainingRun::shareEpoch() {
    if (!group_) return;
    const torch::NoGradGuard guard;
    // Each process has seen other patches: statistics of batch norm become the mean of theirs.
    for (const auto& network : {network_, average_})
        for (torch::Tensor& buffer : network->buffers()) {
            if (!buffer.is_floating_point()) continue;
            group_->sum(buffer);
            buffer.div_(double(plan_.place.count));
        }
    for (std::vector<double>* counts : {&epochCounts_.both, &epochCounts_.predicted, &epochCounts_.truth}) {
        torch::Tensor sum = torch::tensor(*counts, torch::kDouble);
        group_->sum(sum);
        for (size_t c = 0; c < counts->size(); ++c) (*counts)[c] = sum[int64_t(c)].item<double>();
    }
}

void TrainingRun::shareScores(ValidationScores& scores) {
    if (!group_) return;
    torch::Tensor values =
        torch::tensor({scores.loss, scores.dice, scores.iou, scores.accuracy}, torch::kDouble);
    group_->takeFromFirst(values);
    scores.loss = values[0].item<double>();
    scores.dice = values[1].item<double>();
    scores.iou = values[2].item<double>();
    scores.accuracy = values[3].item<double>();
}

} // namespace cristae

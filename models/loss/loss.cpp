// The parts that losses are made of, and finding a loss by its key.
#include "models/loss/loss.h"

#include "core/base/error.h"
#include "core/learn/recipe.h"

namespace cristae {

const Loss& findLoss(std::string_view key) {
    static const auto all = allLosses();
    std::string keys;
    for (const auto& item : all) {
        if (item->key() == key) return *item;
        keys += (keys.empty() ? "" : ", ") + item->key();
    }
    throw Error(ErrorKind::usage, "There is no loss \"" + std::string(key) + "\"; give one of " + keys + ".");
}

const Schema& Loss::options() const {
    static const Schema none;
    return none;
}

std::unique_ptr<const Loss> makeLoss(const nlohmann::json& recipe) {
    const std::string key = recipe.at("loss");
    findLoss(key);
    for (auto& loss : allLosses())
        if (loss->key() == key) {
            loss->configure(optionsFromText(loss->options(), recipe.value("lossOptions", std::string())));
            return std::move(loss);
        }
    return {};
}

torch::Tensor knownPixels(const torch::Tensor& labels) {
    return labels.ne(255).unsqueeze(1).to(torch::kFloat);
}

torch::Tensor oneHot(const torch::Tensor& labels, int64_t classes) {
    std::vector<torch::Tensor> planes;
    for (int64_t c = 1; c <= classes; ++c) planes.push_back(labels.eq(c));
    return torch::stack(planes, 1).to(torch::kFloat);
}

torch::Tensor classProbabilities(const torch::Tensor& logits, bool exclusive) {
    return exclusive ? torch::softmax(logits, 1).slice(1, 1) : torch::sigmoid(logits);
}

torch::Tensor binaryCrossEntropy(const torch::Tensor& logits, const torch::Tensor& labels) {
    const torch::Tensor known = knownPixels(labels);
    const torch::Tensor each = torch::binary_cross_entropy_with_logits(logits, oneHot(labels, logits.size(1)),
                                                                       {}, {}, at::Reduction::None);
    return (each * known).sum() / (known.sum() * double(logits.size(1))).clamp_min(1);
}

torch::Tensor softmaxCrossEntropy(const torch::Tensor& logits, const torch::Tensor& labels,
                                  const torch::Tensor& classWeights) {
    const torch::Tensor targets = labels.to(torch::kLong);
    if (!classWeights.defined()) {
        const torch::Tensor sum = at::cross_entropy_loss(logits, targets, {}, at::Reduction::Sum, 255);
        return sum / knownPixels(labels).sum().clamp_min(1);
    }
    const torch::Tensor weights = classWeights.to(logits.device());
    const torch::Tensor sum = at::cross_entropy_loss(logits, targets, weights, at::Reduction::Sum, 255);
    const torch::Tensor all = weights.index_select(0, targets.masked_select(targets.ne(255))).sum();
    return sum / all.clamp_min(1e-6);
}

torch::Tensor diceCoefficients(const torch::Tensor& logits, const torch::Tensor& labels, bool exclusive) {
    const torch::Tensor known = knownPixels(labels);
    const torch::Tensor probability = classProbabilities(logits, exclusive) * known;
    const torch::Tensor truth = oneHot(labels, probability.size(1));
    const std::vector<int64_t> pixels{0, 2, 3};
    const torch::Tensor both = (probability * truth).sum(pixels);
    return (2 * both + 1) / (probability.sum(pixels) + truth.sum(pixels) + 1);
}

torch::Tensor softDice(const torch::Tensor& logits, const torch::Tensor& labels, bool exclusive) {
    return 1 - diceCoefficients(logits, labels, exclusive).mean();
}

} // namespace cristae

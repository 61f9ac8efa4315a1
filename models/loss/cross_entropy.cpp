// Cross-entropy over classes that exclude each other.
#include "models/loss/loss.h"

namespace cristae {

namespace {
class CrossEntropyLoss : public Loss {
public:
    std::string key() const override { return "cross_entropy"; }
    bool exclusive() const override { return true; }
    torch::Tensor operator()(const torch::Tensor& logits, const torch::Tensor& labels) const override {
        return softmaxCrossEntropy(logits, labels);
    }
};
} // namespace

std::unique_ptr<Loss> makeCrossEntropyLoss() {
    return std::make_unique<CrossEntropyLoss>();
}

} // namespace cristae

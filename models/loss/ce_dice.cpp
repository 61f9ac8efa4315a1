// Cross-entropy plus soft Dice over classes that exclude each other.
#include "models/loss/loss.h"

namespace cristae {

namespace {
class CeDiceLoss : public Loss {
public:
    std::string key() const override { return "ce_dice"; }
    bool exclusive() const override { return true; }
    torch::Tensor operator()(const torch::Tensor& logits, const torch::Tensor& labels) const override {
        return softmaxCrossEntropy(logits, labels) + softDice(logits, labels, true);
    }
};
} // namespace

std::unique_ptr<Loss> makeCeDiceLoss() {
    return std::make_unique<CeDiceLoss>();
}

} // namespace cristae

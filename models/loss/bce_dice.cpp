// Binary cross-entropy plus soft Dice.
#include "models/loss/loss.h"

namespace cristae {

namespace {
class BceDiceLoss : public Loss {
public:
    std::string key() const override { return "bce_dice"; }
    bool exclusive() const override { return false; }
    torch::Tensor operator()(const torch::Tensor& logits, const torch::Tensor& labels) const override {
        return binaryCrossEntropy(logits, labels) + softDice(logits, labels, false);
    }
};
} // namespace

std::unique_ptr<Loss> makeBceDiceLoss() {
    return std::make_unique<BceDiceLoss>();
}

} // namespace cristae

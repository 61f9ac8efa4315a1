// Soft Dice of each class by itself.
#include "models/loss/loss.h"

namespace cristae {

namespace {
class DiceLoss : public Loss {
public:
    std::string key() const override { return "dice"; }
    bool exclusive() const override { return false; }
    torch::Tensor operator()(const torch::Tensor& logits, const torch::Tensor& labels) const override {
        return softDice(logits, labels, false);
    }
};
} // namespace

std::unique_ptr<Loss> makeDiceLoss() {
    return std::make_unique<DiceLoss>();
}

} // namespace cristae

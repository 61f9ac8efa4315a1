// Minus the logarithm of the soft Dice coefficient: steeper where little overlaps.
#include "models/loss/loss.h"

namespace cristae {

namespace {
class LogDiceLoss : public Loss {
public:
    std::string key() const override { return "log_dice"; }
    bool exclusive() const override { return false; }
    torch::Tensor operator()(const torch::Tensor& logits, const torch::Tensor& labels) const override {
        return -diceCoefficients(logits, labels, false).log().mean();
    }
};
} // namespace

std::unique_ptr<Loss> makeLogDiceLoss() {
    return std::make_unique<LogDiceLoss>();
}

} // namespace cristae

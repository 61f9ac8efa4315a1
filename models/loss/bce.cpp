// Binary cross-entropy of each class by itself.
#include "models/loss/loss.h"

namespace cristae {

namespace {
class BceLoss : public Loss {
public:
    std::string key() const override { return "bce"; }
    bool exclusive() const override { return false; }
    torch::Tensor operator()(const torch::Tensor& logits, const torch::Tensor& labels) const override {
        return binaryCrossEntropy(logits, labels);
    }
};
} // namespace

std::unique_ptr<Loss> makeBceLoss() {
    return std::make_unique<BceLoss>();
}

} // namespace cristae

// Focal loss (Lin, Goyal, Girshick, He, Dollár 2017): pixels that are easy count less.
#include "models/loss/loss.h"

namespace cristae {

namespace {
class FocalLoss : public Loss {
public:
    std::string key() const override { return "focal"; }
    bool exclusive() const override { return false; }
    const Schema& options() const override {
        static const Schema schema{{"gamma",
                                    "Gamma",
                                    Option::Type::real,
                                    2.0,
                                    0,
                                    10,
                                    {},
                                    "",
                                    "0 is cross-entropy; 2 is usual.",
                                    "Loss"},
                                   {"alpha",
                                    "Alpha",
                                    Option::Type::real,
                                    0.25,
                                    0,
                                    1,
                                    {},
                                    "",
                                    "Weight of the objects; the background gets the rest.",
                                    "Loss"}};
        return schema;
    }
    void configure(const nlohmann::json& options) override {
        gamma_ = options.at("gamma");
        alpha_ = options.at("alpha");
    }
    /// Mean over known pixels and classes of −α (1 − p)^γ ln p, p the probability given to the truth.
    torch::Tensor operator()(const torch::Tensor& logits, const torch::Tensor& labels) const override {
        const torch::Tensor known = knownPixels(labels), truth = oneHot(labels, logits.size(1));
        const torch::Tensor entropy =
            torch::binary_cross_entropy_with_logits(logits, truth, {}, {}, at::Reduction::None);
        const torch::Tensor wrong = 1 - torch::exp(-entropy); // 1 − p
        const torch::Tensor weight = truth * alpha_ + (1 - truth) * (1 - alpha_);
        // A power of exactly 0 has no gradient below exponent 1.
        const torch::Tensor each = weight * wrong.clamp_min(1e-12).pow(gamma_) * entropy * known;
        return each.sum() / (known.sum() * double(logits.size(1))).clamp_min(1);
    }

private:
    double gamma_ = 2, alpha_ = 0.25;
};
} // namespace

std::unique_ptr<Loss> makeFocalLoss() {
    return std::make_unique<FocalLoss>();
}

} // namespace cristae

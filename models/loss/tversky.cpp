// Tversky loss (Salehi, Erdogmus, Gholipour 2017): Dice with different prices for what is missed and what is
// too much.
#include "models/loss/loss.h"

namespace cristae {

namespace {
class TverskyLoss : public Loss {
public:
    std::string key() const override { return "tversky"; }
    bool exclusive() const override { return false; }
    const Schema& options() const override {
        static const Schema schema{{"alpha",
                                    "Alpha",
                                    Option::Type::real,
                                    0.3,
                                    0,
                                    1,
                                    {},
                                    "",
                                    "Price of a pixel that is too much.",
                                    "Loss"},
                                   {"beta",
                                    "Beta",
                                    Option::Type::real,
                                    0.7,
                                    0,
                                    1,
                                    {},
                                    "",
                                    "Price of a pixel that is missed.",
                                    "Loss"}};
        return schema;
    }
    void configure(const nlohmann::json& options) override {
        alpha_ = options.at("alpha");
        beta_ = options.at("beta");
    }
    /// 1 − mean over classes of (Σ p·t + 1) / (Σ p·t + α Σ p·(1 − t) + β Σ (1 − p)·t + 1), over known pixels.
    torch::Tensor operator()(const torch::Tensor& logits, const torch::Tensor& labels) const override {
        const torch::Tensor known = knownPixels(labels);
        const torch::Tensor p = torch::sigmoid(logits) * known;
        const torch::Tensor t = oneHot(labels, logits.size(1));
        const std::vector<int64_t> pixels{0, 2, 3};
        const torch::Tensor both = (p * t).sum(pixels), extra = (p * (1 - t)).sum(pixels),
                            missed = ((known - p) * t).sum(pixels);
        return 1 - ((both + 1) / (both + alpha_ * extra + beta_ * missed + 1)).mean();
    }

private:
    double alpha_ = 0.3, beta_ = 0.7;
};
} // namespace

std::unique_ptr<Loss> makeTverskyLoss() {
    return std::make_unique<TverskyLoss>();
}

} // namespace cristae

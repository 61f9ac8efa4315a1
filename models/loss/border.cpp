// Binary cross-entropy with the U-Net's weight map: classes in balance, gaps between objects dear.
#include "models/loss/border_weights.h"
#include "models/loss/loss.h"

namespace cristae {

namespace {
class BorderLoss : public Loss {
public:
    std::string key() const override { return "border"; }
    bool exclusive() const override { return false; }
    const Schema& options() const override {
        static const Schema schema{
            {"w0", "Weight of gaps", Option::Type::real, 10.0, 0, 1000, {}, "", "10 in the paper.", "Loss"},
            {"sigma",
             "Width of gaps",
             Option::Type::real,
             5.0,
             0.1,
             100,
             {},
             "px",
             "About 5 in the paper.",
             "Loss"},
            {"balance",
             "Balance classes",
             Option::Type::boolean,
             true,
             {},
             {},
             {},
             "",
             "Objects and background of a batch weigh the same.",
             "Loss"}};
        return schema;
    }
    void configure(const nlohmann::json& options) override {
        w0_ = options.at("w0");
        sigma_ = options.at("sigma");
        balance_ = options.at("balance");
    }
    /// Σ w · binary cross-entropy / Σ known pixels · classes; w = balance of the class + border weight.
    torch::Tensor operator()(const torch::Tensor& logits, const torch::Tensor& labels) const override {
        const torch::Tensor known = knownPixels(labels), truth = oneHot(labels, logits.size(1));
        torch::Tensor weight =
            borderWeights(labels.to(torch::kCPU), w0_, sigma_).to(logits.device()).unsqueeze(1);
        if (balance_) {
            const std::vector<int64_t> pixels{0, 2, 3};
            const torch::Tensor all = known.sum().clamp_min(1),
                                objects = truth.sum(pixels, true).clamp(1e-3 * all, (1 - 1e-3) * all);
            weight = weight + truth * (all / (2 * objects)) + (1 - truth) * (all / (2 * (all - objects)));
        } else {
            weight = weight + torch::ones_like(truth);
        }
        const torch::Tensor each =
            torch::binary_cross_entropy_with_logits(logits, truth, {}, {}, at::Reduction::None);
        return (weight * each * known).sum() / (known.sum() * double(logits.size(1))).clamp_min(1);
    }

private:
    double w0_ = 10, sigma_ = 5;
    bool balance_ = true;
};
} // namespace

std::unique_ptr<Loss> makeBorderLoss() {
    return std::make_unique<BorderLoss>();
}

} // namespace cristae

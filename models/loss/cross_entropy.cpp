// Cross-entropy over classes that exclude each other; classes may weigh differently.
#include "core/base/error.h"
#include "models/loss/loss.h"

#include <sstream>

namespace cristae {

namespace {
class CrossEntropyLoss : public Loss {
public:
    std::string key() const override { return "cross_entropy"; }
    bool exclusive() const override { return true; }
    const Schema& options() const override {
        static const Schema schema{
            {"classWeights",
             "Class weights",
             Option::Type::text,
             "",
             {},
             {},
             {},
             "",
             "A number for the background and for each class, with blanks between; empty = all alike.",
             "Loss"}};
        return schema;
    }
    void configure(const nlohmann::json& options) override {
        const std::string text = options.at("classWeights");
        std::istringstream stream(text);
        std::vector<float> weights;
        for (float weight = 0; stream >> weight;) weights.push_back(weight);
        const bool legal =
            stream.eof() && std::all_of(weights.begin(), weights.end(), [](float w) { return w > 0; });
        if (!legal)
            throw Error(ErrorKind::usage, "The class weights \"" + text +
                                              "\" are not positive numbers; write \"1 5\" for one class.");
        if (!weights.empty()) weights_ = torch::tensor(weights);
    }
    torch::Tensor operator()(const torch::Tensor& logits, const torch::Tensor& labels) const override {
        if (weights_.defined() && weights_.size(0) != logits.size(1))
            throw Error(ErrorKind::usage, "There are " + std::to_string(weights_.size(0)) +
                                              " class weights for the background and " +
                                              std::to_string(logits.size(1) - 1) + " classes; give " +
                                              std::to_string(logits.size(1)) + ".");
        return softmaxCrossEntropy(logits, labels, weights_);
    }

private:
    torch::Tensor weights_;
};
} // namespace

std::unique_ptr<Loss> makeCrossEntropyLoss() {
    return std::make_unique<CrossEntropyLoss>();
}

} // namespace cristae

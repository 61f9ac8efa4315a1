// Loss: what training makes small; the registry knows all of them.
#pragma once
#include "core/base/schema.h"

#include <memory>
#include <string>
#include <string_view>
#include <torch/torch.h>
#include <vector>

namespace cristae {

/// Labels as the trainer hands them over: 0 background, 1…n classes, 255 unknown. Unknown pixels carry no
/// loss.
class Loss {
public:
    virtual ~Loss() = default;
    virtual std::string key() const = 0; // "bce_dice"
    /// None unless a loss has some.
    virtual const Schema& options() const;
    /// `options` are complete. Throws Error{usage} for values that do not fit together.
    virtual void configure(const nlohmann::json& /*options*/) {}
    /// True if classes exclude each other: the network then has an output for the background, and a softmax.
    virtual bool exclusive() const = 0;
    /// logits f32 [N, outputs, Y, X], labels u8 [N, Y, X] → a scalar that can be differentiated; 0 if no
    /// pixel is known.
    virtual torch::Tensor operator()(const torch::Tensor& logits, const torch::Tensor& labels) const = 0;
};

/// Generated from the CMake list.
std::vector<std::unique_ptr<Loss>> allLosses();
/// Throws Error{usage} listing the known keys.
const Loss& findLoss(std::string_view key);
/// The loss that recipe["loss"] names, with the options of recipe["lossOptions"] ("gamma=2"; may be absent).
/// Throws Error{usage}.
std::unique_ptr<const Loss> makeLoss(const nlohmann::json& recipe);

// Parts that losses are made of.

/// f32 [N, 1, Y, X]: 1 where the label is known.
torch::Tensor knownPixels(const torch::Tensor& labels);
/// f32 [N, classes, Y, X]: 1 where the label is that class.
torch::Tensor oneHot(const torch::Tensor& labels, int64_t classes);
/// Probabilities of the classes without the background, [N, classes, Y, X].
torch::Tensor classProbabilities(const torch::Tensor& logits, bool exclusive);

/// Mean over known pixels and classes of the binary cross-entropy of each class.
torch::Tensor binaryCrossEntropy(const torch::Tensor& logits, const torch::Tensor& labels);
/// Mean over known pixels of the cross-entropy of the softmax. With `classWeights` f32 [outputs] the mean is
/// weighted by the weight of each pixel's class, as in LibTorch.
torch::Tensor softmaxCrossEntropy(const torch::Tensor& logits, const torch::Tensor& labels,
                                  const torch::Tensor& classWeights = {});
/// 1 − mean over classes of (2 Σ p·t + 1) / (Σ p + Σ t + 1), sums over the known pixels of the whole batch:
/// soft Dice after Milletari, Navab, Ahmadi 2016 with p instead of p², smoothed so that empty against empty
/// is no loss.
torch::Tensor softDice(const torch::Tensor& logits, const torch::Tensor& labels, bool exclusive);
/// The coefficient of each class that softDice() takes the mean of, [classes].
torch::Tensor diceCoefficients(const torch::Tensor& logits, const torch::Tensor& labels, bool exclusive);

} // namespace cristae

// Validation: a network's scores on whole slices that it does not train on.
#pragma once
#include "core/base/progress.h"
#include "core/learn/augment.h"
#include "models/loss/loss.h"
#include "models/nn/architecture.h"

#include <functional>

namespace cristae {

/// Scores over all validation slices together, mean over classes; NaN-free. Dice and IoU of empty against
/// empty are 1.
struct ValidationScores {
    double loss = 0, dice = 0, iou = 0, accuracy = 0;
    Pixels firstProbability; // f32 [K, 1, Y, X] of the first slice
};

/// Pixel counts of a comparison, class by class; unknown pixels are left out.
struct ClassCounts {
    std::vector<double> both, predicted, truth, correct;
    double known = 0;
    explicit ClassCounts(int64_t classes);
    /// probability f32 [N, K, Y, X], labels u8 [N, Y, X].
    void add(const torch::Tensor& probability, const torch::Tensor& labels, bool exclusive);
    double dice() const;
    double iou() const;
    double accuracy() const;
};

struct NetworkUse {
    Footprint footprint;
    int64_t classes = 1;
    bool exclusive = false;
    torch::Device device = torch::kCPU;
    bool bf16 = false;
};

/// Runs under autocast when `use.bf16`; logits f32.
torch::Tensor forwardLogits(NetworkModule& network, const torch::Tensor& input, const NetworkUse& use);

/// `interrupted` is asked between tiles; when it says true the scores so far are thrown away and
/// Error{cancelled} is thrown.
ValidationScores validate(NetworkModule& network, const std::vector<PreparedSlice>& slices, const Loss& loss,
                          const NetworkUse& use, const std::function<bool()>& interrupted);

} // namespace cristae

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
    double loss = 0, dice = 0, iou = 0, accuracy = 0; // at a threshold of 0.5; all 0 where no pixel is known
    std::vector<double> thresholds; // of each class, in steps of 0.05: where its Dice is highest; empty
                                    // where no pixel is known
    Pixels firstProbability;        // f32 [K, 1, Y, X] of the first slice
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

/// Finds the threshold of each class that gives the highest Dice over everything added; the one nearest to
/// 0.5 of equals.
class ThresholdSearch {
public:
    explicit ThresholdSearch(int64_t classes);
    /// probability f32 [1, K, Y, X], labels u8 [1, Y, X]; unknown pixels are left out.
    void add(const torch::Tensor& probability, const torch::Tensor& labels);
    std::vector<double> best() const;

private:
    static constexpr int64_t bins = 20;
    torch::Tensor inside_, all_; // i64 [K, bins]: pixels of the class, and all, by probability
};

struct NetworkUse {
    Footprint footprint;
    int64_t classes = 1;
    bool exclusive = false;
    torch::Device device = torch::kCPU;
    bool bf16 = false;
    SlicesSeen seen;
};

/// [N, K, Z, Y, X] → [N, K, Z · Y, X], and labels [N, Z, Y, X] → [N, Z · Y, X]: losses and counts see volumes
/// as planes. Planes stay as they are.
torch::Tensor asPlanes(const torch::Tensor& logits);

/// Runs under autocast when `use.bf16`; logits f32.
torch::Tensor forwardLogits(NetworkModule& network, const torch::Tensor& input, const NetworkUse& use);

/// f32 [K, 1, Y, X] of a slice, as validate() sees it.
Pixels probabilityOf(NetworkModule& network, const PreparedSlice& slice, const NetworkUse& use,
                     const std::function<bool()>& interrupted);

/// Of the labelled pixels alone. `interrupted` is asked between tiles; when it says true the scores so far
/// are thrown away and Error{cancelled} is thrown.
ValidationScores validate(NetworkModule& network, const std::vector<PreparedSlice>& slices, const Loss& loss,
                          const NetworkUse& use, const std::function<bool()>& interrupted,
                          Role role = Role::validation);

} // namespace cristae

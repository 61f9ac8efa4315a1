// Validation: a network's scores on whole slices that it does not train on.
#pragma once
#include "core/base/progress.h"
#include "core/learn/augment.h"
#include "models/loss/loss.h"
#include "models/nn/architecture.h"

#include <functional>
#include <map>
#include <string>

namespace cristae {

/// Scores of all validation slices; NaN-free. The loss is the mean over pixels; Dice, IoU and accuracy are
/// those of each data set, at the thresholds that the model would use, in the mean over data sets: a large
/// one does not decide alone. See meanScores().
struct ValidationScores {
    double loss = 0, dice = 0, iou = 0, accuracy = 0; // all 0 where no pixel is known
    std::vector<double> thresholds; // of each class, in steps of 0.05: where its mean Dice is highest; empty
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
    /// Mean over classes at these counts; 1 for a class that is nowhere.
    double dice() const;
};

using CountsByData = std::map<std::string, ClassCounts>; // by the name of the data set

struct MeanScores {
    double dice = 0, iou = 0, accuracy = 0;
};
/// Of each class the mean over the data sets that show it, then the mean over classes. A class that no data
/// set shows counts 1 where nothing is predicted, else 0.
MeanScores meanScores(const CountsByData& counts);

/// Finds one threshold of each class for all data sets: the highest mean of their Dice; the one nearest to
/// 0.5 of equals. A data set without the class does not count.
class ThresholdSearch {
public:
    explicit ThresholdSearch(int64_t classes) : classes_(classes) {}
    /// probability f32 [1, K, Y, X], labels u8 [1, Y, X]; unknown pixels are left out.
    void add(const std::string& data, const torch::Tensor& probability, const torch::Tensor& labels);
    std::vector<double> best() const;
    /// What thresholds (of 0.05, 0.1 … 0.95, one a class) give: a pixel from the threshold on is of the
    /// class.
    CountsByData countsAt(const std::vector<double>& thresholds) const;

private:
    static constexpr int64_t bins = 20;
    struct Histograms {
        torch::Tensor inside, all; // i64 [K, bins]: pixels of the class, and all, by probability
    };
    int64_t classes_;
    std::map<std::string, Histograms> found_;
};

struct NetworkUse {
    Footprint footprint;
    int64_t classes = 1;
    bool exclusive = false;
    torch::Device device = torch::kCPU;
    bool bf16 = false;
    SlicesSeen seen;
    bool ownThresholds = true; // a model takes the best thresholds, not one half
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

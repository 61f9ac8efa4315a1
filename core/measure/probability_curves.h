// Curves of probabilities against a truth: precision and recall at every threshold, and calibration.
#pragma once
#include "core/base/progress.h"
#include "core/measure/label_volume.h"
#include "core/measure/metrics.h"

#include <array>

namespace cristae {

struct CurvePoint {
    double threshold = 0, precision = 0, recall = 0, dice = 0;
};
struct CalibrationBin {
    int64_t voxels = 0;
    double meanProbability = 0, share = 0; // of its voxels that are foreground in truth
};

/// Collects voxels slice by slice in 1000 steps of probability.
class ProbabilityCurves {
public:
    /// Probabilities in 0…1; throws Error{input} for others. Where `labelled` (empty: everywhere) is 0
    /// nothing is counted.
    void add(std::span<const float> probability, std::span<const uint8_t> truth,
             std::span<const uint8_t> labelled = {});
    /// At thresholds 0.01, 0.02 … 0.99; what is at or above the threshold is predicted. Nothing predicted has
    /// a precision of 1.
    std::vector<CurvePoint> precisionRecall() const;
    /// Σ (recall_k − recall_{k−1}) · precision_k over all steps, from the highest threshold down, as
    /// scikit-learn; 1 when there is no foreground.
    double averagePrecision() const;
    /// Ten bins of equal width.
    std::array<CalibrationBin, 10> calibration() const;
    /// Expected calibration error (Guo et al. 2017, arXiv:1706.04599): mean over voxels of how far the bins'
    /// mean probability and share lie apart.
    double calibrationError() const;

private:
    static constexpr size_t steps = 1000;
    std::array<int64_t, steps + 1> all_{}, inside_{};
    std::array<double, 10> sums_{};
};

/// One slice of a prediction as f32. Throws Error{input} for anything but one channel of fractions; `what`
/// names the image there.
Pixels probabilitiesOf(const Pixels& slice, const std::string& what);

/// The curves of a whole prediction, read slice by slice. Throws Error{input} for anything but one channel of
/// fractions from 0 to 1, and {cancelled}. The names stand in errors.
ProbabilityCurves curvesOf(const TileSource& prediction, const TileSource& truth,
                           const EvaluationOptions& options, const std::string& predictionName,
                           const std::string& truthName, const Progress& progress);

} // namespace cristae

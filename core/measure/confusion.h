// Helpers of the metrics: counting masks against each other.
#pragma once
#include "core/measure/label_volume.h"
#include "core/measure/metrics.h"

#include <vector>

namespace cristae {

/// Throws Error{input} naming both.
void throwUnlessSameSize(const Extent3& prediction, const Extent3& truth, const std::string& predictionName,
                         const std::string& truthName);
/// The options with what the sources say of unlabelled voxels.
EvaluationOptions optionsFor(EvaluationOptions options, const ImageInfo& prediction, const ImageInfo& truth);
/// Two blocks of one size as masks of 0 and 1; both are 0 where the truth is not labelled.
struct SliceMasks {
    std::vector<uint8_t> prediction, truth;
    std::vector<uint8_t> labelled; // of the truth; empty where all is
};
SliceMasks masksOf(const Pixels& prediction, const Pixels& truth, const EvaluationOptions& options,
                   const std::string& predictionName, const std::string& truthName);
/// The foreground of the truth by the options.
Foreground truthForeground(const EvaluationOptions& options);
ConfusionCounts countsOf(const SliceMasks& masks);

} // namespace cristae

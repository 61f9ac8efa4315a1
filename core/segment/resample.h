// Resampling by absolute coordinates: the value of an output pixel depends on nothing but its place, never on
// tiles or regions.
#pragma once
#include "core/base/progress.h"
#include "core/image/pixels.h"

#include <cstdint>
#include <vector>

namespace cristae {

/// How outputs [outBegin, outBegin + starts.size()) of an axis come from its inputs. Pixel centres lie at
/// half-integers: output i is at (i + 0.5) / scale − 0.5 of the input. Linear when growing, a triangle as
/// wide as an output pixel when shrinking; weights beyond the ends are dropped and the rest sums to 1.
struct AxisWeights {
    std::vector<int64_t> starts;  // first input of each output
    std::vector<int64_t> offsets; // into weights; one more than starts
    std::vector<float> weights;
    int64_t inputBegin = 0, inputEnd = 0; // inputs that are needed at all
};

/// scale: output pixels per input pixel. inCount: length of the whole input axis.
AxisWeights axisWeights(int64_t inCount, int64_t outBegin, int64_t outEnd, double scale);

/// Number of pixels of an axis after scaling: rounded, at least 1.
int64_t scaledCount(int64_t count, double scale);

/// f32 [C, 1, Y, X] of the inputs y.inputBegin…, x.inputBegin… → f32 [C, 1, y.starts.size(),
/// x.starts.size()]. `input` holds just the needed inputs, its first pixel being (y.inputBegin,
/// x.inputBegin). Throws Error{cancelled}.
Pixels resampled(const Pixels& input, const AxisWeights& y, const AxisWeights& x,
                 const Progress& progress = Progress::none());

/// A whole plane, f32 [C, 1, Y, X] → f32 [C, 1, scaledCount(Y), scaledCount(X)].
Pixels resampledPlane(const Pixels& plane, double scaleY, double scaleX,
                      const Progress& progress = Progress::none());

} // namespace cristae

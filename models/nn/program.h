// Program: a network as the list of steps that inference takes; weights by name. What cannot be written so
// runs as a module.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace cristae {

/// One step works on the current activation [N, C, Y, X].
struct ProgramStep {
    enum class Kind {
        convolution, // `weights` (+ batch norm `norm`) with "same" padding, then ReLU if `relu`; reads also
                     // `slot` if ≥ 0: the input is then the concatenation [slot, current] along the channels
        maxPool,               // 2 × 2
        transposedConvolution, // `weights`, kernel = stride = 2
        bilinearUpsample,      // by 2, half-pixel centres
        keep                   // remembers the current activation as `slot`
    };
    Kind kind = Kind::convolution;
    std::string weights; // "encoder.0.conv1": has .weight and perhaps .bias
    std::string norm;    // "encoder.0.norm1": has .weight, .bias, .running_mean, .running_var; empty = none
    bool relu = false;
    int slot = -1;
};

using Program = std::vector<ProgramStep>;
/// Added to the variance by every batch norm of the program.
inline constexpr double programNormEpsilon = 1e-5;

} // namespace cristae

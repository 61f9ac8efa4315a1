// ErrorMap: where a network errs on a training slice, coarse enough to be kept with a checkpoint.
#pragma once
#include "core/image/pixels.h"

#include <vector>

namespace cristae {

/// Cells of 32 × 32 px, those at the right and lower border cut off there.
struct ErrorMap {
    static constexpr int64_t cellSide = 32;
    int64_t rows = 0, columns = 0;
    /// 255 times the root of the mean squared error over the cell, where unknown pixels count as none.
    std::vector<uint8_t> cells;
    bool empty() const { return cells.empty(); }
    bool operator==(const ErrorMap&) const = default;
};

/// `probability` f32 [K, 1, Y, X] of the classes 1 … K, `labels` u8 [1, 1, Y, X]. The error of a pixel is the
/// largest of its classes.
ErrorMap errorMapOf(const Pixels& probability, const Pixels& labels);

} // namespace cristae

// Probabilities in files: as fractions, or as whole numbers up to 255 or 65535; and masks made of them.
#pragma once
#include "core/image/tile_source.h"

#include <cstdint>
#include <optional>

namespace cristae {

struct ProbabilityScale {
    double one = 1;      // the value that stands for a probability of 1
    double largest = 0;  // value in the image
    int64_t missing = 0; // voxels that are no numbers
};

/// The value that stands for a probability of 1 in an image of one channel: 1 (fractions from 0 to 1), 255 or
/// 65535 (whole numbers of that type, or fractions beyond 1). Nothing for labels: whole numbers up to 16, for
/// floating-point values up to 255 of which there are few; and for what can be neither. Whole numbers between
/// are taken for probabilities, so that this is to be asked only where probabilities are expected. Reads the
/// image. Throws Error{input, cancelled}.
std::optional<ProbabilityScale> probabilityScale(const TileSource& source, const Progress& progress);
/// The values divided by `scale`, f32 [1, Z, Y, X]; pixel size and path are kept.
TileSourcePtr probabilitiesFrom(TileSourcePtr source, double scale);
/// 1 where the first channel reaches the threshold, u8 [1, Z, Y, X]; what is not a number does not. Pixel
/// size and path are kept.
TileSourcePtr thresholded(TileSourcePtr probabilities, double threshold);
/// True for an image of one channel that holds a value that is no whole number.
bool holdsFractions(const TileSource& source, const Progress& progress);

} // namespace cristae

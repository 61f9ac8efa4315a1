// Averaging: the eight ways to lay a square on itself, and sixteen for a block of slices; a network sees
// each, and the answers are laid back and averaged.
#pragma once
#include "core/image/pixels.h"
#include "core/segment/predictor.h"

#include <span>

namespace cristae {

/// Mirror left–right first, then top–bottom, then swap the axes; the order of slices by itself.
struct Orientation {
    bool mirrorX = false, mirrorY = false, transpose = false, reverseZ = false;
};

/// none: 1, flips: 4, all: 8, or 16 for networks of several slices; the first is the identity.
std::span<const Orientation> orientations(Averaging averaging, bool severalSlices);
/// f32 [C, Z, Y, X] seen in that orientation; [C, Z, X, Y] when transposed.
Pixels oriented(const Pixels& block, const Orientation& orientation);
/// Adds a block that was seen in an orientation, laid back, to `sum` (f32 [C, Z, Y, X]).
void addLaidBack(Pixels& sum, const Pixels& block, const Orientation& orientation);

} // namespace cristae

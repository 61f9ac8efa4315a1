// GreyChanges: what happens to the grey values of a patch, the same for all its planes.
#pragma once
#include "core/learn/augment_ranges.h"

#include <span>

namespace cristae {

/// In standard deviations of the slice where grey values are meant, in pixels where lengths are.
struct GreyChanges {
    double brightness = 0, contrast = 1, gamma = 1, noise = 0, blur = 0, sharpen = 0;
    double saltPepper = 0; // share of the pixels
    int median = 0;        // side of the window, odd; 0 = none
};

/// The changes that recipes always had …
GreyChanges drawGreyChanges(Random& random, const AugmentRanges& ranges);
/// … and those that came later; they are drawn behind all others.
void drawLaterGreyChanges(Random& random, const AugmentRanges& ranges, GreyChanges& changes);

/// To a plane [S, S], in place. Random numbers only for noise.
void changeGrey(const GreyChanges& changes, Random& random, std::span<float> plane, int64_t side);

} // namespace cristae

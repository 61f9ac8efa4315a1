// From label values as stored to class numbers.
#pragma once
#include "core/learn/training_set.h"

namespace cristae {

/// One slice [C, 1, Y, X] of any type (only the first channel counts) → u8 [1, 1, Y, X]: 0 background, 1…n
/// classes, 255 unknown.
Pixels classesOf(const Pixels& labels, const LabelMeaning& meaning);

} // namespace cristae

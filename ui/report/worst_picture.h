// The image that a model is worst at, beside what it found right, too much and not.
#pragma once
#include "core/learn/training_set.h"

#include <string>

namespace cristae {

/// RGB u8 [3, 1, Y, X]: the slice with a scale bar, beside it the same slice with true positives, false
/// positives and false negatives of class `label` (and what is not labelled, which is not scored) in colours
/// that colour-blind people tell apart, both of the part that is labelled; below, the name, the Dice and the
/// pixel size. `found` u8 [1, 1, Y, X]. Needs a QGuiApplication (ensureGuiApplication()).
Pixels worstPicture(const TrainingSlice& slice, const Pixels& found, int64_t label,
                    const std::string& className, double dice);

} // namespace cristae

// Data for studies.
#pragma once
#include "core/learn/training_set.h"

namespace cristae {

/// Gives every slice its role anew: the last fifth gives the scores, the fifth before it chooses the weights,
/// the rest is trained on. Throws Error{usage} for fewer than three slices.
void shareOut(TrainingSet& set);

} // namespace cristae

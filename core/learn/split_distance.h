// Splits of a training set into training and held-out parts that lie far enough apart.
#pragma once
#include "core/base/progress.h"
#include "core/learn/training_set.h"

#include <map>

namespace cristae {

struct ModelCard;

enum class SplitBy {
    distance, // whole volumes where there are three, else slices, else columns or rows
    volume    // whole volumes
};

/// A slice, or a region of it, and what it is for.
struct SplitShare {
    size_t slice = 0; // of set.slices
    Role role = Role::train;
    std::optional<Region> region; // empty: all of it
};

struct Split {
    std::vector<SplitShare> shares;            // what is in none of them belongs to nobody
    std::vector<std::string> sentences;        // what was done, one a volume or stack
    std::map<std::string, std::string> ofData; // the same by data set, for the card
    bool apart = true;                         // every held-out pixel is far enough from training pixels
};

/// Splits anew, whatever the roles are now: validation, with `test` also a part for scores. Every held-out
/// pixel is at least `independentNm` (or `independentSlices`, `independentPixels` where lengths are not
/// known) from every training pixel of its stack, unless the images are too small, which is said. Both parts
/// hold every class where that is possible. Slices that look alike, files of one folder that look like a
/// stack, and stacks of one data set are one volume. Throws Error{usage} for SplitBy::volume when there is
/// only one, {cancelled}.
Split planSplit(const TrainingSet& set, SplitBy by, bool test, const Progress& progress);
/// Roles and labels as the split says; what belongs to nobody is gone.
void applySplit(TrainingSet& set, const Split& split);
/// The same, in the words of the card too.
void applySplit(TrainingSet& set, ModelCard& card, const Split& split);

/// If no slice is for validation: holds some out, and says which. Of stacks and regions with the distance
/// that a test needs, where they are large enough for it; else the last `share` of the slices, earlier ones
/// where all slices with objects would be on one side. A single slice gives its right quarter.
std::vector<std::string> holdOutForValidation(TrainingSet& set, double share = 0.15);

} // namespace cristae

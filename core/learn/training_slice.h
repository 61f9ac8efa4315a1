// What a slice of a training set holds, and the image that it is predicted from.
#pragma once
#include "core/learn/training_set.h"

namespace cristae {

/// Whether any pixel of labels as in TrainingSlice is of a class.
bool holdsClass(const Pixels& labels);

/// An image at the pixel size of a slice, and where the slice is in it.
struct ImageOfSlice {
    TileSourcePtr image;
    int64_t z = 0;
};
/// With its neighbours where they are known, since networks may take several slices; else the slice alone.
ImageOfSlice imageOf(const TrainingSlice& slice);

} // namespace cristae

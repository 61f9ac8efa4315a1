// SlicePlaces: which slices of a training set lie in one stack, and where.
#pragma once
#include "core/learn/training_set.h"

namespace cristae {

/// The stack that an image is, by device and inode of its file and the data set inside, so that links and
/// other names of a file are the same; the source's own id where it has no file.
std::string stackName(const TileSource& source);

/// A slice seen from afar: a thumbnail of 64 × 64 means, zero mean and unit length, and a difference hash.
/// The hash is for a quick first look: bit i says whether one of 8 × 9 cells of the blurred image is brighter
/// than its left neighbour (dHash, Krawetz 2013), which grey-value scaling and small shifts leave alone.
struct Thumbnail {
    std::vector<float> values; // [64 · 64]
    uint64_t hash = 0;
};
/// Of the first channel. An image without contrast has values of 0 and looks like no other.
Thumbnail thumbnailOf(const Pixels& image);
/// Normalised cross-correlation in [−1, 1]; 0 without further look where the hashes differ by more than 20
/// bits.
double likeness(const Thumbnail& a, const Thumbnail& b);

/// Where a slice of a set lies.
struct SlicePlace {
    int64_t stack = 0;    // slices with the same number lie in one stack
    int64_t z = 0;        // there
    bool guessed = false; // files of one folder that look like consecutive slices
};

/// A place for each slice of the set. Single images in one folder are slices of one stack when consecutive
/// ones (by name) resemble each other (median correlation ≥ 0.25) and distant ones less; then the numbers in
/// their names are their places. Measured: files of stacks 0.42–0.97, independent micrographs ≤ 0.08.
std::vector<SlicePlace> slicePlaces(const TrainingSet& set, const std::vector<Thumbnail>& thumbnails);

/// Slices that belong together and are not to be parted between training and test: of one stack, stacks of
/// one data set, or looking alike. Indices of set.slices, in the order of their first.
using Members = std::vector<size_t>;
std::vector<Members> volumesOf(const TrainingSet& set, const std::vector<SlicePlace>& places,
                               const std::vector<Thumbnail>& thumbnails, const Progress& progress);

/// Whether two images in different files show nearly the same: a correlation of 0.95, or of 0.8 where they
/// are at least 256 px wide and high. Measured: slices of Lucchi++ 25 nm apart 0.8, images of different
/// volumes at most 0.49, two figures with particles on plain ground 0.65.
bool looksAlike(double likeness, const Extent3& extent);

} // namespace cristae

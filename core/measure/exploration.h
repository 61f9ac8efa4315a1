// Exploration of a labelled stack before training: grey values inside and outside the objects, and how alike
// slices are.
#pragma once
#include "core/base/progress.h"
#include "core/measure/label_volume.h"

#include <functional>
#include <vector>

namespace cristae {

struct GreyHistograms {
    double low = 0, high = 0;             // the range that the bins cover, from the image's own values
    std::vector<int64_t> inside, outside; // voxels of each bin, by the truth
    int64_t withoutValue = 0;             // voxels of the image that are left out: no finite number
    /// Σ min(inside share, outside share): 0 = apart, 1 = the same.
    double overlap() const;
};
/// Two passes over the stack, slice by slice; grey images only (of several channels the first). Throws
/// Error{input} when sizes differ, and {cancelled}.
GreyHistograms greyHistograms(const TileSource& image, const TileSource& labels, const Foreground& foreground,
                              int bins, const Progress& progress);

struct SliceCorrelation {
    int64_t distance = 0; // in slices
    int64_t pairs = 0;
    double mean = 0;          // of Pearson's coefficient over the pairs
    double low = 0, high = 0; // 95 % interval of that mean
};
/// Changes a slice, [1, 1, Y, X] f32, before it is compared: a flip, noise, a deformation.
using SliceChange = std::function<Pixels(const Pixels& slice, int64_t z)>;
/// Pearson's correlation of slices `distance` apart, for 0 … mostDistance: each slice as it is against the
/// other one changed (empty = as it is; then distance 0 is 1). Mean and interval by Fisher's transformation
/// over the pairs, which are taken for independent (Fisher 1921), with Student's t: with one pair the
/// interval is that of nothing. Slices without contrast, and pixels without a finite value in either slice,
/// are left out. Throws Error{cancelled}.
std::vector<SliceCorrelation> sliceCorrelations(const TileSource& image, int64_t mostDistance,
                                                const SliceChange& change, const Progress& progress);

struct ExplorationOptions {
    Foreground foreground;
    ObjectIdentity identity;   // what is one object
    int64_t smallest = 0;      // objects of fewer voxels are left out
    int64_t mostDistance = 20; // of correlated slices
    int bins = 64;             // of the histograms
};

/// What a labelled stack is like.
struct Exploration {
    int64_t objects = 0;
    int64_t sections = 0; // objects counted in every slice by itself
    double foregroundShare = 0;
    double meanAreaPx = 0, meanVolumeVoxels = 0;      // of a section, of an object; 0 without objects
    std::optional<double> meanAreaNm2, meanVolumeNm3; // where the voxel size is known
    VoxelSize voxelSize;                              // of the labels, else of the image
    ObjectIdentity identity;
    std::vector<std::string> remarks; // what was left out or is doubtful
    GreyHistograms grey;
    std::vector<SliceCorrelation> correlation;
};
/// Counts, sizes, grey values and the correlation between slices, read slice by slice. Objects are counted as
/// measureObjects() does. Grey values that are no numbers are left out. Throws Error{input} when sizes differ
/// or the labels are none, and {cancelled}.
Exploration explore(const TileSource& image, const TileSource& labels, const ExplorationOptions& options,
                    const Progress& progress);
/// The histograms (grey value, inside, outside) and the correlations (distance, pairs, Pearson, interval) as
/// rows of CSV, under the figures.
std::string explorationCsv(const Exploration& exploration);

} // namespace cristae

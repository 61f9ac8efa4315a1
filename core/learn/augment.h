// Patches for training: random crops with on-the-fly augmentation, one warp for geometry and cheap changes of
// grey values.
#pragma once
#include "core/learn/error_map.h"
#include "core/learn/slices_seen.h"
#include "core/learn/training_set.h"

#include <memory>
#include <nlohmann/json.hpp>

namespace cristae {

class Random;
struct AugmentRanges;

/// Where a slice shows a class.
struct ObjectPixels {
    uint8_t label = 1;           // 1 … 254
    int64_t count = 0;           // pixels of the class in the slice
    std::vector<int64_t> pixels; // some of them, as y · X + x
};

/// A training slice ready for sampling, as a prediction would see it: at the recipe's pixel size, zero mean
/// and unit variance.
struct PreparedSlice {
    std::string name, data; // of the slice, and the data set it belongs to
    Pixels image;           // f32 [C, 1, Y, X]
    Pixels labels;          // u8 [1, 1, Y, X]
    /// What a network of several slices sees, itself among them, mirrored at the ends of the stack; empty:
    /// the image alone. Slices share their memory.
    std::vector<Pixels> planes;
    std::vector<Pixels> planeLabels; // of volumes, one a plane: 255 where the labels are not for training
    Role role = Role::train;
    double weight = 1;                 // of a pixel when patches are placed
    std::vector<ObjectPixels> objects; // by label, for patches on objects
    double share = 0;                  // of the patches, of all slices of its entry together; 0: none is set
    int64_t entry = 0;
    int64_t known = 0; // pixels that are labelled, background too
    /// Some of them, as y · X + x; empty where (nearly) all are, so that patches may lie anywhere.
    std::vector<int64_t> knownPixels;
};

/// Brings an image to `channels`, resamples it to recipe["pixelSizeNm"] where that and the slice's size are
/// known and differ by more than 1 % (labels: the nearest pixel), and normalises it over the whole slice:
/// with the functions of a prediction.
PreparedSlice prepareSlice(const TrainingSlice& slice, int64_t channels, const nlohmann::json& recipe);

/// All slices with their neighbours, which are read, resampled and normalised like them. Of volumes, a
/// neighbour's labels count where it is in `slices` itself with the same role. Slices of Role::test are left
/// out. Throws Error{input, memory, cancelled}.
std::vector<PreparedSlice> prepareSlices(const std::vector<TrainingSlice>& slices, int64_t channels,
                                         const nlohmann::json& recipe, const SlicesSeen& seen,
                                         const Progress& progress);

struct Patch {
    Pixels image;  // f32 [C, Z, S, S], Z the slices seen
    Pixels labels; // u8 [1, 1, S, S]; of volumes [1, Z, S, S]
};

/// Draws patches: a share of them, "foregroundFraction", on objects, where each class comes equally often;
/// "hardFraction" of the others where the network errs, once it has been looked at; and the rest anywhere.
/// Slices come in proportion to weight and labelled area (all of it from 95 % on), or as the shares of their
/// entries say. No patch is without a labelled pixel. Patch n of a run depends only on (seed, n) and the
/// error maps, so any number of threads gives the same patches.
class PatchSampler {
public:
    /// `slices` outlives the sampler; only those of Role::train are used. Throws Error{input} when there are
    /// none.
    PatchSampler(const std::vector<PreparedSlice>& slices, const nlohmann::json& recipe);
    Patch patch(uint64_t seed, uint64_t n) const;
    int64_t side() const { return side_; }
    /// Where the network errs, one map for each of the slices that the sampler was made of, empty where it is
    /// not known. Not while patches are drawn.
    void setErrorMaps(const std::vector<ErrorMap>& maps);

private:
    struct Place { // where a patch is centred, in pixels of the slice
        const PreparedSlice* slice;
        double y, x;
    };
    void weigh();
    Place drawPlace(Random& random) const;
    Place drawObject(Random& random, const PreparedSlice* slice) const;
    Place drawHard(Random& random) const;
    Place drawAnywhere(Random& random, const PreparedSlice& slice) const;
    Patch patchAt(Random& random, const Place& place) const;
    std::vector<const PreparedSlice*> slices_;
    std::vector<size_t> places_;     // of them, in the vector the sampler was made of
    std::vector<double> density_;    // weight of a pixel, by slice
    std::vector<double> cumulative_; // of density × labelled pixels
    bool shares_ = false;            // some entries say their share
    struct ClassPlaces {
        uint8_t label;
        std::vector<double> cumulative; // of weight × pixels of the class, slice by slice
    };
    std::vector<ClassPlaces> classes_; // that are somewhere in the slices
    struct HardCell {
        size_t slice; // of slices_
        int64_t row, column;
    };
    std::vector<HardCell> hard_;
    std::vector<double> hardCumulative_; // of density × squared error
    int64_t side_;
    std::shared_ptr<const AugmentRanges> ranges_;
};

} // namespace cristae

// TrainingSet: pairs of images and labels, matched by name or by page, checked before anything starts.
#pragma once
#include "core/image/tile_source.h"
#include "core/labels/label_layer.h"
#include "core/learn/region.h"

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace cristae {

/// What a slice is for: to learn from, to choose the best network and its thresholds, or only for the final
/// scores.
enum class Role { train, validation, test };

/// One slice with its labels, in memory.
struct TrainingSlice {
    std::string name; // "train_images_z000-023.tif, slice 4"
    Pixels image;     // [C, 1, Y, X] in the image's own type
    Pixels labels;    // u8 [1, 1, Y, X]: 0 background, 1…n classes, 255 unknown (no loss)
    std::optional<double> pixelSizeNm;
    Role role = Role::train;
    double weight = 1;    // how often patches come from here, besides the slice's area
    std::string data;     // the data set it belongs to: scores are summed over each
    TileSourcePtr source; // where networks of several slices find its neighbours; empty: it stands alone
    int64_t z = 0;        // its place there
    /// Equal for slices of one stack, by whatever name its file was reached; empty: it stands alone.
    std::string stack = {};
    std::optional<double> sliceDistanceNm = {}; // from one slice of the stack to the next
    /// Share of the patches that come from its entry together, in [0, 1]; 0: by weight and labelled area.
    double share = 0;
    int64_t entry = 0; // slices of one entry have the same share between them
    /// How near it is to training data, in words for a score's note; empty: far enough, or it trains itself.
    std::string leak = {};
};

/// An image with its labels before reading: what a row of the data-set table stands for.
struct TrainingPair {
    std::string name;
    TileSourcePtr image;
    TileSourcePtr labels; // same extent
    Role role = Role::train;
    int64_t firstSlice = 0, endSlice = -1; // [first, end); -1 = all
    int64_t everySlice = 1;                // 10 = every tenth
    double weight = 1;                     // of its slices, see TrainingSlice
    std::vector<std::string> remarks = {}; // on the pairing
    std::optional<Region> region = {};     // outside nothing is labelled; networks still see the image there
    std::optional<double> sliceDistanceNm = {}; // instead of what the image states
    double share = 0;                           // see TrainingSlice
};

/// Which label values mean a class. Default: every value ≠ 0 is class 1. Values that are named nowhere are
/// background, or unknown with `restUnknown`.
struct LabelMeaning {
    std::vector<std::vector<int64_t>>
        valuesOfClass;                  // per class the values; empty = one class, every value ≠ 0
    bool inverted = false;              // one class: the value 0 is the object (ISBI membranes)
    std::vector<int64_t> unknownValues; // become 255: no loss there
    bool boundariesOfIds =
        false; // one class: voxels where ids change to a neighbour in the slice (4-neighbourhood)
    std::vector<int64_t> backgroundValues = {}; // certainly no class
    bool restUnknown = false;                   // every value not named, 0 too, becomes 255: partial labels
    bool noObject = false; // nothing is labelled as a class, on purpose: it shows what the class is not
    /// Whether every value ≠ 0 is class 1.
    bool isDefault() const { return valuesOfClass.empty() && !restUnknown && !noObject; }
};

struct TrainingSet {
    std::vector<TrainingSlice> slices;
    std::vector<std::string> classNames;
    /// The one class is the boundaries between cells, so that scores are of the cells too.
    bool marksBoundaries = false;
    std::vector<std::string> remarks; // of the files it was read from
};

/// Pairs of image and label sources: two stacks page by page, or the files of two folders (or of one folder
/// that holds both) by name or by number, see pairFiles(). Labels are read as openLabels() does. Throws
/// Error{input} naming what has no partner.
std::vector<TrainingPair> pairImagesAndLabels(const std::string& images, const std::string& labels,
                                              Role role);

/// All complaints at once, as sentences: sizes that differ, an image that is binary, labels that are none.
/// Slices without an object are fine: they show what the class is not.
std::vector<std::string> complaints(const std::vector<TrainingPair>& pairs, const LabelMeaning& meaning);

/// Reads all slices. Voxels that are not labelled become 255. Throws Error{input} with all complaints.
TrainingSet loadTrainingSet(const std::vector<TrainingPair>& pairs, const LabelMeaning& meaning,
                            std::vector<std::string> classNames, const Progress& progress);

/// The pixel size that a training is for, in nm: the one of `recipe`, if it has one; else the median of the
/// known sizes of the slices, if none is further from it than a factor of 1.5. It is set in `recipe`, so that
/// slices of other sizes are rescaled and the model knows it; what is doubtful becomes a remark of the set.
void choosePixelSize(TrainingSet& set, nlohmann::json& recipe);

/// A remark if no validation slice holds an object.
void remarkOnValidation(TrainingSet& set);

} // namespace cristae

// Predictor: the loop read → normalise → run → stitch, slice by slice.
#pragma once
#include "core/base/progress.h"
#include "core/image/tile_source.h"
#include "core/segment/model_card.h"
#include "core/segment/network.h"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace cristae {

enum class Averaging { none, flips, all }; // all = 4 rotations × mirrored

/// One network and what is wanted of it.
struct NetworkTask {
    Network* network = nullptr;
    ModelCard card;
    std::vector<int64_t> classes;   // indices into card.classes; empty = all
    std::vector<double> thresholds; // per wanted class; empty = the card's
};

struct PredictionSettings {
    int64_t firstSlice = 0, endSlice = -1; // [first, end); end -1 = all
    std::optional<Box3> region;            // y and x range; z ignored; empty = the whole slice
    Averaging averaging = Averaging::none;
    int64_t tileSide = 0; // 0 = by device and memory
    bool wantProbabilities = false;
    bool wantObjects = false; // of a single task whose network finds objects; not with averaging
};

/// A finished slice, in image pixels of the region.
struct PredictedSlice {
    int64_t z = 0;
    Box3 box;      // where it lies in the image
    Pixels labels; // u8 or u16 [1, 1, Y, X]: 0 background, 1…n = wanted classes of all tasks in order
    Pixels probabilities; // f32 [n, 1, Y, X]; empty unless wanted
    Pixels
        objects; // u32 [1, 1, Y, X]: the network's own objects of this slice, 0 = none; empty unless wanted
};

using SliceConsumer = std::function<void(const PredictedSlice&)>;

/// Slices come in ascending order. Statistics for normalisation are those of the whole slice in model pixels,
/// never of a tile or the region. When the card's pixel size and the image's are both known (and differ by
/// more than 1 %), the slice is resampled to the model's and probabilities back. Where several classes are
/// above their threshold the most probable wins. A class of an exclusive network (softmax) wins if it beats
/// the background (1 − Σp) and every other class, unless a threshold other than the card's is asked for. On
/// Error{memory} of a network the tile is halved (a remark is added) down to the smallest legal one. Throws
/// Error{input, model, device, memory, cancelled}. Returns remarks for the user ("tile halved to 512 …").
std::vector<std::string> predict(const TileSource& image, std::span<const NetworkTask> tasks,
                                 const PredictionSettings& settings, const SliceConsumer& consume,
                                 const Progress& progress);

/// Pixels that the networks will have to compute, halo and averaging included: what time estimates are made
/// of.
double predictionWork(const ImageInfo& image, std::span<const NetworkTask> tasks,
                      const PredictionSettings& settings);

/// The side of a tile before any lack of memory halves it, px.
int64_t usedTileSide(const NetworkInfo& info, const PredictionSettings& settings);

/// Bytes of images that the loop holds at once for these settings, for networks that are not loaded (null) as
/// far as their cards tell; what a network itself takes comes on top. Throws Error{usage} as predict() does.
int64_t predictionBytes(const ImageInfo& image, std::span<const NetworkTask> tasks,
                        const PredictionSettings& settings);

/// In-plane scale from image to model pixels (1 when either size is unknown or they differ by at most 1 %).
struct ModelScale {
    double y = 1, x = 1;
};
ModelScale modelScale(const VoxelSize& image, const ModelCard& card);

} // namespace cristae

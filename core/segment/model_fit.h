// ModelFit: how well a model suits an image, as far as their pixel sizes tell.
#pragma once
#include "core/image/image_info.h"
#include "core/segment/predictor.h"

namespace cristae {

/// Best first, so that kinds can be compared.
enum class Fit {
    fits,        // the image is as fine as the training data or up to four times finer
    anySize,     // the model takes images as they are
    unknown,     // the image's pixel size is not known
    coarser,     // up to four times coarser: detail that the model looks for may be missing
    farTooFine,  // more than four times finer: the image would be reduced to little
    farTooCoarse // more than four times coarser
};

struct ModelFit {
    Fit fit = Fit::unknown;
    double ratio = 1;    // pixel size of the image / of the model; 1 where one of them is unknown
    double distance = 0; // |ln ratio|
};

/// Detail can be left out but not added: an image may be finer than the training data, and is resampled, but
/// not much coarser.
ModelFit modelFit(const ModelCard& card, const VoxelSize& image);

/// Beyond four times in either direction a network sees nothing that it was trained on.
bool isAbsurd(const ModelScale& scale);

/// The words in brackets at the end of a card's title, which say what it was made for: "ssTEM, FIB-SEM" of
/// "Cell membranes (ssTEM, FIB-SEM)"; empty where there are none.
std::string madeFor(const ModelCard& card);

} // namespace cristae

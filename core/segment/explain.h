// Explanations: which part of an image made a network see a class at a place.
#pragma once
#include "core/base/progress.h"
#include "core/image/tile_source.h"
#include "core/segment/predictor.h"

namespace cristae {

/// The surroundings of a pixel as the network takes them.
struct Surroundings {
    Pixels input;                     // f32 [C, Z, S, S], normalised
    int64_t y = 0, x = 0;             // the pixel, in the input
    int64_t originY = 0, originX = 0; // of the input in the slice, model pixels; may lie outside
    ModelScale scale;
    Box3 box; // the image's pixels that it covers
};

/// side: in model pixels; rounded up to the network's multiple. Throws Error{usage} for a place outside the
/// image, and as predict() does.
Surroundings surroundingsOf(const TileSource& image, const ModelCard& card, const NetworkInfo& network,
                            int64_t z, int64_t y, int64_t x, int64_t side, const Progress& progress);
/// A map of the input's size [1, 1, S, S] at the image's pixels of the box, linear between model pixels.
Pixels atImagePixels(const Pixels& map, const Surroundings& from);

/// The probability of `channel` at the pixel.
double probabilityAt(Network& network, const Surroundings& at, int64_t channel);
/// How much it falls when a square of the image's mean grey hides each place: the mean over the squares that
/// cover it, each half a square further (Zeiler and Fergus 2014, doi:10.1007/978-3-319-10590-1_53). f32 [1,
/// 1, S, S]. Throws Error{memory, device, cancelled}.
Pixels occlusionMap(Network& network, const Surroundings& at, int64_t channel, int64_t square,
                    const Progress& progress);

} // namespace cristae

// The search for an image's pixel size: what a model finds at several assumed ones, and which is likely.
#pragma once
#include "core/segment/domain.h"
#include "core/session/session.h"

namespace cristae {

/// The source of a pixel size that was taken from the search.
inline constexpr const char* chosenByEye = "chosen by eye";
/// The side of the region that is shown, image pixels.
inline constexpr int64_t scaleSide = 512;

struct ScaleRequest {
    ModelRequest model;
    int64_t z = 0;
    Box3 region;                      // y and x; z ignored; empty: the middle of the slice
    std::vector<double> pixelSizesNm; // assumed; empty: assumedPixelSizes() of the model
    std::string device = "auto";
    int threads = 0;
};

/// What the model finds where the image's pixels are assumed to be so large.
struct ScaleCandidate {
    double pixelSizeNm = 0;
    Box3 box;      // image pixels
    Pixels labels; // u8 [1, 1, Y, X] over the box: 0, and 1…n in the order of the model's classes
    Likeness likeness;
    double score = 0; // more is likelier, see scaleScore()
};

/// Five sizes in geometric steps round `middleNm`, the smallest first: a quarter to four times for a step
/// of 2.
std::vector<double> assumedPixelSizes(double middleNm, double step = 2);

/// How much speaks for a candidate: objects that stay where they are when the image is mirrored, in an image
/// like those that the model was trained on; see METHODS.md.
double scaleScore(const Likeness& likeness);

/// The index of the likeliest of some candidates; nothing where nothing speaks for any: the model finds
/// nothing at any scale.
std::optional<size_t> likeliestScale(std::span<const ScaleCandidate> candidates);

/// The request's region inside the image, or its middle. Throws Error{usage} where it does not lie inside.
Box3 scaleRegion(const Extent3& extent, const ScaleRequest& request);

} // namespace cristae

// Which axis of an array is which: from the names that a file gives its axes, or guessed and said so.
#pragma once
#include "core/image/tile_source.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cristae {

/// Axes of an array, one letter each of "tczyx".
struct ArrayAxes {
    std::string letters;
    bool guessed = false;
    std::string reason; // of a guess, where there is more than the custom: "because the values … sum to 1"
};

/// What an array looks like, for guesses.
struct ArrayFacts {
    std::vector<int64_t> shape;
    PixelType type = PixelType::u8;
    std::optional<size_t> shares; // the axis along which the values sum to 1: probabilities of classes
};

/// True for distinct letters of "tczyx" that include y and x.
bool areAxes(const std::string& letters, size_t dimensions);
/// 2 to 5 dimensions. Images of 8 bits whose last axis has 3 or 4 values are colours; a first axis is never
/// one: three slices are three slices. Axes of length 1 say nothing: the others are guessed without them.
ArrayAxes guessAxes(const ArrayFacts& facts);
/// Axes of an array as MATLAB stores it: [y, x], [y, x, z], [y, x, colour], [y, x, z, c] with all dimensions
/// in reverse order. `bytes`: of the class uint8, so that three layers are a colour.
std::string matlabAxes(const std::vector<int64_t>& stored, bool bytes);
/// The axes along which the values of an array may be shares of 1, most likely ones first.
std::vector<size_t> possibleShares(const ArrayFacts& facts);
/// True if the channels of `image` are between 0 and 1 and sum to 1 nearly everywhere (whole numbers: to the
/// largest of their type). Reads twelve pixels.
bool sumToOne(const TileSource& image);
/// The letters that names of axes mean ("depth", "Z", "channel", "R_x"); empty unless they are axes of an
/// image with as many dimensions.
std::string lettersOf(const std::vector<std::string>& names, size_t dimensions);
/// What is said of axes that were guessed; `what`: "The axes of /data are not stated; they were guessed as
/// zyx".
std::string axesRemark(const std::string& what, const std::string& reason, const ImageInfo& info);
/// The sentence of axesRemark among remarks; empty if the axes were not guessed.
std::string remarkOnAxes(const std::vector<std::string>& remarks);
/// Names of axes in a text: "zyx", "z, y, x", "['z', 'y', 'x']", and the JSON of vigra (axistags) and of
/// OME-NGFF.
std::vector<std::string> axisNamesIn(const std::string& text);

} // namespace cristae

// Which axis of a dataset is which: from ilastik's axistags, from dimension labels, or guessed and said so.
#pragma once
#include "core/image/image_info.h"

#include <cstdint>
#include <string>
#include <vector>

namespace cristae {

/// Axes of an array, one letter each of "tczyx".
struct ArrayAxes {
    std::string letters;
    bool guessed = false;
};

/// True for distinct letters of "tczyx" that include y and x.
bool areAxes(const std::string& letters, size_t dimensions);
/// From the shape alone: a first or last dimension of at most 4 is taken as channels. 2 to 5 dimensions.
std::string guessAxes(const std::vector<int64_t>& shape);
/// axistags (vigra's JSON) if it fits, else the dimension labels, else the guess.
ArrayAxes findAxes(const std::vector<int64_t>& shape, const std::string& axistags,
                   const std::vector<std::string>& labels);

} // namespace cristae

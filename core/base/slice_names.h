// Which names of files a folder of images takes for its slices.
#pragma once
#include "core/base/text.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string>

namespace cristae {

/// Extensions of images that lie in a folder as one stack, in lower case and without the dot.
inline constexpr std::array sliceExtensions{"tif", "tiff", "png", "jpg", "jpeg", "bmp"};

inline bool isSliceName(const std::filesystem::path& file) {
    const std::string extension = lowerCase(file.extension().string());
    return std::any_of(sliceExtensions.begin(), sliceExtensions.end(),
                       [&](const char* each) { return extension == std::string(".") + each; });
}

} // namespace cristae

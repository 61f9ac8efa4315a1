// The versions of the libraries that read images.
#pragma once
#include <string>
#include <utility>
#include <vector>

namespace cristae {

/// Name and version of each, as loaded now: libtiff, HDF5, libpng, libjpeg.
std::vector<std::pair<std::string, std::string>> libraryVersions();

} // namespace cristae

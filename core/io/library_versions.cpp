// Asks the libraries for their versions.
#include "core/io/library_versions.h"

#include <cstdio> // jpeglib.h needs it
#include <fmt/format.h>
#include <hdf5.h>
#include <jpeglib.h>
#include <png.h>
#include <tiffio.h>

namespace cristae {

std::vector<std::pair<std::string, std::string>> libraryVersions() {
    unsigned major = 0, minor = 0, release = 0;
    H5get_libversion(&major, &minor, &release);
    std::string tiff = TIFFGetVersion(); // "LIBTIFF, Version 4.5.0\nCopyright …"
    tiff = tiff.substr(0, tiff.find('\n'));
    if (const size_t at = tiff.rfind(' '); at != std::string::npos) tiff.erase(0, at + 1);
    return {{"libtiff", tiff},
            {"hdf5", fmt::format("{}.{}.{}", major, minor, release)},
            {"libpng", png_get_libpng_ver(nullptr)},
            {"libjpeg", fmt::format("{}", JPEG_LIB_VERSION)}};
}

} // namespace cristae

// The images that the OME-XML of a TIFF describes: sizes, lengths and where their planes lie.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cristae {

/// A <TiffData>: `count` planes from (firstZ, firstC, firstT) on lie in the pages from `page` on.
struct OmePlanes {
    std::optional<int64_t> page, count;
    int64_t firstZ = 0, firstC = 0, firstT = 0;
    std::string file; // of its <UUID>; empty: this one
};

/// A length as it is stated; empty texts where it is not.
struct OmeLength {
    std::string number, unit;
};

struct OmeImage {
    std::string name;
    int64_t z = 1, c = 1, t = 1;   // c: channels, of which a page may hold several as samples
    int64_t y = 0, x = 0;          // 0: not stated
    std::string order = "ZCT";     // of the planes, fastest first
    OmeLength sizeZ, sizeY, sizeX; // µm where no unit is given
    std::vector<OmePlanes> planes;
};

/// The images with pixels; empty if the text is no OME-XML.
std::vector<OmeImage> parseOme(std::string_view text);

} // namespace cristae

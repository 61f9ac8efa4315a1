// Telling palettes of colours, lookup tables and label colours from each other.
#include "core/io/palette.h"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>

namespace cristae {

bool isGreyPalette(const Palette& palette) {
    return std::all_of(palette.begin(), palette.end(),
                       [](const auto& c) { return c[0] == c[1] && c[0] == c[2]; });
}

bool isLookupTable(const Palette& palette) {
    constexpr size_t fewest = 128;
    constexpr int step = 12;
    if (palette.size() < fewest) return false;
    int64_t changes = 0;
    for (size_t i = 1; i < palette.size(); ++i) {
        int largest = 0;
        for (size_t c = 0; c < 3; ++c)
            largest = std::max(largest, std::abs(int(palette[i][c]) - int(palette[i - 1][c])));
        if (largest > step) return false;
        changes += largest > 0;
    }
    return 2 * changes > int64_t(palette.size());
}

namespace {
/// The bits of an index spread over red, green and blue, highest first.
std::array<uint8_t, 3> vocColour(size_t index) {
    std::array<uint8_t, 3> colour{};
    for (int bit = 7; index > 0; --bit, index >>= 3)
        for (size_t c = 0; c < 3; ++c) colour[c] = uint8_t(colour[c] | ((index >> c) & 1) << bit);
    return colour;
}
} // namespace

bool isVocPalette(const Palette& palette) {
    constexpr size_t compared = 21; // background and the 20 kinds of objects
    if (palette.size() < 3) return false;
    for (size_t i = 0; i < std::min(compared, palette.size()); ++i) {
        if (palette[i] == vocColour(i)) continue;
        // What is not in use may have been left black.
        const bool rest = i >= 3 && std::all_of(palette.begin() + ptrdiff_t(i), palette.end() - 1,
                                                [](const auto& c) { return c == std::array<uint8_t, 3>{}; });
        return rest;
    }
    return true;
}

void takeIndices(ImageInfo& info, const Palette& palette) {
    const bool voc = isVocPalette(palette);
    if (voc) info.unlabelled = 255;
    bool identity = true;
    for (size_t i = 0; i < palette.size(); ++i)
        identity = identity && palette[i] == std::array{uint8_t(i), uint8_t(i), uint8_t(i)};
    if (identity || palette.empty()) return;
    const auto& first = palette.front();
    info.remarks.push_back(
        fmt::format("The labels are the indices of its palette{}; index 0, shown as #{:02x}{:02x}{:02x}, is "
                    "the background.",
                    voc ? ", which is that of PASCAL VOC (255 marks boundaries: not labelled)" : "", first[0],
                    first[1], first[2]));
}

void takeGreyBehindTable(ImageInfo& info) {
    info.channels = 1;
    info.remarks.push_back("The image is shown through a lookup table of colours; it is read as the grey "
                           "values behind it.");
}

} // namespace cristae

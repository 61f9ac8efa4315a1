// Label images: the one place that decides what the values of a file mean as labels.
#pragma once
#include "core/io/format.h"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace cristae {

/// How the values of a label image are taken.
struct LabelRule {
    std::vector<int64_t>
        unlabelled;        // values that are not labelled, besides −1 and NaN; 255 of some data sets
    bool renumber = false; // ids beyond 32 bits are numbered from 1 in the order of their first voxels
};

/// Opens labels: one channel of whole numbers ≥ 0 (u8, u16 or u32). Palettes give their indices; colours are
/// numbered; a mask with soft edges (JPEG, smoothing) is thresholded at half; −1, NaN and rule.unlabelled
/// become info().unlabelled: voxels that are neither object nor background. What was decided stands in
/// info().remarks. Looks at all values once (slice by slice), pixels are read on demand.
/// Throws Error{input} for what are no labels, with the reason and the remedy: fractions, negative numbers,
/// grey values, blended colours, masks in the transparency.
TileSourcePtr openLabels(const std::filesystem::path& path, OpenOptions options = {},
                         const LabelRule& rule = {}, const Progress& progress = Progress::none());

/// The same for values that are open already. Labels of the program itself come back as they are.
TileSourcePtr asLabels(TileSourcePtr source, const LabelRule& rule = {},
                       const Progress& progress = Progress::none());

/// The colour of a numbered colour, 0xRRGGBB; the numbers are the same in every file: black 0, red 1,
/// green 2, blue 3, yellow 4, magenta 5, cyan 6, white 7, any other 0xRRGGBB itself.
uint32_t colourOfLabel(uint32_t label);
uint32_t labelOfColour(uint32_t rgb);

} // namespace cristae

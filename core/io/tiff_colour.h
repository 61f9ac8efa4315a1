// How the samples of a TIFF page become values: what its tags, and the program that wrote it, mean.
#pragma once
#include "core/io/tiff_pages.h"

#include <string>
#include <string_view>
#include <vector>

namespace cristae {

/// The remark on a page of more samples than three colours.
inline constexpr std::string_view remarkOnExtraSamples =
    "The image has samples besides red, green and blue (alpha); they are left out.";

/// What the description of the first page and the name of the program say of the values of all pages.
TiffMeaning tiffMeaning(TIFF* tiff, bool labels, std::vector<std::string>& remarks);
/// Fills in colour, channels, type, palette and transparency of a page whose stored type is known; remarks
/// and unlabelled go into `info`. Throws Error{input} for colours that are not known or damaged.
void chooseTiffColour(TIFF* tiff, const InputFile& file, const TiffMeaning& meaning, TiffPage& page,
                      ImageInfo& info);

} // namespace cristae

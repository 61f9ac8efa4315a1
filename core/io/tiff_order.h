// The order of TIFF pages: from ImageJ's counts, tifffile's shapes and the axes that a person gives.
#pragma once
#include "core/io/tiff_pages.h"

namespace cristae {

/// The counts in ImageJ's description; 1 where it states none.
TiffOrder imageJOrder(std::string_view description);
/// What tifffile's JSON ({"shape": [2, 3, 64, 64], "axes": "TZYX"}) says of the pages from one on.
struct ShapedSeries {
    TiffOrder order;
    bool truncated = false; // one directory, all planes behind it
    /// Slices that were stored as the colour planes of a page, as tifffile does with three of them; the order
    /// counts planes.
    bool planesAreSlices = false;
    bool guessed = false; // the description names no axes
};
/// True if the planes of a page can be read one by one.
bool hasPlanes(const TiffPage& page);
/// The planes of pages as pages of their own.
std::vector<TiffPage> planesOf(const std::vector<TiffPage>& pages);
/// Nothing if the text is none, or its shape does not fit the page.
std::optional<ShapedSeries> shapedSeries(const std::string& json, const TiffPage& page);
/// The order that a person's axes ("zcyx", slowest first) give the pages of a scene. Throws Error{usage}.
TiffOrder orderFromAxes(const std::string& axes, const TiffOrder& stated, int64_t pages,
                        const TiffPage& page);

} // namespace cristae

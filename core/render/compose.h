// compose: grey values and labels to the colours on the screen. Pure functions.
#pragma once
#include "core/image/pixels.h"
#include "core/labels/class_table.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace cristae {

/// Grey values shown as black and white; display only, pixel values never change.
struct DisplayRange {
    double low = 0, high = 255;
    double gamma = 1;
    bool inverted = false;
    bool operator==(const DisplayRange&) const = default;
};

/// ImageJ's "Auto" (ij.plugin.frame.ContrastAdjuster): 256-bin histogram over min…max, bins above 10 % of the
/// pixels ignored, the first bin from each side above pixels/divisor; press 0 uses divisor 5000, each further
/// press halves it.
DisplayRange autoRange(const Pixels& sample, int press = 0);
/// The full range of an integer type or the min…max of the sample for floats.
DisplayRange fullRange(const Pixels& sample);

/// One slice [C, 1, Y, X] (C = 1 grey, 3 RGB) to 0xffRRGGBB.
void greyToRgb(const Pixels& slice, const DisplayRange& range, std::vector<uint32_t>& out);

struct OverlayStyle {
    double fill = 0.35;   // opacity of the inside
    double outline = 1.0; // opacity of the 1-px border
    bool byInstance = false;
};

/// Labels u32 [1, 1, Y, X] with a border of one pixel around the wanted area (so that outlines are the same
/// whatever tile they are drawn in) to premultiplied ARGB of the inner (Y−2) × (X−2). Hidden classes are
/// transparent. A pixel is outline if a 4-neighbour differs.
void labelsToArgb(const Pixels& labelsWithBorder, const ClassTable& classes, const OverlayStyle& style,
                  std::vector<uint32_t>& out);

/// A round length (1, 2, 5 × 10ⁿ) that fits `maxPixels` at `pixelsPerUnit` screen pixels per nm (or per px if
/// nm is unknown).
struct ScaleBar {
    double length = 0; // nm or px
    double screenPixels = 0;
    std::string text; // "500 nm", "100 px"
};
ScaleBar scaleBar(std::optional<double> nmPerPixel, double screenPixelsPerPixel, double maxPixels);

} // namespace cristae

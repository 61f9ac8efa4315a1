// Pixel sizes: units as files write them, and which values cannot come from a microscope.
#pragma once
#include "core/image/image_info.h"

#include <optional>
#include <string>
#include <string_view>

namespace cristae {

/// Nanometres in one of `unit`: "nm", "um", "µm", "\u00B5m" (escaped or not), "micron", "mm", "cm", "m", "Å",
/// "inch", "pm".
std::optional<double> nanometresIn(std::string_view unit);
/// Sets voxelSize from pixels per centimetre or inch unless the value is a print or screen resolution (72,
/// 96, 300 dpi, …) or a pixel above 100 µm; then a remark says so and the size stays unknown. Resolutions
/// must be per `nmPerUnit` nanometres.
void usePrintableResolution(ImageInfo& info, double xPerUnit, double yPerUnit, double nmPerUnit,
                            const std::string& source);
/// Rounded to the six significant digits that files keep; more would be noise ("4.6000003 nm").
double rounded(double nm);
/// The first decimal number in text; the decimal point is a dot whatever the locale.
std::optional<double> numberIn(std::string_view text);

} // namespace cristae

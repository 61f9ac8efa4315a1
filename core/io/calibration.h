// Calibration: readers state every length they find; one function decides which of them is the voxel size.
#pragma once
#include "core/image/image_info.h"

#include <optional>
#include <string>
#include <string_view>

namespace cristae {

/// Where lengths are stated. `settleVoxelSize` ranks them in this order.
namespace stated {
inline constexpr std::string_view byCristae = "written by Cristae"; // behind the format
inline constexpr std::string_view omeDescription = "OME description";
inline constexpr std::string_view imageJDescription = "ImageJ description";
inline constexpr std::string_view feiTags = "FEI/Thermo tags";
inline constexpr std::string_view zeissTags = "Zeiss tags"; // both of one rank, in the order of the reader
inline constexpr std::string_view zeissImage = "Zeiss tags, AP_IMAGE_PIXEL_SIZE";
inline constexpr std::string_view sisTags = "Olympus SIS tags";
inline constexpr std::string_view gatanTags = "Gatan tags";
inline constexpr std::string_view hdf5Attributes = "HDF5 attribute"; // and its name
inline constexpr std::string_view hdf5AxisTags = "HDF5 axistags";
inline constexpr std::string_view zeissDisplay = "Zeiss AP_PIXEL_SIZE"; // of the monitor
inline constexpr std::string_view resolutionTags = "TIFF resolution tags";
inline constexpr std::string_view jpegDensity = "JPEG density values";
inline constexpr std::string_view pngDensity = "PNG pHYs values";
inline constexpr std::string_view bmpDensity = "BMP resolution values";
} // namespace stated

/// Nanometres in one of `unit` as people and programs write it: "nm", "NM", "µm" (in UTF-8, Latin-1 or as
/// \u00B5m), "um", "u", "Microns", "Å", "angstrom", "A", "pm", "mm", "cm", "m", "inch"; spaces, quotes,
/// brackets and zeros around it aside. Nothing for what is no length: "pixel", "reference frame", "".
std::optional<double> nanometresIn(std::string_view unit);
/// Rounded to the six significant digits that files keep; more would be noise ("4.6000003 nm").
double rounded(double nm);
/// "2.5 nm" into number and unit; both may be empty.
struct NumberAndUnit {
    std::string_view number, unit;
};
NumberAndUnit splitLength(std::string_view text);

/// Notes that `source` gives `value` in `unit` for an axis ('z', 'y' or 'x'). A doubt is repeated to the
/// person if the length is used.
void stateLength(ImageInfo& info, char axis, double value, std::string_view unit, std::string_view source,
                 std::string doubt = {});
/// The same for a number that is still text, with a point or a comma; one that cannot be read is noted too.
void stateLength(ImageInfo& info, char axis, std::string_view number, std::string_view unit,
                 std::string_view source, std::string doubt = {});
/// The same for nanometres that keep all their digits.
void stateExactly(ImageInfo& info, char axis, double nm, std::string_view source);
/// The same for pixels per unit ("inch", "cm", "m", "nm").
void stateResolution(ImageInfo& info, char axis, double pixelsPerUnit, std::string_view unit,
                     std::string_view source);

/// Chooses from info.statedLengths for each axis the sensible length of the source that is trusted most and
/// writes info.voxelSize. Not sensible are print and screen resolutions, 1 without a unit, Fiji's default of
/// 1 µm in element_size_um, and what lies outside 0.01 nm … 100 µm. Remarks: an axis that stays unknown
/// although something is stated; sources that differ by more than 1 %; doubts. Does nothing if it was called
/// before.
void settleVoxelSize(ImageInfo& info);

} // namespace cristae

// Names and units as CREMI, Fiji, ilastik, h5py scripts and napari write them.
#include "core/io/hdf5_calibration.h"

#include "core/base/json.h"
#include "core/io/calibration.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace cristae {

namespace {

/// An attribute of lengths. `unit` holds whatever stands beside it if it is part of the name; `convention` if
/// nothing stands beside it.
struct LengthAttribute {
    const char* name;
    const char* unit;
    const char* convention;
};

constexpr std::array<LengthAttribute, 18> attributes{{
    {"resolution", nullptr, "nm"},      // CREMI
    {"element_size_um", "µm", nullptr}, // Fiji's HDF5 plugin
    {"voxel_size", nullptr, "nm"},
    {"resolution_nm", "nm", nullptr},
    {"voxel_size_nm", "nm", nullptr},
    {"pixel_size_nm", "nm", nullptr},
    {"spacing_nm", "nm", nullptr},
    {"resolution_um", "µm", nullptr},
    {"voxel_size_um", "µm", nullptr},
    {"pixel_size_um", "µm", nullptr},
    {"spacing_um", "µm", nullptr},
    {"voxelsize", nullptr, nullptr},
    {"voxelSize", nullptr, nullptr},
    {"pixel_size", nullptr, nullptr},
    {"pixelSize", nullptr, nullptr},
    {"element_size", nullptr, nullptr},
    {"spacing", nullptr, nullptr},
    {"scale", nullptr, nullptr},
}};

/// The units beside an attribute, one or one a number; empty if there are none.
std::vector<std::string> unitsBeside(hid_t dataset, const std::string& name) {
    const std::string stem = name.starts_with("voxel") ? "voxel" : name.starts_with("pixel") ? "pixel" : name;
    for (const std::string& each :
         {name + "_unit", name + "_units", name + "Unit", name + "Units", stem + "_unit", stem + "_units",
          std::string("unit"), std::string("units"), std::string("Unit"), std::string("Units"),
          std::string("axis_units")}) {
        auto units = textsAttribute(dataset, each.c_str());
        const bool json = units.size() == 1 && units.front().starts_with('{'); // ilastik's, for axistags
        if (!units.empty() && !json) return units;
    }
    return {};
}

/// The axis of each number, '?' for those of channels and times; empty if it is not sure.
std::string axesOfNumbers(hid_t dataset, const std::string& name, const std::vector<double>& numbers,
                          const std::string& letters) {
    for (const char* suffix : {"_axes", "_order"}) {
        const std::string order = textAttribute(dataset, (name + suffix).c_str());
        if (order.size() == numbers.size()) return order;
    }
    if (numbers.size() == letters.size() && (numbers.size() > 3 || letters.starts_with("yx"))) return letters;
    if (numbers.size() == 1) return "i"; // in the plane
    if (numbers.size() == 2) return "yx";
    if (numbers.size() != 3) return {};
    std::string spatial = letters;
    std::erase_if(spatial, [](char c) { return c != 'z' && c != 'y' && c != 'x'; });
    if (std::ranges::all_of(numbers, [&](double each) { return each == numbers.front(); })) return "zyx";
    // Pixels are square far more often than slices lie as close as pixels: 4, 4, 40 is x, y, z.
    const bool reversed = numbers[0] == numbers[1] && numbers[1] != numbers[2];
    return !reversed && (spatial == "zyx" || spatial == "yx") ? "zyx" : "";
}

constexpr double leastByConvention = 0.2; // nm; below, µm is likelier

/// A length without a unit beside it counts in the unit of the convention, unless the attribute's smallest
/// number would be less than an atom in it: its slice spacing is believed no more than its pixels.
void takeConvention(StatedLength& length, const char* unit, double smallest) {
    if (smallest < leastByConvention)
        length.doubt =
            fmt::format("it has no unit, and {:g} {} would be below the size of an atom", smallest, unit);
    else
        length.nm = rounded(length.value * nanometresIn(unit).value_or(1));
}

/// Lengths that are written as text: "4.0 nm", "40, 4, 4"; one that cannot be read is stated as it is.
void stateTexts(hid_t object, const LengthAttribute& attribute, const std::string& source, ImageInfo& info) {
    const auto texts = textsAttribute(object, attribute.name);
    if (texts.size() != 1 || texts.front().empty()) return;
    const auto [number, ownUnit] = splitLength(texts.front());
    const bool hasUnit = ownUnit.find_first_not_of(" \t") != std::string_view::npos;
    const auto beside = unitsBeside(object, attribute.name);
    const std::string unit = hasUnit           ? std::string(ownUnit)
                             : attribute.unit  ? attribute.unit
                             : !beside.empty() ? beside.front()
                                               : "";
    for (const char axis : {'x', 'y'}) {
        stateLength(info, axis, number.empty() ? std::string_view(texts.front()) : number, unit, source);
        StatedLength& length = info.statedLengths.back();
        if (unit.empty() && attribute.convention && length.value > 0)
            takeConvention(length, attribute.convention, length.value);
    }
}

/// `place`: where the attribute stands, behind its name, if not at the dataset.
void stateNumbers(hid_t dataset, const LengthAttribute& attribute, const std::string& letters,
                  const std::string& place, ImageInfo& info) {
    const std::string source = fmt::format("{} {}{}", stated::hdf5Attributes, attribute.name, place);
    const auto numbers = numbersAttribute(dataset, attribute.name);
    if (numbers.empty()) stateTexts(dataset, attribute, source, info);
    if (numbers.empty() || numbers.size() > 5) return;
    const std::string axes = axesOfNumbers(dataset, attribute.name, numbers, letters);
    if (axes.empty()) {
        info.remarks.push_back(
            fmt::format("The {} ({}) is not used: which of its {} numbers belongs to which axis of {} is not "
                        "sure. Set the pixel size (--pixel-size Z,Y,X, or Pixel size… in the window).",
                        source, fmt::join(numbers, ", "), numbers.size(), letters));
        return;
    }
    const auto units =
        attribute.unit ? std::vector<std::string>{attribute.unit} : unitsBeside(dataset, attribute.name);
    double smallest = leastByConvention;
    for (const double number : numbers)
        if (number > 0 && number < smallest) smallest = number;
    for (size_t i = 0; i < numbers.size(); ++i) {
        std::string unit;
        if (!units.empty()) unit = units.size() == numbers.size() ? units[i] : units.front();
        for (const char axis : axes == "i" ? std::string("xy") : std::string(1, axes[i])) {
            if (axis != 'z' && axis != 'y' && axis != 'x') continue;
            stateLength(info, axis, numbers[i], unit, source);
            if (units.empty() && attribute.convention)
                takeConvention(info.statedLengths.back(), attribute.convention, smallest);
        }
    }
}

/// The resolutions in vigra's axistags, which count only with ilastik's axis_units.
void stateAxisTags(hid_t dataset, ImageInfo& info) {
    const auto tags = parseJson(textAttribute(dataset, "axistags"));
    const auto units = parseJson(textAttribute(dataset, "axis_units"));
    if (!tags.is_object() || !tags.contains("axes") || !tags["axes"].is_array()) return;
    for (const auto& axis : tags["axes"]) {
        if (!axis.is_object() || !axis.contains("key") || !axis["key"].is_string() ||
            !axis.contains("resolution") || !axis["resolution"].is_number())
            continue;
        const std::string key = axis["key"].get<std::string>();
        const double value = axis["resolution"].get<double>();
        if (value == 0 || (key != "z" && key != "y" && key != "x")) continue; // 0: nothing entered
        const bool known = units.is_object() && units.contains(key) && units[key].is_string();
        stateLength(info, key.front(), value, known ? units[key].get<std::string>() : std::string(),
                    stated::hdf5AxisTags);
    }
}

} // namespace

void stateHdf5Lengths(hid_t file, hid_t dataset, const std::string& letters, ImageInfo& info) {
    const size_t before = info.statedLengths.size(), remarks = info.remarks.size();
    for (const LengthAttribute& attribute : attributes) stateNumbers(dataset, attribute, letters, "", info);
    stateAxisTags(dataset, info);
    // What the dataset does not state may stand at its group, or at the file.
    std::string path = info.dataset;
    while (info.statedLengths.size() == before && info.remarks.size() == remarks && path.size() > 1) {
        const size_t slash = path.rfind('/');
        path.resize(slash == std::string::npos || slash == 0 ? 1 : slash);
        path.front() = '/';
        const Hdf5Handle group(H5Gopen2(file, path.c_str(), H5P_DEFAULT));
        if (!group.valid()) return;
        if (!hasAttributes(group.get())) continue;
        for (const LengthAttribute& attribute : attributes)
            stateNumbers(group.get(), attribute, letters, fmt::format(" of {}", path), info);
    }
}

} // namespace cristae

// Layouts of HDF5 files, recognised by paths and attributes.
#include "core/io/hdf5_layout.h"

#include "core/base/json.h"
#include "core/base/number.h"
#include "core/io/calibration.h"
#include "core/io/hdf5_axes.h"
#include "core/io/hdf5_chunks.h"
#include "core/io/hdf5_storage.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <fmt/format.h>

namespace cristae {

namespace {

constexpr size_t mostMetadata = size_t(1) << 20; // bytes of a text; rows of a table

std::vector<std::string> partsOf(const std::string& path) {
    std::vector<std::string> parts;
    size_t begin = 1;
    for (size_t i = 1; i <= path.size(); ++i)
        if (i == path.size() || path[i] == '/') {
            parts.push_back(path.substr(begin, i - begin));
            begin = i + 1;
        }
    return parts;
}

std::string parentOf(const std::string& path) {
    const size_t slash = path.rfind('/');
    return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

/// The number behind a prefix: "s03" → 3; −1 if it is not of that form.
int64_t numberBehind(const std::string& text, std::string_view prefix) {
    int64_t number = -1;
    if (!text.starts_with(prefix)) return -1;
    const char* end = text.data() + text.size();
    const auto result = std::from_chars(text.data() + prefix.size(), end, number);
    return result.ec == std::errc() && result.ptr == end && number >= 0 ? number : -1;
}

Hdf5Handle groupAt(hid_t file, const std::string& path) {
    return Hdf5Handle(H5Gopen2(file, path.c_str(), H5P_DEFAULT));
}

/// A text that Imaris keeps as single characters.
std::string spelled(hid_t object, const char* name) {
    std::string text;
    for (const std::string& character : textsAttribute(object, name)) text += character;
    return text;
}

std::string namedByAttributes(hid_t dataset, size_t dimensions) {
    for (const char* name :
         {"axistags", "axes", "axis_labels", "axis_names", "axis_order", "axisorder", "dims", "dim_names",
          "dimension_names", "dimensions", "_ARRAY_DIMENSIONS", "DIMENSION_LABELS", "multiscales"}) {
        const auto texts = textsAttribute(dataset, name);
        if (texts.empty()) continue;
        const auto names = texts.size() == 1 ? axisNamesIn(texts.front()) : texts;
        if (const std::string letters = lettersOf(names, dimensions); !letters.empty()) return letters;
    }
    return lettersOf(scaleNames(dataset), dimensions);
}

bool statesSpace(hid_t dataset) {
    for (const char* name : {"resolution", "element_size_um", "voxel_size", "voxelsize", "spacing", "offset"})
        if (numbersAttribute(dataset, name).size() == 3) return true;
    return false;
}

void matlab(hid_t dataset, const std::string& kind, const std::string& path, Hdf5Layout& layout) {
    layout.image = kind != "char" && kind != "cell" && kind != "struct" && kind != "function_handle" &&
                   kind != "string" && kind != "FileWrapper__" &&
                   numbersAttribute(dataset, "MATLAB_empty") != std::vector<double>{1} &&
                   !path.starts_with("/#subsystem#/");
    layout.reduced = path.starts_with("/#refs#/");
    layout.axes = matlabAxes(layout.shape, kind == "uint8");
    if (layout.shape.size() > 2)
        layout.remark = fmt::format("MATLAB stores dimensions in reverse order; the axes of {} were guessed "
                                    "as {}",
                                    path, layout.axes);
}

void bigDataViewer(const std::string& path, PixelType type, Hdf5Layout& layout) {
    const auto parts = partsOf(path);
    if (parts.size() == 2 && numberBehind(parts[0], "s") >= 0 &&
        (parts[1] == "resolutions" || parts[1] == "subdivisions"))
        layout.image = false; // tables of the levels
    if (parts.size() != 4 || parts[3] != "cells" || numberBehind(parts[0], "t") < 0 ||
        numberBehind(parts[1], "s") < 0 || numberBehind(parts[2], "") < 0 || layout.shape.size() != 3)
        return;
    layout.axes = "zyx";
    layout.reduced = numberBehind(parts[2], "") > 0;
    layout.storedAsSigned = type == PixelType::i16;
}

void imaris(hid_t file, const std::string& path, Hdf5Layout& layout) {
    const auto parts = partsOf(path);
    if (parts.size() < 2 || parts.back() != "Data" || layout.shape.size() != 3) return;
    const auto level = std::find_if(parts.begin(), parts.end(), [](const std::string& part) {
        return numberBehind(part, "ResolutionLevel ") >= 0;
    });
    if (level == parts.end()) return;
    layout.axes = "zyx";
    layout.reduced = *level != "ResolutionLevel 0";
    const Hdf5Handle channel = groupAt(file, parentOf(path));
    for (size_t d = 0; d < 3 && channel.valid(); ++d) {
        static constexpr std::array names{"ImageSizeZ", "ImageSizeY", "ImageSizeX"};
        const int64_t size = numberBehind(spelled(channel.get(), names[d]), "");
        if (size <= 0 || size >= layout.shape[d]) continue;
        layout.shape[d] = size;
        layout.padded = true;
    }
}

bool isVelox(const std::vector<std::string>& parts) {
    return parts.size() == 4 && parts[0] == "Data";
}

void velox(const std::string& path, Hdf5Layout& layout) {
    const auto parts = partsOf(path);
    if (!isVelox(parts)) return;
    if (parts[3] != "Data") layout.image = false; // Metadata, FrameLookupTable
    if (parts[1] == "Image" && parts[3] == "Data" && layout.shape.size() == 3) layout.axes = "yxt";
}

std::vector<int64_t> shapeOf(hid_t dataset) {
    const Hdf5Handle space(liesInThisFile(dataset) ? H5Dget_space(dataset) : -1);
    const int dimensions = space.valid() ? H5Sget_simple_extent_ndims(space.get()) : -1;
    if (dimensions < 1 || dimensions > 2) return {};
    std::array<hsize_t, 2> sizes{};
    H5Sget_simple_extent_dims(space.get(), sizes.data(), nullptr);
    std::vector<int64_t> shape;
    for (int d = 0; d < dimensions; ++d)
        shape.push_back(int64_t(std::min(sizes[size_t(d)], hsize_t(INT32_MAX))));
    return shape;
}

/// A box of a small table; false if it cannot be read.
bool readBox(const std::filesystem::path& file, hid_t table, const std::string& name,
             const std::vector<int64_t>& shape, const std::vector<hsize_t>& start,
             const std::vector<hsize_t>& count, hid_t memoryType, std::span<std::byte> out) {
    const Hdf5Handle type(H5Dget_type(table)), space(H5Dget_space(table));
    ImageInfo info;
    info.dataset = name;
    try {
        if (!isSoundNumber(type.get())) return false;
        checkStorage(file, table, shape, info);
        if (isChunked(table)) {
            Hdf5Chunks(file, name, table, memoryType).read(start, count, out.data(), Progress::none());
            return true;
        }
    } catch (const Error&) {
        return false;
    }
    const hsize_t values = out.size() / H5Tget_size(memoryType);
    const Hdf5Handle memory(H5Screate_simple(1, &values, nullptr));
    return H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr) >=
               0 &&
           H5Dread(table, memoryType, memory.get(), space.get(), H5P_DEFAULT, out.data()) >= 0;
}

/// One of the dim1, dim2 … beside an NCEM dataset: its first step, name and unit.
struct NcemAxis {
    std::string name, unit;
    double step = 0;
};

double firstStep(const std::filesystem::path& file, hid_t axis, const std::string& name) {
    const auto shape = shapeOf(axis);
    std::array<double, 2> values{};
    if (shape.size() != 1 || shape[0] < 2 ||
        !readBox(file, axis, name, shape, {0}, {2}, H5T_NATIVE_DOUBLE,
                 std::as_writable_bytes(std::span(values))))
        return 0;
    return std::abs(values[1] - values[0]);
}

std::vector<NcemAxis> ncemAxes(const std::filesystem::path& place, hid_t file, const std::string& path,
                               size_t dimensions) {
    const std::string parent = parentOf(path);
    const Hdf5Handle group = groupAt(file, parent);
    std::vector<NcemAxis> axes;
    if (!group.valid() || !hasAttributes(group.get()) ||
        numbersAttribute(group.get(), "emd_group_type") != std::vector<double>{1})
        return axes;
    for (size_t d = 1; d <= dimensions; ++d) {
        const std::string name = fmt::format("dim{}", d);
        if (H5Lexists(group.get(), name.c_str(), H5P_DEFAULT) <= 0) return {};
        const Hdf5Handle axis(H5Dopen2(group.get(), name.c_str(), H5P_DEFAULT));
        if (!axis.valid()) return {};
        NcemAxis one{textAttribute(axis.get(), "name"), textAttribute(axis.get(), "units"),
                     firstStep(place, axis.get(), name)};
        // "[n_m]" is the specification's way to write nm.
        std::erase_if(one.unit, [](char c) { return c == '[' || c == ']' || c == '_'; });
        axes.push_back(std::move(one));
    }
    return axes;
}

void ncem(const std::filesystem::path& place, hid_t file, const std::string& path, Hdf5Layout& layout) {
    std::vector<std::string> names;
    for (const NcemAxis& axis : ncemAxes(place, file, path, layout.shape.size())) names.push_back(axis.name);
    if (names.empty()) return;
    layout.axes = lettersOf(names, layout.shape.size());
    // An axis without a length (angles, energies) beside rows and columns: shown slice by slice.
    for (std::string& name : names)
        if (layout.axes.empty() && lettersOf({name, "y", "x"}, 3).empty() &&
            lettersOf({name, "y", "z"}, 3).empty() && lettersOf({name, "x", "z"}, 3).empty()) {
            layout.remark = fmt::format("The axis “{}” of {} is shown as slices", name, path);
            name = "z";
            layout.axes = lettersOf(names, layout.shape.size());
        }
}

StatedLength lengthOf(char axis, double value, const std::string& unit, const std::string& source) {
    return {.axis = axis, .value = value, .unit = unit, .nm = {}, .source = source, .doubt = {}};
}

/// The text in the first column of a table of bytes, as Velox keeps its metadata.
std::string firstColumn(const std::filesystem::path& file, hid_t open, const std::string& path) {
    const Hdf5Handle table(H5Dopen2(open, path.c_str(), H5P_DEFAULT));
    if (!table.valid()) return {};
    const auto shape = shapeOf(table.get());
    if (shape.size() != 2 || shape[0] < 1 || shape[1] < 1 || shape[0] > int64_t(mostMetadata)) return {};
    std::string text(size_t(shape[0]), '\0');
    if (!readBox(file, table.get(), path, shape, {0, 0}, {hsize_t(shape[0]), 1}, H5T_NATIVE_UINT8,
                 std::as_writable_bytes(std::span(text))))
        return {};
    text.resize(std::min(text.find('\0'), text.size()));
    return text;
}

std::vector<StatedLength> veloxLengths(const std::filesystem::path& file, hid_t open,
                                       const std::string& path) {
    const auto json = parseJson(firstColumn(file, open, parentOf(path) + "/Metadata"));
    std::vector<StatedLength> lengths;
    if (!json.is_object() || !json.contains("BinaryResult") || !json["BinaryResult"].is_object())
        return lengths;
    const auto& result = json["BinaryResult"];
    const auto pixel = result.find("PixelSize");
    if (pixel == result.end() || !pixel->is_object()) return lengths;
    for (const auto& [key, axis, unitKey] :
         {std::tuple{"height", 'y', "PixelUnitY"}, {"width", 'x', "PixelUnitX"}}) {
        const auto value = pixel->find(key);
        if (value == pixel->end()) continue;
        double number = 0; // no length
        if (value->is_string())
            number = decimalNumber(value->get<std::string>()).value_or(0);
        else if (value->is_number())
            number = value->get<double>();
        const auto unit = result.find(unitKey);
        const std::string name = unit != result.end() && unit->is_string() ? unit->get<std::string>() : "m";
        if (number > 0) lengths.push_back(lengthOf(axis, number, name, "Velox metadata"));
    }
    return lengths;
}

/// The extents of the image along x, y, z in DataSetInfo/Image, over its number of voxels.
std::vector<StatedLength> imarisLengths(hid_t open, const std::string& path) {
    std::vector<StatedLength> lengths;
    if (!path.starts_with("/DataSet/ResolutionLevel 0/")) return lengths;
    const Hdf5Handle image = groupAt(open, "/DataSetInfo/Image"), channel = groupAt(open, parentOf(path));
    if (!image.valid() || !channel.valid()) return lengths;
    const std::string unit = spelled(image.get(), "Unit");
    for (int d = 0; d < 3; ++d) {
        const char axis = "xyz"[d];
        const auto from = decimalNumber(spelled(image.get(), fmt::format("ExtMin{}", d).c_str())),
                   to = decimalNumber(spelled(image.get(), fmt::format("ExtMax{}", d).c_str())),
                   size = decimalNumber(spelled(channel.get(), fmt::format("ImageSize{}", "XYZ"[d]).c_str()));
        if (from && to && size && *size >= 1)
            lengths.push_back(
                lengthOf(axis, (*to - *from) / *size, unit.empty() ? "um" : unit, "Imaris extents"));
    }
    return lengths;
}

/// What stands between <tag> and </tag> from `from` on.
std::string element(const std::string& text, const std::string& tag, size_t from = 0) {
    const size_t begin = text.find("<" + tag + ">", from), end = text.find("</" + tag + ">", begin);
    if (begin == std::string::npos || end == std::string::npos) return {};
    return text.substr(begin + tag.size() + 2, end - begin - tag.size() - 2);
}

/// <voxelSize> of the set-up in the .xml of the same name (SpimData): x y z.
std::vector<StatedLength> bigDataViewerLengths(const std::filesystem::path& file, const std::string& path) {
    const auto parts = partsOf(path);
    std::filesystem::path beside = file;
    beside.replace_extension(".xml");
    std::error_code ignored;
    if (parts.size() != 4 || parts[3] != "cells" || parts[2] != "0" ||
        !std::filesystem::is_regular_file(beside, ignored))
        return {};
    const InputFile xml(beside);
    std::string text(size_t(std::min<uint64_t>(xml.size(), mostMetadata)), '\0');
    text.resize(xml.readSome(0, std::as_writable_bytes(std::span(text))));
    std::vector<StatedLength> lengths;
    for (size_t at = text.find("<ViewSetup>"); at != std::string::npos;
         at = text.find("<ViewSetup>", at + 1)) {
        const std::string setup = text.substr(at, text.find("</ViewSetup>", at) - at);
        if (numberBehind(element(setup, "id"), "") != numberBehind(parts[1], "s")) continue;
        const std::string size = element(setup, "voxelSize"), unit = element(size, "unit");
        std::string rest = element(size, "size");
        for (const char axis : {'x', 'y', 'z'}) {
            rest.erase(0, std::min(rest.find_first_not_of(" \t\r\n"), rest.size()));
            const size_t end = std::min(rest.find_first_of(" \t\r\n"), rest.size());
            if (const auto value = decimalNumber(rest.substr(0, end)))
                lengths.push_back(
                    lengthOf(axis, *value, unit, "BigDataViewer " + beside.filename().string()));
            rest.erase(0, end);
        }
    }
    return lengths;
}

} // namespace

Hdf5Layout layoutOf(const std::filesystem::path& place, hid_t file, hid_t dataset, const std::string& path,
                    const std::vector<int64_t>& shape, PixelType type) {
    Hdf5Layout layout;
    layout.shape = shape;
    bigDataViewer(path, type, layout);
    imaris(file, path, layout);
    velox(path, layout);
    if (layout.axes.empty()) ncem(place, file, path, layout);
    if (!layout.axes.empty() || !hasAttributes(dataset)) return layout;
    layout.axes = namedByAttributes(dataset, shape.size());
    if (const std::string kind = textAttribute(dataset, "MATLAB_class"); !kind.empty() && layout.axes.empty())
        matlab(dataset, kind, path, layout);
    layout.spatial = statesSpace(dataset);
    return layout;
}

std::vector<StatedLength> lengthsBeside(const std::filesystem::path& file, hid_t open,
                                        const std::string& path, const std::string& axes) {
    if (isVelox(partsOf(path))) return veloxLengths(file, open, path);
    auto lengths = imarisLengths(open, path);
    if (lengths.empty()) lengths = bigDataViewerLengths(file, path);
    if (!lengths.empty()) return lengths;
    const auto dims = ncemAxes(file, open, path, axes.size());
    for (size_t d = 0; d < dims.size(); ++d)
        if ((axes[d] == 'z' || axes[d] == 'y' || axes[d] == 'x') && dims[d].step > 0 &&
            nanometresIn(dims[d].unit))
            lengths.push_back(
                lengthOf(axes[d], dims[d].step, dims[d].unit, fmt::format("EMD axis dim{}", d + 1)));
    return lengths;
}

} // namespace cristae

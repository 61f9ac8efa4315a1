// Axes and voxel sizes of arrays from the attributes that ilastik, CREMI, Fiji and h5py write.
#include "core/io/hdf5_axes.h"

#include "core/base/json.h"
#include "core/io/pixel_size.h"

#include <algorithm>

namespace cristae {

namespace {

constexpr int64_t mostGuessedChannels = 4;

nlohmann::json axesOf(const std::string& axistags) {
    const auto json = parseJson(axistags);
    if (!json.is_object() || !json.contains("axes") || !json["axes"].is_array())
        return nlohmann::json::array();
    return json["axes"];
}

std::string keyOf(const nlohmann::json& axis) {
    return axis.is_object() && axis.contains("key") && axis["key"].is_string()
               ? axis["key"].get<std::string>()
               : std::string();
}

VoxelSize fromList(const std::vector<double>& values, double nm, const char* source) {
    const size_t count = values.size();
    if (count < 2 || count > 3 ||
        !std::all_of(values.begin(), values.end(), [](double v) { return v > 0 && v < 1e9; }))
        return {};
    VoxelSize size{.zNm = {},
                   .yNm = rounded(values[count - 2] * nm),
                   .xNm = rounded(values[count - 1] * nm),
                   .source = source};
    if (count == 3) size.zNm = rounded(values[0] * nm);
    return size;
}

} // namespace

bool areAxes(const std::string& letters, size_t dimensions) {
    if (letters.size() != dimensions || letters.find('y') == std::string::npos ||
        letters.find('x') == std::string::npos)
        return false;
    for (size_t i = 0; i < letters.size(); ++i)
        if (std::string_view("tczyx").find(letters[i]) == std::string_view::npos ||
            letters.find(letters[i], i + 1) != std::string::npos)
            return false;
    return true;
}

std::string guessAxes(const std::vector<int64_t>& shape) {
    const bool last = shape.back() <= mostGuessedChannels, first = shape.front() <= mostGuessedChannels;
    const bool channelLast = last && (!first || shape.back() <= shape.front() || shape.size() == 5);
    switch (shape.size()) {
    case 2:
        return "yx";
    case 3:
        return channelLast ? "yxc" : first && shape.front() > 1 ? "cyx" : "zyx";
    case 4:
        return channelLast ? "zyxc" : first ? "czyx" : "tzyx";
    default:
        return channelLast ? "tzyxc" : "tczyx";
    }
}

ArrayAxes findAxes(const std::vector<int64_t>& shape, const std::string& axistags,
                   const std::vector<std::string>& labels) {
    std::string letters;
    for (const auto& axis : axesOf(axistags)) letters += keyOf(axis);
    if (areAxes(letters, shape.size())) return {letters, false};
    letters.clear();
    for (const std::string& label : labels) letters += label.size() == 1 ? label : "?";
    if (areAxes(letters, shape.size())) return {letters, false};
    return {guessAxes(shape), true};
}

VoxelSize voxelSizeFromAttributes(const std::vector<double>& resolution,
                                  const std::vector<double>& elementSizeUm,
                                  const std::vector<double>& voxelSize, const std::string& axistags,
                                  const std::string& axisUnits) {
    if (const VoxelSize size = fromList(resolution, 1, "HDF5 attribute resolution"); size.knownInPlane())
        return size;
    if (const VoxelSize size = fromList(elementSizeUm, 1000, "HDF5 attribute element_size_um");
        size.knownInPlane())
        return size;
    if (const VoxelSize size = fromList(voxelSize, 1, "HDF5 attribute voxel_size"); size.knownInPlane())
        return size;
    const auto units = parseJson(axisUnits);
    VoxelSize size;
    for (const auto& axis : axesOf(axistags)) {
        const std::string key = keyOf(axis);
        if (!axis.is_object() || !axis.contains("resolution") || !axis["resolution"].is_number() ||
            !units.is_object() || !units.contains(key) || !units[key].is_string())
            continue;
        const auto nm = nanometresIn(units[key].get<std::string>());
        const double value = axis["resolution"].get<double>();
        if (!nm || value <= 0) continue;
        if (key == "z") size.zNm = rounded(value * *nm);
        if (key == "y") size.yNm = rounded(value * *nm);
        if (key == "x") size.xNm = rounded(value * *nm);
    }
    if (size.zNm || size.yNm || size.xNm) size.source = "HDF5 axistags";
    return size;
}

} // namespace cristae

// Axes of arrays from the attributes that ilastik, CREMI, Fiji and h5py write.
#include "core/io/hdf5_axes.h"

#include "core/base/json.h"

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

} // namespace cristae

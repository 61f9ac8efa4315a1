// Complete parts.
#include "core/document/complete_parts.h"

#include <algorithm>

namespace cristae {

std::vector<Box3> withPart(std::vector<Box3> parts, const Box3& part) {
    if (part.empty() || std::ranges::any_of(parts, [&](const Box3& old) { return old.contains(part); }))
        return parts;
    std::erase_if(parts, [&](const Box3& old) { return part.contains(old); });
    parts.push_back(part);
    return parts;
}

std::vector<Box3> withoutSlice(std::vector<Box3> parts, int64_t z) {
    std::erase_if(parts, [z](const Box3& part) { return part.z0 == z; });
    return parts;
}

bool sliceComplete(const std::vector<Box3>& parts, const Extent3& e, int64_t z) {
    return std::ranges::any_of(parts, [&](const Box3& part) { return part.contains(Box3::ofSlice(e, z)); });
}

nlohmann::json toJson(const std::vector<Box3>& parts) {
    nlohmann::json list = nlohmann::json::array();
    for (const Box3& part : parts) list.push_back({part.z0, part.y0, part.x0, part.y1, part.x1});
    return {{"completeParts", list}};
}

namespace {

/// The last array of that name, depth first; JSON of files is limited in depth where it is read.
const nlohmann::json* newestList(const nlohmann::json& json) {
    const nlohmann::json* found = nullptr;
    if (!json.is_structured()) return found;
    for (const auto& [key, value] : json.items()) {
        if (key == "completeParts" && value.is_array())
            found = &value;
        else if (const nlohmann::json* deeper = newestList(value))
            found = deeper;
    }
    return found;
}

} // namespace

std::vector<Box3> completePartsFrom(const nlohmann::json& provenance, const Extent3& e) {
    std::vector<Box3> parts;
    const nlohmann::json* list = newestList(provenance);
    if (!list) return parts;
    for (const nlohmann::json& entry : *list) {
        if (!entry.is_array() || entry.size() != 5 ||
            !std::ranges::all_of(entry, [](const auto& v) { return v.is_number_integer(); }))
            continue;
        const auto at = [&](size_t i) { return entry[i].get<int64_t>(); };
        if (at(0) < 0 || at(0) >= e.z) continue;
        const Box3 part = Box3{at(0), at(1), at(2), at(0) + 1, at(3), at(4)}.intersected(Box3::ofExtent(e));
        if (!part.empty()) parts = withPart(std::move(parts), part);
    }
    return parts;
}

} // namespace cristae

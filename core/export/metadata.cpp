// Classes, provenance and voxel size to and from JSON.
#include "core/export/metadata.h"

#include "core/base/json.h"

namespace cristae {

nlohmann::json classesJson(const std::vector<LabelClass>& classes) {
    nlohmann::json list = nlohmann::json::array();
    for (const LabelClass& each : classes)
        list.push_back({{"value", each.value}, {"name", each.name}, {"colour", each.colour.hex()}});
    return list;
}

std::string metadataLine(const ExportDescription& description) {
    nlohmann::json json = nlohmann::json::object();
    if (description.objects)
        json["objectsOf"] = description.classes.front().name;
    else if (!description.classes.empty())
        json["classes"] = classesJson(description.classes);
    if (!description.provenance.empty()) json["provenance"] = description.provenance;
    const VoxelSize& size = description.info.voxelSize;
    nlohmann::json voxel = nlohmann::json::object();
    if (size.zNm) voxel["z"] = *size.zNm;
    if (size.yNm) voxel["y"] = *size.yNm;
    if (size.xNm) voxel["x"] = *size.xNm;
    if (!voxel.empty()) {
        voxel["source"] = size.source;
        json["voxelSizeNm"] = voxel;
        const Extent3& extent = description.info.extent();
        json["sizeYX"] = {extent.y, extent.x}; // for which the pixel size holds
    }
    return json.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

std::vector<LabelClass> classesOf(const ImageInfo& info) {
    const auto json = parseJson(info.cristaeMetadata);
    if (!json.is_object() || !json.contains("classes") || !json["classes"].is_array()) return {};
    std::vector<LabelClass> classes;
    for (const auto& entry : json["classes"]) {
        try {
            classes.push_back({entry.at("value").get<uint32_t>(), entry.at("name").get<std::string>(),
                               Colour::fromHex(entry.at("colour").get<std::string>())});
        } catch (const std::exception&) {
            return {}; // written by something else; names that half fit would mislead
        }
    }
    return classes;
}

ClassTable classTableOf(const ImageInfo& info) {
    ClassTable table;
    for (const LabelClass& one : classesOf(info)) table.set(one);
    return table;
}

std::string classOfObjects(const ImageInfo& info) {
    const auto json = parseJson(info.cristaeMetadata);
    return json.is_object() && json.contains("objectsOf") && json["objectsOf"].is_string()
               ? json["objectsOf"].get<std::string>()
               : std::string();
}

} // namespace cristae

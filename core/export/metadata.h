// What every export carries besides pixels: classes, provenance and voxel size as one line of JSON.
#pragma once
#include "core/export/exporter.h"

namespace cristae {

/// {"classes": [{"value", "name", "colour"}], "provenance": {…}, "voxelSizeNm": {"z", "y", "x", "source"}};
/// only what is known. Pure ASCII, without line breaks and with keys in a fixed order: equal results give
/// equal bytes.
std::string metadataLine(const ExportDescription& description);
nlohmann::json classesJson(const std::vector<LabelClass>& classes);
/// The classes of a file that Cristae wrote (ImageInfo::cristaeMetadata); empty if it names none.
std::vector<LabelClass> classesOf(const ImageInfo& info);
ClassTable classTableOf(const ImageInfo& info);
/// The class that all objects of a file of object ids belong to, where Cristae wrote it; else empty.
std::string classOfObjects(const ImageInfo& info);

} // namespace cristae

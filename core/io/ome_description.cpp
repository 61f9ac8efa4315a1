// OME-XML after the schema of 2016-06: https://docs.openmicroscopy.org/ome-model/latest/ome-tiff/.
#include "core/io/ome_description.h"

#include "core/base/number.h"
#include "core/io/xml_tags.h"

namespace cristae {

namespace {

constexpr size_t mostImages = 10'000, mostPlanes = 2'000'000;

std::optional<int64_t> countOf(const XmlTag& tag, std::string_view name) {
    const auto number = decimalNumber(tag.attribute(name));
    if (!number || *number < 0 || *number >= 1e9) return std::nullopt;
    return int64_t(*number);
}

int64_t sizeOf(const XmlTag& tag, std::string_view name) {
    const int64_t size = countOf(tag, name).value_or(1);
    return size >= 1 ? size : 1;
}

bool isOrder(std::string_view order) {
    return order.size() == 5 && order.starts_with("XY") && order.find('Z') != std::string_view::npos &&
           order.find('C') != std::string_view::npos && order.find('T') != std::string_view::npos;
}

OmeLength lengthOf(const XmlTag& tag, const std::string& axis) {
    OmeLength length{tag.attribute("PhysicalSize" + axis), tag.attribute("PhysicalSize" + axis + "Unit")};
    if (length.unit.empty()) length.unit = "µm"; // the schema's default
    return length;
}

void readPixels(const XmlTag& tag, OmeImage& image) {
    image.z = sizeOf(tag, "SizeZ");
    image.c = sizeOf(tag, "SizeC");
    image.t = sizeOf(tag, "SizeT");
    image.y = countOf(tag, "SizeY").value_or(0);
    image.x = countOf(tag, "SizeX").value_or(0);
    if (const std::string order = tag.attribute("DimensionOrder"); isOrder(order))
        image.order = order.substr(2);
    image.sizeZ = lengthOf(tag, "Z");
    image.sizeY = lengthOf(tag, "Y");
    image.sizeX = lengthOf(tag, "X");
}

OmePlanes planesOf(const XmlTag& tag) {
    OmePlanes planes{.page = countOf(tag, "IFD"), .count = countOf(tag, "PlaneCount")};
    if (!planes.count) planes.count = countOf(tag, "NumPlanes"); // before 2007
    planes.firstZ = countOf(tag, "FirstZ").value_or(0);
    planes.firstC = countOf(tag, "FirstC").value_or(0);
    planes.firstT = countOf(tag, "FirstT").value_or(0);
    return planes;
}

} // namespace

std::vector<OmeImage> parseOme(std::string_view text) {
    std::vector<OmeImage> images;
    std::string name, own, file;
    bool ome = false, inPixels = false;
    size_t planes = 0;
    XmlTags tags(text);
    while (const auto tag = tags.next()) {
        if (tag->begins && tag->name == "OME") {
            ome = true;
            own = tag->attribute("UUID");
        }
        if (!ome) continue;
        if (tag->begins && tag->name == "Image") name = tag->attribute("Name");
        if (tag->begins && tag->name == "Pixels" && images.size() < mostImages) {
            images.push_back({.name = name});
            readPixels(*tag, images.back());
            inPixels = true;
        }
        if (tag->ends && tag->name == "Pixels") inPixels = false;
        if (!inPixels || ++planes > mostPlanes) continue;
        if (tag->begins && tag->name == "TiffData") images.back().planes.push_back(planesOf(*tag));
        if (tag->begins && tag->name == "UUID") file = tag->attribute("FileName");
        if (tag->ends && tag->name == "UUID" && !images.back().planes.empty() && tag->text != own)
            images.back().planes.back().file = file.empty() ? tag->text : file;
    }
    return images;
}

} // namespace cristae

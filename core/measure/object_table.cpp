// Tables of objects and classes as CSV text (RFC 4180).
#include "core/measure/class_statistics.h"

#include <fmt/format.h>

namespace cristae {

namespace {
// Quoted where it must be: separators, quotes and line breaks.
std::string field(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    return quoted + "\"";
}

std::string line(const std::vector<std::string>& fields) {
    std::string text;
    for (size_t i = 0; i < fields.size(); ++i) text += (i ? "," : "") + field(fields[i]);
    return text + "\r\n";
}

std::string nameOf(uint32_t label, const ClassTable& classes) {
    const LabelClass* entry = classes.find(label);
    return entry ? entry->name : std::string();
}

// The shortest digits that read back as the same number; independent of the locale.
std::string number(double value) {
    return fmt::format("{}", value);
}
} // namespace

std::string objectTableCsv(const std::vector<LabelObject>& objects, const VoxelSize& voxelSize,
                           const ClassTable& classes) {
    const bool area = voxelSize.knownInPlane(), volume = area && voxelSize.zNm;
    std::vector<std::string> heading{"object", "label", "class", "size_voxels"};
    if (area) heading.push_back("area_nm2");
    if (volume) heading.push_back("volume_nm3");
    for (const char* column : {"centroid_z_px", "centroid_y_px", "centroid_x_px", "box_z0_px", "box_y0_px",
                               "box_x0_px", "box_z1_px", "box_y1_px", "box_x1_px", "touches_border"})
        heading.push_back(column);
    std::string text = line(heading);
    for (const LabelObject& o : objects) {
        std::vector<std::string> row{fmt::format("{}", o.number), fmt::format("{}", o.label),
                                     nameOf(o.label, classes), fmt::format("{}", o.voxels)};
        // The area of an object in one slice; one that goes through several has a volume instead.
        const double areaNm2 = area ? double(o.voxels) * *voxelSize.yNm * *voxelSize.xNm : 0;
        if (area) row.push_back(o.box.z1 - o.box.z0 == 1 ? number(areaNm2) : std::string());
        if (volume) row.push_back(number(areaNm2 * *voxelSize.zNm));
        for (const double value : {o.centroidZ, o.centroidY, o.centroidX}) row.push_back(number(value));
        for (const int64_t value : {o.box.z0, o.box.y0, o.box.x0, o.box.z1, o.box.y1, o.box.x1})
            row.push_back(fmt::format("{}", value));
        row.push_back(o.touchesBorder ? "1" : "0");
        text += line(row);
    }
    return text;
}

std::string classTableCsv(const std::vector<ClassStatistics>& statistics, const ClassTable& classes) {
    bool area = false, volume = false;
    for (const ClassStatistics& s : statistics) {
        area |= s.areaNm2.has_value();
        volume |= s.volumeNm3.has_value();
    }
    std::vector<std::string> heading{"label", "class", "objects", "size_voxels", "fraction_of_image"};
    if (area) heading.push_back("area_nm2");
    if (volume) heading.push_back("volume_nm3");
    std::string text = line(heading);
    for (const ClassStatistics& s : statistics) {
        std::vector<std::string> row{fmt::format("{}", s.label), nameOf(s.label, classes),
                                     fmt::format("{}", s.objects), fmt::format("{}", s.voxels),
                                     number(s.fraction)};
        if (area) row.push_back(s.areaNm2 ? number(*s.areaNm2) : std::string());
        if (volume) row.push_back(s.volumeNm3 ? number(*s.volumeNm3) : std::string());
        text += line(row);
    }
    return text;
}

} // namespace cristae

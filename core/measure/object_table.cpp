// Tables of objects and classes as CSV text (RFC 4180).
#include "core/measure/class_statistics.h"
#include "core/measure/csv.h"

namespace cristae {

namespace {
std::string nameOf(uint32_t label, const ClassTable& classes) {
    const LabelClass* entry = classes.find(label);
    return entry ? entry->name : std::string();
}
} // namespace

std::string objectTableCsv(const std::vector<LabelObject>& objects, const VoxelSize& voxelSize,
                           const ClassTable& classes, const ObjectIdentity& identity,
                           const std::string& everyClass) {
    const bool area = voxelSize.knownInPlane(), volume = area && voxelSize.zNm;
    std::vector<std::string> heading{"object", "label", "class", "size_voxels"};
    if (area) heading.push_back("area_nm2");
    if (volume) heading.push_back("volume_nm3");
    for (const char* column :
         {"centroid_z_px", "centroid_y_px", "centroid_x_px", "box_z0_px", "box_y0_px", "box_x0_px",
          "box_z1_px", "box_y1_px", "box_x1_px", "touches_border", "one_object_is"})
        heading.push_back(column);
    std::string text = csvLine(heading);
    for (const LabelObject& o : objects) {
        std::vector<std::string> row{fmt::format("{}", o.number), fmt::format("{}", o.label),
                                     everyClass.empty() ? nameOf(o.label, classes) : everyClass,
                                     fmt::format("{}", o.voxels)};
        // The area of an object in one slice; one that goes through several has a volume instead.
        const double areaNm2 = area ? double(o.voxels) * *voxelSize.yNm * *voxelSize.xNm : 0;
        if (area) row.push_back(o.box.z1 - o.box.z0 == 1 ? csvNumber(areaNm2) : std::string());
        if (volume) row.push_back(csvNumber(areaNm2 * *voxelSize.zNm));
        for (const double value : {o.centroidZ, o.centroidY, o.centroidX}) row.push_back(csvNumber(value));
        for (const int64_t value : {o.box.z0, o.box.y0, o.box.x0, o.box.z1, o.box.y1, o.box.x1})
            row.push_back(fmt::format("{}", value));
        row.push_back(o.touchesBorder ? "1" : "0");
        row.push_back(wordsOf(identity));
        text += csvLine(row);
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
    std::string text = csvLine(heading);
    for (const ClassStatistics& s : statistics) {
        std::vector<std::string> row{fmt::format("{}", s.label), nameOf(s.label, classes),
                                     fmt::format("{}", s.objects), fmt::format("{}", s.voxels),
                                     csvNumber(s.fraction)};
        if (area) row.push_back(s.areaNm2 ? csvNumber(*s.areaNm2) : std::string());
        if (volume) row.push_back(s.volumeNm3 ? csvNumber(*s.volumeNm3) : std::string());
        text += csvLine(row);
    }
    return text;
}

} // namespace cristae

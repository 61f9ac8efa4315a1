// Class statistics: how much of each class there is, and a table of its connected objects with sizes and
// places.
#pragma once
#include "core/base/progress.h"
#include "core/image/tile_source.h"
#include "core/labels/class_table.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cristae {

/// What counts as one object: voxels of equal label that touch.
enum class Connectivity {
    slices, // within a slice, 8 neighbours: every slice has its own objects
    volume  // through the stack, 26 neighbours
};

/// Which voxels make up one object of a label image.
struct ObjectIdentity {
    Connectivity connectivity = Connectivity::volume;
    /// Voxels of equal value are one object, also in several pieces (in slices: within a slice); else only
    /// those that touch.
    bool ids = false;
};
/// "touching voxels of equal label (26 neighbours)": said in tables and conventions.
std::string wordsOf(const ObjectIdentity& identity);

struct LabelObject {
    int64_t number = 0; // from 1, in the order of first voxels (z, then y, then x)
    uint32_t label = 0;
    int64_t voxels = 0;
    /// Mean of the voxel centres in image coordinates, px: the centre of the very first voxel is (0.5, 0.5,
    /// 0.5), as in ImageJ.
    double centroidZ = 0, centroidY = 0, centroidX = 0;
    Box3 box; // smallest box that holds it, half-open
    /// It reaches the edge of the image in y or x, or of a stack of several slices in z (volume), so that its
    /// true size is unknown.
    bool touchesBorder = false;
};

struct ClassStatistics {
    uint32_t label = 0;
    int64_t voxels = 0;
    int64_t objects = 0;
    double fraction = 0;           // of all voxels of the image
    std::optional<double> areaNm2; // voxels × pixel area; only when y and x are known; of all slices together
    std::optional<double> volumeNm3; // only when z is known too
};

/// Objects of every label ≠ 0, read slice by slice with one slice of memory besides the table. What is not
/// labelled (ImageInfo::unlabelled) belongs to none. Throws Error{input} for images that are no labels
/// (several channels, fractions, negative values) and {cancelled}.
std::vector<LabelObject> measureObjects(const TileSource& labels, const Progress& progress,
                                        const ObjectIdentity& identity = {});
/// Leaves out objects of fewer voxels, numbers the others from 1 on, and returns how many were left out.
int64_t leaveOutSmall(std::vector<LabelObject>& objects, int64_t smallest);
/// Sums by label, ascending. Sizes in nm only where voxelSize knows them.
std::vector<ClassStatistics> classStatistics(const std::vector<LabelObject>& objects, const Extent3& extent,
                                             const VoxelSize& voxelSize);

/// RFC 4180 with a heading line, dot decimals and units in the headings; columns in nm are left out where the
/// size is not known. Classes without an entry have an empty name, unless all objects are of `everyClass`.
/// The last column says what one object is.
std::string objectTableCsv(const std::vector<LabelObject>& objects, const VoxelSize& voxelSize,
                           const ClassTable& classes = {}, const ObjectIdentity& identity = {},
                           const std::string& everyClass = {});
std::string classTableCsv(const std::vector<ClassStatistics>& statistics, const ClassTable& classes = {});

} // namespace cristae

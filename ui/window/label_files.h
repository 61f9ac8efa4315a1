// Labels as files: reading a label image into a change of the document. No widgets; runs off the UI thread.
#pragma once
#include "core/base/progress.h"
#include "core/io/format.h"
#include "core/labels/class_table.h"
#include "core/labels/label_layer.h"

#include <filesystem>
#include <string>
#include <vector>

namespace cristae {

struct LoadedLabels {
    LabelDelta delta;
    ClassTable classes;         // the given ones and those of the file, with an entry for every value in it
    VoxelSize voxelSize;        // as the file states it: what was entered by hand is kept with the labels
    std::vector<Box3> complete; // parts that were said to be complete when they were saved
    std::vector<std::string> remarks;
};

/// Replaces all labels by those of the file; its voxels count as set by hand, so that predictions leave them
/// alone. A file that Cristae wrote brings its class names and colours: a class of a known name keeps the
/// value it has here, a new one keeps the file's value unless that is taken. Without names a mask of 0 and
/// 255 becomes the first class; voxels that are not labelled stay empty. Throws Error{input} if the size
/// differs (names both) or the values are no labels.
LoadedLabels readLabels(const std::filesystem::path& path, const OpenOptions& options,
                        const LabelSnapshot& base, const ClassTable& classes, const Progress& progress);
/// The same of a source that was opened for its values (OpenOptions::labels).
LoadedLabels readLabels(TileSourcePtr source, const LabelSnapshot& base, const ClassTable& classes,
                        const Progress& progress);

} // namespace cristae

// Labels as files: reading a label image into a change of the document. No widgets; runs off the UI thread.
#pragma once
#include "core/base/progress.h"
#include "core/labels/class_table.h"
#include "core/labels/label_layer.h"

#include <filesystem>
#include <string>
#include <vector>

namespace cristae {

struct LoadedLabels {
    LabelDelta delta;
    ClassTable classes; // the given ones, with an entry for every value that had none
    std::vector<std::string> remarks;
};

/// Replaces all labels by those of the file; its voxels count as set by hand, so that predictions leave them
/// alone. A mask of 0 and 255 becomes the first class. Throws Error{input} if the size differs (names both)
/// or the values are no labels.
LoadedLabels readLabels(const std::filesystem::path& path, const std::string& dataset,
                        const LabelSnapshot& base, const ClassTable& classes, const Progress& progress);

} // namespace cristae

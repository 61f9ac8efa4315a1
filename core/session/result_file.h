// What a result file is described by, whatever kind of result it is.
#pragma once
#include "core/session/session.h"

namespace cristae {

/// 255 where there is a label.
Pixels maskOf(const Pixels& labels);
/// What is written with every result: program, libraries, the image with its hash and remarks, and the
/// history. No date: equal work gives equal bytes.
nlohmann::json provenanceOf(const ImageInfo& image, const std::string& imageSha256,
                            std::vector<nlohmann::json> history);
/// Classes and provenance of a result over slices [firstSlice, endSlice) of an image. Throws Error{usage} for
/// a mask or objects of anything but one class.
ExportDescription describe(const TileSourcePtr& image, const VoxelSize& voxelSize, ResultKind kind,
                           std::vector<LabelClass> classes, int64_t firstSlice, int64_t endSlice,
                           std::vector<nlohmann::json> history, const std::string& imageSha256);
/// Throws Error{usage} with the exporter's complaint.
void requireWritable(const Exporter& exporter, const ExportDescription& description);
/// The end of a range of slices. Throws Error{usage} when it is not in the image.
int64_t checkedEnd(const ImageInfo& info, int64_t first, int64_t end);
/// The document's history, and that labels were corrected by hand where they were.
std::vector<nlohmann::json> historyWithHand(const LabelExport& what, int64_t end, const Progress& progress);

} // namespace cristae

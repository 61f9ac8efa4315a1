// Complete parts: adding and taking away, and how they are kept with labels.
#pragma once
#include "core/base/geometry.h"

#include <nlohmann/json.hpp>
#include <vector>

namespace cristae {

/// With the part added; parts that lie within another go. `part` is within one slice.
std::vector<Box3> withPart(std::vector<Box3> parts, const Box3& part);
/// Without all parts of slice z.
std::vector<Box3> withoutSlice(std::vector<Box3> parts, int64_t z);
/// Whether the whole slice z of a volume of extent e is complete.
bool sliceComplete(const std::vector<Box3>& parts, const Extent3& e, int64_t z);

/// {"completeParts": [[z, y0, x0, y1, x1], …]}: an entry of the history that labels are saved with.
nlohmann::json toJson(const std::vector<Box3>& parts);
/// Those of the newest entry anywhere in the provenance of a file, as far as they lie within extent e.
std::vector<Box3> completePartsFrom(const nlohmann::json& provenance, const Extent3& e);

} // namespace cristae

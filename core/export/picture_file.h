// writePicture: a picture in colours that the program has drawn, as a file.
#pragma once
#include "core/export/exporter.h"

namespace cristae {

/// Writes RGB u8 in the format that the target's ending names, with the program's version and `made` in the
/// file's metadata; returns what stands there (the folder of a stack of PNGs). Throws Error{usage} for a
/// format that holds no RGB, and what writing throws.
std::filesystem::path writePicture(const TileSource& picture,
                                   const std::vector<std::unique_ptr<Exporter>>& exporters,
                                   const Destination& target, const nlohmann::json& made,
                                   const Progress& progress);

/// Throws what writePicture() would throw for a picture of that extent, before it is drawn.
void requirePicturePlace(const Extent3& extent, const std::vector<std::unique_ptr<Exporter>>& exporters,
                         const Destination& target);

} // namespace cristae

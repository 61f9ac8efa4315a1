// writeDifferencePicture: where a prediction differs from a truth, as a picture file.
#pragma once
#include "core/export/exporter.h"

namespace cristae {

/// Writes what differencePicture() gives in the format that the target's ending names, with the colours in
/// words in the file's metadata; returns what stands there (the folder of a stack of PNGs). Throws
/// Error{usage} for a format that holds no RGB, and what writing throws.
std::filesystem::path writeDifferencePicture(const TileSource& picture,
                                             const std::vector<std::unique_ptr<Exporter>>& exporters,
                                             const Destination& target, const std::string& predictionName,
                                             const std::string& truthName, const Progress& progress);

} // namespace cristae

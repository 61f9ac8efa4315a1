// writeDifferencePicture.
#include "core/export/difference_file.h"

#include "core/export/picture_file.h"
#include "core/measure/difference.h"

namespace cristae {

std::filesystem::path writeDifferencePicture(const TileSource& picture,
                                             const std::vector<std::unique_ptr<Exporter>>& exporters,
                                             const Destination& target, const std::string& predictionName,
                                             const std::string& truthName, const Progress& progress) {
    return writePicture(
        picture, exporters, target,
        {{"difference",
          {{"prediction", predictionName}, {"truth", truthName}, {"colours", differenceLegend()}}}},
        progress);
}

} // namespace cristae

// writeDifferencePicture.
#include "core/export/difference_file.h"

#include "core/base/error.h"
#include "core/measure/difference.h"

namespace cristae {

std::filesystem::path writeDifferencePicture(const TileSource& picture,
                                             const std::vector<std::unique_ptr<Exporter>>& exporters,
                                             const std::filesystem::path& target,
                                             const std::string& predictionName, const std::string& truthName,
                                             const Progress& progress) {
    ExportDescription description;
    description.info = picture.info();
    description.provenance = {
        {"program", "Cristae " CRISTAE_VERSION},
        {"difference",
         {{"prediction", predictionName}, {"truth", truthName}, {"colours", differenceLegend()}}}};
    const Exporter& exporter = findExporter(exporters, "", target);
    if (const std::string complaint = exporter.complaint(description); !complaint.empty())
        throw Error(ErrorKind::usage, complaint);
    exportSource(picture, exporter, target, description, progress);
    return exporter.placeOf(target, description);
}

} // namespace cristae

// writePicture.
#include "core/export/picture_file.h"

#include "core/base/error.h"

namespace cristae {

std::filesystem::path writePicture(const TileSource& picture,
                                   const std::vector<std::unique_ptr<Exporter>>& exporters,
                                   const Destination& target, const nlohmann::json& made,
                                   const Progress& progress) {
    ExportDescription description;
    description.info = picture.info();
    description.provenance = made;
    description.provenance["program"] = "Cristae " CRISTAE_VERSION;
    const Exporter& exporter = findExporter(exporters, "", target.path());
    if (const std::string complaint = exporter.complaint(description); !complaint.empty())
        throw Error(ErrorKind::usage, complaint);
    exportSource(picture, exporter, target, description, progress);
    return exporter.placeOf(target.path(), description);
}

} // namespace cristae

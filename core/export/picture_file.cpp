// writePicture.
#include "core/export/picture_file.h"

#include "core/base/error.h"

namespace cristae {

namespace {

const Exporter& pictureExporter(const std::vector<std::unique_ptr<Exporter>>& exporters,
                                const Destination& target, const ExportDescription& description) {
    const Exporter& exporter = findExporter(exporters, "", target.path());
    if (const std::string complaint = exporter.complaint(description); !complaint.empty())
        throw Error(ErrorKind::usage, complaint);
    return exporter;
}

} // namespace

void requirePicturePlace(const Extent3& extent, const std::vector<std::unique_ptr<Exporter>>& exporters,
                         const Destination& target) {
    ExportDescription description;
    description.info.levels = {extent};
    description.info.channels = 3;
    description.info.type = PixelType::u8;
    pictureExporter(exporters, target, description).requirePlace(target, description);
}

std::filesystem::path writePicture(const TileSource& picture,
                                   const std::vector<std::unique_ptr<Exporter>>& exporters,
                                   const Destination& target, const nlohmann::json& made,
                                   const Progress& progress) {
    ExportDescription description;
    description.info = picture.info();
    description.provenance = made;
    description.provenance["program"] = "Cristae " CRISTAE_VERSION;
    const Exporter& exporter = pictureExporter(exporters, target, description);
    exportSource(picture, exporter, target, description, progress);
    return exporter.placeOf(target.path(), description);
}

} // namespace cristae

// Descriptions of result files.
#include "core/session/result_file.h"

#include "core/base/error.h"
#include "core/io/library_versions.h"
#include "core/labels/label_source.h"

#include <algorithm>
#include <fmt/format.h>

namespace cristae {

nlohmann::json provenanceOf(const ImageInfo& image, const std::string& imageSha256,
                            std::vector<nlohmann::json> history) {
    nlohmann::json libraries;
    for (const auto& [name, version] : libraryVersions()) libraries[name] = version;
    return {{"program", "Cristae " CRISTAE_VERSION},
            {"libraries", libraries},
            {"image", image.path.filename().string()},
            {"image_sha256", imageSha256},
            {"dataset", image.dataset},
            {"axes", image.axes},
            {"remarks", image.remarks},
            {"history", std::move(history)}};
}

Pixels maskOf(const Pixels& labels) {
    Pixels mask(PixelType::u8, 1, labels.extent());
    const Pixels wide = labels.converted(PixelType::u32);
    const auto in = wide.values<uint32_t>();
    const auto out = mask.values<uint8_t>();
    for (size_t i = 0; i < in.size(); ++i) out[i] = in[i] ? 255 : 0;
    return mask;
}

ExportDescription describe(const TileSourcePtr& image, const VoxelSize& voxelSize, ResultKind kind,
                           std::vector<LabelClass> classes, int64_t firstSlice, int64_t endSlice,
                           std::vector<nlohmann::json> history, const std::string& imageSha256) {
    const ImageInfo& info = image->info();
    ExportDescription description;
    description.info.levels = {{endSlice - firstSlice, info.extent().y, info.extent().x}};
    description.info.voxelSize = voxelSize;
    description.info.axes = "zyx";
    description.probabilities = kind == ResultKind::probabilities;
    description.info.channels = description.probabilities ? int64_t(classes.size()) : 1;
    description.info.type = description.probabilities  ? PixelType::f32
                            : kind == ResultKind::mask ? PixelType::u8
                                                       : labelTypeFor(uint32_t(classes.size()));
    if ((kind == ResultKind::mask || kind == ResultKind::objects) && classes.size() != 1)
        throw Error(ErrorKind::usage,
                    fmt::format("{} one class, but {} are chosen; choose one, or write labels.",
                                kind == ResultKind::mask ? "A mask holds" : "Objects are of",
                                classes.size()));
    if (kind == ResultKind::mask) classes[0].value = 255;
    description.objects = kind == ResultKind::objects;
    description.classes = std::move(classes);
    description.provenance = provenanceOf(info, imageSha256, std::move(history));
    description.original = image;
    description.firstSlice = firstSlice;
    for (int64_t z = firstSlice; z < endSlice && !info.sliceNames.empty(); ++z)
        description.sliceNames.push_back(info.sliceNames[size_t(z)]);
    return description;
}

void requireWritable(const Exporter& exporter, const ExportDescription& description) {
    if (const std::string complaint = exporter.complaint(description); !complaint.empty())
        throw Error(ErrorKind::usage, complaint);
}

int64_t checkedEnd(const ImageInfo& info, int64_t first, int64_t end) {
    const int64_t slices = info.extent().z;
    const int64_t last = end < 0 ? slices : end;
    if (first < 0 || first >= last || last > slices)
        throw Error(ErrorKind::usage,
                    fmt::format("Slices {} to {} are not in the image, which has {} (0 to {}).", first,
                                last - 1, slices, slices - 1));
    return last;
}

std::vector<nlohmann::json> historyWithHand(const LabelExport& what, int64_t end, const Progress& progress) {
    std::vector<nlohmann::json> history = what.history;
    const Extent3 extent = what.image->info().extent();
    for (int64_t z = what.firstSlice; z < end; ++z) {
        progress.throwIfCancelled();
        if (what.labels.sliceEmpty(z)) continue;
        const Pixels origins = what.labels.origins(Box3::ofSlice(extent, z));
        const auto bytes = origins.values<uint8_t>();
        if (std::find(bytes.begin(), bytes.end(), uint8_t(Origin::human)) == bytes.end()) continue;
        history.push_back({{"verb", "correct"}, {"by", "hand"}});
        break;
    }
    return history;
}

} // namespace cristae

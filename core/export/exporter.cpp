// Choosing an exporter and writing a whole source through it.
#include "core/export/exporter.h"

#include "core/base/text.h"

#include <algorithm>
#include <fmt/format.h>

namespace cristae {

std::filesystem::path Exporter::placeOf(const std::filesystem::path& target, const ExportDescription&) const {
    return target;
}

void Exporter::requirePlace(const Destination& target, const ExportDescription& description) const {
    create(target, description); // and lets go of it
}

const Exporter& findExporter(const std::vector<std::unique_ptr<Exporter>>& exporters, std::string_view key,
                             const std::filesystem::path& target) {
    std::string extension = lowerCase(target.extension().string());
    if (!extension.empty()) extension.erase(0, 1);
    std::vector<std::string> known;
    for (const auto& exporter : exporters) {
        const auto own = exporter->extensions();
        if (key.empty() ? std::find(own.begin(), own.end(), extension) != own.end() : exporter->key() == key)
            return *exporter;
        known.push_back(key.empty() ? "." + own.front() : exporter->key());
    }
    if (!key.empty())
        throw Error(ErrorKind::usage, fmt::format("There is no export format “{}”; the formats are {}.", key,
                                                  fmt::join(known, ", ")));
    throw Error(ErrorKind::usage,
                fmt::format("The name “{}” does not say in which format to write; end it with one of {}.",
                            target.string(), fmt::join(known, ", ")));
}

void exportSource(const TileSource& source, const Exporter& exporter, const Destination& target,
                  const ExportDescription& description, const Progress& progress) {
    if (const std::string complaint = exporter.complaint(description); !complaint.empty())
        throw Error(ErrorKind::output, complaint);
    const auto sink = exporter.create(target.reading(source.info().path), description);
    const Extent3 extent = source.info().extent();
    for (int64_t z = 0; z < extent.z; ++z) {
        progress.throwIfCancelled();
        progress.report(0.9 * double(z) / double(extent.z),
                        fmt::format("writing slice {} of {}", z + 1, extent.z));
        sink->write(z, source.read(0, Box3::ofSlice(extent, z), progress));
    }
    progress.throwIfCancelled();
    progress.report(0.9, "checking the written file");
    sink->finish();
}

} // namespace cristae

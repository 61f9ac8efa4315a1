// Exporter: one kind of result file; receives slices one by one and leaves the file whole or not at all.
#pragma once
#include "core/base/destination.h"
#include "core/base/progress.h"
#include "core/image/tile_source.h"
#include "core/labels/class_table.h"

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace cristae {

/// What is written besides the pixels.
struct ExportDescription {
    ImageInfo info; // levels[0] extent, channels, type, voxelSize of the result
    std::vector<LabelClass> classes;
    bool probabilities = false; // float32 [K, …] instead of labels
    bool objects = false;       // values are numbers of objects, all of the one class
    nlohmann::json provenance =
        nlohmann::json::object(); // program version, model name and hash, settings, source image, date
    std::vector<std::string> sliceNames;
    TileSourcePtr
        original; // the image the result belongs to, for formats that show it beside the result; may be null
    int64_t firstSlice = 0; // slice of the original that slice 0 of the result belongs to
};

/// Takes the slices of a result in ascending order.
class SliceSink {
public:
    virtual ~SliceSink() = default;
    /// [C, 1, Y, X] of the described type.
    virtual void write(int64_t z, const Pixels& slice) = 0;
    /// Closes, re-opens and compares (lossless formats: every voxel by hash), then puts the file under its
    /// name. Without finish() nothing appears under the name. Throws Error{output}.
    virtual void finish() = 0;
};

class Exporter {
public:
    virtual ~Exporter() = default;
    virtual std::string name() const = 0;                    // "TIFF"
    virtual std::string key() const = 0;                     // "tiff": the word after --format
    virtual std::vector<std::string> extensions() const = 0; // {"tif", "tiff"}; the first is the default
    virtual bool lossless() const = 0;
    /// Empty if it can be written so, else the sentence that says why not and what would work.
    virtual std::string complaint(const ExportDescription& description) const = 0;
    /// What will stand there when it is written: the target itself, or the folder of a stack in formats of
    /// one slice a file.
    virtual std::filesystem::path placeOf(const std::filesystem::path& target,
                                          const ExportDescription& description) const;
    /// Throws Error{output} when create() would.
    void requirePlace(const Destination& target, const ExportDescription& description) const;
    /// Claims the place for the result. Throws Error{output} when nothing may be written there.
    virtual std::unique_ptr<SliceSink> create(const Destination& target,
                                              const ExportDescription& description) const = 0;
};

std::vector<std::unique_ptr<Exporter>> allExporters();
/// By key ("png") or, if the key is empty, by the extension of the target. Throws Error{usage} listing the
/// known ones.
const Exporter& findExporter(const std::vector<std::unique_ptr<Exporter>>& exporters, std::string_view key,
                             const std::filesystem::path& target);
/// Writes a whole source through an exporter, never over the source itself. Throws Error{output}.
void exportSource(const TileSource& source, const Exporter& exporter, const Destination& target,
                  const ExportDescription& description, const Progress& progress);

} // namespace cristae

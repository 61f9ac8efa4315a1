// Format: one kind of image file that Cristae can open; the registry tries them in order.
#pragma once
#include "core/image/tile_source.h"

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace cristae {

struct OpenOptions {
    std::string dataset;                // HDF5: path inside the file; empty = the only candidate
    std::string axes;                   // "zyx", "czyx"; empty = from the file or guessed
    std::optional<VoxelSize> voxelSize; // replaces what the file says; its source is kept as given
    std::vector<std::string> remarks;   // put before the remarks of the image, for what the caller noticed
};

/// One image inside a file that holds several (HDF5).
struct DatasetInfo {
    std::string path;
    std::vector<int64_t> shape;
    std::string type; // "uint8"
    std::string axes; // as stored or guessed
    bool looksLikeLabels = false;
};

/// A file holds several images and none was chosen; the message lists them.
class SeveralDatasets : public Error {
public:
    SeveralDatasets(const std::string& message, std::vector<DatasetInfo> datasets)
        : Error(ErrorKind::input, message), datasets_(std::move(datasets)) {}
    const std::vector<DatasetInfo>& datasets() const { return datasets_; }

private:
    std::vector<DatasetInfo> datasets_;
};

class Format {
public:
    virtual ~Format() = default;
    virtual std::string name() const = 0;                    // "TIFF"
    virtual std::vector<std::string> extensions() const = 0; // {"tif", "tiff"}, lower case, without the dot
    /// True if the first bytes (up to 1024; empty for a folder) say that this is the format; the name alone
    /// never does.
    virtual bool probe(const std::filesystem::path& path, std::span<const std::byte> head) const = 0;
    /// Reads headers, and of codecs that pass over damage a few megabytes of pixels, so that it can be said.
    /// Throws Error{input} with the file, what is wrong and the remedy.
    virtual TileSourcePtr open(const std::filesystem::path& path, const OpenOptions& options) const = 0;
    /// The images inside; by default one without a name.
    virtual std::vector<DatasetInfo> datasets(const std::filesystem::path& path) const;
};

std::vector<std::unique_ptr<Format>> allFormats();

/// Opens a file or a folder of images with the format whose probe accepts it.
/// Throws Error{input}: not found, not readable, no format knows it (lists the known ones), broken, several
/// datasets (SeveralDatasets).
TileSourcePtr openImage(const std::filesystem::path& path, const OpenOptions& options = {});
/// The images in a file that may hold several.
std::vector<DatasetInfo> listDatasets(const std::filesystem::path& path);
/// All file extensions that can be opened, for file dialogs.
std::vector<std::string> openableExtensions();

} // namespace cristae

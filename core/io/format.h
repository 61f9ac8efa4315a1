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
    std::string scene;                  // name or number (from 0) of an image inside; empty = the only one
    std::string axes;                   // "zyx", "czyx"; empty = from the file or guessed
    std::optional<VoxelSize> voxelSize; // replaces what the file says; its source is kept as given
    bool labels = false;                // the values are wanted, not colours: palettes give their indices
    std::vector<std::string> remarks;   // put before the remarks of the image, for what the caller noticed
};

/// One image inside a file: a dataset of HDF5, an image of an OME-TIFF.
struct SceneInfo {
    std::string name; // what OpenOptions::scene takes; "/volumes/raw"
    std::vector<int64_t> shape;
    std::string type; // "uint8"
    std::string axes; // as stored or guessed
    bool looksLikeLabels = false;
    bool reduced = false; // a coarser copy of another one, a label or thumbnail: opened only when named
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
    /// The images inside a file of a format that can hold several; empty: there is one, without a name.
    /// Reads headers only. Throws Error{input}.
    virtual std::vector<SceneInfo> scenes(const std::filesystem::path& path) const;
};

std::vector<std::unique_ptr<Format>> allFormats();

/// Opens a file or a folder of images with the format whose probe accepts it.
/// Throws Error{input}: not found, not readable, no format knows it (lists the known ones), broken, several
/// scenes of which `options` names none (lists them).
TileSourcePtr openImage(const std::filesystem::path& path, const OpenOptions& options = {});
/// The images in a file or folder; one without a name where there is only one. Throws Error{input}.
std::vector<SceneInfo> listScenes(const std::filesystem::path& path);
/// The images of which a caller must name one in OpenOptions::scene before openImage; empty if `options` does
/// or there is no choice. Throws Error{input}.
std::vector<SceneInfo> scenesToChoose(const std::filesystem::path& path, const OpenOptions& options = {});
/// An image, or the images among which a caller must choose.
struct ImageOrScenes {
    TileSourcePtr image; // null: choose
    std::vector<SceneInfo> scenes;
};
/// openImage(), with scenesToChoose() as a value where there is a choice; a file of one image is looked
/// through once. Throws Error{input}.
ImageOrScenes openOrList(const std::filesystem::path& path, const OpenOptions& options = {});
/// All file extensions that can be opened, for file dialogs.
std::vector<std::string> openableExtensions();

} // namespace cristae

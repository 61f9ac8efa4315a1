// ImageInfo: what is known of an image without reading its pixels.
#pragma once
#include "core/image/pixels.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace cristae {

/// Edge lengths of a voxel in nanometres and where they come from. Never invented: unknown axes stay empty.
struct VoxelSize {
    std::optional<double> zNm, yNm, xNm;
    std::string source; // "TIFF resolution tags", "entered by hand"; empty when nothing is known
    bool knownInPlane() const { return yNm && xNm; }
    bool operator==(const VoxelSize&) const = default;
};

/// The length of a voxel along one axis as one part of a file states it. All statements are kept, so that it
/// can be seen how the voxel size was decided.
struct StatedLength {
    char axis = 'x';  // 'z', 'y' or 'x'
    double value = 0; // as found: 0.005 …
    std::string unit; // … "µm"; may be empty
    std::optional<double> nm;
    std::string source; // "ImageJ description"
    bool used = false;
    std::string doubt; // why it is not used, or not sure; else empty
};

struct ImageInfo {
    std::vector<Extent3> levels; // levels[0] is full size; coarser ones halve y and x
    int64_t channels = 1;        // 1 grey, 3 RGB
    PixelType type = PixelType::u8;
    VoxelSize voxelSize;
    std::vector<StatedLength> statedLengths; // everything the file says of the voxel size
    std::optional<int64_t> unlabelled;       // labels: voxels of this value are neither object nor background
    std::string axes;           // axes as stored, "zyx", "tzcyx"; what was guessed is said in remarks
    std::filesystem::path path; // empty for images made in memory
    std::string dataset;        // HDF5: the dataset inside the file
    std::string format;         // "TIFF", "HDF5", "PNG folder"
    std::vector<std::string> sliceNames; // empty, or one a slice
    std::string
        cristaeMetadata; // JSON {"classes": […], "provenance": {…}} of a file that Cristae wrote, else empty
    std::vector<std::string> remarks; // sentences worth showing: what was guessed, dropped or doubtful

    const Extent3& extent() const { return levels.front(); }
};

} // namespace cristae

// The images in an HDF5 file: what each dataset holds, and which one is opened.
#pragma once
#include "core/image/tile_source.h"
#include "core/io/format.h"
#include "core/io/hdf5_axes.h"
#include "core/io/hdf5_layout.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace cristae {

/// The numbers of a dataset.
struct Hdf5Numbers {
    PixelType type = PixelType::u8;
    bool wide = false;       // stored in 64 bits, read as 32 when the values allow it
    bool known = false;      // an integer or a float
    bool signedBits = false; // u16 whose bits are stored under a signed type
};

/// What is known of a dataset before it is opened as an image.
struct Hdf5Facts {
    Hdf5Numbers kind;
    Hdf5Layout layout;
    ArrayAxes axes;
};

/// 2 to 5 dimensions of a size that an image may have; else empty.
std::vector<int64_t> hdf5Shape(hid_t dataset);
/// Type, layout and axes of a dataset; `look` allows a few values to be read where its axes must be guessed.
Hdf5Facts hdf5Facts(const std::filesystem::path& path, const std::string& name, hid_t file, hid_t dataset,
                    bool look);
/// Extent, channels and axes of an image whose dataset has this shape; a remark on time points.
void fillHdf5Extent(ImageInfo& info, const std::vector<int64_t>& shape, const std::string& letters);
/// The datasets that could be images, in the order of their names.
std::vector<SceneInfo> hdf5Scenes(const std::filesystem::path& path, hid_t file);
/// Path of the dataset to open; adds a remark on what is left out. Throws Error{input} if there is none, or
/// several and none chosen.
std::string chooseDataset(const std::filesystem::path& path, hid_t file, const std::string& wanted,
                          std::vector<std::string>& remarks);
/// Throws Error{input} for a dataset whose data lie in other files.
void requireInThisFile(const std::filesystem::path& path, hid_t dataset, const std::string& name);

/// Reads boxes of a dataset; owns the handles.
std::unique_ptr<TileSource> makeHdf5Source(Hdf5Handle file, Hdf5Handle dataset, ImageInfo info,
                                           std::vector<int64_t> shape, std::string letters, Hdf5Numbers kind);

} // namespace cristae

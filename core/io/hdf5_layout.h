// What programs are known to store where: MATLAB, BigDataViewer, Imaris, Velox and NCEM files, and the
// attributes that name axes.
#pragma once
#include "core/image/image_info.h"
#include "core/io/hdf5_handle.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace cristae {

/// What the place and the attributes of a dataset say of it.
struct Hdf5Layout {
    std::string axes;            // a letter for each dimension; empty: not stated
    bool spatial = false;        // lengths along z, y and x are stated, so these axes are there
    bool image = true;           // false: a text, a table or metadata
    bool reduced = false;        // a coarser copy, or the contents of MATLAB's cells
    bool padded = false;         // Imaris: shape is smaller than what is stored
    bool storedAsSigned = false; // BigDataViewer: unsigned 16 bits under a signed type
    std::vector<int64_t> shape;  // Imaris: without the padding of the last chunks; else as stored
    std::string remark;          // of what was decided by the program that wrote it; may be empty
};

/// `path` is that of the dataset inside the open file `place`. Reads attributes and, of NCEM files, axes.
Hdf5Layout layoutOf(const std::filesystem::path& place, hid_t file, hid_t dataset, const std::string& path,
                    const std::vector<int64_t>& shape, PixelType type);
/// Lengths of a voxel that stand outside of the dataset's own attributes: in the metadata of Velox, the dim1
/// … of NCEM, the extents of Imaris, the .xml beside a BigDataViewer file. `axes` are those of the dataset.
std::vector<StatedLength> lengthsBeside(const std::filesystem::path& file, hid_t open,
                                        const std::string& path, const std::string& axes);

} // namespace cristae

// Writes HDF5 chunks byte by byte, for tests of what a reader makes of them.
#pragma once
#include <hdf5.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

using Chunk = std::vector<uint8_t>;

/// A dataset of two slices of 16 × 16 bytes, a chunk each, stored as given.
inline void writeChunks(const std::filesystem::path& path, const std::function<void(hid_t)>& filters,
                        const Chunk& first, const Chunk& second) {
    const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const hsize_t shape[3] = {2, 16, 16}, chunk[3] = {1, 16, 16};
    const hid_t space = H5Screate_simple(3, shape, nullptr), storage = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(storage, 3, chunk);
    filters(storage);
    const hid_t dataset = H5Dcreate2(file, "data", H5T_STD_U8LE, space, H5P_DEFAULT, storage, H5P_DEFAULT);
    const hsize_t origin[2][3] = {{0, 0, 0}, {1, 0, 0}};
    H5Dwrite_chunk(dataset, H5P_DEFAULT, 0, origin[0], first.size(), first.data());
    H5Dwrite_chunk(dataset, H5P_DEFAULT, 0, origin[1], second.size(), second.data());
    H5Dclose(dataset);
    H5Pclose(storage);
    H5Sclose(space);
    H5Fclose(file);
}

/// Says that chunks are compressed with LZF. HDF5 makes such datasets only with a filter that can write: this
/// one leaves the bytes as they are.
inline void addLzf(hid_t storage) {
    static const H5Z_class2_t writing = {
        H5Z_CLASS_T_VERS,
        32000,
        1,
        1,
        "lzf",
        nullptr,
        nullptr,
        [](unsigned, size_t, const unsigned*, size_t bytes, size_t*, void**) { return bytes; }};
    H5Zregister(&writing);
    const unsigned values[3] = {4, 0x105, 256};
    H5Pset_filter(storage, 32000, H5Z_FLAG_OPTIONAL, 3, values);
}

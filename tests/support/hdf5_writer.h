// Writes HDF5 datasets of any shape, type and storage with the C library, for tests of the reader.
#pragma once
#include <hdf5.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

/// A place in an array: slice, row, column, channel, time; axes that the array lacks are 0.
struct Place {
    int64_t t = 0, z = 0, c = 0, y = 0, x = 0;
};

struct Hdf5Dataset {
    std::string name = "data";
    std::string letters = "zyx"; // the meaning of each axis, slowest first
    std::vector<hsize_t> shape;
    hid_t type = H5T_STD_U8LE;
    std::vector<hsize_t> chunk = {}; // empty: contiguous
    int deflate = -1;                // level, with shuffle before it if set
    bool shuffle = false;
    std::string axistags = {}; // attribute of that name
};

inline void writeText(hid_t object, const char* name, const std::string& text) {
    const hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
    H5Tset_size(type, text.size() + 1);
    const hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(attribute, type, text.c_str());
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
}

/// Writes `value` at every place of each dataset into a new file. Groups in names are made.
inline void writeHdf5(const std::filesystem::path& path, const std::vector<Hdf5Dataset>& datasets,
                      const std::function<double(const Place&)>& value) {
    const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t links = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(links, 1);
    for (const Hdf5Dataset& each : datasets) {
        const int dimensions = int(each.shape.size());
        const hid_t space = H5Screate_simple(dimensions, each.shape.data(), nullptr);
        const hid_t storage = H5Pcreate(H5P_DATASET_CREATE);
        if (!each.chunk.empty()) H5Pset_chunk(storage, dimensions, each.chunk.data());
        if (each.shuffle) H5Pset_shuffle(storage);
        if (each.deflate >= 0) H5Pset_deflate(storage, unsigned(each.deflate));
        const hid_t dataset =
            H5Dcreate2(file, each.name.c_str(), each.type, space, links, storage, H5P_DEFAULT);
        size_t count = 1;
        for (const hsize_t size : each.shape) count *= size;
        std::vector<double> values(count);
        for (size_t i = 0; i < count; ++i) {
            Place place;
            size_t rest = i;
            for (size_t d = each.shape.size(); d-- > 0;) {
                const auto at = int64_t(rest % each.shape[d]);
                rest /= each.shape[d];
                const char letter = each.letters[d];
                (letter == 't'   ? place.t
                 : letter == 'z' ? place.z
                 : letter == 'c' ? place.c
                 : letter == 'y' ? place.y
                                 : place.x) = at;
            }
            values[i] = value(place);
        }
        H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
        if (!each.axistags.empty()) writeText(dataset, "axistags", each.axistags);
        H5Dclose(dataset);
        H5Pclose(storage);
        H5Sclose(space);
    }
    H5Pclose(links);
    H5Fclose(file);
}

// Writes HDF5 datasets of any shape, type and storage with the C library, for tests of the reader.
#pragma once
#include <hdf5.h>

#include <array>
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

/// An attribute of texts of variable length.
inline void writeTexts(hid_t object, const char* name, const std::vector<std::string>& texts) {
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    const hsize_t count = texts.size();
    const hid_t space = H5Screate_simple(1, &count, nullptr);
    const hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    std::vector<const char*> pointers;
    for (const std::string& text : texts) pointers.push_back(text.c_str());
    H5Awrite(attribute, type, pointers.data());
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
}

/// Imaris keeps texts as arrays of single characters.
inline void writeSpelled(hid_t object, const char* name, const std::string& text) {
    const hid_t type = H5Tcopy(H5T_C_S1);
    const hsize_t count = text.size();
    const hid_t space = H5Screate_simple(1, &count, nullptr);
    const hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(attribute, type, text.data());
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
}

inline void writeNumbers(hid_t object, const char* name, const std::vector<double>& numbers) {
    const hsize_t count = numbers.size();
    const hid_t space = count == 1 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &count, nullptr);
    const hid_t attribute = H5Acreate2(object, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(attribute, H5T_NATIVE_DOUBLE, numbers.data());
    H5Aclose(attribute);
    H5Sclose(space);
}

/// Opens an object of a file that exists, to add attributes.
template <class F> void edit(const std::filesystem::path& path, const char* name, F&& f) {
    const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    const hid_t object = H5Oopen(file, name, H5P_DEFAULT);
    f(object, file);
    H5Oclose(object);
    H5Fclose(file);
}

/// A one-dimensional dataset of two numbers, as the dim1 … of NCEM.
inline void writeAxis(hid_t file, const std::string& name, const std::string& title, const std::string& units,
                      double step) {
    const hsize_t count = 2;
    const std::array values{5.0, 5.0 + step};
    const hid_t space = H5Screate_simple(1, &count, nullptr);
    const hid_t axis =
        H5Dcreate2(file, name.c_str(), H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(axis, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
    writeText(axis, "name", title);
    writeText(axis, "units", units);
    H5Dclose(axis);
    H5Sclose(space);
}

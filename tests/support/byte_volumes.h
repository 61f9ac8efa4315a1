// writeVolumes: small HDF5 files of several datasets, as windows open them.
#pragma once
#include <QString>

#include <array>
#include <cstdint>
#include <hdf5.h>
#include <utility>
#include <vector>

/// An HDF5 file of byte volumes [z, y, x].
inline bool writeVolumes(const QString& path,
                         const std::vector<std::pair<const char*, std::vector<uint8_t>>>& volumes,
                         const std::array<hsize_t, 3>& shape) {
    const hid_t file = H5Fcreate(path.toUtf8().constData(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    bool good = file >= 0;
    for (const auto& [name, values] : volumes) {
        const hid_t space = H5Screate_simple(3, shape.data(), nullptr);
        const hid_t data =
            H5Dcreate2(file, name, H5T_NATIVE_UINT8, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        good = good && H5Dwrite(data, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0;
        H5Dclose(data);
        H5Sclose(space);
    }
    return H5Fclose(file) >= 0 && good;
}

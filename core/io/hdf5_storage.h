// How an HDF5 dataset is stored, looked at before any call that could follow it out of the file or believe
// it.
#pragma once
#include "core/image/image_info.h"
#include "core/io/hdf5_handle.h"

#include <filesystem>
#include <vector>

namespace cristae {

/// False for a dataset that is virtual or kept in external files. To be asked first: already the shape of a
/// virtual dataset makes the library open the files behind it.
bool liesInThisFile(hid_t dataset);
/// True for a whole number or a floating-point number whose parts lie inside its bytes and that the library
/// converts.
bool isSoundNumber(hid_t type);
bool isChunked(hid_t dataset);
/// Throws Error{input} for a dataset whose data would take unreasonable memory, are stored in fewer bytes
/// than its shape needs, or are compressed with an unknown filter. Adds a remark if nothing was ever written.
void checkStorage(const std::filesystem::path& path, hid_t dataset, const std::vector<int64_t>& shape,
                  ImageInfo& info);

} // namespace cristae

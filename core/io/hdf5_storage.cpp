// Reads creation property lists only, which lead nowhere.
#include "core/io/hdf5_storage.h"

#include "core/io/hdf5_filters.h"

#include <fmt/format.h>
#include <limits>

namespace cristae {

namespace {

constexpr hsize_t largestChunk = hsize_t(1) << 30;

Error largeChunks(const std::filesystem::path& path, const std::string& dataset) {
    return inputError(
        path, fmt::format("“{}” is stored in chunks above 1 GB. Store it anew in smaller chunks (h5repack).",
                          dataset));
}

void checkChunks(const std::filesystem::path& path, hid_t creation, hsize_t valueBytes, size_t dimensions,
                 const std::string& dataset) {
    hsize_t chunk[H5S_MAX_RANK] = {}, bytes = valueBytes;
    if (H5Pget_chunk(creation, H5S_MAX_RANK, chunk) != int(dimensions))
        throw inputError(
            path, fmt::format("the chunks of “{}” do not fit its shape. Get the file again.", dataset));
    for (size_t i = 0; i < dimensions; ++i)
        if (chunk[i] == 0 || __builtin_mul_overflow(bytes, chunk[i], &bytes) || bytes > largestChunk)
            throw largeChunks(path, dataset);
    for (const Hdf5Filter& filter : filtersOf(creation))
        if (!isKnownFilter(filter))
            throw inputError(path,
                             fmt::format("“{}” is compressed with the filter {} (number {}), which is not "
                                         "known here. Store it anew with gzip (h5repack -f GZIP=4).",
                                         dataset, filter.name.empty() ? "without a name" : filter.name,
                                         int(filter.number)));
}

} // namespace

bool liesInThisFile(hid_t dataset) {
    const Hdf5Handle creation(H5Dget_create_plist(dataset));
    if (!creation.valid()) return false;
    const H5D_layout_t layout = H5Pget_layout(creation.get());
    return (layout == H5D_COMPACT || layout == H5D_CONTIGUOUS || layout == H5D_CHUNKED) &&
           H5Pget_external_count(creation.get()) == 0;
}

bool isChunked(hid_t dataset) {
    const Hdf5Handle creation(H5Dget_create_plist(dataset));
    return creation.valid() && H5Pget_layout(creation.get()) == H5D_CHUNKED;
}

bool isSoundNumber(hid_t type) {
    const H5T_class_t kind = H5Tget_class(type);
    const size_t bits = 8 * H5Tget_size(type), precision = H5Tget_precision(type);
    const int offset = H5Tget_offset(type);
    const H5T_order_t order = H5Tget_order(type);
    if (bits == 0 || precision == 0 || offset < 0 || size_t(offset) > bits ||
        precision > bits - size_t(offset) || (order != H5T_ORDER_LE && order != H5T_ORDER_BE))
        return false;
    if (kind == H5T_INTEGER) return bits <= 64;
    if (kind != H5T_FLOAT || bits > 128) return false;
    size_t sign = 0, exponent = 0, exponentBits = 0, fraction = 0, fractionBits = 0;
    return H5Tget_fields(type, &sign, &exponent, &exponentBits, &fraction, &fractionBits) >= 0 &&
           sign < bits && exponentBits > 0 && exponentBits < 16 && exponent <= bits &&
           exponentBits <= bits - exponent && fractionBits > 0 && fractionBits < 128 && fraction <= bits &&
           fractionBits <= bits - fraction;
}

void checkStorage(const std::filesystem::path& path, hid_t dataset, const std::vector<int64_t>& shape,
                  ImageInfo& info) {
    const Hdf5Handle creation(H5Dget_create_plist(dataset)), type(H5Dget_type(dataset));
    if (!creation.valid() || !type.valid())
        throw inputError(path, fmt::format("the dataset is damaged ({}). Get the file again.", hdf5Reason()));
    const hsize_t size = H5Tget_size(type.get());
    if (H5Pget_layout(creation.get()) == H5D_CHUNKED) {
        checkChunks(path, creation.get(), size, shape.size(), info.dataset);
    } else {
        hsize_t needed = size;
        for (const int64_t length : shape)
            if (__builtin_mul_overflow(needed, hsize_t(length), &needed))
                needed = std::numeric_limits<hsize_t>::max() / 2;
        const bool written =
            H5Pget_layout(creation.get()) == H5D_COMPACT || H5Dget_offset(dataset) != HADDR_UNDEF;
        const hsize_t stored = std::min<hsize_t>(H5Dget_storage_size(dataset), InputFile(path).size());
        if (written && needed > stored)
            throw inputError(
                path,
                fmt::format(
                    "“{}” claims more bytes than the file has. It was cut off or is damaged; get it again.",
                    info.dataset));
    }
    H5D_space_status_t status{};
    if (H5Dget_space_status(dataset, &status) >= 0 && status == H5D_SPACE_STATUS_NOT_ALLOCATED)
        info.remarks.push_back("No data were ever written to this dataset; it shows the fill value only.");
}

} // namespace cristae

// The common filters are undone here, bounded by the size of a chunk; the rare ones by the library, on a
// chunk in memory of whose size it cannot be mistaken.
#include "core/io/hdf5_filters.h"

#include "core/io/hdf5_lzf.h"

#include <algorithm>
#include <cstring>
#include <zlib.h>

namespace cristae {

namespace {

using Bytes = std::vector<std::byte>;

constexpr H5Z_filter_t lzf = 32000;
constexpr H5Z_filter_t sizeCheck = 300; // of the numbers that HDF5 leaves for such uses

[[noreturn]] void damaged(const char* why) {
    throw Error(ErrorKind::input, why);
}

/// Throws where more than `most` bytes come out.
Bytes inflated(const Bytes& stored, size_t most) {
    Bytes out(std::min(most, 4 * stored.size() + 64));
    z_stream stream{};
    if (inflateInit(&stream) != Z_OK) damaged("zlib could not start");
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(stored.data()));
    size_t inLeft = stored.size(), done = 0;
    int state = Z_OK;
    while (state == Z_OK) {
        if (done == out.size()) {
            if (out.size() == most) break;
            out.resize(std::min(most, 2 * out.size()));
        }
        const size_t in = std::min<size_t>(inLeft, UINT32_MAX),
                     room = std::min<size_t>(out.size() - done, UINT32_MAX);
        stream.avail_in = uInt(in);
        stream.avail_out = uInt(room);
        stream.next_out = reinterpret_cast<Bytef*>(out.data()) + done;
        state = inflate(&stream, Z_NO_FLUSH);
        inLeft -= in - stream.avail_in;
        done += room - stream.avail_out;
        if (state == Z_BUF_ERROR) break; // no progress: the stored bytes are at their end
    }
    inflateEnd(&stream);
    if (state != Z_STREAM_END)
        damaged("its deflate data are damaged or decode to more bytes than a chunk has");
    out.resize(done);
    return out;
}

/// HDF5 puts the first bytes of all values first, then the second ones, and so on; the rest stays behind.
Bytes unshuffled(const Bytes& stored, size_t size) {
    const size_t count = size > 1 ? stored.size() / size : 0;
    if (count < 2) return stored;
    Bytes out(stored.size());
    for (size_t k = 0; k < size; ++k)
        for (size_t i = 0; i < count; ++i) out[i * size + k] = stored[k * count + i];
    std::copy(stored.begin() + ptrdiff_t(count * size), stored.end(), out.begin() + ptrdiff_t(count * size));
    return out;
}

/// Fletcher's checksum over words of 16 bits, the first byte the higher one.
uint32_t fletcher32(std::span<const std::byte> bytes) {
    uint32_t first = 0, second = 0;
    const auto fold = [&] {
        first = (first & 0xffff) + (first >> 16);
        second = (second & 0xffff) + (second >> 16);
    };
    for (size_t i = 0; i < bytes.size(); i += 2) {
        first += uint32_t(bytes[i]) << 8 | (i + 1 < bytes.size() ? uint32_t(bytes[i + 1]) : 0u);
        second += first;
        if (i % 512 == 510) fold();
    }
    fold();
    fold();
    return second << 16 | first;
}

Bytes withoutChecksum(Bytes stored) {
    if (stored.size() < 4) damaged("its checksum is missing");
    uint32_t noted = 0;
    for (size_t i = 0; i < 4; ++i) noted |= uint32_t(stored[stored.size() - 4 + i]) << (8 * i);
    stored.resize(stored.size() - 4);
    const uint32_t sum = fletcher32(stored);
    // HDF5 before 1.6.3 noted the bytes of each half in the order of its machine.
    const uint32_t old = (sum & 0x00ff00ffu) << 8 | (sum & 0xff00ff00u) >> 8;
    if (noted != sum && noted != old) damaged("its checksum does not fit");
    return stored;
}

/// Passes bytes on if they are as many as the two halves of values[0] and values[1] say. No exception, no
/// change.
size_t requireSize(unsigned flags, size_t count, const unsigned* values, size_t bytes, size_t*, void**) {
    if (!(flags & H5Z_FLAG_REVERSE)) return bytes;
    return count == 2 && bytes == (size_t(values[1]) << 32 | values[0]) ? bytes : 0;
}

/// What n-bit, scale-offset and szip read without asking how much there is.
void requireEnough(H5Z_filter_t number, const Bytes& stored, const Hdf5ChunkKind& kind) {
    const size_t size = H5Tget_size(kind.type.get()), count = size ? kind.bytes / size : 0;
    const auto field = [&](size_t bytes) {
        uint64_t value = 0;
        for (size_t i = 0; i < bytes; ++i) value |= uint64_t(stored[i]) << (8 * i);
        return value;
    };
    size_t needed = 4;
    if (number == H5Z_FILTER_NBIT) {
        needed = (count * H5Tget_precision(kind.type.get()) + 7) / 8;
    } else if (number == H5Z_FILTER_SCALEOFFSET) {
        if (stored.size() < 21 || field(4) > 8 * size || uint64_t(stored[4]) > 8)
            damaged("the head of its scale-offset data is damaged");
        needed = 21 + (count * size_t(field(4)) + 7) / 8;
    } else if (stored.size() >= 4 && field(4) != kind.bytes) {
        damaged("its szip data decode to another number of bytes");
    }
    if (stored.size() < needed) damaged("it ends too early");
}

/// A chunk of its own in a file in memory, with this filter and before it one that checks the size, so that
/// the library copies nothing that was not decoded. It also computes the filter's values anew instead of
/// believing the file's.
Bytes undoneByLibrary(const Hdf5Filter& filter, const Bytes& stored, const Hdf5ChunkKind& kind) {
    const Hdf5Lock lock;
    requireEnough(filter.number, stored, kind);
    static const H5Z_class2_t check = {H5Z_CLASS_T_VERS, sizeCheck, 1,       1,
                                       "size check",     nullptr,   nullptr, requireSize};
    static const bool registered = H5Zregister(&check) >= 0;
    const Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS)), creation(H5Pcopy(kind.creation.get()));
    const auto dimensions = int(kind.sides.size());
    const unsigned size[2] = {unsigned(kind.bytes & 0xffffffff), unsigned(uint64_t(kind.bytes) >> 32)};
    if (!registered || H5Pset_fapl_core(access.get(), size_t(1) << 20, false) < 0 ||
        H5Premove_filter(creation.get(), H5Z_FILTER_ALL) < 0 ||
        H5Pset_chunk(creation.get(), dimensions, kind.sides.data()) < 0 ||
        H5Pset_filter(creation.get(), sizeCheck, H5Z_FLAG_MANDATORY, 2, size) < 0 ||
        H5Pset_filter(creation.get(), filter.number, H5Z_FLAG_MANDATORY, filter.values.size(),
                      filter.values.data()) < 0)
        damaged("its filters are invalid");
    const Hdf5Handle file(H5Fcreate("chunk", H5F_ACC_TRUNC, H5P_DEFAULT, access.get()));
    const Hdf5Handle space(H5Screate_simple(dimensions, kind.sides.data(), nullptr));
    const Hdf5Handle type(H5Tcopy(kind.type.get()));
    const Hdf5Handle dataset(
        H5Dcreate2(file.get(), "chunk", type.get(), space.get(), H5P_DEFAULT, creation.get(), H5P_DEFAULT));
    const std::vector<hsize_t> origin(kind.sides.size(), 0);
    Bytes out(kind.bytes);
    if (!dataset.valid() ||
        H5Dwrite_chunk(dataset.get(), H5P_DEFAULT, 0, origin.data(), stored.size(), stored.data()) < 0 ||
        H5Dread(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, out.data()) < 0) {
        hdf5Reason(); // of the file in memory, which nobody knows
        damaged("it decodes to another number of bytes than it claims");
    }
    return out;
}

Bytes undone(const Hdf5Filter& filter, Bytes stored, const Hdf5ChunkKind& kind) {
    const size_t most = kind.bytes + kind.bytes / 8 + 1024; // a filter before it may have added a little
    switch (filter.number) {
    case H5Z_FILTER_DEFLATE:
        return inflated(stored, most);
    case H5Z_FILTER_SHUFFLE:
        return unshuffled(stored, filter.values.empty() ? 0 : filter.values[0]);
    case H5Z_FILTER_FLETCHER32:
        return withoutChecksum(std::move(stored));
    case lzf:
        if (auto decoded = decodeLzf(stored, most)) return std::move(*decoded);
        damaged("its LZF data are damaged");
    default:
        return undoneByLibrary(filter, stored, kind);
    }
}

} // namespace

std::vector<Hdf5Filter> filtersOf(hid_t creation) {
    std::vector<Hdf5Filter> filters;
    for (int i = 0; i < H5Pget_nfilters(creation); ++i) {
        unsigned flags = 0, config = 0, values[64] = {};
        size_t count = 64;
        char name[64] = "";
        const H5Z_filter_t number =
            H5Pget_filter2(creation, unsigned(i), &flags, &count, values, sizeof name, name, &config);
        filters.push_back({number, {values, values + std::min<size_t>(count, 64)}, name});
    }
    return filters;
}

bool isKnownFilter(const Hdf5Filter& filter) {
    switch (filter.number) {
    case H5Z_FILTER_DEFLATE:
    case H5Z_FILTER_SHUFFLE:
    case H5Z_FILTER_FLETCHER32:
    case lzf:
        return true;
    case H5Z_FILTER_SZIP:
    case H5Z_FILTER_NBIT:
    case H5Z_FILTER_SCALEOFFSET: {
        const Hdf5Lock lock;
        return H5Zfilter_avail(filter.number) > 0;
    }
    default:
        return false;
    }
}

std::vector<std::byte> withoutFilters(std::vector<std::byte> stored, const std::vector<Hdf5Filter>& filters,
                                      unsigned leftOut, const Hdf5ChunkKind& kind) {
    for (size_t i = filters.size(); i-- > 0;)
        if (i >= 32 || !(leftOut >> i & 1)) stored = undone(filters[i], std::move(stored), kind);
    if (stored.size() != kind.bytes) damaged("it decodes to another number of bytes than it claims");
    return stored;
}

} // namespace cristae

// LZF: runs of literals and copies from up to 8 KB back.
#include "core/io/hdf5_lzf.h"

#include <algorithm>
#include <cstring>
#include <hdf5.h>
#include <new>

namespace cristae {

namespace {

constexpr H5Z_filter_t lzfFilter = 32000;
constexpr size_t largestChunk = size_t(1) << 30;

/// Replaces the buffer of HDF5 by the decoded one. 0 means failure; no exception may cross HDF5.
size_t filter(unsigned flags, size_t count, const unsigned* values, size_t storedBytes, size_t* bufferBytes,
              void** buffer) {
    if (!(flags & H5Z_FLAG_REVERSE)) return 0; // reading only
    try {
        // The third value is the size of a chunk, if the writer said it.
        const size_t stated = count >= 3 ? values[2] : 0;
        const auto decoded = decodeLzf({static_cast<const std::byte*>(*buffer), storedBytes},
                                       stated > 0 && stated <= largestChunk ? stated : largestChunk);
        if (!decoded || decoded->empty()) return 0;
        void* result = H5allocate_memory(decoded->size(), false);
        if (!result) return 0;
        std::memcpy(result, decoded->data(), decoded->size());
        H5free_memory(*buffer);
        *buffer = result;
        *bufferBytes = decoded->size();
        return decoded->size();
    } catch (const std::bad_alloc&) {
        return 0;
    }
}

} // namespace

std::optional<std::vector<std::byte>> decodeLzf(std::span<const std::byte> stored, size_t most) {
    std::vector<std::byte> out;
    out.reserve(std::min(most, 4 * stored.size()));
    size_t at = 0;
    while (at < stored.size()) {
        const auto control = size_t(stored[at++]);
        if (control < 32) { // that many literals, and one
            const size_t length = control + 1;
            if (length > stored.size() - at || length > most - out.size()) return std::nullopt;
            out.insert(out.end(), stored.begin() + ptrdiff_t(at), stored.begin() + ptrdiff_t(at + length));
            at += length;
            continue;
        }
        size_t length = control >> 5;
        if (length == 7) {
            if (at == stored.size()) return std::nullopt;
            length += size_t(stored[at++]);
        }
        if (at == stored.size()) return std::nullopt;
        length += 2;
        const size_t back = ((control & 0x1f) << 8) + size_t(stored[at++]) + 1;
        if (back > out.size() || length > most - out.size()) return std::nullopt;
        // Byte by byte: a copy may overlap itself, that is how runs are stored.
        for (size_t i = 0; i < length; ++i) out.push_back(out[out.size() - back]);
    }
    return out;
}

void registerLzfFilter() {
    static const H5Z_class2_t description = {H5Z_CLASS_T_VERS, lzfFilter, 0,     1, "lzf",
                                             nullptr,          nullptr,   filter};
    H5Zregister(&description);
}

} // namespace cristae

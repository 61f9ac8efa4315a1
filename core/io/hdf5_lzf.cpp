// LZF: runs of literals and copies from up to 8 KB back.
#include "core/io/hdf5_lzf.h"

#include <algorithm>

namespace cristae {

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

} // namespace cristae

// LZF, the fast compression that h5py brings along and HDF5 itself does not know.
#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace cristae {

/// The decoded bytes; nothing if `stored` is damaged or decodes to more than `most` bytes.
std::optional<std::vector<std::byte>> decodeLzf(std::span<const std::byte> stored, size_t most);

} // namespace cristae

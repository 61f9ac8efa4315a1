// Undoing the filters of an HDF5 chunk, with the size of every step checked.
#pragma once
#include "core/io/hdf5_handle.h"

#include <cstddef>
#include <vector>

namespace cristae {

/// One filter of a dataset with the values that its writer kept.
struct Hdf5Filter {
    H5Z_filter_t number = 0;
    std::vector<unsigned> values;
    std::string name;
};

/// The filters in the order in which a writer applies them.
std::vector<Hdf5Filter> filtersOf(hid_t creation);
/// Shuffle, deflate, Fletcher's checksum and LZF, and what this build of HDF5 brings of szip, n-bit and
/// scale-offset.
bool isKnownFilter(const Hdf5Filter& filter);

/// What is needed to undo filters that depend on the kind of numbers.
struct Hdf5ChunkKind {
    Hdf5Handle type;     // as stored
    Hdf5Handle creation; // the dataset's creation property list
    std::vector<hsize_t> sides;
    size_t bytes = 0; // of a decoded chunk
};

/// The bytes of a chunk as they were before the filters; bit i of `leftOut` says that filter i was not
/// applied. The library undoes filters without a look at how many bytes come out, and copies a whole chunk
/// from there; here they are counted. Throws Error{input} with the bare reason ("its checksum does not fit").
std::vector<std::byte> withoutFilters(std::vector<std::byte> stored, const std::vector<Hdf5Filter>& filters,
                                      unsigned leftOut, const Hdf5ChunkKind& kind);

} // namespace cristae

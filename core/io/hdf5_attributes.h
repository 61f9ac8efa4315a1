// Attributes of HDF5 objects, read from the bytes of the file.
#pragma once
#include "core/base/input_file.h"

#include <cstdint>
#include <string>
#include <vector>

namespace cristae {

/// Values of an attribute: numbers, or texts of fixed or variable length. Both empty if it is absent, of
/// another kind, too large or damaged.
struct Hdf5Attribute {
    std::vector<double> numbers;
    std::vector<std::string> texts;
    std::vector<uint64_t> objects; // lists of references: where the first object of each list has its header
    bool elsewhere = false; // the object keeps its attributes in a heap of their own, which is not read here
};

/// The attribute `name` of the object whose header lies at `header` (counted from `base` on, where HDF5
/// begins in the file). The library is not asked: it takes names for ended by a zero, and copies of a text of
/// variable length as many bytes as the heap says.
Hdf5Attribute readAttribute(const InputFile& file, uint64_t base, uint64_t header, const std::string& name);

} // namespace cristae

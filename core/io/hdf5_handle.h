// HDF5 handles with owners, one lock for all calls, and attribute reading.
#pragma once
#include "core/io/file_access.h"

#include <hdf5.h>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cristae {

/// Debian's HDF5 is not thread-safe: every call into it happens while this is held. Also silences its
/// printing and turns off the loading of plug-ins, which would run code from the environment.
class Hdf5Lock {
public:
    Hdf5Lock();

private:
    std::unique_lock<std::recursive_mutex> lock_;
};

/// Owns any HDF5 identifier; closes it under the lock.
class Hdf5Handle {
public:
    Hdf5Handle() = default;
    explicit Hdf5Handle(hid_t id) : id_(id) {}
    ~Hdf5Handle() { close(); }
    Hdf5Handle(Hdf5Handle&& other) noexcept : id_(std::exchange(other.id_, -1)) {}
    Hdf5Handle& operator=(Hdf5Handle&& other) noexcept {
        if (this != &other) {
            close();
            id_ = std::exchange(other.id_, -1);
        }
        return *this;
    }
    hid_t get() const { return id_; }
    bool valid() const { return id_ >= 0; }
    /// False if HDF5 could not close it (unwritten data).
    bool close();

private:
    hid_t id_ = -1;
};

/// Opens for reading without locks on the file. Throws Error{input} with the likely cause.
Hdf5Handle openHdf5(const std::filesystem::path& path);
/// The innermost message of HDF5's last failure, for sentences; clears it.
std::string hdf5Reason();
/// Where the header of an object lies (from the beginning of HDF5 in the file on), and what it is.
struct ObjectPlace {
    haddr_t address = HADDR_UNDEF;
    H5O_type_t type = H5O_TYPE_UNKNOWN;
};
std::optional<ObjectPlace> placeOf(hid_t object);
/// Attributes of an object; empty or nothing if absent or of another kind.
std::string textAttribute(hid_t object, const char* name);
std::vector<std::string> textsAttribute(hid_t object, const char* name);
std::vector<double> numbersAttribute(hid_t object, const char* name);
bool hasAttributes(hid_t object);
/// The names of the dimension scales of a dataset (h5py, netCDF 4), one an axis; empty if it has none.
std::vector<std::string> scaleNames(hid_t dataset);

} // namespace cristae

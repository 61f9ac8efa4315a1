// HDF5: ownership, the lock, opening and attributes.
#include "core/io/hdf5_handle.h"

#include "core/io/hdf5_attributes.h"
#include "core/io/hdf5_storage.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

namespace cristae {

namespace {

std::recursive_mutex& hdf5Mutex() {
    static std::recursive_mutex mutex;
    return mutex;
}

constexpr size_t longestAttribute = size_t(16) << 20;

// What H5Oget_info2 fills in has the address under one name up to HDF5 1.10, and under another from 1.12 on.
#if H5_VERSION_GE(1, 12, 0)
using ObjectInfo = H5O_info1_t;
#else
using ObjectInfo = H5O_info_t;
#endif

/// By the library, for attributes in a heap of their own, whose checksums the library looks at.
Hdf5Attribute attributeByLibrary(hid_t object, const char* name) {
    if (H5Aexists(object, name) <= 0) return {};
    const Hdf5Handle attribute(H5Aopen(object, name, H5P_DEFAULT));
    if (!attribute.valid()) return {};
    const Hdf5Handle type(H5Aget_type(attribute.get())), space(H5Aget_space(attribute.get()));
    const hssize_t count = H5Sget_simple_extent_npoints(space.get());
    const size_t size = H5Tget_size(type.get());
    if (count < 1 || count > 64 || size == 0 || size > longestAttribute / size_t(count)) return {};
    Hdf5Attribute result;
    if (isSoundNumber(type.get())) {
        result.numbers.resize(size_t(count));
        if (H5Aread(attribute.get(), H5T_NATIVE_DOUBLE, result.numbers.data()) < 0) return {};
    } else if (H5Tget_class(type.get()) == H5T_STRING && H5Tis_variable_str(type.get()) == 0) {
        std::vector<char> buffer(size * size_t(count));
        if (H5Aread(attribute.get(), type.get(), buffer.data()) < 0) return {};
        for (size_t i = 0; i < size_t(count); ++i)
            result.texts.emplace_back(buffer.data() + i * size, strnlen(buffer.data() + i * size, size));
    }
    return result;
}

/// Where HDF5 begins in the file of an object; nothing if its addresses are of an unusual size.
struct FilePlace {
    std::string path;
    uint64_t base = 0;
};
std::optional<FilePlace> filePlaceOf(hid_t object) {
    const Hdf5Handle file(H5Iget_file_id(object));
    const Hdf5Handle creation(file.valid() ? H5Fget_create_plist(file.get()) : -1);
    hsize_t userBlock = 0;
    size_t addressBytes = 0, lengthBytes = 0;
    char path[4096] = "";
    if (!creation.valid() || H5Pget_userblock(creation.get(), &userBlock) < 0 ||
        H5Pget_sizes(creation.get(), &addressBytes, &lengthBytes) < 0 || addressBytes != 8 ||
        lengthBytes != 8 || H5Fget_name(file.get(), path, sizeof path) <= 0)
        return std::nullopt;
    return FilePlace{path, userBlock};
}

Hdf5Attribute attributeOf(hid_t object, const char* name) {
    const auto place = placeOf(object);
    const auto file = filePlaceOf(object);
    if (!place || !file) return {};
    Hdf5Attribute attribute = readAttribute(InputFile(file->path), file->base, place->address, name);
    return attribute.elsewhere ? attributeByLibrary(object, name) : attribute;
}

} // namespace

std::optional<ObjectPlace> placeOf(hid_t object) {
    ObjectInfo info{};
    if (H5Oget_info2(object, &info, H5O_INFO_BASIC) < 0) return std::nullopt;
    return ObjectPlace{info.addr, info.type};
}

Hdf5Lock::Hdf5Lock() : lock_(hdf5Mutex()) {
    static const bool prepared = [] {
        // A file that could not be written whole stays open in the library, whose own tidying at the end of
        // the process would write to it again and crash. All other files are closed by their owners.
        H5dont_atexit();
        H5open();
        H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
        H5PLset_loading_state(0);
        H5Lunregister(
            H5L_TYPE_EXTERNAL); // links to other files are not followed, wherever they stand in a path
        return true;
    }();
    static_cast<void>(prepared);
}

bool Hdf5Handle::close() {
    if (id_ < 0) return true;
    const Hdf5Lock lock;
    const hid_t id = std::exchange(id_, -1);
    switch (H5Iget_type(id)) {
    case H5I_FILE:
        return H5Fclose(id) >= 0;
    case H5I_GROUP:
        return H5Gclose(id) >= 0;
    case H5I_DATATYPE:
        return H5Tclose(id) >= 0;
    case H5I_DATASPACE:
        return H5Sclose(id) >= 0;
    case H5I_DATASET:
        return H5Dclose(id) >= 0;
    case H5I_ATTR:
        return H5Aclose(id) >= 0;
    case H5I_GENPROP_LST:
        return H5Pclose(id) >= 0;
    default:
        return H5Idec_ref(id) >= 0;
    }
}

std::string hdf5Reason() {
    std::string reason;
    H5Ewalk2(
        H5E_DEFAULT, H5E_WALK_UPWARD,
        [](unsigned n, const H5E_error2_t* error, void* data) -> herr_t {
            if (n == 0 && error->desc) *static_cast<std::string*>(data) = error->desc;
            return 0;
        },
        &reason);
    H5Eclear2(H5E_DEFAULT);
    return reason.empty() ? "no reason given" : reason;
}

Hdf5Handle openHdf5(const std::filesystem::path& path) {
    const Hdf5Lock lock;
    const Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS));
    H5Pset_file_locking(access.get(), false, true);
    H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG);
    Hdf5Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.get()));
    if (file.valid()) return file;
    const std::string reason = hdf5Reason();
    if (reason.find("already open for write") != std::string::npos)
        throw inputError(path, "the program that wrote it did not close it. Close that program, or repair "
                               "the file with “h5clear -s”.");
    if (reason.find("truncated") != std::string::npos)
        throw inputError(path, "the HDF5 file was cut off. Copy or download it again.");
    throw inputError(path, fmt::format("the HDF5 file is damaged ({}). Copy or download it again.", reason));
}

std::vector<std::string> textsAttribute(hid_t object, const char* name) {
    return attributeOf(object, name).texts;
}

std::string textAttribute(hid_t object, const char* name) {
    const auto texts = textsAttribute(object, name);
    return texts.size() == 1 ? texts.front() : std::string();
}

std::vector<double> numbersAttribute(hid_t object, const char* name) {
    return attributeOf(object, name).numbers;
}

bool hasAttributes(hid_t object) {
    ObjectInfo info{};
    return H5Oget_info2(object, &info, H5O_INFO_NUM_ATTRS) >= 0 && info.num_attrs > 0;
}

std::vector<std::string> scaleNames(hid_t dataset) {
    const auto file = filePlaceOf(dataset);
    const auto scales = attributeOf(dataset, "DIMENSION_LIST").objects;
    std::vector<std::string> names;
    for (const uint64_t scale : scales) {
        const auto texts = readAttribute(InputFile(file->path), file->base, scale, "NAME").texts;
        names.push_back(scale != 0 && texts.size() == 1 ? texts.front() : std::string());
    }
    return names;
}

} // namespace cristae

// HDF5: ownership, the lock, opening and attributes.
#include "core/io/hdf5_handle.h"

#include "core/io/hdf5_lzf.h"

#include <algorithm>
#include <fmt/format.h>

namespace cristae {

namespace {

std::recursive_mutex& hdf5Mutex() {
    static std::recursive_mutex mutex;
    return mutex;
}

constexpr size_t longestAttribute = size_t(16) << 20;

} // namespace

Hdf5Lock::Hdf5Lock() : lock_(hdf5Mutex()) {
    static const bool prepared = [] {
        // A file that could not be written whole stays open in the library, whose own tidying at the end of
        // the process would write to it again and crash. All other files are closed by their owners.
        H5dont_atexit();
        H5open();
        H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
        H5PLset_loading_state(0);
        registerLzfFilter();
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
    if (H5Aexists(object, name) <= 0) return {};
    const Hdf5Handle attribute(H5Aopen(object, name, H5P_DEFAULT));
    if (!attribute.valid()) return {};
    const Hdf5Handle type(H5Aget_type(attribute.get())), space(H5Aget_space(attribute.get()));
    if (H5Tget_class(type.get()) != H5T_STRING) return {};
    const hssize_t count = H5Sget_simple_extent_npoints(space.get());
    if (count < 1 || count > 10000) return {};
    std::vector<std::string> texts;
    if (H5Tis_variable_str(type.get()) > 0) {
        const Hdf5Handle memory(H5Tcopy(H5T_C_S1));
        H5Tset_size(memory.get(), H5T_VARIABLE);
        H5Tset_cset(memory.get(), H5Tget_cset(type.get()));
        std::vector<char*> values(size_t(count), nullptr);
        if (H5Aread(attribute.get(), memory.get(), values.data()) < 0) return {};
        for (const char* value : values) texts.emplace_back(value ? value : "");
        H5Dvlen_reclaim(memory.get(), space.get(), H5P_DEFAULT, values.data());
        return texts;
    }
    const size_t size = H5Tget_size(type.get());
    if (size == 0 || size > longestAttribute / size_t(count)) return {};
    std::vector<char> buffer(size * size_t(count));
    if (H5Aread(attribute.get(), type.get(), buffer.data()) < 0) return {};
    for (size_t i = 0; i < size_t(count); ++i) {
        const char* start = buffer.data() + i * size;
        std::string text(start, std::find(start, start + size, '\0'));
        while (!text.empty() && text.back() == ' ') text.pop_back();
        texts.push_back(std::move(text));
    }
    return texts;
}

std::string textAttribute(hid_t object, const char* name) {
    const auto texts = textsAttribute(object, name);
    return texts.size() == 1 ? texts.front() : std::string();
}

std::vector<double> numbersAttribute(hid_t object, const char* name) {
    if (H5Aexists(object, name) <= 0) return {};
    const Hdf5Handle attribute(H5Aopen(object, name, H5P_DEFAULT));
    if (!attribute.valid()) return {};
    const Hdf5Handle type(H5Aget_type(attribute.get())), space(H5Aget_space(attribute.get()));
    const H5T_class_t kind = H5Tget_class(type.get());
    const hssize_t count = H5Sget_simple_extent_npoints(space.get());
    if ((kind != H5T_INTEGER && kind != H5T_FLOAT) || count < 1 || count > 64) return {};
    std::vector<double> values(static_cast<size_t>(count));
    if (H5Aread(attribute.get(), H5T_NATIVE_DOUBLE, values.data()) < 0) return {};
    return values;
}

} // namespace cristae

// HDF5 seeds: every storage and filter, attributes of both kinds, groups and links.
#include "tests/fuzz/targets.h"

#include <fstream>
#include <hdf5.h>
#include <iterator>

namespace fuzz {

namespace {

struct Kind {
    hid_t type = -1;
    std::vector<hsize_t> shape, chunk;
    int deflate = -1;
    bool shuffle = false, fletcher = false, nbit = false, scaleOffset = false, szip = false, compact = false;
    bool latest = false;
};

void addText(hid_t object, const char* name, const char* text, bool variable) {
    const hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
    H5Tset_size(type, variable ? H5T_VARIABLE : std::char_traits<char>::length(text) + 1);
    const hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    if (variable)
        H5Awrite(attribute, type, &text);
    else
        H5Awrite(attribute, type, text);
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
}

void addLabels(hid_t object, size_t count) {
    const hsize_t length = count;
    const hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate_simple(1, &length, nullptr);
    H5Tset_size(type, H5T_VARIABLE);
    const char* letters[] = {"z", "y", "x", "c", "t"};
    const hid_t attribute = H5Acreate2(object, "DIMENSION_LABELS", type, space, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(attribute, type, letters);
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
}

void write(const std::filesystem::path& path, const Kind& kind) {
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (kind.latest) H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
    const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access);
    const hid_t space = H5Screate_simple(int(kind.shape.size()), kind.shape.data(), nullptr);
    const hid_t storage = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_obj_track_times(storage, false); // the same bytes every time
    if (!kind.chunk.empty()) H5Pset_chunk(storage, int(kind.chunk.size()), kind.chunk.data());
    if (kind.compact) H5Pset_layout(storage, H5D_COMPACT);
    if (kind.nbit) H5Pset_nbit(storage);
    if (kind.scaleOffset) H5Pset_scaleoffset(storage, H5Z_SO_INT, H5Z_SO_INT_MINBITS_DEFAULT);
    if (kind.szip) H5Pset_szip(storage, H5_SZIP_NN_OPTION_MASK, 8);
    if (kind.shuffle) H5Pset_shuffle(storage);
    if (kind.deflate >= 0) H5Pset_deflate(storage, unsigned(kind.deflate));
    if (kind.fletcher) H5Pset_fletcher32(storage);
    const hid_t links = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(links, 1);
    for (const char* name : {"volumes/raw", "data"}) {
        const hid_t dataset = H5Dcreate2(file, name, kind.type, space, links, storage, H5P_DEFAULT);
        size_t count = 1;
        for (const hsize_t side : kind.shape) count *= side;
        std::vector<double> values(count);
        for (size_t i = 0; i < count; ++i) values[i] = double(i * 7 % 101);
        H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
        addText(dataset, "axistags", R"({"axes": [{"key": "z"}, {"key": "y"}, {"key": "x"}]})", true);
        addText(dataset, "axis_units", R"({"x": "nm"})", false);
        addLabels(dataset, kind.shape.size());
        const hsize_t three = 3;
        const double size[3] = {50, 4, 4};
        const hid_t line = H5Screate_simple(1, &three, nullptr);
        const hid_t resolution =
            H5Acreate2(dataset, "resolution", H5T_IEEE_F64LE, line, H5P_DEFAULT, H5P_DEFAULT);
        H5Awrite(resolution, H5T_NATIVE_DOUBLE, size);
        H5Aclose(resolution);
        H5Sclose(line);
        H5Dclose(dataset);
    }
    H5Lcreate_soft("/data", file, "soft", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_external("other.h5", "/data", file, "external", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_hard(file, "/volumes", file, "again", H5P_DEFAULT, H5P_DEFAULT);
    for (const hid_t id : {links, storage, access}) H5Pclose(id);
    H5Sclose(space);
    H5Fclose(file);
}

} // namespace

std::vector<Bytes> hdf5Seeds(const std::filesystem::path& scratch) {
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    const std::vector<hsize_t> shape{3, 10, 12}, chunk{2, 8, 8};
    const hid_t narrow = H5Tcopy(H5T_STD_U16LE); // of 11 bits, for n-bit
    H5Tset_precision(narrow, 11);
    std::vector<Kind> kinds;
    for (const bool latest : {false, true}) {
        kinds.push_back({.type = H5T_STD_U8LE, .shape = shape, .latest = latest});
        kinds.push_back({.type = H5T_STD_U16BE, .shape = shape, .chunk = chunk, .latest = latest});
        kinds.push_back(
            {.type = H5T_STD_U8LE, .shape = shape, .chunk = chunk, .deflate = 6, .latest = latest});
        kinds.push_back({.type = H5T_IEEE_F32LE,
                         .shape = shape,
                         .chunk = chunk,
                         .deflate = 1,
                         .shuffle = true,
                         .fletcher = true,
                         .latest = latest});
        kinds.push_back({.type = narrow, .shape = shape, .chunk = chunk, .nbit = true, .latest = latest});
        kinds.push_back(
            {.type = H5T_STD_I32LE, .shape = shape, .chunk = chunk, .scaleOffset = true, .latest = latest});
        kinds.push_back(
            {.type = H5T_STD_U8LE, .shape = shape, .chunk = chunk, .szip = true, .latest = latest});
        kinds.push_back({.type = H5T_STD_I64LE, .shape = shape, .compact = true, .latest = latest});
    }
    std::vector<Bytes> seeds;
    const auto file = scratch / "seed.h5";
    for (const Kind& kind : kinds) {
        write(file, kind);
        std::ifstream stream(file, std::ios::binary);
        seeds.emplace_back(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
    }
    H5Tclose(narrow);
    return seeds;
}

} // namespace fuzz

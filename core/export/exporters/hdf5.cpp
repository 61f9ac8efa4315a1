// HDF5: one dataset (/labels, /probabilities or /image), gzip with byte shuffle, with ilastik's axistags and
// CREMI's resolution.
#include "core/base/atomic_file.h"
#include "core/export/metadata.h"
#include "core/export/slice_check.h"
#include "core/io/hdf5_handle.h"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>

namespace cristae {

namespace {

constexpr hsize_t chunkSide = 512;
constexpr unsigned gzipLevel = 4;

hid_t storedType(PixelType type) {
    switch (type) {
    case PixelType::u8:
        return H5T_STD_U8LE;
    case PixelType::i8:
        return H5T_STD_I8LE;
    case PixelType::u16:
        return H5T_STD_U16LE;
    case PixelType::i16:
        return H5T_STD_I16LE;
    case PixelType::u32:
        return H5T_STD_U32LE;
    case PixelType::i32:
        return H5T_STD_I32LE;
    case PixelType::f32:
        return H5T_IEEE_F32LE;
    case PixelType::f64:
        return H5T_IEEE_F64LE;
    }
    return -1;
}

/// vigra's axis description: type flags 1 channel, 2 space.
std::string axistags(const std::string& letters, const VoxelSize& size) {
    nlohmann::json axes = nlohmann::json::array();
    for (const char letter : letters) {
        double nm = 0; // vigra's word for unknown
        if (letter == 'z' && size.zNm) nm = *size.zNm;
        if (letter == 'y' && size.yNm) nm = *size.yNm;
        if (letter == 'x' && size.xNm) nm = *size.xNm;
        axes.push_back({{"key", std::string(1, letter)},
                        {"typeFlags", letter == 'c' ? 1 : 2},
                        {"resolution", nm},
                        {"description", ""}});
    }
    return nlohmann::json{{"axes", axes}}.dump();
}

class Hdf5Sink : public SliceSink {
public:
    Hdf5Sink(const Destination& target, const ExportDescription& description)
        : description_(description), file_(target), check_(target.path(), description.info) {
        const Hdf5Lock lock;
        errno = 0;
        const Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS));
        H5Pset_file_locking(access.get(), false, true);
        h5_ = Hdf5Handle(H5Fcreate(file_.temporaryPath().c_str(), H5F_ACC_EXCL, H5P_DEFAULT, access.get()));
        require(h5_.valid());
        createDataset();
        writeAttributes();
    }
    ~Hdf5Sink() override {
        dataset_.close();
        h5_.close();
    }

    void write(int64_t z, const Pixels& slice) override {
        check_.requireNext(z, slice);
        check_.add(slice);
        const Hdf5Lock lock;
        errno = 0;
        const Hdf5Handle space(H5Dget_space(dataset_.get()));
        const bool channels = count_.size() == 4;
        std::vector<hsize_t> start(count_.size(), 0), count = count_;
        start[channels ? 1 : 0] = hsize_t(z);
        count[channels ? 1 : 0] = 1;
        require(H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, start.data(), nullptr, count.data(),
                                    nullptr) >= 0);
        const Hdf5Handle memory(H5Screate_simple(int(count.size()), count.data(), nullptr));
        require(H5Dwrite(dataset_.get(), storedType(slice.type()), memory.get(), space.get(), H5P_DEFAULT,
                         slice.data()) >= 0);
    }

    void finish() override {
        check_.requireComplete();
        {
            const Hdf5Lock lock;
            errno = 0;
            require(H5Fflush(h5_.get(), H5F_SCOPE_GLOBAL) >= 0);
            require(dataset_.close());
            require(h5_.close());
        }
        file_.commit([&](const std::filesystem::path& path) { check_.compare(path); });
    }

private:
    void require(bool ok) const {
        if (ok) return;
        const int failure = errno; // HDF5 keeps the system's reason there
        const std::string reason = hdf5Reason();
        if (failure == ENOSPC || failure == EDQUOT || failure == EFBIG || failure == EACCES ||
            failure == EROFS)
            throw outputError(file_.target(), failure);
        throw Error(ErrorKind::output, fmt::format("“{}” was not written: {}. Try another folder or format.",
                                                   file_.target().string(), reason));
    }

    std::string datasetName() const {
        if (description_.probabilities) return "/probabilities";
        return description_.classes.empty() ? "/image" : "/labels";
    }

    void createDataset() {
        const ImageInfo& info = description_.info;
        const Extent3& extent = info.extent();
        count_ = {hsize_t(extent.z), hsize_t(extent.y), hsize_t(extent.x)};
        letters_ = "zyx";
        if (info.channels > 1 || description_.probabilities) {
            count_.insert(count_.begin(), hsize_t(info.channels));
            letters_ = "czyx";
        }
        std::vector<hsize_t> chunk(count_.size(), 1);
        chunk[chunk.size() - 2] = std::min<hsize_t>(chunkSide, hsize_t(extent.y));
        chunk[chunk.size() - 1] = std::min<hsize_t>(chunkSide, hsize_t(extent.x));
        const Hdf5Handle space(H5Screate_simple(int(count_.size()), count_.data(), nullptr));
        const Hdf5Handle plist(H5Pcreate(H5P_DATASET_CREATE));
        H5Pset_obj_track_times(plist.get(), false); // equal results give equal bytes
        H5Pset_chunk(plist.get(), int(chunk.size()), chunk.data());
        H5Pset_shuffle(plist.get());
        H5Pset_deflate(plist.get(), gzipLevel);
        dataset_ = Hdf5Handle(H5Dcreate2(h5_.get(), datasetName().c_str(), storedType(info.type), space.get(),
                                         H5P_DEFAULT, plist.get(), H5P_DEFAULT));
        require(dataset_.valid());
    }

    void writeText(const char* name, const std::string& text) const {
        const Hdf5Handle type(H5Tcopy(H5T_C_S1)), space(H5Screate(H5S_SCALAR));
        H5Tset_size(type.get(), H5T_VARIABLE);
        H5Tset_cset(type.get(), H5T_CSET_UTF8);
        const Hdf5Handle attribute(
            H5Acreate2(dataset_.get(), name, type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT));
        const char* data = text.c_str();
        require(attribute.valid() && H5Awrite(attribute.get(), type.get(), &data) >= 0);
    }

    void writeNumbers(const char* name, const std::vector<double>& values) const {
        const hsize_t count = values.size();
        const Hdf5Handle space(H5Screate_simple(1, &count, nullptr));
        const Hdf5Handle attribute(
            H5Acreate2(dataset_.get(), name, H5T_IEEE_F64LE, space.get(), H5P_DEFAULT, H5P_DEFAULT));
        require(attribute.valid() && H5Awrite(attribute.get(), H5T_NATIVE_DOUBLE, values.data()) >= 0);
    }

    void writeAttributes() const {
        const VoxelSize& size = description_.info.voxelSize;
        writeText("axistags", axistags(letters_, size));
        nlohmann::json units = nlohmann::json::object();
        for (const auto& [letter, nm] :
             {std::pair{"z", size.zNm}, std::pair{"y", size.yNm}, std::pair{"x", size.xNm}})
            if (nm) units[letter] = "nm";
        if (!units.empty()) writeText("axis_units", units.dump());
        if (size.zNm && size.yNm && size.xNm) writeNumbers("resolution", {*size.zNm, *size.yNm, *size.xNm});
        if (!description_.classes.empty() && !description_.objects)
            writeText("classes", classesJson(description_.classes).dump());
        if (!description_.provenance.empty())
            writeText("provenance",
                      description_.provenance.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace));
        writeText("cristae", metadataLine(description_));
    }

    ExportDescription description_;
    AtomicFile file_;
    SliceCheck check_;
    std::vector<hsize_t> count_;
    std::string letters_;
    Hdf5Handle h5_, dataset_;
};

class Hdf5Exporter : public Exporter {
public:
    std::string name() const override { return "HDF5"; }
    std::string key() const override { return "hdf5"; }
    std::vector<std::string> extensions() const override { return {"h5", "hdf5"}; }
    bool lossless() const override { return true; }
    std::string complaint(const ExportDescription&) const override { return {}; }
    std::unique_ptr<SliceSink> create(const Destination& target,
                                      const ExportDescription& description) const override {
        return std::make_unique<Hdf5Sink>(target, description);
    }
};

} // namespace

std::unique_ptr<Exporter> makeHdf5Exporter() {
    return std::make_unique<Hdf5Exporter>();
}

} // namespace cristae

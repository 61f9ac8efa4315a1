// HDF5: any integer or floating-point dataset with 2 to 5 dimensions, read box by box.
#include "core/base/text.h"
#include "core/image/wide_values.h"
#include "core/io/calibration.h"
#include "core/io/hdf5_calibration.h"
#include "core/io/hdf5_chunks.h"
#include "core/io/hdf5_scenes.h"
#include "core/io/hdf5_storage.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <fmt/format.h>
#include <limits>

namespace cristae {

namespace {

hid_t nativeType(PixelType type) {
    switch (type) {
    case PixelType::u8:
        return H5T_NATIVE_UINT8;
    case PixelType::i8:
        return H5T_NATIVE_INT8;
    case PixelType::u16:
        return H5T_NATIVE_UINT16;
    case PixelType::i16:
        return H5T_NATIVE_INT16;
    case PixelType::u32:
        return H5T_NATIVE_UINT32;
    case PixelType::i32:
        return H5T_NATIVE_INT32;
    case PixelType::f32:
        return H5T_NATIVE_FLOAT;
    case PixelType::f64:
        return H5T_NATIVE_DOUBLE;
    }
    return -1;
}

class Hdf5Source : public TileSource, public WideValues {
public:
    Hdf5Source(Hdf5Handle file, Hdf5Handle dataset, ImageInfo info, std::vector<int64_t> shape,
               std::string letters, Hdf5Numbers kind)
        : file_(std::move(file)), dataset_(std::move(dataset)), info_(std::move(info)),
          shape_(std::move(shape)), letters_(std::move(letters)), kind_(kind) {
        id_ = fileId(info_.path) + "|" + info_.dataset + "|" + letters_;
        if (isChunked(dataset_.get()))
            chunks_ = std::make_unique<Hdf5Chunks>(info_.path, info_.dataset, dataset_.get(), memoryType());
    }
    ~Hdf5Source() override {
        chunks_.reset();
        dataset_.close();
        file_.close();
    }
    const ImageInfo& info() const override { return info_; }
    std::string id() const override { return id_; }

    Pixels read(int level, const Box3& box, const Progress& progress) const override {
        requireBox(info_, level, box);
        Pixels result = emptyPixels(box);
        // Slice by slice, so that a long read can be cancelled.
        for (int64_t z = box.z0; z < box.z1; ++z) {
            progress.throwIfCancelled();
            readSlice(z, box, result, progress);
        }
        return result;
    }

    bool isWide() const override { return kind_.wide; }
    bool isSigned() const override { return info_.type == PixelType::i32; }
    std::vector<uint64_t> readWide(const Box3& box, const Progress& progress) const override {
        requireBox(info_, 0, box);
        std::vector<uint64_t> values(size_t(info_.channels * box.extent().count()));
        Pixels none;
        for (int64_t z = box.z0; z < box.z1; ++z) readSlice(z, box, none, progress, &values);
        values.resize(size_t(box.extent().count())); // channel 0 comes first
        return values;
    }

private:
    /// Throws Error{memory} that names the axes, which are the usual reason for slices of an absurd size.
    Pixels emptyPixels(const Box3& box) const {
        try {
            return Pixels(info_.type, info_.channels, box.extent());
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::memory) throw;
        }
        throw Error(
            ErrorKind::memory,
            fmt::format("There is not enough memory to read {} × {} × {} pixels (z × y × x) with {} of "
                        "“{}” at once: its axes were read as {}. Check them (--axes), or read less.",
                        box.extent().z, box.extent().y, box.extent().x,
                        countText(info_.channels, "channel", "channels"), info_.path.string(), info_.axes));
    }

    hid_t memoryType() const {
        if (kind_.signedBits) return H5T_NATIVE_INT16; // the bits as they are
        if (kind_.wide) return info_.type == PixelType::u32 ? H5T_NATIVE_UINT64 : H5T_NATIVE_INT64;
        return nativeType(info_.type);
    }

    /// Into `result`, or all 64 bits into `wide`.
    void readSlice(int64_t z, const Box3& box, Pixels& result, const Progress& progress,
                   std::vector<uint64_t>* wide = nullptr) const {
        const size_t dimensions = shape_.size();
        std::vector<hsize_t> start(dimensions, 0), count(dimensions, 1);
        std::vector<int64_t> step(dimensions, 0); // in values of the result, along each axis of the file
        const bool timeIsZ = letters_.find('z') == std::string::npos;
        const Extent3 extent = box.extent();
        for (size_t d = 0; d < dimensions; ++d) {
            switch (letters_[d]) {
            case 't':
                start[d] = timeIsZ ? hsize_t(z) : 0;
                break;
            case 'z':
                start[d] = hsize_t(z);
                break;
            case 'c':
                count[d] = hsize_t(shape_[d]);
                step[d] = extent.count();
                break;
            case 'y':
                start[d] = hsize_t(box.y0);
                count[d] = hsize_t(extent.y);
                step[d] = extent.x;
                break;
            default:
                start[d] = hsize_t(box.x0);
                count[d] = hsize_t(extent.x);
                step[d] = 1;
            }
        }
        const int64_t origin = (z - box.z0) * extent.y * extent.x;
        const size_t values = size_t(info_.channels * extent.y * extent.x);
        if (wide) {
            const auto buffer = readValues<uint64_t>(start, count, values, progress);
            scatter(buffer, count, step, std::span(*wide).subspan(size_t(origin)));
        } else if (!kind_.wide) {
            withPixelType(info_.type, [&](auto t) {
                using T = decltype(t);
                const std::vector<T> buffer = readValues<T>(start, count, values, progress);
                scatter(buffer, count, step, result.values<T>().subspan(size_t(origin)));
            });
        } else if (info_.type == PixelType::u32) {
            const auto buffer =
                narrowed<uint64_t, uint32_t>(readValues<uint64_t>(start, count, values, progress));
            scatter(buffer, count, step, result.values<uint32_t>().subspan(size_t(origin)));
        } else {
            const auto buffer =
                narrowed<int64_t, int32_t>(readValues<int64_t>(start, count, values, progress));
            scatter(buffer, count, step, result.values<int32_t>().subspan(size_t(origin)));
        }
    }

    template <class T>
    std::vector<T> readValues(const std::vector<hsize_t>& start, const std::vector<hsize_t>& count,
                              size_t values, const Progress& progress) const {
        std::vector<T> buffer(values);
        if (chunks_) {
            chunks_->read(start, count, reinterpret_cast<std::byte*>(buffer.data()), progress);
            return buffer;
        }
        const Hdf5Lock lock;
        const Hdf5Handle fileSpace(H5Dget_space(dataset_.get()));
        const hsize_t flat = values;
        const Hdf5Handle memorySpace(H5Screate_simple(1, &flat, nullptr));
        if (H5Sselect_hyperslab(fileSpace.get(), H5S_SELECT_SET, start.data(), nullptr, count.data(),
                                nullptr) < 0 ||
            H5Dread(dataset_.get(), memoryType(), memorySpace.get(), fileSpace.get(), H5P_DEFAULT,
                    buffer.data()) < 0)
            throw inputError(info_.path,
                             fmt::format("a part of “{}” is damaged ({}). Copy or download the file again.",
                                         info_.dataset, hdf5Reason()));
        return buffer;
    }

    template <class Wide, class Narrow> std::vector<Narrow> narrowed(const std::vector<Wide>& values) const {
        std::vector<Narrow> result(values.size());
        for (size_t i = 0; i < values.size(); ++i) {
            if (std::is_unsigned_v<Wide> && values[i] == std::numeric_limits<Wide>::max())
                continue; // CREMI's background stays 0
            result[i] = Narrow(values[i]);
            if (Wide(result[i]) != values[i])
                throw inputError(
                    info_.path,
                    fmt::format(
                        "“{}” holds the number {}, which does not fit in 32 bits. Renumber its labels "
                        "(--renumber where the command has it).",
                        info_.dataset, values[i]));
        }
        return result;
    }

    /// Copies values in file order to where `step` says.
    template <class T>
    static void scatter(const std::vector<T>& buffer, const std::vector<hsize_t>& count,
                        const std::vector<int64_t>& step, std::span<T> out) {
        const size_t dimensions = count.size(), inner = dimensions - 1;
        std::vector<hsize_t> index(dimensions, 0);
        int64_t target = 0;
        for (size_t i = 0; i < buffer.size(); i += size_t(count[inner])) {
            for (hsize_t k = 0; k < count[inner]; ++k)
                out[size_t(target + int64_t(k) * step[inner])] = buffer[i + size_t(k)];
            for (size_t d = inner; d-- > 0;) {
                target += step[d];
                if (++index[d] < count[d]) break;
                target -= int64_t(count[d]) * step[d];
                index[d] = 0;
            }
        }
    }

    Hdf5Handle file_, dataset_;
    ImageInfo info_;
    std::vector<int64_t> shape_;
    std::string letters_;
    Hdf5Numbers kind_;
    std::string id_;
    std::unique_ptr<Hdf5Chunks> chunks_; // null where the dataset is stored in one piece
};

/// Decides the axes, fills in the extent and says what was guessed.
void setAxes(ImageInfo& info, Hdf5Facts& facts, const std::string& wanted) {
    const auto& shape = facts.layout.shape;
    if (!wanted.empty() && !areAxes(wanted, shape.size()))
        throw Error(ErrorKind::usage,
                    fmt::format("The axes “{}” do not fit “{}” with its {} dimensions ({}); give one letter "
                                "of t, c, z, y, x for each, as in {}.",
                                wanted, info.dataset, shape.size(), fmt::join(shape, "×"),
                                facts.axes.letters));
    if (!wanted.empty()) facts.axes = {wanted, false, ""};
    fillHdf5Extent(info, shape, facts.axes.letters);
    if (shape.size() < 3 || !wanted.empty() || (!facts.axes.guessed && facts.layout.remark.empty())) return;
    const std::string what = facts.axes.guessed
                                 ? fmt::format("The axes of {} are not stated; they were guessed as {}",
                                               info.dataset, facts.axes.letters)
                                 : facts.layout.remark;
    info.remarks.push_back(axesRemark(what, facts.axes.reason, info));
}

void addNumberRemarks(ImageInfo& info, const Hdf5Facts& facts) {
    if (facts.kind.wide)
        info.remarks.push_back(
            "The 64-bit numbers are read as 32 bits; 2^64−1, the background of CREMI, as 0.");
    if (facts.layout.storedAsSigned)
        info.remarks.push_back("BigDataViewer keeps unsigned numbers under a signed type; they are read as 0 "
                               "to 65535.");
    const auto stored = facts.layout.shape;
    if (facts.layout.padded)
        info.remarks.push_back(fmt::format("The file pads the image; its own size is {} (z × y × x).",
                                           fmt::join(stored, " × ")));
}

void stateLengths(ImageInfo& info, const std::filesystem::path& path, hid_t file, hid_t dataset) {
    stateHdf5Lengths(file, dataset, info.axes, info);
    for (const StatedLength& length : lengthsBeside(path, file, info.dataset, info.axes))
        stateLength(info, length.axis, length.value, length.unit, length.source, length.doubt);
}

class Hdf5Format : public Format {
public:
    std::string name() const override { return "HDF5"; }
    std::vector<std::string> extensions() const override {
        return {"h5", "hdf5", "hdf", "mat", "emd", "ims"};
    }

    bool probe(const std::filesystem::path& path, std::span<const std::byte> head) const override {
        static constexpr std::string_view magic("\x89HDF\r\n\x1a\n", 8);
        const auto at = [&](std::span<const std::byte> bytes) {
            return bytes.size() >= 8 &&
                   std::string_view(reinterpret_cast<const char*>(bytes.data()), 8) == magic;
        };
        if (head.empty()) return false;
        if (at(head) || (head.size() >= 520 && at(head.subspan(512)))) return true;
        // A user block may push the signature to 1024, 2048, …
        const std::string extension = extensionOf(path);
        if (extension != "h5" && extension != "hdf5" && extension != "mat" && extension != "emd")
            return false;
        const InputFile file(path);
        for (uint64_t offset = 1024; offset < file.size() && offset <= (uint64_t(1) << 20); offset *= 2) {
            std::array<std::byte, 8> bytes{};
            if (file.readSome(offset, bytes) == 8 && at(bytes)) return true;
        }
        return false;
    }

    TileSourcePtr open(const std::filesystem::path& path, const OpenOptions& options) const override {
        const Hdf5Lock lock;
        Hdf5Handle file = openHdf5(path);
        ImageInfo info;
        info.dataset = chooseDataset(path, file.get(), options.scene, info.remarks);
        Hdf5Handle dataset(H5Dopen2(file.get(), info.dataset.c_str(), H5P_DEFAULT));
        if (!dataset.valid())
            throw inputError(
                path, fmt::format("“{}” is damaged ({}). Get the file again.", info.dataset, hdf5Reason()));
        requireInThisFile(path, dataset.get(), info.dataset);
        Hdf5Facts facts = hdf5Facts(path, info.dataset, file.get(), dataset.get(), options.axes.empty());
        if (!facts.layout.image)
            throw inputError(path, fmt::format("“{}” is not an image: it must hold whole or floating-point "
                                               "numbers in 2 to 5 dimensions. Choose another "
                                               "dataset.",
                                               info.dataset));
        checkStorage(path, dataset.get(), hdf5Shape(dataset.get()), info);
        info.type = facts.kind.type;
        setAxes(info, facts, options.axes);
        addNumberRemarks(info, facts);
        stateLengths(info, path, file.get(), dataset.get());
        info.cristaeMetadata = textAttribute(dataset.get(), "cristae");
        finishInfo(info, path, name(), options);
        return std::make_shared<Hdf5Source>(std::move(file), std::move(dataset), std::move(info),
                                            facts.layout.shape, facts.axes.letters, facts.kind);
    }

    std::vector<SceneInfo> scenes(const std::filesystem::path& path) const override {
        const Hdf5Lock lock;
        return hdf5Scenes(path, openHdf5(path).get());
    }
};

} // namespace

std::unique_ptr<TileSource> makeHdf5Source(Hdf5Handle file, Hdf5Handle dataset, ImageInfo info,
                                           std::vector<int64_t> shape, std::string letters,
                                           Hdf5Numbers kind) {
    return std::make_unique<Hdf5Source>(std::move(file), std::move(dataset), std::move(info),
                                        std::move(shape), std::move(letters), kind);
}

std::unique_ptr<Format> makeHdf5Format() {
    return std::make_unique<Hdf5Format>();
}

} // namespace cristae

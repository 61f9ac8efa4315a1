// HDF5: any integer or floating-point dataset with 2 to 5 dimensions, read box by box.
#include "core/io/hdf5_axes.h"
#include "core/io/hdf5_calibration.h"
#include "core/io/hdf5_chunks.h"
#include "core/io/hdf5_storage.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <fmt/format.h>
#include <limits>
#include <set>

namespace cristae {

namespace {

constexpr size_t mostDatasets = 5000;

struct Found {
    SceneInfo info;
    int64_t count = 0;
};

struct NumberKind {
    PixelType type = PixelType::u8;
    bool wide = false;  // stored in 64 bits, read as 32 when the values allow it
    bool known = false; // an integer or a float
};

NumberKind numberKind(hid_t dataset) {
    Hdf5Handle type(H5Dget_type(dataset));
    if (H5Tget_class(type.get()) == H5T_ENUM) type = Hdf5Handle(H5Tget_super(type.get())); // h5py's booleans
    if (!type.valid() || !isSoundNumber(type.get())) return {};
    const size_t size = H5Tget_size(type.get());
    if (H5Tget_class(type.get()) == H5T_FLOAT)
        return {size <= 4 ? PixelType::f32 : PixelType::f64, false, true};
    const bool isSigned = H5Tget_sign(type.get()) == H5T_SGN_2;
    if (size == 1) return {isSigned ? PixelType::i8 : PixelType::u8, false, true};
    if (size == 2) return {isSigned ? PixelType::i16 : PixelType::u16, false, true};
    return {isSigned ? PixelType::i32 : PixelType::u32, size > 4, true};
}

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

std::vector<int64_t> shapeOf(hid_t dataset) {
    const Hdf5Handle space(H5Dget_space(dataset));
    const int dimensions = space.valid() ? H5Sget_simple_extent_ndims(space.get()) : -1;
    if (dimensions < 2 || dimensions > 5) return {};
    std::vector<hsize_t> sizes(static_cast<size_t>(dimensions));
    if (H5Sget_simple_extent_dims(space.get(), sizes.data(), nullptr) < 0) return {};
    std::vector<int64_t> shape;
    for (const hsize_t size : sizes) {
        if (size == 0 || size > hsize_t(std::numeric_limits<int32_t>::max())) return {};
        shape.push_back(int64_t(size));
    }
    return shape;
}

bool namedLikeLabels(std::string path) {
    std::transform(path.begin(), path.end(), path.begin(),
                   [](unsigned char c) { return char(std::tolower(c)); });
    for (const char* word : {"label", "mask", "seg", "truth", "_gt", "neuron_ids", "cleft", "annotation"})
        if (path.find(word) != std::string::npos) return true;
    return false;
}

ArrayAxes axesOf(hid_t dataset, const std::vector<int64_t>& shape) {
    return findAxes(shape, textAttribute(dataset, "axistags"), textsAttribute(dataset, "DIMENSION_LABELS"));
}

/// Datasets that could be images, by path. Hard links only: soft and external links are not followed.
class Walk {
public:
    explicit Walk(hid_t file) { visit(file, "", 0); }
    /// The first dataset whose data lie in other files; empty if there is none.
    const std::string& elsewhere() const { return elsewhere_; }
    std::vector<Found> take() {
        // Tables of a few numbers are not images as long as there is something larger.
        const bool anyLarge =
            std::any_of(found_.begin(), found_.end(), [](const Found& f) { return f.count >= 64; });
        if (anyLarge) std::erase_if(found_, [](const Found& f) { return f.count < 64; });
        return std::move(found_);
    }

private:
    void visit(hid_t group, const std::string& path, int depth) {
        H5G_info_t groupInfo{};
        if (depth > 32 || H5Gget_info(group, &groupInfo) < 0) return;
        const hsize_t links = std::min<hsize_t>(groupInfo.nlinks, 100000);
        for (hsize_t i = 0; i < links && found_.size() < mostDatasets && ++visited_ < 200000; ++i) {
            char name[1024];
            H5L_info_t link{};
            if (H5Lget_info_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, &link, H5P_DEFAULT) < 0 ||
                link.type != H5L_TYPE_HARD)
                continue;
            const ssize_t length =
                H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, sizeof name, H5P_DEFAULT);
            if (length <= 0 || length >= ssize_t(sizeof name)) continue;
            const Hdf5Handle object(H5Oopen(group, name, H5P_DEFAULT));
            const auto place = object.valid() ? placeOf(object.get()) : std::nullopt;
            if (!place || !seen_.insert(place->address).second) continue; // a cycle or a second name
            if (place->type == H5O_TYPE_GROUP) visit(object.get(), path + "/" + name, depth + 1);
            if (place->type == H5O_TYPE_DATASET) add(object.get(), path + "/" + name);
        }
    }

    void add(hid_t dataset, const std::string& path) {
        if (!liesInThisFile(dataset)) {
            if (elsewhere_.empty()) elsewhere_ = path;
            return;
        }
        const NumberKind kind = numberKind(dataset);
        const auto shape = shapeOf(dataset);
        if (!kind.known || shape.empty()) return;
        int64_t count = 1;
        for (const int64_t size : shape)
            if (__builtin_mul_overflow(count, size, &count)) return;
        found_.push_back({{.name = path,
                           .shape = shape,
                           .type = std::string(name(kind.type)),
                           .axes = axesOf(dataset, shape).letters,
                           .looksLikeLabels = isInteger(kind.type) && namedLikeLabels(path)},
                          count});
    }

    std::vector<Found> found_;
    std::string elsewhere_;
    std::set<haddr_t> seen_;
    size_t visited_ = 0;
};

std::string describe(const SceneInfo& info) {
    return fmt::format("{} ({}, {}, {})", info.name, fmt::join(info.shape, "×"), info.type, info.axes);
}

class Hdf5Source : public TileSource {
public:
    Hdf5Source(Hdf5Handle file, Hdf5Handle dataset, ImageInfo info, std::vector<int64_t> shape,
               std::string letters, NumberKind kind)
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
        Pixels result(info_.type, info_.channels, box.extent());
        // Slice by slice, so that a long read can be cancelled.
        for (int64_t z = box.z0; z < box.z1; ++z) {
            progress.throwIfCancelled();
            readSlice(z, box, result, progress);
        }
        return result;
    }

private:
    hid_t memoryType() const {
        if (kind_.wide) return info_.type == PixelType::u32 ? H5T_NATIVE_UINT64 : H5T_NATIVE_INT64;
        return nativeType(info_.type);
    }

    void readSlice(int64_t z, const Box3& box, Pixels& result, const Progress& progress) const {
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
        if (!kind_.wide) {
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
                        "“{}” holds the number {}, which does not fit in 32 bits. Renumber its labels first.",
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
    NumberKind kind_;
    std::string id_;
    std::unique_ptr<Hdf5Chunks> chunks_; // null where the dataset is stored in one piece
};

Error elsewhereError(const std::filesystem::path& path, const std::string& dataset) {
    return inputError(path, fmt::format("the data of “{}” lie in other files, which Cristae does not follow. "
                                        "Open those, or copy the dataset (h5repack).",
                                        dataset));
}

/// Path of the dataset to open; throws if there is none, or several and none chosen.
std::string chooseDataset(const std::filesystem::path& path, hid_t file, const std::string& wanted) {
    if (!wanted.empty()) {
        const std::string absolute = wanted.front() == '/' ? wanted : "/" + wanted;
        H5L_info_t link{};
        if (H5Lget_info(file, absolute.c_str(), &link, H5P_DEFAULT) >= 0 && link.type == H5L_TYPE_EXTERNAL)
            throw inputError(
                path,
                fmt::format("“{}” is a link to another file, which Cristae does not follow. Open that file.",
                            wanted));
        const Hdf5Handle dataset(H5Dopen2(file, absolute.c_str(), H5P_DEFAULT));
        if (dataset.valid()) return absolute;
    }
    std::vector<SceneInfo> all;
    Walk walk(file);
    for (Found& each : walk.take()) all.push_back(std::move(each.info));
    std::vector<std::string> lines;
    for (const SceneInfo& each : all) lines.push_back(describe(each));
    if (lines.size() > 20) {
        const size_t more = lines.size() - 20;
        lines.resize(20);
        lines.push_back(fmt::format("and {} more", more));
    }
    if (!wanted.empty())
        throw inputError(path,
                         fmt::format("it has no dataset “{}”. It has: {}.", wanted,
                                     lines.empty() ? "none" : fmt::format("{}", fmt::join(lines, "; "))));
    if (all.empty() && !walk.elsewhere().empty()) throw elsewhereError(path, walk.elsewhere());
    if (all.empty())
        throw inputError(path, "the HDF5 file holds no image: no dataset of whole or floating-point numbers "
                               "with 2 to 5 dimensions. Choose another file.");
    if (all.size() > 1)
        throw SeveralScenes(fmt::format("“{}” holds several images; choose one of them: {}.", path.string(),
                                        fmt::join(lines, "; ")),
                            std::move(all));
    return all.front().name;
}

void fillExtent(ImageInfo& info, const std::vector<int64_t>& shape, const std::string& letters) {
    Extent3 extent{1, 1, 1};
    int64_t times = 1;
    for (size_t d = 0; d < shape.size(); ++d) {
        if (letters[d] == 'z') extent.z = shape[d];
        if (letters[d] == 'y') extent.y = shape[d];
        if (letters[d] == 'x') extent.x = shape[d];
        if (letters[d] == 'c') info.channels = shape[d];
        if (letters[d] == 't') times = shape[d];
    }
    if (letters.find('z') == std::string::npos) {
        if (times > 1) info.remarks.push_back(fmt::format("The {} time points are shown as slices.", times));
        extent.z = times;
    } else if (times > 1) {
        info.remarks.push_back(fmt::format("Only the first of {} time points is shown.", times));
    }
    info.levels = {extent};
    info.axes = letters;
}

class Hdf5Format : public Format {
public:
    std::string name() const override { return "HDF5"; }
    std::vector<std::string> extensions() const override { return {"h5", "hdf5", "hdf"}; }

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
        if (extension != "h5" && extension != "hdf5" && extension != "mat") return false;
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
        info.dataset = chooseDataset(path, file.get(), options.scene);
        Hdf5Handle dataset(H5Dopen2(file.get(), info.dataset.c_str(), H5P_DEFAULT));
        if (!dataset.valid())
            throw inputError(
                path, fmt::format("“{}” is damaged ({}). Get the file again.", info.dataset, hdf5Reason()));
        if (!liesInThisFile(dataset.get())) throw elsewhereError(path, info.dataset);
        const NumberKind kind = numberKind(dataset.get());
        const auto shape = shapeOf(dataset.get());
        if (!kind.known || shape.empty())
            throw inputError(path, fmt::format("“{}” is not an image: it must hold whole or floating-point "
                                               "numbers in 2 to 5 dimensions. Choose another "
                                               "dataset.",
                                               info.dataset));
        checkStorage(path, dataset.get(), shape, info);
        info.type = kind.type;
        ArrayAxes axes = axesOf(dataset.get(), shape);
        if (!options.axes.empty()) {
            if (!areAxes(options.axes, shape.size()))
                throw Error(ErrorKind::usage,
                            fmt::format("The axes “{}” do not fit “{}” with its {} dimensions; give one "
                                        "letter of t, c, z, y, x for each.",
                                        options.axes, info.dataset, shape.size()));
            axes = {options.axes, false};
        }
        fillExtent(info, shape, axes.letters);
        if (axes.guessed && shape.size() > 2)
            info.remarks.push_back(
                fmt::format("The axes of {} were guessed from its shape as {}.", info.dataset, axes.letters));
        if (kind.wide)
            info.remarks.push_back(
                "The 64-bit numbers are read as 32 bits; 2^64−1, the background of CREMI, as 0.");
        const hid_t id = dataset.get();
        stateHdf5Lengths(id, axes.letters, info);
        info.cristaeMetadata = textAttribute(id, "cristae");
        finishInfo(info, path, name(), options);
        return std::make_shared<Hdf5Source>(std::move(file), std::move(dataset), std::move(info), shape,
                                            axes.letters, kind);
    }

    std::vector<SceneInfo> scenes(const std::filesystem::path& path) const override {
        const Hdf5Lock lock;
        const Hdf5Handle file = openHdf5(path);
        std::vector<SceneInfo> all;
        for (Found& each : Walk(file.get()).take()) all.push_back(std::move(each.info));
        return all;
    }
};

} // namespace

std::unique_ptr<Format> makeHdf5Format() {
    return std::make_unique<Hdf5Format>();
}

} // namespace cristae

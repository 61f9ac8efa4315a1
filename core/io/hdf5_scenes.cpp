// Datasets of an HDF5 file: numbers, layout, axes; and the choice among them.
#include "core/io/hdf5_scenes.h"

#include "core/base/text.h"
#include "core/io/file_access.h"
#include "core/io/hdf5_storage.h"

#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <set>

namespace cristae {

namespace {

constexpr size_t mostDatasets = 5000;
// Into the values of that many datasets a list of them looks, and into that many bytes of each.
constexpr size_t mostLookedAt = 20;
constexpr hsize_t largestLook = hsize_t(128) << 20;

struct Found {
    SceneInfo info;
    int64_t count = 0;
};

Hdf5Numbers numberKind(hid_t dataset) {
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

/// The bytes of all chunks that a line along an axis touches; of a dataset in one piece that of its values.
hsize_t bytesInChunks(hid_t dataset, size_t axis) {
    const Hdf5Handle creation(H5Dget_create_plist(dataset)), type(H5Dget_type(dataset));
    const auto shape = hdf5Shape(dataset);
    hsize_t chunk[H5S_MAX_RANK] = {}, bytes = H5Tget_size(type.get());
    if (!isChunked(dataset)) return bytes * hsize_t(shape[axis]);
    if (H5Pget_chunk(creation.get(), H5S_MAX_RANK, chunk) != int(shape.size())) return largestLook + 1;
    for (size_t d = 0; d < shape.size(); ++d) bytes *= chunk[d]; // below 1 GB: checkStorage
    return bytes * ((hsize_t(shape[axis]) + chunk[axis] - 1) / chunk[axis]);
}

bool namedLikeLabels(const std::string& name) {
    const std::string path = lowerCase(name);
    for (const char* word : {"label", "mask", "seg", "truth", "_gt", "neuron_ids", "cleft", "annotation"})
        if (path.find(word) != std::string::npos) return true;
    return false;
}

/// True if the values along an axis, looked at as channels, are shares of 1. Looks at a few values, and only
/// where they lie in few bytes of the file.
bool sharesAlong(const std::filesystem::path& path, const std::string& name, hid_t file, hid_t dataset,
                 const Hdf5Facts& facts, size_t axis) {
    const auto& shape = facts.layout.shape;
    std::string letters = shape.size() == 3 ? "tyx" : shape.size() == 4 ? "tzyx" : "";
    if (letters.empty()) return false;
    letters.erase(0, 1).insert(axis, 1, 'c');
    ImageInfo info;
    info.dataset = name;
    info.type = facts.kind.type;
    try {
        checkStorage(path, dataset, shape, info);
        if (bytesInChunks(dataset, axis) > largestLook) return false;
        fillHdf5Extent(info, shape, letters);
        info.path = path;
        H5Iinc_ref(file);
        H5Iinc_ref(dataset);
        return sumToOne(
            *makeHdf5Source(Hdf5Handle(file), Hdf5Handle(dataset), info, shape, letters, facts.kind));
    } catch (const Error&) {
        return false; // what is wrong is said when the image is opened
    }
}

/// Datasets that could be images, by path. Hard links only: soft and external links are not followed.
class Walk {
public:
    Walk(std::filesystem::path place, hid_t file) : place_(std::move(place)), file_(file) {
        visit(file, "", 0);
    }
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
            if (H5Lget_info_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, &link, H5P_DEFAULT) < 0)
                continue;
            // Imaris and others put data into files of their own and link to them.
            if (link.type == H5L_TYPE_EXTERNAL && elsewhere_.empty()) elsewhere_ = path.empty() ? "/" : path;
            if (link.type != H5L_TYPE_HARD) continue;
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
        const Hdf5Facts facts = hdf5Facts(place_, path, file_, dataset, found_.size() < mostLookedAt);
        if (!facts.layout.image) return;
        int64_t count = 1;
        for (const int64_t size : facts.layout.shape)
            if (__builtin_mul_overflow(count, size, &count)) return;
        found_.push_back({{.name = path,
                           .shape = facts.layout.shape,
                           .type = std::string(name(facts.kind.type)),
                           .axes = facts.axes.letters,
                           .looksLikeLabels = isInteger(facts.kind.type) && namedLikeLabels(path),
                           .reduced = facts.layout.reduced},
                          count});
    }

    std::filesystem::path place_;
    hid_t file_;
    std::vector<Found> found_;
    std::string elsewhere_;
    std::set<haddr_t> seen_;
    size_t visited_ = 0;
};

Error elsewhereError(const std::filesystem::path& path, const std::string& dataset) {
    return inputError(path, fmt::format("the data of “{}” lie in other files, which Cristae does not follow. "
                                        "Open those, or copy the dataset (h5repack).",
                                        dataset));
}

} // namespace

std::vector<int64_t> hdf5Shape(hid_t dataset) {
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

void fillHdf5Extent(ImageInfo& info, const std::vector<int64_t>& shape, const std::string& letters) {
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

Hdf5Facts hdf5Facts(const std::filesystem::path& path, const std::string& name, hid_t file, hid_t dataset,
                    bool look) {
    Hdf5Facts facts{numberKind(dataset), {}, {}};
    const auto shape = hdf5Shape(dataset);
    if (!facts.kind.known || shape.empty()) {
        facts.layout.image = false;
        return facts;
    }
    facts.layout = layoutOf(path, file, dataset, name, shape, facts.kind.type);
    facts.kind.signedBits = facts.layout.storedAsSigned;
    if (facts.kind.signedBits) facts.kind.type = PixelType::u16;
    if (!facts.layout.axes.empty()) {
        facts.axes.letters = facts.layout.axes;
        return facts;
    }
    if (facts.layout.spatial && shape.size() == 3) {
        facts.axes.letters = "zyx"; // lengths along z, y, x are stated
        return facts;
    }
    ArrayFacts array{facts.layout.shape, facts.kind.type, {}};
    for (const size_t axis : possibleShares(array))
        if (look && !array.shares && sharesAlong(path, name, file, dataset, facts, axis)) array.shares = axis;
    facts.axes = guessAxes(array);
    return facts;
}

std::vector<SceneInfo> hdf5Scenes(const std::filesystem::path& path, hid_t file) {
    std::vector<SceneInfo> all;
    for (Found& each : Walk(path, file).take()) all.push_back(std::move(each.info));
    return all;
}

void requireInThisFile(const std::filesystem::path& path, hid_t dataset, const std::string& name) {
    if (!liesInThisFile(dataset)) throw elsewhereError(path, name);
}

std::string chooseDataset(const std::filesystem::path& path, hid_t file, const std::string& wanted,
                          std::vector<std::string>& remarks) {
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
    Walk walk(path, file);
    for (Found& each : walk.take()) all.push_back(std::move(each.info));
    if (wanted.empty() && all.empty() && !walk.elsewhere().empty())
        throw elsewhereError(path, walk.elsewhere());
    if (wanted.empty() && all.empty())
        throw inputError(path, "the HDF5 file holds no image: no dataset of whole or floating-point numbers "
                               "with 2 to 5 dimensions. Choose another file.");
    const SceneInfo& chosen = all[chooseScene(path, all, wanted)];
    if (wanted.empty() && all.size() > 1)
        remarks.push_back(fmt::format("{} is shown; {} reduced or smaller images in the file are left out.",
                                      chosen.name, all.size() - 1));
    return chosen.name;
}

} // namespace cristae

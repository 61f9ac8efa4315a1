// A folder of images in natural order as one stack.
#include "core/base/slice_names.h"
#include "core/base/text.h"
#include "core/io/file_access.h"
#include "core/io/slice_files.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <list>
#include <map>
#include <mutex>

namespace cristae {

namespace {

namespace fs = std::filesystem;

SliceFiles slicesOf(const fs::path& folder) {
    return slicesIn(folder, {sliceExtensions.begin(), sliceExtensions.end()});
}

/// How a file of the folder is opened: as the folder is.
OpenOptions optionsOfFile(const OpenOptions& options) {
    OpenOptions own;
    own.labels = options.labels;
    return own;
}

/// Files are opened when their slice is read; the last few stay open.
class FolderSource : public TileSource {
public:
    FolderSource(ImageInfo info, std::vector<fs::path> images, OpenOptions ofFiles)
        : info_(std::move(info)), images_(std::move(images)), ofFiles_(std::move(ofFiles)) {
        id_ = fmt::format("{}|{}", info_.path.string(), images_.size());
        for (const fs::path& image : images_) id_ += "|" + fileId(image);
    }
    const ImageInfo& info() const override { return info_; }
    std::string id() const override { return id_; }

    Pixels read(int level, const Box3& box, const Progress& progress) const override {
        requireBox(info_, level, box);
        Pixels result(info_.type, info_.channels, box.extent());
        const int64_t slices = box.z1 - box.z0;
        const size_t plane = size_t((box.y1 - box.y0) * (box.x1 - box.x0)) * byteSize(info_.type);
        for (int64_t z = box.z0; z < box.z1; ++z) {
            progress.throwIfCancelled();
            const Pixels slice = sourceAt(z)->read(0, {0, box.y0, box.x0, 1, box.y1, box.x1}, progress);
            for (int64_t c = 0; c < info_.channels; ++c)
                std::memcpy(result.data() + size_t(c * slices + z - box.z0) * plane,
                            slice.data() + size_t(c) * plane, plane);
        }
        return result;
    }

private:
    TileSourcePtr sourceAt(int64_t z) const {
        {
            const std::lock_guard lock(mutex_);
            for (auto it = open_.begin(); it != open_.end(); ++it)
                if (it->first == z) {
                    open_.splice(open_.begin(), open_, it);
                    return it->second;
                }
        }
        const TileSourcePtr source = openImage(images_[size_t(z)], ofFiles_);
        const ImageInfo& own = source->info();
        if (own.extent() != Extent3{1, info_.extent().y, info_.extent().x} ||
            own.channels != info_.channels || own.type != info_.type)
            throw inputError(images_[size_t(z)],
                             "its size or type changed while the folder was open. Open the folder again.");
        const std::lock_guard lock(mutex_);
        open_.emplace_front(z, source);
        // A decoded slice of a PNG or JPEG stays in memory with its source.
        const int64_t bytes =
            info_.extent().y * info_.extent().x * info_.channels * int64_t(byteSize(info_.type));
        const size_t kept =
            size_t(std::clamp<int64_t>((int64_t(128) << 20) / std::max<int64_t>(bytes, 1), 1, 8));
        while (open_.size() > kept) open_.pop_back();
        return source;
    }

    ImageInfo info_;
    std::vector<fs::path> images_;
    OpenOptions ofFiles_;
    std::string id_;
    mutable std::mutex mutex_;
    mutable std::list<std::pair<int64_t, TileSourcePtr>> open_; // newest first
};

std::string nameOf(const ImageInfo& file) {
    return file.path.filename().string();
}

std::string looksOf(const ImageInfo& file) {
    return fmt::format("{} × {} pixels, {}, {}", file.extent().x, file.extent().y,
                       countText(file.channels, "channel", "channels"), cristae::name(file.type));
}

/// Throws the sentence that names the files which differ from most of the others in size or type.
void requireEqual(const fs::path& folder, const std::vector<ImageInfo>& files) {
    std::map<std::string, size_t> kinds;
    for (const ImageInfo& file : files) ++kinds[looksOf(file)];
    if (kinds.size() == 1) return;
    const auto usual = std::ranges::max_element(kinds, {}, [](const auto& kind) { return kind.second; });
    const auto odd = std::ranges::find_if(files, [&](const auto& f) { return looksOf(f) != usual->first; });
    const auto rest = std::ranges::find_if(files, [&](const auto& f) { return looksOf(f) == usual->first; });
    const size_t oddCount = files.size() - usual->second;
    throw inputError(
        folder,
        fmt::format("the images differ: “{}”{} has {}, but “{}”{} has {}. Take the odd ones "
                    "out of the folder.",
                    nameOf(*odd), oddCount > 1 ? fmt::format(" (one of {} odd ones)", oddCount) : "",
                    looksOf(*odd), nameOf(*rest),
                    usual->second > 1 ? fmt::format(" and {} more", usual->second - 1) : "", usual->first));
}

/// The remarks of the files, each once, with how many files have it.
void joinRemarks(ImageInfo& folder, const std::vector<ImageInfo>& files) {
    constexpr size_t most = 20;
    std::vector<std::pair<std::string, std::vector<const ImageInfo*>>> remarks; // in the order they came
    for (const ImageInfo& file : files)
        for (const std::string& remark : file.remarks) {
            auto it = std::ranges::find(remarks, remark, [](const auto& r) { return r.first; });
            if (it == remarks.end()) {
                if (remarks.size() == most) continue;
                it = remarks.insert(it, {remark, {}});
            }
            it->second.push_back(&file);
        }
    for (const auto& [remark, of] : remarks)
        folder.remarks.push_back(files.size() == 1 ? remark
                                 : of.size() == files.size()
                                     ? fmt::format("All {} files: {}", files.size(), remark)
                                 : of.size() == 1 ? fmt::format("{}: {}", nameOf(*of.front()), remark)
                                                  : fmt::format("{} of {} files ({} …): {}", of.size(),
                                                                files.size(), nameOf(*of.front()), remark));
    if (remarks.size() == most) folder.remarks.push_back("Further remarks on single files are left out.");
}

/// One axis of the pixel size of a folder: that of the files if they agree within 1 %, else unknown, and
/// said.
void joinLength(ImageInfo& folder, const std::vector<ImageInfo>& files,
                std::optional<double> VoxelSize::*axis, bool sayUnknown, bool sayConflict) {
    std::vector<std::pair<double, std::vector<const ImageInfo*>>> lengths; // apart by more than 1 %
    const ImageInfo* without = nullptr;
    size_t unknown = 0;
    for (const ImageInfo& file : files) {
        const auto length = file.voxelSize.*axis;
        if (!length) {
            ++unknown;
            if (!without) without = &file;
            continue;
        }
        auto it = std::ranges::find_if(lengths, [&](const auto& l) {
            return std::abs(l.first - *length) <= 0.01 * std::max(l.first, *length);
        });
        if (it == lengths.end()) it = lengths.insert(it, {*length, {}});
        it->second.push_back(&file);
    }
    folder.voxelSize.*axis = lengths.size() == 1 ? std::optional(lengths.front().first) : std::nullopt;
    if (sayUnknown && lengths.size() == 1 && unknown > 0)
        folder.remarks.push_back(fmt::format("{} of {} files ({} …) state no pixel size; the {:g} nm of the "
                                             "others are taken for all.",
                                             unknown, files.size(), nameOf(*without), lengths.front().first));
    if (!sayConflict || lengths.size() < 2) return;
    std::ranges::stable_sort(lengths,
                             [](const auto& a, const auto& b) { return a.second.size() > b.second.size(); });
    folder.remarks.push_back(fmt::format(
        "The files state different pixel sizes: {} has {:g} nm, {} has {:g} nm{}. "
        "The pixel size is left unknown; set it if it is one.",
        nameOf(*lengths[1].second.front()), lengths[1].first,
        lengths[0].second.size() > 1
            ? fmt::format("{} and {} more", nameOf(*lengths[0].second.front()), lengths[0].second.size() - 1)
            : nameOf(*lengths[0].second.front()),
        lengths[0].first, lengths.size() > 2 ? ", and there are more" : ""));
}

void joinPixelSizes(ImageInfo& folder, const std::vector<ImageInfo>& files) {
    joinLength(folder, files, &VoxelSize::xNm, true, true);
    joinLength(folder, files, &VoxelSize::yNm, false, folder.voxelSize.xNm.has_value()); // said once
    joinLength(folder, files, &VoxelSize::zNm, false, false);
    const auto& size = folder.voxelSize;
    if (!size.xNm || !size.yNm) folder.voxelSize.xNm = folder.voxelSize.yNm = std::nullopt;
    if (!size.xNm && !size.zNm) folder.voxelSize.source.clear();
    const auto known = std::ranges::find_if(files, [](const auto& f) { return f.voxelSize.knownInPlane(); });
    if (size.xNm && known != files.end()) {
        folder.voxelSize.source = known->voxelSize.source;
        folder.statedLengths = known->statedLengths;
    }
    if (!size.xNm) folder.statedLengths.clear(); // none of them is that of all
}

class FolderFormat : public Format {
public:
    std::string name() const override { return "folder of images"; }
    std::vector<std::string> extensions() const override { return {}; }

    bool probe(const fs::path& path, std::span<const std::byte>) const override {
        std::error_code ignored;
        return fs::is_directory(path, ignored) && !slicesOf(path).files.empty();
    }

    TileSourcePtr open(const fs::path& path, const OpenOptions& options) const override {
        SliceFiles slices = slicesOf(path);
        const OpenOptions own = optionsOfFile(options);
        std::vector<ImageInfo> infos;
        for (const fs::path& image : slices.files) {
            infos.push_back(openImage(image, own)->info());
            if (const int64_t z = infos.back().extent().z; z != 1)
                throw inputError(path, fmt::format("“{}” is itself a stack of {} slices. Open that file, or "
                                                   "take it out of the folder.",
                                                   image.filename().string(), z));
        }
        requireEqual(path, infos);
        ImageInfo info = infos.front();
        info.remarks = slices.remarks;
        for (const std::string& remark : remarksOnNumbers(slices.files)) info.remarks.push_back(remark);
        joinRemarks(info, infos);
        joinPixelSizes(info, infos);
        for (const fs::path& image : slices.files) info.sliceNames.push_back(image.filename().string());
        info.levels.front().z = int64_t(slices.files.size());
        info.axes = info.channels > 1 ? "zcyx" : "zyx";
        const std::string format = info.format + " folder";
        finishInfo(info, path, format, options);
        return std::make_shared<FolderSource>(std::move(info), std::move(slices.files), own);
    }
};

} // namespace

std::unique_ptr<Format> makeFolderFormat() {
    return std::make_unique<FolderFormat>();
}

} // namespace cristae

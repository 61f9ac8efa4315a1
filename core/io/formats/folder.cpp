// A folder of images in natural order as one stack.
#include "core/base/text.h"
#include "core/io/file_access.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <list>
#include <mutex>

namespace cristae {

namespace {

namespace fs = std::filesystem;

constexpr std::array imageExtensions{"tif", "tiff", "png", "jpg", "jpeg", "bmp"};

/// The images of a folder in natural order; hidden files and others are passed over.
std::vector<fs::path> imagesIn(const fs::path& folder) {
    std::vector<fs::path> images;
    std::error_code failed;
    for (fs::directory_iterator it(folder, failed), end; !failed && it != end; it.increment(failed)) {
        const std::string name = it->path().filename().string(), extension = extensionOf(it->path());
        std::error_code ignored;
        if (!name.starts_with('.') &&
            std::find(imageExtensions.begin(), imageExtensions.end(), extension) != imageExtensions.end() &&
            it->is_regular_file(ignored))
            images.push_back(it->path());
    }
    if (failed)
        throw inputError(folder, fmt::format("{}. Check the folder's permissions.", failed.message()));
    std::sort(images.begin(), images.end(), [](const fs::path& a, const fs::path& b) {
        return naturalLess(a.filename().string(), b.filename().string());
    });
    return images;
}

/// Files are opened when their slice is read; the last few stay open.
class FolderSource : public TileSource {
public:
    FolderSource(ImageInfo info, std::vector<fs::path> images, bool labels)
        : info_(std::move(info)), images_(std::move(images)) {
        options_.labels = labels;
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
        const TileSourcePtr source = openImage(images_[size_t(z)], options_);
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
    OpenOptions options_; // of each image
    std::string id_;
    mutable std::mutex mutex_;
    mutable std::list<std::pair<int64_t, TileSourcePtr>> open_; // newest first
};

class FolderFormat : public Format {
public:
    std::string name() const override { return "folder of images"; }
    std::vector<std::string> extensions() const override { return {}; }

    bool probe(const fs::path& path, std::span<const std::byte>) const override {
        std::error_code ignored;
        return fs::is_directory(path, ignored) && !imagesIn(path).empty();
    }

    TileSourcePtr open(const fs::path& path, const OpenOptions& options) const override {
        std::vector<fs::path> images = imagesIn(path);
        ImageInfo info;
        OpenOptions each;
        each.labels = options.labels;
        for (const fs::path& image : images) {
            const ImageInfo own = openImage(image, each)->info();
            if (own.extent().z != 1)
                throw inputError(
                    path,
                    fmt::format(
                        "“{}” is itself a stack of {} slices. Open that file, or take it out of the folder.",
                        image.filename().string(), own.extent().z));
            if (info.levels.empty()) info = own;
            if (own.extent() != info.extent() || own.channels != info.channels || own.type != info.type)
                throw inputError(path, fmt::format("the images differ: “{}” has {} × {} pixels, {} channels, "
                                                   "{}, but “{}” has {} × {}, {}, {}. "
                                                   "Take the odd ones out of the folder.",
                                                   image.filename().string(), own.extent().x, own.extent().y,
                                                   own.channels, cristae::name(own.type),
                                                   images.front().filename().string(), info.extent().x,
                                                   info.extent().y, info.channels, cristae::name(info.type)));
            info.sliceNames.push_back(image.filename().string());
        }
        info.levels.front().z = int64_t(images.size());
        info.axes = info.channels > 1 ? "zcyx" : "zyx";
        const std::string format = info.format + " folder";
        finishInfo(info, path, format, options);
        return std::make_shared<FolderSource>(std::move(info), std::move(images), options.labels);
    }
};

} // namespace

std::unique_ptr<Format> makeFolderFormat() {
    return std::make_unique<FolderFormat>();
}

} // namespace cristae

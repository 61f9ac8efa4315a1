// TIFF, BigTIFF, ImageJ and OME stacks: opening reads directories only, pixels come strip by strip or tile by
// tile.
#include "core/image/wide_values.h"
#include "core/io/label_colours.h"
#include "core/io/orientation.h"
#include "core/io/tiff_decode.h"

#include <cstring>
#include <fmt/format.h>
#include <list>
#include <map>
#include <mutex>

namespace cristae {

namespace {

constexpr int64_t unitBytesAtOnce = int64_t(64) << 20; // larger strips are decoded line by line
constexpr size_t cacheBytes = size_t(96) << 20;

class TiffSource : public TileSource, public WideValues {
public:
    TiffSource(std::shared_ptr<const InputFile> file, std::unique_ptr<TiffFile> handle, TiffTable table)
        : file_(std::move(file)), table_(std::move(table)), id_(fileId(file_->path())) {
        idle_.push_back({std::move(handle), 0, -1});
    }

    const ImageInfo& info() const override { return table_.info; }
    std::string id() const override { return id_; }

    Pixels read(int level, const Box3& box, const Progress& progress) const override {
        requireBox(info(), level, box);
        const int64_t slices = box.z1 - box.z0, perPage = table_.pages.front().channels;
        if (slices == 1 && table_.channelPages == 1) return readPage(pageAt(box.z0, 0), box, progress);
        Pixels result(info().type, info().channels, box.extent());
        const size_t plane = size_t((box.y1 - box.y0) * (box.x1 - box.x0)) * byteSize(info().type);
        for (int64_t z = box.z0; z < box.z1; ++z)
            for (int64_t channelPage = 0; channelPage < table_.channelPages; ++channelPage) {
                progress.throwIfCancelled();
                const Pixels part = readPage(pageAt(z, channelPage), box, progress);
                for (int64_t c = 0; c < perPage; ++c)
                    std::memcpy(result.data() +
                                    size_t((channelPage * perPage + c) * slices + z - box.z0) * plane,
                                part.data() + size_t(c) * plane, plane);
            }
        return result;
    }

    bool isWide() const override { return table_.pages.front().wide; }
    bool isSigned() const override { return info().type == PixelType::i32; }
    std::vector<uint64_t> readWide(const Box3& box, const Progress& progress) const override {
        requireBox(info(), 0, box);
        const size_t plane = size_t((box.y1 - box.y0) * (box.x1 - box.x0));
        std::vector<uint64_t> values(size_t(box.extent().count()));
        for (int64_t z = box.z0; z < box.z1; ++z) {
            progress.throwIfCancelled();
            const Pixels low = readHalf(z, box, TiffPage::Half::low),
                         high = readHalf(z, box, TiffPage::Half::high);
            for (size_t i = 0; i < plane; ++i)
                values[size_t(z - box.z0) * plane + i] =
                    uint64_t(high.values<uint32_t>()[i]) << 32 | low.values<uint32_t>()[i];
        }
        return values;
    }

private:
    /// The lower or upper 32 bits of a slice of 64-bit numbers.
    Pixels readHalf(int64_t z, const Box3& box, TiffPage::Half half) const {
        TiffPage page = table_.pages[pageAt(z, 0)];
        page.half = half;
        page.storedType = page.type = PixelType::u32;
        Pixels slice(page.type, page.channels, {1, page.height, page.width});
        Handle handle = takeHandle();
        for (int64_t unitY = box.y0 / page.unitHeight; unitY <= (box.y1 - 1) / page.unitHeight; ++unitY)
            for (int64_t unitX = 0; unitX < page.unitsAcross(); ++unitX) {
                const Pixels unit = decodeTiffUnit(*handle.tiff, *file_, page, unitX, unitY);
                for (int64_t y = 0; y < unit.extent().y; ++y)
                    std::memcpy(
                        slice.data() +
                            size_t((unitY * page.unitHeight + y) * page.width + unitX * page.unitWidth) * 4,
                        unit.data() + size_t(y * unit.extent().x) * 4, size_t(unit.extent().x) * 4);
            }
        handle.directory = page.directory;
        handle.nextRow = -1;
        giveBack(std::move(handle));
        return slice.cropped({0, box.y0, box.x0, 1, box.y1, box.x1});
    }

    struct Handle {
        std::unique_ptr<TiffFile> tiff;
        uint64_t directory = 0; // the page on which nextRow counts
        int64_t nextRow = -1;
    };
    struct CachedUnit {
        size_t page;
        int64_t index;
        Pixels pixels;
    };

    size_t pageAt(int64_t z, int64_t channelPage) const {
        return table_.pageOf[size_t(z * table_.channelPages + channelPage)];
    }

    Handle takeHandle() const {
        {
            const std::lock_guard lock(mutex_);
            if (!idle_.empty()) {
                Handle handle = std::move(idle_.back());
                idle_.pop_back();
                return handle;
            }
        }
        return {std::make_unique<TiffFile>(file_), 0, -1};
    }

    void giveBack(Handle handle) const {
        const std::lock_guard lock(mutex_);
        if (idle_.size() < 4) idle_.push_back(std::move(handle));
    }

    bool lineByLine(const TiffPage& page) const {
        return !page.tiled && page.colour != TiffColour::throughRgba && page.colour != TiffColour::cmyk &&
               page.unitWidth * page.unitHeight * page.samples * int64_t(byteSize(page.storedType)) >
                   unitBytesAtOnce;
    }

    /// Rows of a unit: a whole strip or tile, or a band of a large strip.
    int64_t rowsOfUnit(const TiffPage& page) const {
        if (!lineByLine(page)) return page.unitHeight;
        return std::max<int64_t>(1, (int64_t(8) << 20) /
                                        (page.width * page.channels * int64_t(byteSize(page.type))));
    }

    Pixels unit(size_t pageIndex, int64_t unitX, int64_t unitY) const {
        const TiffPage& page = table_.pages[pageIndex];
        const int64_t index = unitY * page.unitsAcross() + unitX;
        {
            const std::lock_guard lock(mutex_);
            if (const auto it = damaged_.find({pageIndex, index}); it != damaged_.end())
                throw Error(ErrorKind::input, it->second);
            for (auto it = cache_.begin(); it != cache_.end(); ++it)
                if (it->page == pageIndex && it->index == index) {
                    cache_.splice(cache_.begin(), cache_, it);
                    return it->pixels;
                }
        }
        const Pixels pixels = decode(pageIndex, unitX, unitY, index);
        const std::lock_guard lock(mutex_);
        cache_.push_front({pageIndex, index, pixels});
        cachedBytes_ += pixels.bytes();
        while (cachedBytes_ > cacheBytes && cache_.size() > 1) {
            cachedBytes_ -= cache_.back().pixels.bytes();
            cache_.pop_back();
        }
        return pixels;
    }

    Pixels decode(size_t pageIndex, int64_t unitX, int64_t unitY, int64_t index) const {
        const TiffPage& page = table_.pages[pageIndex];
        Handle handle = takeHandle();
        Pixels pixels;
        try {
            if (lineByLine(page)) {
                if (handle.directory != page.directory) handle.nextRow = -1;
                const int64_t rows = rowsOfUnit(page);
                pixels = decodeTiffRows(*handle.tiff, *file_, page, unitY * rows,
                                        std::min(page.height, (unitY + 1) * rows), handle.nextRow);
            } else {
                handle.nextRow = -1;
                pixels = decodeTiffUnit(*handle.tiff, *file_, page, unitX, unitY);
            }
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::input) noteDamage(pageIndex, index, error.what());
            throw;
        }
        handle.directory = page.directory;
        giveBack(std::move(handle));
        return pixels;
    }

    /// Damaged data are not decoded again and again. Behind the damage nothing of a strip can be decoded, so
    /// the later bands of a large one are lost with it.
    void noteDamage(size_t pageIndex, int64_t index, const std::string& why) const {
        const TiffPage& page = table_.pages[pageIndex];
        int64_t last = index;
        if (lineByLine(page)) {
            const int64_t rows = rowsOfUnit(page), strip = index * rows / page.unitHeight;
            last = std::min(page.height, (strip + 1) * page.unitHeight) / rows - 1;
        }
        const std::lock_guard lock(mutex_);
        for (int64_t each = index; each <= std::max(index, last); ++each)
            damaged_.emplace(std::pair(pageIndex, each), why);
    }

    Pixels readPage(size_t pageIndex, const Box3& box, const Progress& progress) const {
        const TiffPage& page = table_.pages[pageIndex];
        if (page.plain) return readPlainTiff(*file_, page, box);
        Pixels result(page.type, page.channels, {1, box.y1 - box.y0, box.x1 - box.x0});
        const size_t size = byteSize(page.type);
        const int64_t unitRows = rowsOfUnit(page);
        for (int64_t unitY = box.y0 / unitRows; unitY <= (box.y1 - 1) / unitRows; ++unitY)
            for (int64_t unitX = box.x0 / page.unitWidth; unitX <= (box.x1 - 1) / page.unitWidth; ++unitX) {
                progress.throwIfCancelled();
                const Pixels from = unit(pageIndex, unitX, unitY);
                const int64_t yUnit = unitY * unitRows, xUnit = unitX * page.unitWidth;
                const int64_t y0 = std::max(box.y0, yUnit), y1 = std::min(box.y1, yUnit + from.extent().y);
                const int64_t x0 = std::max(box.x0, xUnit), x1 = std::min(box.x1, xUnit + from.extent().x);
                for (int64_t c = 0; c < page.channels; ++c)
                    for (int64_t y = y0; y < y1; ++y)
                        std::memcpy(
                            result.data() + size_t((c * result.extent().y + y - box.y0) * result.extent().x +
                                                   x0 - box.x0) *
                                                size,
                            from.data() +
                                size_t((c * from.extent().y + y - yUnit) * from.extent().x + x0 - xUnit) *
                                    size,
                            size_t(x1 - x0) * size);
            }
        return result;
    }

    std::shared_ptr<const InputFile> file_;
    TiffTable table_;
    std::string id_;
    mutable std::mutex mutex_;
    mutable std::vector<Handle> idle_;
    mutable std::list<CachedUnit> cache_; // newest first
    mutable size_t cachedBytes_ = 0;
    mutable std::map<std::pair<size_t, int64_t>, std::string> damaged_; // page and index of a unit
};

class TiffFormat : public Format {
public:
    std::string name() const override { return "TIFF"; }
    std::vector<std::string> extensions() const override { return {"tif", "tiff", "btf", "tf8"}; }

    bool probe(const std::filesystem::path&, std::span<const std::byte> head) const override {
        if (head.size() < 4) return false;
        const std::string_view magic(reinterpret_cast<const char*>(head.data()), 4);
        return magic == std::string_view("II*\0", 4) || magic == std::string_view("MM\0*", 4) ||
               magic == std::string_view("II+\0", 4) || magic == std::string_view("MM\0+", 4);
    }

    TileSourcePtr open(const std::filesystem::path& path, const OpenOptions& options) const override {
        auto file = std::make_shared<const InputFile>(path);
        auto handle = std::make_unique<TiffFile>(file);
        TiffTable table = readTiffTable(*handle, *file, options);
        if (std::string damage = remarkOnDamage(*handle, *file, table); !damage.empty())
            table.info.remarks.push_back(std::move(damage));
        finishInfo(table.info, path, name(), options);
        const int orientation = table.orientation;
        const bool transparency = options.labels && keepTransparency(table);
        const auto source =
            std::make_shared<TiffSource>(std::move(file), std::move(handle), std::move(table));
        return turned(transparency ? withoutTransparency(source) : source, orientation);
    }

    std::vector<SceneInfo> scenes(const std::filesystem::path& path) const override {
        auto file = std::make_shared<const InputFile>(path);
        TiffFile handle(file);
        TiffFileTable table = walkTiff(handle, *file, false);
        return describeScenes(table, tiffScenes(*file, table));
    }
};

} // namespace

std::unique_ptr<Format> makeTiffFormat() {
    return std::make_unique<TiffFormat>();
}

} // namespace cristae

// ScreenTiles: the tiles of one image as screen colours; what is here is given at once, what is missing is
// loaded off the UI thread.
#pragma once
#include "core/image/tile_source.h"
#include "core/render/compose.h"
#include "ui/jobs/jobs.h"

#include <QObject>

#include <array>
#include <compare>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

namespace cristae {

struct ScreenTileKey {
    int level = 0;
    int64_t z = 0, row = 0, column = 0; // in tiles of the level
    auto operator<=>(const ScreenTileKey&) const = default;
};

struct ScreenTile {
    Pixels pixels;             // [C, 1, Y, X] as in the file
    std::vector<uint32_t> rgb; // 0xffRRGGBB of `range`
    DisplayRange range;
    bool unreadable = false;   // all of it
    std::vector<Box3> damaged; // parts that cannot be read, in voxels of the level; shown as such
    uint64_t lastUse = 0;
    size_t bytes() const { return pixels.bytes() + rgb.size() * sizeof(uint32_t); }
};

/// Lives on the UI thread. Shared by all panes of a canvas.
class ScreenTiles : public QObject {
    Q_OBJECT
public:
    static constexpr int64_t side = 512;

    explicit ScreenTiles(Jobs& jobs, QObject* parent = nullptr);
    ~ScreenTiles() override; // loads under way end without an effect
    /// Null: nothing to show. Forgets all tiles.
    void setSource(TileSourcePtr source);
    const TileSourcePtr& source() const { return source_; }
    void setRange(const DisplayRange& range);
    const DisplayRange& range() const { return range_; }
    int levels() const;
    Extent3 levelExtent(int level) const;
    /// The pixels of a level that a tile covers.
    Box3 box(const ScreenTileKey& key) const;

    /// The tile in the present display range, or null if it has not arrived.
    const ScreenTile* find(const ScreenTileKey& key);
    /// What to show in place of a missing tile: the nearest coarser tile that covers it, else the same place
    /// of the slice seen before.
    std::optional<std::pair<ScreenTileKey, const ScreenTile*>> standIn(const ScreenTileKey& key);
    /// What `requester` needs now, most urgent first; replaces its earlier request. Loads that have begun
    /// come to their end; what they bring stays in the cache.
    void want(const void* requester, std::vector<ScreenTileKey> tiles);
    void forget(const void* requester);
    /// The value [channel] at a voxel of level 0 if its tile is here.
    std::optional<std::vector<double>> valueAt(int64_t z, int64_t y, int64_t x) const;
    bool loading() const { return !running_.empty(); }

Q_SIGNALS:
    void arrived(const cristae::ScreenTileKey& key);
    /// Once per image: some pixels cannot be read.
    void unreadable(const QString& message);

private:
    void startLoads();
    void enter(const ScreenTileKey& key, ScreenTile tile);
    void colour(ScreenTile& tile);
    void dropOldest();

    Jobs& jobs_;
    TileSourcePtr source_;
    DisplayRange range_;
    std::map<ScreenTileKey, ScreenTile> tiles_;
    std::map<const void*, std::vector<ScreenTileKey>> requests_;
    std::map<ScreenTileKey, Job*> running_;
    std::map<std::array<int64_t, 3>, int64_t> lastSlice_; // (level, row, column) → slice shown last
    uint64_t clock_ = 0, epoch_ = 0;
    size_t bytes_ = 0, budget_ = size_t(256) << 20;
    bool complained_ = false;
};

} // namespace cristae

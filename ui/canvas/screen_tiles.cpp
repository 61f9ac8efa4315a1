// ScreenTiles: two loads at a time on the view queue, newest request first.
#include "ui/canvas/screen_tiles.h"

#include "core/image/readable.h"

#include <algorithm>
#include <array>

namespace cristae {

namespace {
constexpr size_t loadsAtOnce = 2;
} // namespace

ScreenTiles::ScreenTiles(Jobs& jobs, QObject* parent) : QObject(parent), jobs_(jobs) {}

ScreenTiles::~ScreenTiles() {
    setSource(nullptr);
}

void ScreenTiles::setSource(TileSourcePtr source) {
    ++epoch_; // loads under way belong to the image before
    for (auto& [key, job] : running_)
        if (job) job->cancel();
    running_.clear();
    tiles_.clear();
    requests_.clear();
    lastSlice_.clear();
    bytes_ = 0;
    complained_ = false;
    source_ = std::move(source);
}

void ScreenTiles::setRange(const DisplayRange& range) {
    range_ = range;
}

int ScreenTiles::levels() const {
    return source_ ? int(source_->info().levels.size()) : 0;
}

Extent3 ScreenTiles::levelExtent(int level) const {
    return source_->info().levels.at(size_t(level));
}

Box3 ScreenTiles::box(const ScreenTileKey& key) const {
    const Extent3 extent = levelExtent(key.level);
    const Box3 whole{key.z,     key.row * side,       key.column * side,
                     key.z + 1, (key.row + 1) * side, (key.column + 1) * side};
    return whole.intersected(Box3::ofExtent(extent));
}

void ScreenTiles::colour(ScreenTile& tile) {
    if (tile.unreadable || (tile.range == range_ && !tile.rgb.empty())) return;
    bytes_ -= tile.bytes();
    greyToRgb(tile.pixels, range_, tile.rgb);
    tile.range = range_;
    bytes_ += tile.bytes();
}

const ScreenTile* ScreenTiles::find(const ScreenTileKey& key) {
    const auto found = tiles_.find(key);
    if (found == tiles_.end()) return nullptr;
    found->second.lastUse = ++clock_;
    lastSlice_[{key.level, key.row, key.column}] = key.z;
    colour(found->second);
    return &found->second;
}

std::optional<std::pair<ScreenTileKey, const ScreenTile*>> ScreenTiles::standIn(const ScreenTileKey& key) {
    auto usable = [&](const ScreenTileKey& other) -> ScreenTile* {
        const auto found = tiles_.find(other);
        const bool whole =
            found != tiles_.end() && !found->second.unreadable && found->second.damaged.empty();
        return whole ? &found->second : nullptr;
    };
    for (int level = key.level + 1; level < levels(); ++level) {
        const int shift = level - key.level;
        const ScreenTileKey coarser{level, key.z, key.row >> shift, key.column >> shift};
        if (ScreenTile* tile = usable(coarser)) {
            colour(*tile);
            return std::pair{coarser, tile};
        }
    }
    const auto last = lastSlice_.find({key.level, key.row, key.column});
    if (last != lastSlice_.end()) {
        const ScreenTileKey before{key.level, last->second, key.row, key.column};
        if (ScreenTile* tile = usable(before)) {
            colour(*tile);
            return std::pair{before, tile};
        }
    }
    return std::nullopt;
}

void ScreenTiles::want(const void* requester, std::vector<ScreenTileKey> tiles) {
    requests_[requester] = std::move(tiles);
    startLoads();
}

void ScreenTiles::forget(const void* requester) {
    requests_.erase(requester);
}

void ScreenTiles::startLoads() {
    if (!source_) return;
    while (running_.size() < loadsAtOnce) {
        // Requests are in order of urgency; take the most urgent one of any pane.
        std::optional<ScreenTileKey> next;
        size_t urgency = SIZE_MAX;
        for (const auto& [who, keys] : requests_)
            for (size_t i = 0; i < keys.size() && i < urgency; ++i)
                if (!tiles_.contains(keys[i]) && !running_.contains(keys[i])) {
                    next = keys[i];
                    urgency = i;
                    break;
                }
        if (!next) return;
        const ScreenTileKey key = *next;
        const uint64_t epoch = epoch_;
        running_[key] = nullptr;
        auto work = [source = source_, key, box = box(key), range = range_](const Progress& progress) {
            ReadablePart part = readReadable(*source, key.level, box, progress);
            if (part.nothing()) throw Error(ErrorKind::input, part.why);
            ScreenTile tile;
            tile.pixels = std::move(part.pixels);
            tile.damaged = std::move(part.unreadable);
            greyToRgb(tile.pixels, range, tile.rgb);
            tile.range = range;
            return std::pair(std::move(tile), part.why);
        };
        auto over = [this, key, epoch](auto&& enterTile) {
            if (epoch != epoch_) return;
            running_.erase(key);
            enterTile();
            startLoads();
        };
        auto complain = [this](const std::string& why) {
            if (!complained_) Q_EMIT unreadable(QString::fromStdString(why));
            complained_ = true;
        };
        Job* job = jobs_.start<std::pair<ScreenTile, std::string>>(
            Queue::view, tr("Loading the view"), work,
            [this, key, over, complain](std::pair<ScreenTile, std::string> loaded) {
                over([&] {
                    enter(key, std::move(loaded.first));
                    if (!loaded.second.empty()) complain(loaded.second);
                });
            },
            [this, key, over, complain](const Error& error) {
                over([&] {
                    ScreenTile tile;
                    tile.unreadable = true;
                    enter(key, std::move(tile));
                    complain(error.what());
                });
            },
            [over] { over([] {}); }, false);
        if (const auto entry = running_.find(key); entry != running_.end()) entry->second = job;
    }
}

void ScreenTiles::enter(const ScreenTileKey& key, ScreenTile tile) {
    tile.lastUse = ++clock_;
    bytes_ += tile.bytes();
    tiles_.insert_or_assign(key, std::move(tile));
    dropOldest();
    Q_EMIT arrived(key);
}

void ScreenTiles::dropOldest() {
    std::set<ScreenTileKey> wanted;
    for (const auto& [who, keys] : requests_) wanted.insert(keys.begin(), keys.end());
    while (bytes_ > budget_) {
        auto oldest = tiles_.end();
        for (auto it = tiles_.begin(); it != tiles_.end(); ++it)
            if (!wanted.contains(it->first) &&
                (oldest == tiles_.end() || it->second.lastUse < oldest->second.lastUse))
                oldest = it;
        if (oldest == tiles_.end()) return;
        bytes_ -= oldest->second.bytes();
        tiles_.erase(oldest);
    }
}

std::optional<std::vector<double>> ScreenTiles::valueAt(int64_t z, int64_t y, int64_t x) const {
    const auto found = tiles_.find({0, z, y / side, x / side});
    if (found == tiles_.end() || found->second.unreadable) return std::nullopt;
    for (const Box3& damaged : found->second.damaged)
        if (damaged.contains({z, y, x, z + 1, y + 1, x + 1})) return std::nullopt;
    const Pixels& pixels = found->second.pixels;
    std::vector<double> values;
    for (int64_t c = 0; c < pixels.channels(); ++c) values.push_back(pixels.at(c, 0, y % side, x % side));
    return values;
}

} // namespace cristae

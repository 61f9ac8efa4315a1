// TileCache: recently read tiles within a budget of bytes; each is loaded once however many ask for it.
#pragma once
#include "core/image/pixels.h"

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <tuple>

namespace cristae {

/// A tile of a source: level and the slice, row and column of its first voxel.
struct TileKey {
    std::string source; // TileSource::id()
    int level = 0;
    int64_t z = 0, y = 0, x = 0;
    bool operator<(const TileKey& other) const {
        return std::tie(source, level, z, y, x) <
               std::tie(other.source, other.level, other.z, other.y, other.x);
    }
};

/// Thread-safe. The least recently used tiles go first when the budget is exceeded.
class TileCache {
public:
    explicit TileCache(size_t budgetBytes) : budget_(budgetBytes) {}

    /// The tile, from the cache or from `load`, which runs on the calling thread without the lock. While one
    /// thread loads, others that want the same tile wait for it. What `load` throws goes to the thread that
    /// called it; a waiting one then loads itself.
    Pixels get(const TileKey& key, const std::function<Pixels()>& load);
    /// The tile if it is there; never loads.
    std::optional<Pixels> find(const TileKey& key);
    /// Forgets all tiles of a source.
    void forget(const std::string& source);
    void setBudget(size_t budgetBytes);
    size_t bytes() const;
    size_t budget() const;

private:
    struct Entry {
        TileKey key;
        Pixels pixels;
    };
    void insert(const TileKey& key, const Pixels& pixels); // with the lock held
    void shrink();                                         // with the lock held

    mutable std::mutex mutex_;
    std::condition_variable loaded_;
    std::list<Entry> entries_; // most recently used first
    std::map<TileKey, std::list<Entry>::iterator> index_;
    std::set<TileKey> loading_;
    size_t budget_, bytes_ = 0;
};

} // namespace cristae

// The tile cache: a list in order of use, an index, and the set of tiles that someone is loading.
#include "core/image/tile_cache.h"

namespace cristae {

Pixels TileCache::get(const TileKey& key, const std::function<Pixels()>& load) {
    {
        std::unique_lock lock(mutex_);
        for (;;) {
            if (const auto it = index_.find(key); it != index_.end()) {
                entries_.splice(entries_.begin(), entries_, it->second);
                return it->second->pixels;
            }
            if (loading_.insert(key).second) break; // this thread loads
            loaded_.wait(lock);
        }
    }
    // Whatever happens, the others must not wait for ever.
    struct Done {
        TileCache& cache;
        const TileKey& key;
        ~Done() {
            {
                const std::lock_guard lock(cache.mutex_);
                cache.loading_.erase(key);
            }
            cache.loaded_.notify_all();
        }
    } const done{*this, key};
    Pixels pixels = load();
    const std::lock_guard lock(mutex_);
    insert(key, pixels);
    return pixels;
}

std::optional<Pixels> TileCache::find(const TileKey& key) {
    const std::lock_guard lock(mutex_);
    const auto it = index_.find(key);
    if (it == index_.end()) return std::nullopt;
    entries_.splice(entries_.begin(), entries_, it->second);
    return it->second->pixels;
}

void TileCache::insert(const TileKey& key, const Pixels& pixels) {
    if (pixels.bytes() > budget_) return; // it would push out everything and then itself
    entries_.push_front({key, pixels});
    index_[key] = entries_.begin();
    bytes_ += pixels.bytes();
    shrink();
}

void TileCache::shrink() {
    while (bytes_ > budget_ && !entries_.empty()) {
        bytes_ -= entries_.back().pixels.bytes();
        index_.erase(entries_.back().key);
        entries_.pop_back();
    }
}

void TileCache::forget(const std::string& source) {
    const std::lock_guard lock(mutex_);
    for (auto it = entries_.begin(); it != entries_.end();) {
        if (it->key.source != source) {
            ++it;
            continue;
        }
        bytes_ -= it->pixels.bytes();
        index_.erase(it->key);
        it = entries_.erase(it);
    }
}

void TileCache::setBudget(size_t budgetBytes) {
    const std::lock_guard lock(mutex_);
    budget_ = budgetBytes;
    shrink();
}

size_t TileCache::bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
}

size_t TileCache::budget() const {
    const std::lock_guard lock(mutex_);
    return budget_;
}

} // namespace cristae

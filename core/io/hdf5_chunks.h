// The chunks of one HDF5 dataset: decoded once, kept while they are in use, copied out box by box.
#pragma once
#include "core/base/progress.h"
#include "core/io/hdf5_filters.h"

#include <cstdint>
#include <filesystem>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace cristae {

/// Thread-safe; chunks are decoded outside of the lock of HDF5 where their numbers need no conversion.
class Hdf5Chunks {
public:
    /// `dataset` is chunked, checked (checkStorage) and outlives this; values are handed out as `memoryType`.
    Hdf5Chunks(std::filesystem::path path, std::string name, hid_t dataset, hid_t memoryType);

    /// The box that begins at `start` with `count` values along each axis, in file order. Throws Error{input}
    /// where a chunk is damaged; a chunk that was never written holds the fill value. Can be cancelled
    /// between two chunks.
    void read(const std::vector<hsize_t>& start, const std::vector<hsize_t>& count, std::byte* out,
              const Progress& progress) const;

private:
    using Values = std::shared_ptr<const std::vector<std::byte>>;
    using Newest = std::list<std::pair<std::vector<hsize_t>, Values>>; // origin and values

    Values chunkAt(const std::vector<hsize_t>& origin) const;
    Values decoded(const std::vector<hsize_t>& origin) const;
    bool unfiltered(const std::vector<hsize_t>& origin) const;

    std::filesystem::path path_;
    std::string name_;
    hid_t dataset_, memoryType_;
    size_t valueBytes_ = 1; // in memory
    size_t valuesInChunk_ = 1;
    uint64_t fileBytes_ = 0;
    bool sameType_ = true, partialUnfiltered_ = false;
    std::vector<hsize_t> shape_;
    Hdf5ChunkKind kind_;
    std::vector<Hdf5Filter> filters_;
    std::vector<std::byte> fill_; // one value
    mutable std::mutex mutex_;
    mutable Newest kept_; // newest first
    mutable std::map<std::vector<hsize_t>, Newest::iterator> places_;
    mutable size_t keptBytes_ = 0;
};

} // namespace cristae

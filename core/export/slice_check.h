// SliceCheck: remembers the slices that went into a file and compares them with what the file gives back.
#pragma once
#include "core/export/exporter.h"

namespace cristae {

class SliceCheck {
public:
    SliceCheck(std::filesystem::path target, const ImageInfo& expected)
        : target_(std::move(target)), expected_(expected) {}
    /// Throws Error{internal} unless z is the next slice and its shape and type are the described ones.
    void requireNext(int64_t z, const Pixels& slice) const;
    /// Remembers the slice as it must come back.
    void add(const Pixels& slice);
    int64_t count() const { return int64_t(hashes_.size()); }
    /// Throws Error{output} unless all slices were written.
    void requireComplete() const;
    /// Re-opens `path` and compares every voxel, the size, the type and the voxel size. Throws Error{output}
    /// naming the target.
    void compare(const std::filesystem::path& path) const;
    /// Re-opens and decodes without comparing values, for lossy formats.
    void decode(const std::filesystem::path& path) const;

private:
    TileSourcePtr reopen(const std::filesystem::path& path) const;
    std::filesystem::path target_;
    ImageInfo expected_;
    std::vector<std::string> hashes_;
};

} // namespace cristae

// MemorySource: crops of a block in memory.
#include "core/image/memory_source.h"

#include <atomic>
#include <fmt/format.h>

namespace cristae {

MemorySource::MemorySource(Pixels pixels, ImageInfo info)
    : pixels_(std::move(pixels)), info_(std::move(info)) {
    static std::atomic<uint64_t> counter{0};
    info_.levels = {pixels_.extent()};
    info_.channels = pixels_.channels();
    info_.type = pixels_.type();
    id_ = fmt::format("memory:{}", ++counter);
}

Pixels MemorySource::read(int, const Box3& box, const Progress&) const {
    return pixels_.cropped(box);
}

} // namespace cristae

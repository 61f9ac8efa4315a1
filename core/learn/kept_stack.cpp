// Slices in memory, looked up by their place.
#include "core/learn/kept_stack.h"

#include "core/base/error.h"

#include <atomic>
#include <cstring>
#include <fmt/format.h>

namespace cristae {

KeptStack::KeptStack(int64_t depth, std::map<int64_t, Pixels> slices) : slices_(std::move(slices)) {
    static std::atomic<uint64_t> counter{0};
    id_ = fmt::format("kept:{}", ++counter);
    if (slices_.empty()) throw Error(ErrorKind::input, "a stack of the run has no slices");
    const Pixels& first = slices_.begin()->second;
    for (const auto& [z, slice] : slices_)
        if (z < 0 || z >= depth || slice.extent() != first.extent() || slice.type() != first.type() ||
            slice.channels() != first.channels() || slice.extent().z != 1)
            throw Error(ErrorKind::input, "the slices of a stack of the run do not fit together");
    info_.levels = {{depth, first.extent().y, first.extent().x}};
    info_.channels = first.channels();
    info_.type = first.type();
}

Pixels KeptStack::read(int, const Box3& box, const Progress& progress) const {
    const Extent3 extent = box.extent();
    Pixels result(info_.type, info_.channels, extent);
    for (int64_t z = box.z0; z < box.z1; ++z) {
        progress.throwIfCancelled();
        const auto found = slices_.find(z);
        if (found == slices_.end())
            throw Error(ErrorKind::input,
                        fmt::format("Slice {} was not kept with the run; start the training anew.", z));
        const Pixels part = found->second.cropped({0, box.y0, box.x0, 1, box.y1, box.x1});
        const size_t bytes = part.bytes() / size_t(info_.channels);
        for (int64_t c = 0; c < info_.channels; ++c)
            std::memcpy(result.data() + (size_t(c * extent.z + z - box.z0)) * bytes,
                        part.data() + size_t(c) * bytes, bytes);
    }
    return result;
}

} // namespace cristae

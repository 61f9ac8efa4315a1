// Labels and source of a training slice.
#include "core/learn/training_slice.h"

#include "core/image/memory_source.h"
#include "core/image/with_voxel_size.h"

#include <algorithm>

namespace cristae {

bool holdsClass(const Pixels& labels) {
    return std::ranges::any_of(labels.values<uint8_t>(), [](uint8_t v) { return v > 0 && v < 255; });
}

ImageOfSlice imageOf(const TrainingSlice& slice) {
    ImageInfo info;
    info.voxelSize.yNm = info.voxelSize.xNm = slice.pixelSizeNm;
    if (slice.source) return {withVoxelSize(slice.source, info.voxelSize), slice.z};
    return {std::make_shared<MemorySource>(slice.image, info), 0};
}

} // namespace cristae

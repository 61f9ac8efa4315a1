// The image of a document for jobs.
#include "ui/panels/sized_source.h"

#include "core/image/with_voxel_size.h"

namespace cristae {

TileSourcePtr imageForJobs(const Document& document) {
    return withVoxelSize(document.image(), document.voxelSize());
}

} // namespace cristae

// Images as jobs should see them: with the voxel size the user entered, or only a part of them.
#pragma once
#include "core/document/document.h"

namespace cristae {

/// The document's image with the document's voxel size; safe to hand to another thread.
TileSourcePtr imageForJobs(const Document& document);
/// A box of a source as a source of its own with one level; voxelSize replaces the source's if given.
TileSourcePtr partOf(TileSourcePtr whole, const Box3& box, std::optional<VoxelSize> voxelSize = {});

} // namespace cristae

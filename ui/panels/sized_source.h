// Images as jobs should see them: with the voxel size the user entered, or only a part of them.
#pragma once
#include "core/document/document.h"
#include "core/image/image_part.h"

namespace cristae {

/// The document's image with the document's voxel size; safe to hand to another thread.
TileSourcePtr imageForJobs(const Document& document);

} // namespace cristae

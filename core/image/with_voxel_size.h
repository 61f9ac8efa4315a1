// Voxel sizes that a person gives or that another image lends: what is possible, and the same image with it.
#pragma once
#include "core/image/tile_source.h"

#include <string>

namespace cristae {

/// The source itself if it already says so; pixels and id are those of the source.
TileSourcePtr withVoxelSize(TileSourcePtr source, const VoxelSize& size);

/// True from 0.01 nm (a pixel of atomic resolution) to 100 µm, the range of what Cristae takes for a voxel.
bool isPossibleLength(double nm);
/// The size itself. Throws Error{kind} that names `where` ("--pixel-size", a file) and the value if an axis
/// that is known is not a possible length.
const VoxelSize& checkedVoxelSize(const VoxelSize& size, const std::string& where,
                                  ErrorKind kind = ErrorKind::usage);
/// Throws Error{input} with both sizes unless two images have the same width, height and number of slices:
/// what one says of its voxels does not hold for the other.
void requireSameExtent(const ImageInfo& one, const ImageInfo& other);
/// A remark if two images that are compared state voxel sizes that differ by more than 1 %; `one` is used.
/// Empty if they agree or one of them states none.
std::string remarkOnSizes(const ImageInfo& one, const ImageInfo& other);

} // namespace cristae

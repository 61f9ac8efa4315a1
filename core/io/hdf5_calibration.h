// The lengths that the attributes of an HDF5 dataset state.
#pragma once
#include "core/io/hdf5_handle.h"

namespace cristae {

/// States in info.statedLengths what attributes like resolution, element_size_um, voxel_size, pixel_size,
/// spacing and scale say, in the units of the attributes beside them, and the resolutions of ilastik's
/// axistags. `letters` are the axes of the dataset ("tzyx"). Numbers are taken as z, y, x; one for each
/// dimension goes by its axis. Of three that look like x, y, z (4, 4, 40) none is used, with a remark. A
/// dataset that states nothing has what its group or the file states.
void stateHdf5Lengths(hid_t file, hid_t dataset, const std::string& letters, ImageInfo& info);

} // namespace cristae

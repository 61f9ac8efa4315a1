// How much memory a training step takes, and how much there is.
#pragma once
#include "models/nn/layers.h"

#include <c10/core/Device.h>
#include <optional>
#include <string>

namespace cristae {

/// Bytes that a training step keeps for each patch of side² · depth voxels: what every layer gives is kept
/// for the way back. An estimate from the list of layers; skip connections are what makes it rough.
double stepBytesPerPatch(const std::vector<LayerSpec>& layers, int64_t side, int64_t depth);

/// Memory that programs can have now without swapping, or the GPU's free memory; nothing where it is not
/// known.
std::optional<double> freeBytes(const c10::Device& device);

/// A sentence that names the recipe's batch (or its patch, where even one is too large) and a value that
/// fits; empty when the batch fits. `multiple`: of the network's sizes.
std::string memoryComplaint(double bytesPerPatch, int64_t batch, int64_t patch, int64_t multiple,
                            double freeBytes);

} // namespace cristae

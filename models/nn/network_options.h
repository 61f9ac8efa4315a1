// Options of a network as a recipe gives them.
#pragma once
#include "core/learn/augment.h"

namespace cristae {

/// The complete options of the recipe's architecture: as published; for the U-Net the recipe's "levels",
/// "base", "normalisation" and "upsampling"; and over that the recipe's "network" ("slicesIn=3, filter=5x5";
/// may be absent). Throws Error{model, usage}.
nlohmann::json networkOptions(const nlohmann::json& recipe);
/// The slices around each one that the recipe's network sees: its "slicesIn", or for volumes the recipe's
/// "patchDepth".
SlicesSeen slicesSeen(const nlohmann::json& recipe);

} // namespace cristae

// volumePicture: a stack seen from any side, as a prism of micrographs or as the surfaces of its objects.
#pragma once
#include "core/render/volume_scene.h"

#include <nlohmann/json.hpp>
#include <string>

namespace cristae {

/// From where the stack is seen; angles in degrees. At 0 and 0 it shows its first slice as it is.
struct VolumeCamera {
    double turn = 35; // to the left: the right side comes forward
    double tilt = 25; // the top comes forward
    double zoom = 1;  // 1 = the whole stack fits whatever its angle
};

enum class VolumeRendering {
    outside, // the grey values on the outside of the stack, labels over them
    objects  // the surfaces of the labelled objects, the stack's far walls behind them
};

struct VolumePicture {
    Pixels colours;           // u8 [3, 1, height, width]
    double stepsPerPixel = 1; // how much of the scene's unit length a pixel is
};

/// Orthographic, by rays through the smoothed density, which end where half is labelled; lit from the
/// viewer's upper left. A pixel that misses the stack has the colour `background`. Throws Error{cancelled,
/// memory}.
VolumePicture volumePicture(const VolumeScene& scene, const VolumeCamera& camera, VolumeRendering rendering,
                            int64_t width, int64_t height, Colour background, const Progress& progress);

/// What a file that holds such a picture says of it.
nlohmann::json volumeProvenance(const std::string& image, const std::string& labels,
                                const VolumeCamera& camera, VolumeRendering rendering);

} // namespace cristae

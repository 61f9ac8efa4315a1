// Weights of other tools: a network starts from what fits it.
#pragma once
#include "models/run/weights.h"

#include <filesystem>

namespace cristae {

struct ForeignWeights {
    std::vector<std::string> taken;   // names in the network
    std::vector<std::string> fresh;   // of the network, not in the file or of another size: stay as they are
    std::vector<std::string> ignored; // in the file, of no use here
};

/// The name in our Mask R-CNN or in the network itself of a tensor that torchvision calls so; empty: of no
/// use. Newer torchvision names its blocks "….0.0.weight"; a ResNet-50 by itself is the backbone's body.
std::string ownName(const std::string& foreign, bool isMaskRcnn);

/// Copies the tensors of a safetensors file or a state dictionary (.pt, .pth) into the parameters and buffers
/// of the same or the mapped name and of the same shape. A first convolution for RGB is summed over its
/// colours when the network has one channel, since grey pictures are the same in all three. Throws
/// Error{model} when nothing fits.
ForeignWeights startFromForeign(torch::nn::Module& module, bool isMaskRcnn,
                                const std::filesystem::path& file);

} // namespace cristae

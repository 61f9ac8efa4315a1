// Border weights: the U-Net's map that makes narrow gaps between objects dear.
#pragma once
#include <torch/torch.h>

namespace cristae {

/// Ronneberger, Fischer, Brox 2015, equation 2, without the class balance: w0 · exp(−(d1 + d2)² / (2 σ²))
/// with the distances in pixels to the nearest and to the second nearest object. Objects are the 8-connected
/// pieces of the labels 1…254 of one value; on objects, and where there are fewer than two, the weight is 0.
/// labels u8 [N, Y, X] on the CPU → f32 [N, Y, X].
torch::Tensor borderWeights(const torch::Tensor& labels, double w0, double sigma);

} // namespace cristae

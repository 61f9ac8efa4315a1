// RoIAlign (He, Gkioxari, Dollár, Girshick 2017): square maps of fixed size cut out of feature maps at boxes.
#pragma once
#include <torch/torch.h>
#include <vector>

namespace cristae {

/// features f32 [N, C, H, W], boxes f32 [K, 4] in image pixels, images i64 [K]: which of the N each box lies
/// on, scale: feature pixels per image pixel → [K, C, size, size]. Every cell is the mean of sampling ×
/// sampling bilinear samples; samples more than a pixel outside are 0. Pixel centres lie at whole numbers and
/// boxes are at least one feature pixel large, as in torchvision with aligned=false. Gradients go to the
/// features alone.
torch::Tensor roiAlign(const torch::Tensor& features, const torch::Tensor& boxes, const torch::Tensor& images,
                       double scale, int64_t size, int64_t sampling = 2);

/// Each box on the level of the pyramid that fits its size (Lin et al. 2017, equation 1): levels[0] has a
/// stride of 4, each next one twice that; a box of 224 pixels belongs on levels[2].
torch::Tensor pyramidRoiAlign(const std::vector<torch::Tensor>& levels, const torch::Tensor& boxes,
                              const torch::Tensor& images, int64_t size);

} // namespace cristae

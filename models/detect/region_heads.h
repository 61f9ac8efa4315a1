// RegionHeads: what Mask R-CNN says about each proposed box: its class, a better box, and a mask.
#pragma once
#include "models/detect/proposals.h"

namespace cristae {

/// Objects found on one image.
struct Detections {
    torch::Tensor boxes;   // f32 [n, 4]
    torch::Tensor scores;  // f32 [n], best first
    torch::Tensor classes; // i64 [n], 1…
    torch::Tensor masks;   // f32 [n, 28, 28]: probability within the box
};

struct DetectionSettings {
    double leastScore = 0.4; // of the study on glands; boxes below are dropped
    double overlap = 0.5;
    int64_t most = 100;
};

/// "box_head.fc6", "box_head.fc7", "box_predictor.cls_score", "box_predictor.bbox_pred",
/// "mask_head.mask_fcn1" … 4, "mask_predictor.conv5_mask", "mask_predictor.mask_fcn_logits".
class RegionHeadsImpl : public torch::nn::Module {
public:
    /// channels of the pyramid; hidden numbers of box and mask head; classes with the background.
    RegionHeadsImpl(int64_t channels, int64_t boxHidden, int64_t maskHidden, int64_t classes);
    Detections detect(const std::vector<torch::Tensor>& maps, const torch::Tensor& proposals, int64_t image,
                      int64_t height, int64_t width, const DetectionSettings& settings);
    /// Class + box + mask loss over 512 boxes of each image, a quarter of them with objects.
    torch::Tensor loss(const std::vector<torch::Tensor>& maps, const std::vector<torch::Tensor>& proposals,
                       const std::vector<LabelledObjects>& objects);

private:
    std::pair<torch::Tensor, torch::Tensor> classesAndBoxes(const std::vector<torch::Tensor>& maps,
                                                            const torch::Tensor& boxes,
                                                            const torch::Tensor& images);
    torch::Tensor maskLogits(const std::vector<torch::Tensor>& maps, const torch::Tensor& boxes,
                             const torch::Tensor& images);

    int64_t classes_;
    torch::nn::Linear fc6_{nullptr}, fc7_{nullptr}, scores_{nullptr}, deltas_{nullptr};
    std::vector<torch::nn::Conv2d> mask_;
    torch::nn::ConvTranspose2d enlarge_{nullptr};
    torch::nn::Conv2d maskLogits_{nullptr};
};
TORCH_MODULE(RegionHeads);

/// A mask laid into the image: bilinear within its box, 0 outside; f32 [height, width].
torch::Tensor pastedMask(const torch::Tensor& mask, const torch::Tensor& box, int64_t height, int64_t width);

} // namespace cristae

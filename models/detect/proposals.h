// ProposalNetwork: the region proposal network of Faster R-CNN (Ren et al. 2015) on a feature pyramid.
#pragma once
#include "models/detect/objects.h"
#include "models/nn/blocks.h"

namespace cristae {

/// Proposals of a batch, and what their loss needs.
struct Proposals {
    std::vector<torch::Tensor> boxes; // of each image f32 [n, 4], best first; no gradient
    torch::Tensor anchors;            // f32 [A, 4]
    torch::Tensor logits;             // f32 [N, A]
    torch::Tensor deltas;             // f32 [N, A, 4]
};

/// Anchors of three shapes (1:2, 1:1, 2:1) centred on every pixel of a map, in image pixels, rounded as
/// published: f32 [H · W · 3, 4].
torch::Tensor anchorsOf(int64_t height, int64_t width, int64_t stride, double side);

/// Which object each box stands for: index ≥ 0, -1 background, -2 neither (left out of losses). A box stands
/// for the object it overlaps most if by at least `high`, for none below `low`; with `bestAlways` the best
/// box of every object stands for it whatever the overlap. i64 [n].
torch::Tensor matchedObjects(const torch::Tensor& boxes, const LabelledObjects& objects, double high,
                             double low, bool bestAlways);
/// Some of the boxes, at most `positive` of them with an object, indices i64; drawn from torch's generator.
torch::Tensor drawnBoxes(const torch::Tensor& matched, int64_t count, int64_t positive);

/// "head.conv", "head.cls_logits", "head.bbox_pred".
class ProposalNetworkImpl : public torch::nn::Module {
public:
    /// smallestAnchor: side of the anchors on the finest map; each next map doubles it.
    ProposalNetworkImpl(int64_t channels, double smallestAnchor);
    /// At most 2000 proposals when training, 1000 otherwise, after suppression of overlaps above 0.7.
    Proposals forward(const std::vector<torch::Tensor>& maps, int64_t height, int64_t width);
    /// Objectness plus box, mean over 256 anchors of each image, at most half of them with an object.
    torch::Tensor loss(const Proposals& proposals, const std::vector<LabelledObjects>& objects) const;

private:
    double smallestAnchor_;
    torch::nn::Conv2d conv_{nullptr}, objectness_{nullptr}, deltas_{nullptr};
};
TORCH_MODULE(ProposalNetwork);

} // namespace cristae

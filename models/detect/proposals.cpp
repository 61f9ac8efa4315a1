// Anchors, their matching, and the proposals of a network.
#include "models/detect/proposals.h"

#include "models/detect/boxes.h"

#include <cmath>

namespace cristae {

torch::Tensor anchorsOf(int64_t height, int64_t width, int64_t stride, double side) {
    std::vector<float> shapes;
    for (const double ratio : {0.5, 1.0, 2.0}) {
        const double high = side * std::sqrt(ratio), wide = side / std::sqrt(ratio);
        for (const double edge : {-wide / 2, -high / 2, wide / 2, high / 2})
            shapes.push_back(float(std::nearbyint(edge)));
    }
    const torch::Tensor x = torch::arange(width, torch::kFloat) * double(stride),
                        y = torch::arange(height, torch::kFloat) * double(stride);
    const torch::Tensor gridX = x.repeat({height}), gridY = y.repeat_interleave(width);
    const torch::Tensor shifts = torch::stack({gridX, gridY, gridX, gridY}, 1);
    return (shifts.unsqueeze(1) + torch::tensor(shapes).view({1, 3, 4})).reshape({-1, 4});
}

torch::Tensor matchedObjects(const torch::Tensor& boxes, const LabelledObjects& objects, double high,
                             double low, bool bestAlways) {
    torch::Tensor matched = torch::full({boxes.size(0)}, -1, torch::kLong);
    if (objects.boxes.size(0) > 0 && boxes.size(0) > 0) {
        const torch::Tensor overlaps = boxOverlaps(boxes, objects.boxes);
        const auto [best, which] = overlaps.max(1);
        matched = torch::where(best.ge(high), which, torch::where(best.lt(low), -1, -2));
        if (bestAlways) {
            const torch::Tensor ofObject = std::get<0>(overlaps.max(0));
            const torch::Tensor isBest =
                overlaps.eq(ofObject.unsqueeze(0)).logical_and(overlaps.gt(0)).any(1);
            matched = torch::where(isBest, which, matched);
        }
    }
    // What nobody has labelled is no background.
    if (objects.unknown.any().item<bool>())
        matched.masked_fill_(matched.eq(-1).logical_and(shareInside(objects.unknown, boxes).gt(0.5)), -2);
    return matched;
}

torch::Tensor drawnBoxes(const torch::Tensor& matched, int64_t count, int64_t positive) {
    const auto some = [](const torch::Tensor& from, int64_t most) {
        const torch::Tensor indices = from.nonzero().squeeze(1);
        if (indices.size(0) <= most) return indices;
        return indices.index_select(0, torch::randperm(indices.size(0), torch::kLong).slice(0, 0, most));
    };
    const torch::Tensor with = some(matched.ge(0), positive);
    return torch::cat({with, some(matched.eq(-1), count - with.size(0))});
}

ProposalNetworkImpl::ProposalNetworkImpl(int64_t channels, double smallestAnchor)
    : smallestAnchor_(smallestAnchor) {
    struct Head : torch::nn::Module {};
    const auto head = register_module("head", std::make_shared<Head>());
    conv_ = head->register_module(
        "conv", torch::nn::Conv2d(torch::nn::Conv2dOptions(channels, channels, 3).padding(1)));
    objectness_ =
        head->register_module("cls_logits", torch::nn::Conv2d(torch::nn::Conv2dOptions(channels, 3, 1)));
    deltas_ =
        head->register_module("bbox_pred", torch::nn::Conv2d(torch::nn::Conv2dOptions(channels, 12, 1)));
}

Proposals ProposalNetworkImpl::forward(const std::vector<torch::Tensor>& maps, int64_t height,
                                       int64_t width) {
    const int64_t most = is_training() ? 2000 : 1000;
    Proposals result;
    std::vector<torch::Tensor> anchors, logits, deltas;
    std::vector<int64_t> sizes;
    for (size_t level = 0; level < maps.size(); ++level) {
        const torch::Tensor x = torch::relu(conv_->forward(maps[level]));
        const int64_t n = x.size(0), h = x.size(2), w = x.size(3);
        logits.push_back(objectness_->forward(x).permute({0, 2, 3, 1}).reshape({n, -1}).to(torch::kFloat));
        deltas.push_back(deltas_->forward(x)
                             .view({n, 3, 4, h, w})
                             .permute({0, 3, 4, 1, 2})
                             .reshape({n, -1, 4})
                             .to(torch::kFloat));
        anchors.push_back(
            anchorsOf(h, w, int64_t(4) << level, smallestAnchor_ * double(1 << level)).to(x.device()));
        sizes.push_back(h * w * 3);
    }
    result.anchors = torch::cat(anchors);
    result.logits = torch::cat(logits, 1);
    result.deltas = torch::cat(deltas, 1);
    const torch::NoGradGuard guard;
    for (int64_t image = 0; image < result.logits.size(0); ++image) {
        std::vector<torch::Tensor> boxes, scores, levels;
        for (size_t level = 0, begin = 0; level < maps.size(); begin += size_t(sizes[level++])) {
            const torch::Tensor own = result.logits[image].narrow(0, int64_t(begin), sizes[level]);
            const auto [best, which] = own.topk(std::min(most, sizes[level]));
            const torch::Tensor at = which + int64_t(begin);
            boxes.push_back(clippedBoxes(movedBoxes(result.anchors.index_select(0, at),
                                                    result.deltas[image].index_select(0, at), 1, 1),
                                         height, width));
            scores.push_back(best);
            levels.push_back(torch::full_like(best, double(level)));
        }
        const torch::Tensor all = torch::cat(boxes), score = torch::cat(scores);
        const torch::Tensor sides = all.slice(1, 2, 4) - all.slice(1, 0, 2);
        const torch::Tensor real = sides.ge(1e-3).all(1).nonzero().squeeze(1);
        const torch::Tensor some = all.index_select(0, real);
        const torch::Tensor kept = keptBoxesOfGroups(some, score.index_select(0, real),
                                                     torch::cat(levels).index_select(0, real), 0.7);
        result.boxes.push_back(some.index_select(0, kept.slice(0, 0, most)));
    }
    return result;
}

torch::Tensor ProposalNetworkImpl::loss(const Proposals& proposals,
                                        const std::vector<LabelledObjects>& objects) const {
    torch::Tensor objectness = proposals.logits.sum() * 0, box = objectness;
    int64_t count = 0;
    const torch::Tensor anchors = proposals.anchors.to(torch::kCPU);
    for (size_t image = 0; image < objects.size(); ++image) {
        const torch::Tensor matched = matchedObjects(anchors, objects[image], 0.7, 0.3, true);
        const torch::Tensor drawn = drawnBoxes(matched, 256, 128);
        count += drawn.size(0);
        const auto device = proposals.logits.device();
        const torch::Tensor truth = matched.index_select(0, drawn).ge(0).to(torch::kFloat).to(device);
        const torch::Tensor logits = proposals.logits[int64_t(image)].index_select(0, drawn.to(device));
        objectness =
            objectness + torch::binary_cross_entropy_with_logits(logits, truth, {}, {}, at::Reduction::Sum);
        const torch::Tensor with =
            drawn.index_select(0, matched.index_select(0, drawn).ge(0).nonzero().squeeze(1));
        if (with.size(0) == 0) continue;
        const torch::Tensor wanted =
            boxDeltas(anchors.index_select(0, with),
                      objects[image].boxes.index_select(0, matched.index_select(0, with)), 1, 1);
        box = box + torch::smooth_l1_loss(proposals.deltas[int64_t(image)].index_select(0, with.to(device)),
                                          wanted.to(device), at::Reduction::Sum, 1.0 / 9);
    }
    return (objectness + box) / double(std::max<int64_t>(1, count));
}

} // namespace cristae

// Box head, mask head, their losses and their answer.
#include "models/detect/region_heads.h"

#include "models/detect/boxes.h"
#include "models/detect/roi_align.h"

#include <cmath>

namespace cristae {

namespace {
constexpr double weightXy = 10, weightSize = 5; // of box deltas, as published
/// The levels that boxes are cut from: without the coarsest, which only proposes.
std::vector<torch::Tensor> cutLevels(const std::vector<torch::Tensor>& maps) {
    return {maps.begin(), maps.end() - 1};
}
struct Group : torch::nn::Module {};
} // namespace

RegionHeadsImpl::RegionHeadsImpl(int64_t channels, int64_t boxHidden, int64_t maskHidden, int64_t classes)
    : classes_(classes) {
    const auto boxHead = register_module("box_head", std::make_shared<Group>());
    fc6_ = boxHead->register_module("fc6", torch::nn::Linear(channels * 49, boxHidden));
    fc7_ = boxHead->register_module("fc7", torch::nn::Linear(boxHidden, boxHidden));
    const auto boxPredictor = register_module("box_predictor", std::make_shared<Group>());
    scores_ = boxPredictor->register_module("cls_score", torch::nn::Linear(boxHidden, classes));
    deltas_ = boxPredictor->register_module("bbox_pred", torch::nn::Linear(boxHidden, 4 * classes));
    const auto maskHead = register_module("mask_head", std::make_shared<Group>());
    for (int64_t i = 0; i < 4; ++i)
        mask_.push_back(maskHead->register_module(
            "mask_fcn" + std::to_string(i + 1),
            torch::nn::Conv2d(
                torch::nn::Conv2dOptions(i ? maskHidden : channels, maskHidden, 3).padding(1))));
    const auto maskPredictor = register_module("mask_predictor", std::make_shared<Group>());
    enlarge_ = maskPredictor->register_module(
        "conv5_mask",
        torch::nn::ConvTranspose2d(torch::nn::ConvTranspose2dOptions(maskHidden, maskHidden, 2).stride(2)));
    maskLogits_ = maskPredictor->register_module(
        "mask_fcn_logits", torch::nn::Conv2d(torch::nn::Conv2dOptions(maskHidden, classes, 1)));
}

std::pair<torch::Tensor, torch::Tensor>
RegionHeadsImpl::classesAndBoxes(const std::vector<torch::Tensor>& maps, const torch::Tensor& boxes,
                                 const torch::Tensor& images) {
    torch::Tensor x = pyramidRoiAlign(cutLevels(maps), boxes, images, 7).flatten(1);
    x = torch::relu(fc7_->forward(torch::relu(fc6_->forward(x))));
    return {scores_->forward(x).to(torch::kFloat), deltas_->forward(x).to(torch::kFloat)};
}

torch::Tensor RegionHeadsImpl::maskLogits(const std::vector<torch::Tensor>& maps, const torch::Tensor& boxes,
                                          const torch::Tensor& images) {
    torch::Tensor x = pyramidRoiAlign(cutLevels(maps), boxes, images, 14);
    for (torch::nn::Conv2d& convolution : mask_) x = torch::relu(convolution->forward(x));
    return maskLogits_->forward(torch::relu(enlarge_->forward(x))).to(torch::kFloat);
}

Detections RegionHeadsImpl::detect(const std::vector<torch::Tensor>& maps, const torch::Tensor& proposals,
                                   int64_t image, int64_t height, int64_t width,
                                   const DetectionSettings& settings) {
    const torch::TensorOptions whole = torch::TensorOptions(proposals.device()).dtype(torch::kLong);
    Detections found{torch::zeros({0, 4}, proposals.options()), torch::zeros({0}, proposals.options()),
                     torch::zeros({0}, whole), torch::zeros({0, 28, 28}, proposals.options())};
    if (proposals.size(0) == 0) return found;
    const auto [logits, deltas] =
        classesAndBoxes(maps, proposals, torch::full({proposals.size(0)}, image, whole));
    const torch::Tensor probability = torch::softmax(logits, 1);
    std::vector<torch::Tensor> boxes, scores, classes;
    for (int64_t c = 1; c < classes_; ++c) {
        const torch::Tensor moved = clippedBoxes(
            movedBoxes(proposals, deltas.slice(1, 4 * c, 4 * c + 4), weightXy, weightSize), height, width);
        const torch::Tensor sides = moved.slice(1, 2, 4) - moved.slice(1, 0, 2);
        const torch::Tensor good = probability.select(1, c)
                                       .ge(settings.leastScore)
                                       .logical_and(sides.ge(1e-2).all(1))
                                       .nonzero()
                                       .squeeze(1);
        boxes.push_back(moved.index_select(0, good));
        scores.push_back(probability.select(1, c).index_select(0, good));
        classes.push_back(torch::full({good.size(0)}, c, whole));
    }
    const torch::Tensor all = torch::cat(boxes), score = torch::cat(scores), ofClass = torch::cat(classes);
    const torch::Tensor kept =
        keptBoxesOfGroups(all, score, ofClass, settings.overlap).slice(0, 0, settings.most);
    found.boxes = all.index_select(0, kept);
    found.scores = score.index_select(0, kept);
    found.classes = ofClass.index_select(0, kept);
    if (kept.size(0) == 0) return found;
    const torch::Tensor masks =
        torch::sigmoid(maskLogits(maps, found.boxes, torch::full({kept.size(0)}, image, whole)));
    found.masks = masks.gather(1, found.classes.view({-1, 1, 1, 1}).expand({-1, 1, 28, 28})).squeeze(1);
    return found;
}

torch::Tensor RegionHeadsImpl::loss(const std::vector<torch::Tensor>& maps,
                                    const std::vector<torch::Tensor>& proposals,
                                    const std::vector<LabelledObjects>& objects) {
    const auto device = maps[0].device();
    std::vector<torch::Tensor> boxes, images, classes, wantedBoxes, masks;
    for (size_t image = 0; image < objects.size(); ++image) {
        const LabelledObjects& own = objects[image];
        // The objects themselves are good proposals, while the network still finds none.
        const torch::Tensor offered = torch::cat({proposals[image].to(torch::kCPU), own.boxes});
        const torch::Tensor matched = matchedObjects(offered, own, 0.5, 0.5, false);
        const torch::Tensor drawn = drawnBoxes(matched, 512, 128);
        const torch::Tensor object = matched.index_select(0, drawn), box = offered.index_select(0, drawn);
        const torch::Tensor with = object.ge(0).nonzero().squeeze(1), which = object.index_select(0, with);
        torch::Tensor ofClass = torch::zeros({drawn.size(0)}, torch::kLong);
        ofClass.index_copy_(0, with, own.classes.index_select(0, which));
        torch::Tensor wanted = torch::zeros({drawn.size(0), 4});
        if (with.size(0) > 0) {
            wanted.index_copy_(
                0, with,
                boxDeltas(box.index_select(0, with), own.boxes.index_select(0, which), weightXy, weightSize));
            masks.push_back(
                roiAlign(own.masks.unsqueeze(1), box.index_select(0, with), which, 1, 28).squeeze(1));
        }
        boxes.push_back(box);
        images.push_back(torch::full({drawn.size(0)}, int64_t(image), torch::kLong));
        classes.push_back(ofClass);
        wantedBoxes.push_back(wanted);
    }
    const torch::Tensor box = torch::cat(boxes).to(device), image = torch::cat(images).to(device),
                        ofClass = torch::cat(classes).to(device);
    if (box.size(0) == 0) return maps[0].sum() * 0;
    const auto [logits, deltas] = classesAndBoxes(maps, box, image);
    torch::Tensor sum = torch::nll_loss(torch::log_softmax(logits, 1), ofClass);
    const torch::Tensor with = ofClass.gt(0).nonzero().squeeze(1);
    if (with.size(0) == 0) return sum + deltas.sum() * 0;
    const torch::Tensor own = ofClass.index_select(0, with);
    const torch::Tensor said = deltas.view({-1, classes_, 4})
                                   .index_select(0, with)
                                   .gather(1, own.view({-1, 1, 1}).expand({-1, 1, 4}))
                                   .squeeze(1);
    sum = sum + torch::smooth_l1_loss(said, torch::cat(wantedBoxes).to(device).index_select(0, with),
                                      at::Reduction::Sum, 1.0 / 9) /
                    double(box.size(0));
    const torch::Tensor mask = maskLogits(maps, box.index_select(0, with), image.index_select(0, with))
                                   .gather(1, own.view({-1, 1, 1, 1}).expand({-1, 1, 28, 28}))
                                   .squeeze(1);
    return sum + torch::binary_cross_entropy_with_logits(mask, torch::cat(masks).to(device));
}

torch::Tensor pastedMask(const torch::Tensor& mask, const torch::Tensor& box, int64_t height, int64_t width) {
    const torch::Tensor corners = box.to(torch::kCPU).to(torch::kDouble);
    const double x0 = corners[0].item<double>(), y0 = corners[1].item<double>(),
                 x1 = corners[2].item<double>(), y1 = corners[3].item<double>();
    torch::Tensor plane = torch::zeros({height, width}, mask.options());
    const auto first = [](double v) { return std::max<int64_t>(0, int64_t(std::floor(v))); };
    const int64_t left = first(x0), top = first(y0), right = std::min(width, int64_t(std::ceil(x1))),
                  bottom = std::min(height, int64_t(std::ceil(y1)));
    if (left >= right || top >= bottom) return plane;
    const torch::Tensor x = ((torch::arange(left, right, mask.options()) + 0.5 - x0) / (x1 - x0)) * 2 - 1;
    const torch::Tensor y = ((torch::arange(top, bottom, mask.options()) + 0.5 - y0) / (y1 - y0)) * 2 - 1;
    const torch::Tensor grid =
        torch::stack({x.unsqueeze(0).expand({bottom - top, -1}), y.unsqueeze(1).expand({-1, right - left})},
                     2)
            .unsqueeze(0);
    const torch::Tensor part =
        torch::grid_sampler(mask.view({1, 1, mask.size(0), mask.size(1)}), grid, 0, 0, false)[0][0];
    plane.slice(0, top, bottom).slice(1, left, right).copy_(part);
    return plane;
}

} // namespace cristae

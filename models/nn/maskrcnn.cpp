// Mask R-CNN (He, Gkioxari, Dollár, Girshick 2017) with ResNet-50 and feature pyramid, laid out as
// torchvision's maskrcnn_resnet50_fpn, whose weights fit.
#include "models/detect/backbone.h"
#include "models/detect/region_heads.h"

namespace cristae {

namespace {

struct MaskRcnnOptions {
    BackboneOptions backbone;
    int64_t slicesIn, smallestObject;
    double smallestAnchor, leastMask;
    DetectionSettings detection;
};

/// The masks of the objects of a class are summed to its probability, as the study on glands does: boxes
/// below `leastScore` and doubles are dropped, mask pixels below `leastMask` are 0; its threshold on the sum
/// is 0.9.
class MaskRcnnModule : public NetworkModule {
public:
    MaskRcnnModule(const MaskRcnnOptions& options, int64_t classes) : options_(options), classes_(classes) {
        const int64_t channels = options.backbone.thin(256);
        backbone_ = register_module("backbone", PyramidBackbone(options.backbone));
        rpn_ = register_module("rpn", ProposalNetwork(channels, options.smallestAnchor));
        heads_ = register_module("roi_heads", RegionHeads(channels, options.backbone.thin(1024),
                                                          options.backbone.thin(256), classes + 1));
        initialise(*this);
        const torch::NoGradGuard guard;
        // Predictors begin near zero, so that first steps do not throw the boxes about (torchvision,
        // Detectron).
        for (auto& item : named_parameters()) {
            const std::string& name = item.key();
            if (!name.ends_with(".weight")) continue;
            if (name.find("rpn.head") == 0 || name.find("cls_score") != std::string::npos)
                item.value().normal_(0, 0.01);
            if (name.find("box_predictor.bbox_pred") != std::string::npos) item.value().normal_(0, 0.001);
        }
    }
    torch::Tensor ownLoss(const torch::Tensor& input, const torch::Tensor& labels) override {
        std::vector<LabelledObjects> objects;
        for (int64_t n = 0; n < labels.size(0); ++n)
            objects.push_back(objectsOf(labels[n], options_.smallestObject));
        const std::vector<torch::Tensor> maps = backbone_->forward(input);
        const Proposals proposals = rpn_->forward(maps, input.size(2), input.size(3));
        return rpn_->loss(proposals, objects) + heads_->loss(maps, proposals.boxes, objects);
    }
    torch::Tensor forward(const torch::Tensor& input) override {
        const int64_t height = input.size(2), width = input.size(3);
        throwIfInterrupted();
        const std::vector<torch::Tensor> maps = backbone_->forward(input);
        throwIfInterrupted();
        const Proposals proposals = rpn_->forward(maps, height, width);
        torch::Tensor sum =
            torch::zeros({input.size(0), classes_, height, width}, torch::TensorOptions(input.device()));
        torch::Tensor strongest =
            torch::zeros({input.size(0), height, width}, torch::TensorOptions(input.device()));
        objects_ = torch::zeros({input.size(0), height, width},
                                torch::TensorOptions(input.device()).dtype(torch::kInt32));
        for (int64_t n = 0; n < input.size(0); ++n) {
            throwIfInterrupted();
            const Detections found =
                heads_->detect(maps, proposals.boxes[size_t(n)], n, height, width, options_.detection);
            for (int64_t i = 0; i < found.scores.size(0); ++i) {
                const torch::Tensor mask = pastedMask(found.masks[i], found.boxes[i], height, width);
                sum[n][found.classes[i].item<int64_t>() - 1].add_(mask * mask.ge(options_.leastMask));
                // A pixel belongs to the object whose mask is surest there.
                const torch::Tensor sure = (mask * mask.ge(options_.leastMask)).detach();
                objects_[n].masked_fill_(sure.gt(strongest[n]), i + 1);
                strongest[n] = torch::maximum(strongest[n], sure);
            }
        }
        const torch::Tensor probability = sum.clamp(1e-4, 1 - 1e-4);
        return torch::log(probability / (1 - probability));
    }
    torch::Tensor objects() const override { return objects_; }

private:
    MaskRcnnOptions options_;
    int64_t classes_;
    PyramidBackbone backbone_{nullptr};
    ProposalNetwork rpn_{nullptr};
    RegionHeads heads_{nullptr};
    torch::Tensor objects_;
};

class MaskrcnnArchitecture : public Architecture {
public:
    std::string key() const override { return "maskrcnn"; }
    std::string title() const override { return "Mask R-CNN"; }
    bool hasOwnLoss() const override { return true; }
    bool findsObjects() const override { return true; }
    const Schema& options() const override {
        static const Schema schema{
            choiceOption(
                "backboneNorm", "Batch norms", "batch", {"batch", "frozen"},
                "frozen keeps the statistics and scales of the weights it starts from, as published; batch "
                "trains them."),
            realOption("smallestAnchor", "Smallest anchor", 32, 4, 512,
                       "Side in pixels of the objects expected on the finest map; the next four double it."),
            integerOption("smallestObject", "Smallest object", 16, 1, 100000,
                          "Labelled objects of fewer pixels are not learned."),
            realOption("leastScore", "Least score", 0.4, 0, 1, "Boxes of a lower probability are dropped."),
            realOption("overlap", "Largest overlap", 0.5, 0, 1,
                       "Of two boxes that overlap more, the better one stays."),
            realOption("leastMask", "Least mask value", 0.3, 0, 1,
                       "Lower values of an object's mask become 0."),
            integerOption("most", "Most objects", 100, 1, 1000, "Of one image."),
            integerOption("divisor", "Thinner by", 1, 1, 64, "Divides the number of all inner filters."),
            slicesInOption()};
        return schema;
    }
    std::shared_ptr<NetworkModule> build(const nlohmann::json& options, int64_t channelsIn,
                                         int64_t outputs) const override {
        const nlohmann::json v = complete(options);
        MaskRcnnOptions rcnn;
        rcnn.slicesIn = v["slicesIn"];
        rcnn.backbone = {channelsIn * rcnn.slicesIn, v["divisor"], v["backboneNorm"] == "frozen"};
        rcnn.smallestAnchor = v["smallestAnchor"];
        rcnn.smallestObject = v["smallestObject"];
        rcnn.leastMask = v["leastMask"];
        rcnn.detection = {v["leastScore"], v["overlap"], v["most"]};
        return std::make_shared<MaskRcnnModule>(rcnn, outputs);
    }
    /// The backbone; boxes depend on the whole image, so tiles would disagree.
    std::vector<LayerSpec> layers(const nlohmann::json& options, int64_t channelsIn,
                                  int64_t /*outputs*/) const override {
        using Kind = LayerSpec::Kind;
        const nlohmann::json v = complete(options);
        const BackboneOptions backbone{1, v["divisor"], false};
        std::vector<LayerSpec> list{
            convolutionSpec(channelsIn * v["slicesIn"].get<int64_t>(), backbone.thin(64), 7, 2),
            convolutionSpec(0, 0, 3, 2),
            {.kind = Kind::globalNormalisation}};
        int64_t in = backbone.thin(64);
        for (const auto& [level, count] :
             {std::pair{0, 3}, std::pair{1, 4}, std::pair{2, 6}, std::pair{3, 3}})
            for (int64_t i = 0; i < count; ++i) {
                const int64_t middle = backbone.thin(64 << level), out = backbone.thin(256 << level);
                list.push_back(convolutionSpec(in, middle, 1));
                list.push_back(convolutionSpec(middle, middle, 3, level > 0 && i == 0 ? 2 : 1));
                list.push_back(convolutionSpec(middle, out, 1));
                in = out;
            }
        list.push_back({.kind = Kind::nearestUpsample, .factor = 32});
        return list;
    }
};

} // namespace

std::unique_ptr<Architecture> makeMaskrcnnArchitecture() {
    return std::make_unique<MaskrcnnArchitecture>();
}

} // namespace cristae

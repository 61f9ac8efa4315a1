// Backbone: ResNet-50 and its feature pyramid, with the names of weights that torchvision's published models
// have.
#pragma once
#include "models/nn/blocks.h"

namespace cristae {

struct BackboneOptions {
    int64_t channelsIn = 1, divisor = 1;
    bool frozen = false; // batch norms keep their statistics and are not trained
    int64_t thin(int64_t filters) const { return std::max<int64_t>(2, filters / divisor); }
};

/// Batch norm whose scale and shift are buffers when it is frozen: weights of either kind have the same
/// names.
class BackboneNormImpl : public torch::nn::Module {
public:
    BackboneNormImpl(int64_t channels, bool frozen);
    torch::Tensor forward(const torch::Tensor& x);

private:
    bool frozen_;
    torch::Tensor weight_, bias_, mean_, variance_;
};
TORCH_MODULE(BackboneNorm);

/// ResNet-50 (He, Zhang, Ren, Sun 2015) with the stride in the 3×3 convolution, as torchvision has it:
/// "conv1", "bn1", "layer1.0.conv1" … Gives the maps of strides 4, 8, 16 and 32.
class Resnet50Impl : public torch::nn::Module {
public:
    explicit Resnet50Impl(const BackboneOptions& options);
    std::vector<torch::Tensor> forward(const torch::Tensor& input);

private:
    torch::nn::Conv2d conv1_{nullptr};
    BackboneNorm bn1_{nullptr};
    std::vector<torch::nn::Sequential> layers_;
};
TORCH_MODULE(Resnet50);

/// Feature pyramid (Lin et al. 2017): "inner_blocks" and "layer_blocks". Five maps of 256 channels, strides 4
/// to 64; the last is the fourth, halved.
class FeaturePyramidImpl : public torch::nn::Module {
public:
    explicit FeaturePyramidImpl(const BackboneOptions& options);
    std::vector<torch::Tensor> forward(const std::vector<torch::Tensor>& maps);

private:
    std::vector<torch::nn::Conv2d> inner_, layer_;
};
TORCH_MODULE(FeaturePyramid);

/// "body" and "fpn".
class PyramidBackboneImpl : public torch::nn::Module {
public:
    explicit PyramidBackboneImpl(const BackboneOptions& options);
    std::vector<torch::Tensor> forward(const torch::Tensor& input);

private:
    Resnet50 body_{nullptr};
    FeaturePyramid fpn_{nullptr};
};
TORCH_MODULE(PyramidBackbone);

} // namespace cristae

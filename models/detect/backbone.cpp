// ResNet-50 and feature pyramid.
#include "models/detect/backbone.h"

#include "models/nn/blocks.h"

#include <array>

namespace cristae {

BackboneNormImpl::BackboneNormImpl(int64_t channels, bool frozen) : frozen_(frozen) {
    const auto keep = [&](const char* name, const torch::Tensor& value) {
        return frozen ? register_buffer(name, value) : register_parameter(name, value);
    };
    weight_ = keep("weight", torch::ones({channels}));
    bias_ = keep("bias", torch::zeros({channels}));
    mean_ = register_buffer("running_mean", torch::zeros({channels}));
    variance_ = register_buffer("running_var", torch::ones({channels}));
}

torch::Tensor BackboneNormImpl::forward(const torch::Tensor& x) {
    return torch::batch_norm(x, weight_, bias_, mean_, variance_, is_training() && !frozen_, 0.1, 1e-5, true);
}

namespace {

torch::nn::Conv2d plain(int64_t in, int64_t out, int64_t kernel, int64_t stride, bool bias) {
    return torch::nn::Conv2d(
        torch::nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2).bias(bias));
}

/// 1×1, 3×3 and 1×1 convolution beside the identity.
class BottleneckImpl : public torch::nn::Module {
public:
    BottleneckImpl(int64_t in, int64_t middle, int64_t out, int64_t stride, bool frozen) {
        conv1_ = register_module("conv1", plain(in, middle, 1, 1, false));
        bn1_ = register_module("bn1", BackboneNorm(middle, frozen));
        conv2_ = register_module("conv2", plain(middle, middle, 3, stride, false));
        bn2_ = register_module("bn2", BackboneNorm(middle, frozen));
        conv3_ = register_module("conv3", plain(middle, out, 1, 1, false));
        bn3_ = register_module("bn3", BackboneNorm(out, frozen));
        if (in == out && stride == 1) return;
        down_ = register_module(
            "downsample", torch::nn::Sequential(plain(in, out, 1, 1, false), BackboneNorm(out, frozen)));
        apart_ = stride;
    }
    torch::Tensor forward(const torch::Tensor& x) {
        torch::Tensor y = torch::relu(bn1_->forward(conv1_->forward(x)));
        y = torch::relu(bn2_->forward(conv2_->forward(y)));
        return torch::relu(bn3_->forward(conv3_->forward(y)) +
                           (down_ ? down_->forward(everyPixel(x, apart_)) : x));
    }

private:
    torch::nn::Conv2d conv1_{nullptr}, conv2_{nullptr}, conv3_{nullptr};
    BackboneNorm bn1_{nullptr}, bn2_{nullptr}, bn3_{nullptr};
    torch::nn::Sequential down_{nullptr};
    int64_t apart_ = 1; // of the pixels that `downsample` looks at
};
TORCH_MODULE(Bottleneck);

constexpr std::array<int64_t, 4> blocks{3, 4, 6, 3};

} // namespace

Resnet50Impl::Resnet50Impl(const BackboneOptions& options) {
    conv1_ = register_module("conv1", plain(options.channelsIn, options.thin(64), 7, 2, false));
    bn1_ = register_module("bn1", BackboneNorm(options.thin(64), options.frozen));
    int64_t in = options.thin(64);
    for (size_t i = 0; i < blocks.size(); ++i) {
        torch::nn::Sequential layer;
        const int64_t middle = options.thin(64 << i), out = options.thin(256 << i);
        for (int64_t block = 0; block < blocks[i]; ++block) {
            layer->push_back(Bottleneck(in, middle, out, i > 0 && block == 0 ? 2 : 1, options.frozen));
            in = out;
        }
        layers_.push_back(register_module("layer" + std::to_string(i + 1), layer));
    }
}

std::vector<torch::Tensor> Resnet50Impl::forward(const torch::Tensor& input) {
    torch::Tensor x = torch::relu(bn1_->forward(conv1_->forward(input)));
    x = torch::max_pool2d(x, 3, 2, 1);
    std::vector<torch::Tensor> maps;
    for (torch::nn::Sequential& layer : layers_) {
        x = layer->forward(x);
        maps.push_back(x);
    }
    return maps;
}

FeaturePyramidImpl::FeaturePyramidImpl(const BackboneOptions& options) {
    torch::nn::ModuleList inner, layer;
    const int64_t channels = options.thin(256);
    for (size_t i = 0; i < blocks.size(); ++i) {
        inner_.push_back(plain(options.thin(256 << i), channels, 1, 1, true));
        layer_.push_back(plain(channels, channels, 3, 1, true));
        inner->push_back(inner_.back());
        layer->push_back(layer_.back());
    }
    register_module("inner_blocks", inner);
    register_module("layer_blocks", layer);
}

std::vector<torch::Tensor> FeaturePyramidImpl::forward(const std::vector<torch::Tensor>& maps) {
    std::vector<torch::Tensor> result(maps.size());
    torch::Tensor x;
    for (size_t i = maps.size(); i-- > 0;) {
        const torch::Tensor own = inner_[i]->forward(maps[i]);
        x = x.defined() ? own + torch::upsample_nearest2d(x, {own.size(2), own.size(3)}) : own;
        result[i] = layer_[i]->forward(x);
    }
    result.push_back(torch::max_pool2d(result.back(), 1, 2));
    return result;
}

PyramidBackboneImpl::PyramidBackboneImpl(const BackboneOptions& options) {
    body_ = register_module("body", Resnet50(options));
    fpn_ = register_module("fpn", FeaturePyramid(options));
}

std::vector<torch::Tensor> PyramidBackboneImpl::forward(const torch::Tensor& input) {
    return fpn_->forward(body_->forward(input));
}

} // namespace cristae

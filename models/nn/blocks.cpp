// The parts that several architectures share.
#include "models/nn/blocks.h"

namespace cristae {

NormImpl::NormImpl(std::string kind, int64_t channels, bool scale)
    : kind_(std::move(kind)), channels_(channels), scale_(scale) {
    NormImpl::reset();
}

void NormImpl::reset() {
    if (kind_ == "none") return;
    if (scale_) weight = register_parameter("weight", torch::ones({channels_}));
    bias = register_parameter("bias", torch::zeros({channels_}));
    if (kind_ != "batch") return;
    mean = register_buffer("running_mean", torch::zeros({channels_}));
    variance = register_buffer("running_var", torch::ones({channels_}));
}

torch::Tensor NormImpl::forward(const torch::Tensor& x) {
    if (kind_ == "none") return x;
    if (kind_ == "batch")
        return torch::batch_norm(x, weight, bias, mean, variance, is_training(), 0.1, 1e-5, true);
    return torch::group_norm(x, 1, weight, bias, 1e-5);
}

torch::Tensor everyPixel(const torch::Tensor& x, int64_t stride) {
    if (stride == 1) return x;
    const torch::Tensor part = x.slice(2, 0, x.size(2), stride).slice(3, 0, x.size(3), stride);
    return part.contiguous(x.suggest_memory_format());
}

ConvolutionImpl::ConvolutionImpl(const ConvolutionOptions& o)
    : relu_(o.relu), apart_(o.kernelY == 1 && o.kernelX == 1 ? o.stride : 1) {
    conv_ = register_module("conv",
                            torch::nn::Conv2d(torch::nn::Conv2dOptions(o.in, o.out, {o.kernelY, o.kernelX})
                                                  .stride(o.stride / apart_)
                                                  .padding({o.kernelY / 2, o.kernelX / 2})
                                                  .bias(o.bias || o.normalisation == "none")));
    norm_ = register_module("norm", Norm(o.normalisation, o.out, o.normScale));
}

torch::Tensor ConvolutionImpl::forward(const torch::Tensor& x) {
    const torch::Tensor y = norm_->forward(conv_->forward(everyPixel(x, apart_)));
    return relu_ ? torch::relu(y) : y;
}

namespace {
template <class Conv> bool initialiseAs(torch::nn::Module& module) {
    auto* convolution = module.as<Conv>();
    if (!convolution) return false;
    torch::nn::init::kaiming_normal_(convolution->weight, 0, torch::kFanIn, torch::kReLU);
    if (convolution->bias.defined()) torch::nn::init::zeros_(convolution->bias);
    return true;
}
} // namespace

void initialise(torch::nn::Module& module) {
    for (const auto& child : module.modules(false))
        if (!initialiseAs<torch::nn::Conv2d>(*child)) initialiseAs<torch::nn::Conv3d>(*child);
}

LayerSpec convolutionSpec(int64_t in, int64_t out, int64_t kernel, int64_t stride) {
    return {.kind = LayerSpec::Kind::convolution,
            .kernel = kernel,
            .channelsIn = in,
            .channelsOut = out,
            .stride = stride};
}

Option integerOption(const char* key, const char* label, int64_t value, double low, double high,
                     const char* help) {
    return {key, label, Option::Type::integer, value, low, high, {}, "", help, "Network"};
}
Option realOption(const char* key, const char* label, double value, double low, double high,
                  const char* help) {
    return {key, label, Option::Type::real, value, low, high, {}, "", help, "Network"};
}
Option choiceOption(const char* key, const char* label, const char* value, std::vector<std::string> choices,
                    const char* help) {
    return {key, label, Option::Type::choice, value, {}, {}, std::move(choices), "", help, "Network"};
}

Option slicesInOption() {
    return integerOption(
        "slicesIn", "Slices in", 1, 1, 31,
        "An odd number: the slice and its neighbours above and below, mirrored at the ends of "
        "the stack; the answer is for the middle one.");
}
Option normalisationOption() {
    return choiceOption(
        "normalisation", "Normalisation", "batch", {"none", "batch", "layer"},
        "Layer normalisation depends on the whole input, so tiles of a large image would disagree.");
}

} // namespace cristae

// Blocks: the small parts that several architectures are made of, and the options they share.
#pragma once
#include "models/nn/architecture.h"

namespace cristae {

/// "none" passes through; "batch": batch norm; "layer": layer norm over channels and pixels (group norm of
/// one group). Any number of pixel axes. Without `scale` batch norm only shifts.
class NormImpl : public torch::nn::Cloneable<NormImpl> {
public:
    NormImpl(std::string kind, int64_t channels, bool scale = true);
    void reset() override;
    torch::Tensor forward(const torch::Tensor& x);
    torch::Tensor weight, bias, mean, variance;

private:
    std::string kind_;
    int64_t channels_;
    bool scale_;
};
TORCH_MODULE(Norm);

struct ConvolutionOptions {
    int64_t in = 0, out = 0;
    int64_t kernelY = 3, kernelX = 3;
    int64_t stride = 1;
    std::string normalisation = "batch";
    bool relu = true;
    bool bias = false;     // always there without normalisation
    bool normScale = true; // batch norm multiplies too
};

/// Convolution with "same" padding, then normalisation, then ReLU: children "conv" and "norm".
/// Every `stride`th row and column of [N, C, Y, X], channels last if x is: what a 1×1 convolution with that
/// stride sees. Given to one without a stride instead, since oneDNN's strided 1×1 convolution (LibTorch 2.11,
/// channels last, AVX-512, channels that are no multiple of 16) writes beyond its memory on the way back.
torch::Tensor everyPixel(const torch::Tensor& x, int64_t stride);

class ConvolutionImpl : public torch::nn::Module {
public:
    explicit ConvolutionImpl(const ConvolutionOptions& options);
    torch::Tensor forward(const torch::Tensor& x);

private:
    torch::nn::Conv2d conv_{nullptr};
    Norm norm_{nullptr};
    bool relu_;
    int64_t apart_ = 1; // of the pixels that a 1×1 convolution looks at
};
TORCH_MODULE(Convolution);

/// Weights of all convolutions after He et al. 2015, which keeps the variance through ReLU layers; biases 0.
void initialise(torch::nn::Module& module);

LayerSpec convolutionSpec(int64_t in, int64_t out, int64_t kernel = 3, int64_t stride = 1);

Option integerOption(const char* key, const char* label, int64_t value, double low, double high,
                     const char* help);
Option realOption(const char* key, const char* label, double value, double low, double high,
                  const char* help);
Option choiceOption(const char* key, const char* label, const char* value, std::vector<std::string> choices,
                    const char* help);
/// "slicesIn": the slice and its neighbours as channels.
Option slicesInOption();
/// "normalisation": none, batch or layer.
Option normalisationOption();

} // namespace cristae

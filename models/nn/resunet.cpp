// Deep Residual U-Net (Zhang, Liu, Wang 2018, "Road Extraction by Deep Residual U-Net", table I).
#include "models/nn/blocks.h"

namespace cristae {

namespace {

/// 15 convolutions: seven residual blocks of two and the head. Halving is a stride of 2 in a block's first
/// convolution, doubling is plain upsampling before the concatenation. The identity path gets a 1×1
/// convolution and a normalisation in every block, as in the authors' published Keras code; the paper's 7.8
/// million weights count the 15 convolutions alone.
struct ResunetOptions {
    int64_t levels, base, slicesIn;
    std::string normalisation, upsampling;
    int64_t channels(int64_t level) const { return base << level; }
};

torch::nn::Conv2d plainConvolution(const ResunetOptions& options, int64_t in, int64_t out, int64_t stride) {
    return torch::nn::Conv2d(
        torch::nn::Conv2dOptions(in, out, 3).stride(stride).padding(1).bias(options.normalisation == "none"));
}

/// (norm – ReLU – convolution) × 2 plus the identity path; the first block of the network begins with its
/// convolution.
class ResidualBlockImpl : public torch::nn::Module {
public:
    ResidualBlockImpl(const ResunetOptions& options, int64_t in, int64_t out, int64_t stride, bool first) {
        if (!first) norm1_ = register_module("norm1", Norm(options.normalisation, in));
        conv1_ = register_module("conv1", plainConvolution(options, in, out, stride));
        norm2_ = register_module("norm2", Norm(options.normalisation, out));
        conv2_ = register_module("conv2", plainConvolution(options, out, out, 1));
        identity_ =
            register_module("identity", Convolution(ConvolutionOptions{.in = in,
                                                                       .out = out,
                                                                       .kernelY = 1,
                                                                       .kernelX = 1,
                                                                       .stride = stride,
                                                                       .normalisation = options.normalisation,
                                                                       .relu = false}));
    }
    torch::Tensor forward(const torch::Tensor& x) {
        torch::Tensor y = norm1_ ? torch::relu(norm1_->forward(x)) : x;
        y = conv2_->forward(torch::relu(norm2_->forward(conv1_->forward(y))));
        return y + identity_->forward(x);
    }

private:
    Norm norm1_{nullptr}, norm2_{nullptr};
    torch::nn::Conv2d conv1_{nullptr}, conv2_{nullptr};
    Convolution identity_{nullptr};
};
TORCH_MODULE(ResidualBlock);

class ResunetModule : public NetworkModule {
public:
    ResunetModule(const ResunetOptions& options, int64_t channelsIn, int64_t outputs)
        : bilinear_(options.upsampling == "bilinear") {
        encoder_ = register_module("encoder", torch::nn::ModuleList());
        decoder_ = register_module("decoder", torch::nn::ModuleList());
        for (int64_t level = 0; level < options.levels; ++level)
            encoder_->push_back(ResidualBlock(options, level ? options.channels(level - 1) : channelsIn,
                                              options.channels(level), level ? 2 : 1, level == 0));
        for (int64_t level = options.levels - 2; level >= 0; --level)
            decoder_->push_back(ResidualBlock(options, options.channels(level + 1) + options.channels(level),
                                              options.channels(level), 1, false));
        head_ =
            register_module("head", torch::nn::Conv2d(torch::nn::Conv2dOptions(options.base, outputs, 1)));
        initialise(*this);
    }
    torch::Tensor forward(const torch::Tensor& input) override {
        std::vector<torch::Tensor> skips;
        torch::Tensor x = input;
        for (size_t level = 0; level < encoder_->size(); ++level) {
            throwIfInterrupted();
            x = encoder_[level]->as<ResidualBlock>()->forward(x);
            skips.push_back(x);
        }
        for (size_t step = 0; step < decoder_->size(); ++step) {
            throwIfInterrupted();
            const torch::Tensor& skip = skips[skips.size() - 2 - step];
            const std::vector<int64_t> size{skip.size(2), skip.size(3)};
            x = bilinear_ ? torch::upsample_bilinear2d(x, size, false) : torch::upsample_nearest2d(x, size);
            x = decoder_[step]->as<ResidualBlock>()->forward(torch::cat({x, skip}, 1));
        }
        return head_->forward(x);
    }

private:
    bool bilinear_;
    torch::nn::ModuleList encoder_{nullptr}, decoder_{nullptr};
    torch::nn::Conv2d head_{nullptr};
};

class ResunetArchitecture : public Architecture {
public:
    std::string key() const override { return "resunet"; }
    std::string title() const override { return "Deep Residual U-Net"; }
    const Schema& options() const override {
        static const Schema schema{
            integerOption("levels", "Levels", 4, 2, 6, "How often the image is halved, plus one."),
            integerOption("base", "Filters", 64, 1, 128,
                          "Filters of the first level; each level doubles them."),
            normalisationOption(),
            choiceOption("upsampling", "Upsampling", "nearest", {"nearest", "bilinear"},
                         "How the decoder doubles the size."),
            slicesInOption()};
        return schema;
    }
    std::shared_ptr<NetworkModule> build(const nlohmann::json& options, int64_t channelsIn,
                                         int64_t outputs) const override {
        const ResunetOptions resunet = parsed(options);
        return std::make_shared<ResunetModule>(resunet, channelsIn * resunet.slicesIn, outputs);
    }
    std::vector<LayerSpec> layers(const nlohmann::json& options, int64_t channelsIn,
                                  int64_t outputs) const override {
        using Kind = LayerSpec::Kind;
        const ResunetOptions resunet = parsed(options);
        std::vector<LayerSpec> list;
        const auto block = [&](int64_t in, int64_t out, int64_t stride) {
            for (const int64_t from : {in, out}) {
                list.push_back(convolutionSpec(from, out, 3, stride));
                stride = 1;
                if (resunet.normalisation == "layer") list.push_back({.kind = Kind::globalNormalisation});
            }
        };
        for (int64_t level = 0; level < resunet.levels; ++level)
            block(level ? resunet.channels(level - 1) : channelsIn * resunet.slicesIn,
                  resunet.channels(level), level ? 2 : 1);
        for (int64_t level = resunet.levels - 2; level >= 0; --level) {
            list.push_back(
                {.kind = resunet.upsampling == "bilinear" ? Kind::bilinearUpsample : Kind::nearestUpsample});
            block(resunet.channels(level + 1) + resunet.channels(level), resunet.channels(level), 1);
        }
        list.push_back(convolutionSpec(resunet.base, outputs, 1));
        return list;
    }

private:
    ResunetOptions parsed(const nlohmann::json& options) const {
        const nlohmann::json v = complete(options);
        return {v["levels"], v["base"], v["slicesIn"], v["normalisation"], v["upsampling"]};
    }
};

} // namespace

std::unique_ptr<Architecture> makeResunetArchitecture() {
    return std::make_unique<ResunetArchitecture>();
}

} // namespace cristae

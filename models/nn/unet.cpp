// U-Net (Ronneberger, Fischer, Brox 2015) with "same" padding, so that the output is as large as the input.
#include "models/nn/architecture.h"

namespace cristae {

namespace {

struct UnetOptions {
    int64_t levels, base;
    std::string normalisation, upsampling;
    int64_t channels(int64_t level) const { return base << level; }
    bool normalised() const { return normalisation != "none"; }
};

/// Batch norm, or layer norm over channels and pixels (group norm of one group).
class NormImpl : public torch::nn::Cloneable<NormImpl> {
public:
    NormImpl(std::string kind, int64_t channels) : kind_(std::move(kind)), channels_(channels) {
        NormImpl::reset();
    }
    void reset() override {
        weight = register_parameter("weight", torch::ones({channels_}));
        bias = register_parameter("bias", torch::zeros({channels_}));
        if (kind_ != "batch") return;
        mean = register_buffer("running_mean", torch::zeros({channels_}));
        variance = register_buffer("running_var", torch::ones({channels_}));
    }
    torch::Tensor forward(const torch::Tensor& x) {
        if (kind_ == "batch")
            return torch::batch_norm(x, weight, bias, mean, variance, is_training(), 0.1, 1e-5, true);
        return torch::group_norm(x, 1, weight, bias, 1e-5);
    }
    torch::Tensor weight, bias, mean, variance;

private:
    std::string kind_;
    int64_t channels_;
};
TORCH_MODULE(Norm);

/// Two 3×3 convolutions, each followed by the normalisation (if any) and ReLU.
class DoubleConvolutionImpl : public torch::nn::Module {
public:
    DoubleConvolutionImpl(const UnetOptions& options, int64_t in, int64_t out) {
        const auto convolution = [&](int64_t from) {
            return torch::nn::Conv2d(
                torch::nn::Conv2dOptions(from, out, 3).padding(1).bias(!options.normalised()));
        };
        conv1_ = register_module("conv1", convolution(in));
        if (options.normalised()) norm1_ = register_module("norm1", Norm(options.normalisation, out));
        conv2_ = register_module("conv2", convolution(out));
        if (options.normalised()) norm2_ = register_module("norm2", Norm(options.normalisation, out));
    }
    torch::Tensor forward(torch::Tensor x) {
        x = conv1_->forward(x);
        if (norm1_) x = norm1_->forward(x);
        x = conv2_->forward(torch::relu_(x));
        if (norm2_) x = norm2_->forward(x);
        return torch::relu_(x);
    }

private:
    torch::nn::Conv2d conv1_{nullptr}, conv2_{nullptr};
    Norm norm1_{nullptr}, norm2_{nullptr};
};
TORCH_MODULE(DoubleConvolution);

/// Doubles the size, halves the channels, joins the skip connection and convolves.
class UpStepImpl : public torch::nn::Module {
public:
    UpStepImpl(const UnetOptions& options, int64_t in, int64_t out) {
        if (options.upsampling == "transposed")
            transposed_ = register_module(
                "up", torch::nn::ConvTranspose2d(torch::nn::ConvTranspose2dOptions(in, out, 2).stride(2)));
        else
            narrowing_ = register_module("up", torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 1)));
        block_ = DoubleConvolution(options, 2 * out, out);
        for (const auto& child : block_->named_children()) register_module(child.key(), child.value());
    }
    torch::Tensor forward(torch::Tensor x, const torch::Tensor& skip) {
        if (transposed_)
            x = transposed_->forward(x);
        else // narrowing first is the same function at a quarter of the work
            x = torch::upsample_bilinear2d(narrowing_->forward(x), {skip.size(2), skip.size(3)}, false);
        return block_->forward(torch::cat({skip, x}, 1));
    }

private:
    torch::nn::ConvTranspose2d transposed_{nullptr};
    torch::nn::Conv2d narrowing_{nullptr};
    DoubleConvolution block_{nullptr};
};
TORCH_MODULE(UpStep);

class UnetModule : public NetworkModule {
public:
    UnetModule(const UnetOptions& options, int64_t channelsIn, int64_t outputs) {
        encoder_ = register_module("encoder", torch::nn::ModuleList());
        decoder_ = register_module("decoder", torch::nn::ModuleList());
        for (int64_t level = 0; level < options.levels; ++level)
            encoder_->push_back(DoubleConvolution(options, level ? options.channels(level - 1) : channelsIn,
                                                  options.channels(level)));
        for (int64_t level = options.levels - 2; level >= 0; --level)
            decoder_->push_back(UpStep(options, options.channels(level + 1), options.channels(level)));
        head_ =
            register_module("head", torch::nn::Conv2d(torch::nn::Conv2dOptions(options.base, outputs, 1)));
        for (const auto& module : modules(false)) {
            // He et al. 2015: keeps the variance through ReLU layers.
            if (const auto* convolution = module->as<torch::nn::Conv2d>()) {
                torch::nn::init::kaiming_normal_(convolution->weight, 0, torch::kFanIn, torch::kReLU);
                if (convolution->bias.defined()) torch::nn::init::zeros_(convolution->bias);
            }
        }
    }
    torch::Tensor forward(const torch::Tensor& input) override {
        std::vector<torch::Tensor> skips;
        torch::Tensor x = input;
        for (size_t level = 0; level < encoder_->size(); ++level) {
            if (level) x = torch::max_pool2d(x, 2);
            x = encoder_[level]->as<DoubleConvolution>()->forward(x);
            skips.push_back(x);
        }
        for (size_t step = 0; step < decoder_->size(); ++step)
            x = decoder_[step]->as<UpStep>()->forward(x, skips[skips.size() - 2 - step]);
        return head_->forward(x);
    }

private:
    torch::nn::ModuleList encoder_{nullptr}, decoder_{nullptr};
    torch::nn::Conv2d head_{nullptr};
};

class UnetArchitecture : public Architecture {
public:
    std::string key() const override { return "unet"; }
    std::string title() const override { return "U-Net"; }
    const Schema& options() const override {
        using Type = Option::Type;
        static const Schema schema{
            {"levels",
             "Levels",
             Type::integer,
             5,
             2,
             6,
             {},
             "",
             "How often the image is halved, plus one.",
             "Network"},
            {"base",
             "Filters",
             Type::integer,
             64,
             1,
             128,
             {},
             "",
             "Filters of the first level; each level doubles them.",
             "Network"},
            {"normalisation",
             "Normalisation",
             Type::choice,
             "batch",
             {},
             {},
             {"none", "batch", "layer"},
             "",
             "Layer normalisation looks at the whole input, so tiles of a large image would disagree.",
             "Network"},
            {"upsampling",
             "Upsampling",
             Type::choice,
             "transposed",
             {},
             {},
             {"transposed", "bilinear"},
             "",
             "Learned 2×2 transposed convolution, or bilinear.",
             "Network"}};
        return schema;
    }
    std::shared_ptr<NetworkModule> build(const nlohmann::json& options, int64_t channelsIn,
                                         int64_t outputs) const override {
        return std::make_shared<UnetModule>(parsed(options), channelsIn, outputs);
    }
    std::vector<LayerSpec> layers(const nlohmann::json& options, int64_t channelsIn,
                                  int64_t outputs) const override {
        using Kind = LayerSpec::Kind;
        const UnetOptions unet = parsed(options);
        std::vector<LayerSpec> list;
        const auto twoConvolutions = [&](int64_t in, int64_t out) {
            for (int64_t from : {in, out}) {
                list.push_back(
                    {.kind = Kind::convolution, .kernel = 3, .channelsIn = from, .channelsOut = out});
                if (unet.normalisation == "layer") list.push_back({.kind = Kind::globalNormalisation});
            }
        };
        for (int64_t level = 0; level < unet.levels; ++level) {
            if (level) list.push_back({.kind = Kind::maxPool, .factor = 2});
            twoConvolutions(level ? unet.channels(level - 1) : channelsIn, unet.channels(level));
        }
        for (int64_t level = unet.levels - 2; level >= 0; --level) {
            const int64_t in = unet.channels(level + 1), out = unet.channels(level);
            if (unet.upsampling == "transposed") {
                list.push_back(
                    {.kind = Kind::transposedConvolution, .factor = 2, .channelsIn = in, .channelsOut = out});
            } else {
                list.push_back(
                    {.kind = Kind::convolution, .kernel = 1, .channelsIn = in, .channelsOut = out});
                list.push_back({.kind = Kind::bilinearUpsample});
            }
            twoConvolutions(2 * out, out);
        }
        list.push_back(
            {.kind = Kind::convolution, .kernel = 1, .channelsIn = unet.base, .channelsOut = outputs});
        return list;
    }
    Program program(const nlohmann::json& options) const override {
        using Kind = ProgramStep::Kind;
        const UnetOptions unet = parsed(options);
        if (unet.normalisation == "layer") return {}; // its statistics come from the tile: nothing to fold
        Program steps;
        const auto twoConvolutions = [&](const std::string& block, int slot) {
            for (const char* number : {"1", "2"}) {
                steps.push_back({Kind::convolution, block + ".conv" + number,
                                 unet.normalised() ? block + ".norm" + number : "", true, slot});
                slot = -1;
            }
        };
        for (int level = 0; level < unet.levels; ++level) {
            if (level) steps.push_back({Kind::maxPool});
            twoConvolutions("encoder." + std::to_string(level), -1);
            if (level + 1 < unet.levels) steps.push_back({.kind = Kind::keep, .slot = level});
        }
        for (int level = int(unet.levels) - 2, step = 0; level >= 0; --level, ++step) {
            const std::string block = "decoder." + std::to_string(step);
            const bool transposed = unet.upsampling == "transposed";
            steps.push_back({transposed ? Kind::transposedConvolution : Kind::convolution, block + ".up"});
            if (!transposed) steps.push_back({Kind::bilinearUpsample});
            twoConvolutions(block, level);
        }
        steps.push_back({Kind::convolution, "head"});
        return steps;
    }

private:
    UnetOptions parsed(const nlohmann::json& options) const {
        const nlohmann::json values = complete(options);
        return {values["levels"], values["base"], values["normalisation"], values["upsampling"]};
    }
};

} // namespace

std::unique_ptr<Architecture> makeUnetArchitecture() {
    return std::make_unique<UnetArchitecture>();
}

} // namespace cristae

// MultiResUNet (Ibtehaz, Rahman 2019, "MultiResUNet: Rethinking the U-Net Architecture").
#include "models/nn/blocks.h"

#include <array>

namespace cristae {

namespace {

/// Follows the authors' published Keras code layer for layer: batch norms after convolutions only shift, a
/// block ends in two that also scale, and the head is a 1×1 convolution with a batch norm of its own.
struct MultiResOptions {
    int64_t levels, base, slicesIn;
    double alpha;
    int64_t filters(int64_t level) const { return base << level; } // U of the paper
    /// W/6, W/3 and W/2 with W = alpha · U, rounded as the authors do.
    std::array<int64_t, 3> parts(int64_t level) const {
        const double w = alpha * double(filters(level));
        return {std::max<int64_t>(1, int64_t(w * 0.167)), std::max<int64_t>(1, int64_t(w * 0.333)),
                std::max<int64_t>(1, int64_t(w * 0.5))};
    }
    int64_t channels(int64_t level) const { return parts(level)[0] + parts(level)[1] + parts(level)[2]; }
    int64_t pathUnits(int64_t level) const { return levels - 1 - level; }
};

Convolution shifted(int64_t in, int64_t out, int64_t kernel, bool relu) {
    return Convolution(ConvolutionOptions{
        .in = in, .out = out, .kernelY = kernel, .kernelX = kernel, .relu = relu, .normScale = false});
}

/// Three chained 3×3 convolutions, side by side, plus a 1×1 residual.
class MultiResBlockImpl : public torch::nn::Module {
public:
    MultiResBlockImpl(const MultiResOptions& options, int64_t in, int64_t level) {
        const auto [a, b, c] = options.parts(level);
        residual_ = register_module("residual", shifted(in, a + b + c, 1, false));
        conv3_ = register_module("conv3", shifted(in, a, 3, true));
        conv5_ = register_module("conv5", shifted(a, b, 3, true));
        conv7_ = register_module("conv7", shifted(b, c, 3, true));
        norm1_ = register_module("norm1", Norm("batch", a + b + c));
        norm2_ = register_module("norm2", Norm("batch", a + b + c));
    }
    torch::Tensor forward(const torch::Tensor& x) {
        const torch::Tensor three = conv3_->forward(x), five = conv5_->forward(three),
                            seven = conv7_->forward(five);
        const torch::Tensor joined = norm1_->forward(torch::cat({three, five, seven}, 1));
        return norm2_->forward(torch::relu(joined + residual_->forward(x)));
    }

private:
    Convolution residual_{nullptr}, conv3_{nullptr}, conv5_{nullptr}, conv7_{nullptr};
    Norm norm1_{nullptr}, norm2_{nullptr};
};
TORCH_MODULE(MultiResBlock);

/// Units of a 3×3 convolution beside a 1×1 one, on a skip connection.
class ResPathImpl : public torch::nn::Module {
public:
    ResPathImpl(int64_t in, int64_t out, int64_t units) {
        for (int64_t i = 0; i < units; ++i) {
            const std::string name = std::to_string(i);
            residuals_.push_back(register_module("residual" + name, shifted(i ? out : in, out, 1, false)));
            convolutions_.push_back(register_module("conv" + name, shifted(i ? out : in, out, 3, true)));
            norms_.push_back(register_module("norm" + name, Norm("batch", out)));
        }
    }
    torch::Tensor forward(torch::Tensor x) {
        for (size_t i = 0; i < norms_.size(); ++i)
            x = norms_[i]->forward(torch::relu(convolutions_[i]->forward(x) + residuals_[i]->forward(x)));
        return x;
    }

private:
    std::vector<Convolution> residuals_, convolutions_;
    std::vector<Norm> norms_;
};
TORCH_MODULE(ResPath);

class MultiResModule : public NetworkModule {
public:
    MultiResModule(const MultiResOptions& options, int64_t channelsIn, int64_t outputs) {
        encoder_ = register_module("encoder", torch::nn::ModuleList());
        paths_ = register_module("path", torch::nn::ModuleList());
        enlarge_ = register_module("enlarge", torch::nn::ModuleList());
        decoder_ = register_module("decoder", torch::nn::ModuleList());
        for (int64_t level = 0; level < options.levels; ++level) {
            encoder_->push_back(
                MultiResBlock(options, level ? options.channels(level - 1) : channelsIn, level));
            if (level + 1 < options.levels)
                paths_->push_back(
                    ResPath(options.channels(level), options.filters(level), options.pathUnits(level)));
        }
        for (int64_t level = options.levels - 2; level >= 0; --level) {
            enlarge_->push_back(torch::nn::ConvTranspose2d(
                torch::nn::ConvTranspose2dOptions(options.channels(level + 1), options.filters(level), 2)
                    .stride(2)));
            decoder_->push_back(MultiResBlock(options, 2 * options.filters(level), level));
        }
        head_ = register_module("head", shifted(options.channels(0), outputs, 1, false));
        initialise(*this);
    }
    torch::Tensor forward(const torch::Tensor& input) override {
        std::vector<torch::Tensor> skips;
        torch::Tensor x = input;
        for (size_t level = 0; level < encoder_->size(); ++level) {
            throwIfInterrupted();
            if (level) x = torch::max_pool2d(x, 2);
            x = encoder_[level]->as<MultiResBlock>()->forward(x);
            if (level < paths_->size()) skips.push_back(paths_[level]->as<ResPath>()->forward(x));
        }
        for (size_t step = 0; step < decoder_->size(); ++step) {
            throwIfInterrupted();
            x = enlarge_[step]->as<torch::nn::ConvTranspose2d>()->forward(x);
            x = decoder_[step]->as<MultiResBlock>()->forward(torch::cat({x, skips.back()}, 1));
            skips.pop_back();
        }
        return head_->forward(x);
    }

private:
    torch::nn::ModuleList encoder_{nullptr}, paths_{nullptr}, enlarge_{nullptr}, decoder_{nullptr};
    Convolution head_{nullptr};
};

class MultiresunetArchitecture : public Architecture {
public:
    std::string key() const override { return "multiresunet"; }
    std::string title() const override { return "MultiResUNet"; }
    const Schema& options() const override {
        static const Schema schema{
            integerOption("levels", "Levels", 5, 2, 6, "How often the image is halved, plus one."),
            integerOption(
                "base", "Filters", 32, 4, 128,
                "Filters of the first level of the U-Net it is modelled on; each level doubles them."),
            realOption("alpha", "Alpha", 1.67, 0.5, 4, "Filters of a block as a multiple of the U-Net's."),
            slicesInOption()};
        return schema;
    }
    std::shared_ptr<NetworkModule> build(const nlohmann::json& options, int64_t channelsIn,
                                         int64_t outputs) const override {
        const MultiResOptions multires = parsed(options);
        return std::make_shared<MultiResModule>(multires, channelsIn * multires.slicesIn, outputs);
    }
    std::vector<LayerSpec> layers(const nlohmann::json& options, int64_t channelsIn,
                                  int64_t outputs) const override {
        using Kind = LayerSpec::Kind;
        const MultiResOptions multires = parsed(options);
        std::vector<LayerSpec> list;
        const auto block = [&](int64_t in, int64_t level) {
            const auto [a, b, c] = multires.parts(level);
            list.push_back(convolutionSpec(in, a));
            list.push_back(convolutionSpec(a, b));
            list.push_back(convolutionSpec(b, c));
        };
        for (int64_t level = 0; level < multires.levels; ++level) {
            if (level) list.push_back({.kind = Kind::maxPool});
            block(level ? multires.channels(level - 1) : channelsIn * multires.slicesIn, level);
            // A Res Path sees less far than the three convolutions of the level below it: only its work
            // counts.
            if (level + 1 < multires.levels)
                list.push_back(convolutionSpec(10 * multires.filters(level) * multires.pathUnits(level),
                                               multires.filters(level), 1));
        }
        for (int64_t level = multires.levels - 2; level >= 0; --level) {
            list.push_back({.kind = Kind::transposedConvolution,
                            .kernel = 2,
                            .channelsIn = multires.channels(level + 1),
                            .channelsOut = multires.filters(level)});
            block(2 * multires.filters(level), level);
        }
        list.push_back(convolutionSpec(multires.channels(0), outputs, 1));
        return list;
    }

private:
    MultiResOptions parsed(const nlohmann::json& options) const {
        const nlohmann::json v = complete(options);
        return {v["levels"], v["base"], v["slicesIn"], v["alpha"]};
    }
};

} // namespace

std::unique_ptr<Architecture> makeMultiresunetArchitecture() {
    return std::make_unique<MultiresunetArchitecture>();
}

} // namespace cristae

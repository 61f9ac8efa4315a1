// 3D U-Net (Çiçek, Abdulkadir, Lienkamp, Brox, Ronneberger 2016) with "same" padding; anisotropic levels on
// request.
#include "models/nn/blocks.h"

namespace cristae {

namespace {

/// As published: before every pooling the filters double already inside the block (32, 64 | 64, 128 | …), the
/// transposed convolutions keep their number and have no bias. Anisotropic levels, the first ones, use 1×3×3
/// convolutions and halve y and x alone: for stacks whose slices are thicker than their pixels.
struct Unet3dOptions {
    int64_t levels, base, anisotropic;
    std::string normalisation;
    int64_t inner(int64_t level) const { return base << level; }
    int64_t outer(int64_t level) const { return base << (level + 1); }
    int64_t kernelZ(int64_t level) const { return level < anisotropic ? 1 : 3; }
    int64_t factorZ(int64_t level) const {
        return level < anisotropic ? 1 : 2;
    } // between level and level + 1
};

/// Two convolutions with norm and ReLU.
class Block3dImpl : public torch::nn::Module {
public:
    Block3dImpl(const Unet3dOptions& options, int64_t level, int64_t in, int64_t middle, int64_t out) {
        const int64_t z = options.kernelZ(level);
        const auto convolution = [&](int64_t from, int64_t to) {
            return torch::nn::Conv3d(torch::nn::Conv3dOptions(from, to, {z, 3, 3})
                                         .padding({z / 2, 1, 1})
                                         .bias(options.normalisation == "none"));
        };
        conv1_ = register_module("conv1", convolution(in, middle));
        norm1_ = register_module("norm1", Norm(options.normalisation, middle));
        conv2_ = register_module("conv2", convolution(middle, out));
        norm2_ = register_module("norm2", Norm(options.normalisation, out));
    }
    torch::Tensor forward(const torch::Tensor& x) {
        return torch::relu(
            norm2_->forward(conv2_->forward(torch::relu(norm1_->forward(conv1_->forward(x))))));
    }

private:
    torch::nn::Conv3d conv1_{nullptr}, conv2_{nullptr};
    Norm norm1_{nullptr}, norm2_{nullptr};
};
TORCH_MODULE(Block3d);

class Unet3dModule : public NetworkModule {
public:
    Unet3dModule(const Unet3dOptions& options, int64_t channelsIn, int64_t outputs) : options_(options) {
        encoder_ = register_module("encoder", torch::nn::ModuleList());
        enlarge_ = register_module("enlarge", torch::nn::ModuleList());
        decoder_ = register_module("decoder", torch::nn::ModuleList());
        for (int64_t level = 0; level < options.levels; ++level)
            encoder_->push_back(Block3d(options, level, level ? options.outer(level - 1) : channelsIn,
                                        options.inner(level), options.outer(level)));
        for (int64_t level = options.levels - 2; level >= 0; --level) {
            const int64_t below = options.outer(level + 1), here = options.outer(level),
                          z = options.factorZ(level);
            enlarge_->push_back(torch::nn::ConvTranspose3d(
                torch::nn::ConvTranspose3dOptions(below, below, {z, 2, 2}).stride({z, 2, 2}).bias(false)));
            decoder_->push_back(Block3d(options, level, below + here, here, here));
        }
        head_ = register_module("head",
                                torch::nn::Conv3d(torch::nn::Conv3dOptions(options.outer(0), outputs, 1)));
        initialise(*this);
    }
    torch::Tensor forward(const torch::Tensor& input) override {
        std::vector<torch::Tensor> skips;
        torch::Tensor x = input;
        for (size_t level = 0; level < encoder_->size(); ++level) {
            throwIfInterrupted();
            if (level) x = torch::max_pool3d(x, {options_.factorZ(int64_t(level) - 1), 2, 2});
            x = encoder_[level]->as<Block3d>()->forward(x);
            skips.push_back(x);
        }
        for (size_t step = 0; step < decoder_->size(); ++step) {
            throwIfInterrupted();
            x = enlarge_[step]->as<torch::nn::ConvTranspose3d>()->forward(x);
            x = decoder_[step]->as<Block3d>()->forward(torch::cat({skips[skips.size() - 2 - step], x}, 1));
        }
        return head_->forward(x);
    }

private:
    Unet3dOptions options_;
    torch::nn::ModuleList encoder_{nullptr}, enlarge_{nullptr}, decoder_{nullptr};
    torch::nn::Conv3d head_{nullptr};
};

class Unet3dArchitecture : public Architecture {
public:
    std::string key() const override { return "unet3d"; }
    std::string title() const override { return "3D U-Net"; }
    bool volumetric() const override { return true; }
    const Schema& options() const override {
        static const Schema schema{
            integerOption("levels", "Levels", 4, 2, 5, "How often the volume is halved, plus one."),
            integerOption("base", "Filters", 32, 1, 64,
                          "Filters of the very first convolution; each level doubles them."),
            integerOption(
                "anisotropic", "Anisotropic levels", 0, 0, 4,
                "So many first levels work within slices alone (1×3×3), for slices much thicker than "
                "their pixels."),
            normalisationOption()};
        return schema;
    }
    std::shared_ptr<NetworkModule> build(const nlohmann::json& options, int64_t channelsIn,
                                         int64_t outputs) const override {
        return std::make_shared<Unet3dModule>(parsed(options), channelsIn, outputs);
    }
    std::vector<LayerSpec> layers(const nlohmann::json& options, int64_t channelsIn,
                                  int64_t outputs) const override {
        using Kind = LayerSpec::Kind;
        const Unet3dOptions unet = parsed(options);
        std::vector<LayerSpec> list;
        const auto block = [&](int64_t level, int64_t in, int64_t middle, int64_t out) {
            for (const auto& [from, to] : {std::pair{in, middle}, std::pair{middle, out}}) {
                LayerSpec layer = convolutionSpec(from, to);
                layer.kernelZ = unet.kernelZ(level);
                list.push_back(layer);
                if (unet.normalisation == "layer") list.push_back({.kind = Kind::globalNormalisation});
            }
        };
        for (int64_t level = 0; level < unet.levels; ++level) {
            if (level) list.push_back({.kind = Kind::maxPool, .factorZ = unet.factorZ(level - 1)});
            block(level, level ? unet.outer(level - 1) : channelsIn, unet.inner(level), unet.outer(level));
        }
        for (int64_t level = unet.levels - 2; level >= 0; --level) {
            const int64_t below = unet.outer(level + 1), here = unet.outer(level), z = unet.factorZ(level);
            list.push_back({.kind = Kind::transposedConvolution,
                            .kernel = 2,
                            .channelsIn = below,
                            .channelsOut = below,
                            .kernelZ = z,
                            .factorZ = z});
            block(level, below + here, here, here);
        }
        list.push_back(convolutionSpec(unet.outer(0), outputs, 1));
        return list;
    }

private:
    Unet3dOptions parsed(const nlohmann::json& options) const {
        const nlohmann::json v = complete(options);
        return {v["levels"], v["base"], v["anisotropic"], v["normalisation"]};
    }
};

} // namespace

std::unique_ptr<Architecture> makeUnet3dArchitecture() {
    return std::make_unique<Unet3dArchitecture>();
}

} // namespace cristae

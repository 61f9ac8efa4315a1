// FC-DenseNet, "The One Hundred Layers Tiramisu" (Jégou, Drozdzal, Vazquez, Romero, Bengio 2017, tables 1 and
// 2).
#include "models/nn/blocks.h"

namespace cristae {

namespace {

/// Where paper and the authors' code differ, the code is followed: the transposed convolution is 3×3 with
/// stride 2 and loses its last row and column; convolutions have biases.
struct DenseOptions {
    int64_t growth, first, slicesIn;
    double dropout;
    std::vector<int64_t> blocks; // layers of each block on the way down; the way up mirrors them
    int64_t bottleneck;
};

/// Norm – ReLU – convolution – dropout.
class DenseLayerImpl : public torch::nn::Module {
public:
    DenseLayerImpl(int64_t in, int64_t out, int64_t kernel, double dropout) : dropout_(dropout) {
        norm_ = register_module("norm", Norm("batch", in));
        conv_ = register_module(
            "conv", torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, kernel).padding(kernel / 2)));
    }
    torch::Tensor forward(const torch::Tensor& x) {
        return torch::dropout(conv_->forward(torch::relu(norm_->forward(x))), dropout_, is_training());
    }

private:
    double dropout_;
    Norm norm_{nullptr};
    torch::nn::Conv2d conv_{nullptr};
};
TORCH_MODULE(DenseLayer);

/// Every layer sees the input and all layers before it.
class DenseBlockImpl : public torch::nn::Module {
public:
    DenseBlockImpl(const DenseOptions& options, int64_t in, int64_t layers) {
        for (int64_t i = 0; i < layers; ++i)
            layers_.push_back(register_module(
                std::to_string(i), DenseLayer(in + i * options.growth, options.growth, 3, options.dropout)));
    }
    /// Input and new maps, then the new maps alone.
    std::pair<torch::Tensor, torch::Tensor> forward(const torch::Tensor& input) {
        torch::Tensor all = input;
        std::vector<torch::Tensor> made;
        for (DenseLayer& layer : layers_) {
            made.push_back(layer->forward(all));
            all = torch::cat({all, made.back()}, 1);
        }
        return {all, torch::cat(made, 1)};
    }

private:
    std::vector<DenseLayer> layers_;
};
TORCH_MODULE(DenseBlock);

class DenseModule : public NetworkModule {
public:
    DenseModule(const DenseOptions& options, int64_t channelsIn, int64_t outputs) {
        first_ = register_module(
            "first", torch::nn::Conv2d(torch::nn::Conv2dOptions(channelsIn, options.first, 3).padding(1)));
        down_ = register_module("down", torch::nn::ModuleList());
        transitions_ = register_module("transition", torch::nn::ModuleList());
        up_ = register_module("up", torch::nn::ModuleList());
        enlarge_ = register_module("enlarge", torch::nn::ModuleList());
        int64_t channels = options.first;
        std::vector<int64_t> skips;
        for (const int64_t layers : options.blocks) {
            down_->push_back(DenseBlock(options, channels, layers));
            channels += layers * options.growth;
            skips.push_back(channels);
            transitions_->push_back(DenseLayer(channels, channels, 1, options.dropout));
        }
        bottleneck_ = register_module("bottleneck", DenseBlock(options, channels, options.bottleneck));
        int64_t made = options.bottleneck * options.growth; // only new maps go up, or there would be too many
        for (size_t i = options.blocks.size(); i-- > 0;) {
            enlarge_->push_back(
                torch::nn::ConvTranspose2d(torch::nn::ConvTranspose2dOptions(made, made, 3).stride(2)));
            channels = made + skips[i];
            up_->push_back(DenseBlock(options, channels, options.blocks[i]));
            made = options.blocks[i] * options.growth;
            channels += made;
        }
        head_ = register_module("head", torch::nn::Conv2d(torch::nn::Conv2dOptions(channels, outputs, 1)));
        initialise(*this);
    }

    torch::Tensor forward(const torch::Tensor& input) override {
        torch::Tensor x = first_->forward(input);
        std::vector<torch::Tensor> skips;
        for (size_t i = 0; i < down_->size(); ++i) {
            throwIfInterrupted();
            skips.push_back(down_[i]->as<DenseBlock>()->forward(x).first);
            x = torch::max_pool2d(transitions_[i]->as<DenseLayer>()->forward(skips.back()), 2);
        }
        auto [all, made] = bottleneck_->forward(x);
        for (size_t i = 0; i < up_->size(); ++i) {
            throwIfInterrupted();
            const torch::Tensor& skip = skips[skips.size() - 1 - i];
            const torch::Tensor larger = enlarge_[i]->as<torch::nn::ConvTranspose2d>()->forward(made);
            std::tie(all, made) = up_[i]->as<DenseBlock>()->forward(
                torch::cat({larger.narrow(2, 0, skip.size(2)).narrow(3, 0, skip.size(3)), skip}, 1));
        }
        return head_->forward(all);
    }

private:
    torch::nn::Conv2d first_{nullptr}, head_{nullptr};
    torch::nn::ModuleList down_{nullptr}, transitions_{nullptr}, up_{nullptr}, enlarge_{nullptr};
    DenseBlock bottleneck_{nullptr};
};

class FcdensenetArchitecture : public Architecture {
public:
    std::string key() const override { return "fcdensenet"; }
    std::string title() const override { return "FC-DenseNet (Tiramisu)"; }
    const Schema& options() const override {
        static const Schema schema{
            choiceOption("layers", "Layers", "103", {"56", "67", "103", "tiny"},
                         "FC-DenseNet56, 67 or 103; tiny has two blocks of two layers, for trials."),
            integerOption("growth", "Growth", 0, 0, 64,
                          "Filters of every layer; 0 takes the published 12 (56) or 16 (67, 103)."),
            integerOption("first", "First filters", 48, 1, 256,
                          "Filters of the convolution before the blocks."),
            realOption("dropout", "Dropout", 0.2, 0, 0.9, "Share of the values dropped in training."),
            slicesInOption()};
        return schema;
    }
    std::shared_ptr<NetworkModule> build(const nlohmann::json& options, int64_t channelsIn,
                                         int64_t outputs) const override {
        const DenseOptions dense = parsed(options);
        return std::make_shared<DenseModule>(dense, channelsIn * dense.slicesIn, outputs);
    }
    std::vector<LayerSpec> layers(const nlohmann::json& options, int64_t channelsIn,
                                  int64_t outputs) const override {
        using Kind = LayerSpec::Kind;
        const DenseOptions dense = parsed(options);
        std::vector<LayerSpec> list{convolutionSpec(channelsIn * dense.slicesIn, dense.first)};
        int64_t channels = dense.first, made = 0;
        std::vector<int64_t> skips;
        const auto block = [&](int64_t layers) {
            for (int64_t i = 0; i < layers; ++i, channels += dense.growth)
                list.push_back(convolutionSpec(channels, dense.growth));
            made = layers * dense.growth;
        };
        for (const int64_t layers : dense.blocks) {
            block(layers);
            skips.push_back(channels);
            list.push_back(convolutionSpec(channels, channels, 1));
            list.push_back({.kind = Kind::maxPool});
        }
        block(dense.bottleneck);
        for (size_t i = dense.blocks.size(); i-- > 0;) {
            list.push_back({.kind = Kind::transposedConvolution,
                            .kernel = 3,
                            .factor = 2,
                            .channelsIn = made,
                            .channelsOut = made});
            channels = made + skips[i];
            block(dense.blocks[i]);
        }
        list.push_back(convolutionSpec(channels, outputs, 1));
        return list;
    }

private:
    DenseOptions parsed(const nlohmann::json& options) const {
        const nlohmann::json v = complete(options);
        DenseOptions dense{v["growth"], v["first"], v["slicesIn"], v["dropout"], {}, 0};
        const std::string layers = v["layers"];
        if (layers == "56") dense.blocks = std::vector<int64_t>(5, 4), dense.bottleneck = 4;
        if (layers == "67") dense.blocks = std::vector<int64_t>(5, 5), dense.bottleneck = 5;
        if (layers == "103") dense.blocks = {4, 5, 7, 10, 12}, dense.bottleneck = 15;
        if (layers == "tiny") dense.blocks = {2, 2}, dense.bottleneck = 2;
        if (dense.growth == 0) dense.growth = layers == "56" ? 12 : 16;
        return dense;
    }
};

} // namespace

std::unique_ptr<Architecture> makeFcdensenetArchitecture() {
    return std::make_unique<FcdensenetArchitecture>();
}

} // namespace cristae

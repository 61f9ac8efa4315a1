// Blocks of convolution, normalisation and ReLU; pooling with indices on the way down, unpooling with them on
// the way up.
#include "models/nn/pooling_codec.h"

namespace cristae {

namespace {

/// Channels into and out of every convolution of a decoder block: the last one narrows to the level above,
/// the very last of the network to the outputs.
std::vector<std::pair<int64_t, int64_t>> decoderConvolutions(const PoolingCodecOptions& options,
                                                             int64_t level, int64_t outputs) {
    std::vector<std::pair<int64_t, int64_t>> list;
    const int64_t count = options.convolutions(level), here = options.channels(level);
    for (int64_t i = 0; i < count; ++i) {
        const int64_t in = i == 0 && level == 0 && options.topSkip ? 2 * here : here;
        const int64_t next = level == 0 ? outputs : options.channels(level - 1);
        list.emplace_back(in, i + 1 < count ? here : next);
    }
    return list;
}

class PoolingCodecModule : public NetworkModule {
public:
    PoolingCodecModule(const PoolingCodecOptions& options, int64_t channelsIn, int64_t outputs)
        : options_(options) {
        encoder_ = register_module("encoder", torch::nn::ModuleList());
        decoder_ = register_module("decoder", torch::nn::ModuleList());
        for (int64_t level = 0; level < options.levels; ++level) {
            torch::nn::ModuleList block;
            int64_t in = level ? options.channels(level - 1) : channelsIn;
            for (int64_t i = 0; i < options.convolutions(level); ++i) {
                block->push_back(convolution(in, options.channels(level), true));
                in = options.channels(level);
            }
            encoder_->push_back(block);
        }
        for (int64_t level = options.levels - 1; level >= 0; --level) {
            torch::nn::ModuleList block;
            const auto list = decoderConvolutions(options, level, outputs);
            for (size_t i = 0; i < list.size(); ++i)
                block->push_back(
                    convolution(list[i].first, list[i].second, level > 0 || i + 1 < list.size()));
            decoder_->push_back(block);
        }
        initialise(*this);
    }

    torch::Tensor forward(const torch::Tensor& input) override {
        std::vector<torch::Tensor> places;
        torch::Tensor x = input, top;
        for (const auto& block : *encoder_) {
            throwIfInterrupted();
            x = through(*block, x);
            if (!top.defined()) top = x;
            auto [pooled, indices] = torch::max_pool2d_with_indices(x, 2, 2);
            places.push_back(indices);
            x = pooled;
        }
        for (const auto& block : *decoder_) {
            throwIfInterrupted();
            x = torch::max_unpool2d(x, places.back(), {2 * x.size(2), 2 * x.size(3)});
            places.pop_back();
            if (places.empty() && options_.topSkip) x = torch::cat({x, top}, 1);
            x = through(*block, x);
        }
        return x;
    }

private:
    /// The bias is kept beside the normalisation, as in the published model. The last convolution gives
    /// logits.
    Convolution convolution(int64_t in, int64_t out, bool inner) const {
        return Convolution(ConvolutionOptions{.in = in,
                                              .out = out,
                                              .normalisation = inner ? options_.normalisation : "none",
                                              .relu = inner,
                                              .bias = true});
    }
    static torch::Tensor through(torch::nn::Module& block, torch::Tensor x) {
        for (const auto& convolution : *block.as<torch::nn::ModuleList>())
            x = convolution->as<Convolution>()->forward(x);
        return x;
    }

    PoolingCodecOptions options_;
    torch::nn::ModuleList encoder_{nullptr}, decoder_{nullptr};
};

} // namespace

PoolingCodecArchitecture::PoolingCodecArchitecture(std::string key, std::string title, int64_t usualLevels,
                                                   bool topSkip)
    : key_(std::move(key)), title_(std::move(title)),
      topSkip_(topSkip), options_{
                             integerOption("levels", "Levels", usualLevels, 1, 5,
                                           "How often the image is halved: the first blocks of VGG16."),
                             integerOption("base", "Filters", 64, 1, 128,
                                           "Filters of the first level; the next three levels double them."),
                             normalisationOption(), slicesInOption()} {}

PoolingCodecOptions PoolingCodecArchitecture::parsed(const nlohmann::json& options) const {
    const nlohmann::json v = complete(options);
    return {v["levels"], v["base"], v["slicesIn"], v["normalisation"], topSkip_};
}

std::shared_ptr<NetworkModule> PoolingCodecArchitecture::build(const nlohmann::json& values,
                                                               int64_t channelsIn, int64_t outputs) const {
    const PoolingCodecOptions options = parsed(values);
    return std::make_shared<PoolingCodecModule>(options, channelsIn * options.slicesIn, outputs);
}

std::vector<LayerSpec> PoolingCodecArchitecture::layers(const nlohmann::json& values, int64_t channelsIn,
                                                        int64_t outputs) const {
    using Kind = LayerSpec::Kind;
    const PoolingCodecOptions options = parsed(values);
    std::vector<LayerSpec> list;
    const auto add = [&](int64_t in, int64_t out, bool inner) {
        list.push_back(convolutionSpec(in, out));
        if (inner && options.normalisation == "layer") list.push_back({.kind = Kind::globalNormalisation});
    };
    for (int64_t level = 0; level < options.levels; ++level) {
        int64_t in = level ? options.channels(level - 1) : channelsIn * options.slicesIn;
        for (int64_t i = 0; i < options.convolutions(level); ++i) {
            add(in, options.channels(level), true);
            in = options.channels(level);
        }
        list.push_back({.kind = Kind::maxPool});
    }
    for (int64_t level = options.levels - 1; level >= 0; --level) {
        list.push_back({.kind = Kind::unpool});
        const auto convolutions = decoderConvolutions(options, level, outputs);
        for (size_t i = 0; i < convolutions.size(); ++i)
            add(convolutions[i].first, convolutions[i].second, level > 0 || i + 1 < convolutions.size());
    }
    return list;
}

} // namespace cristae

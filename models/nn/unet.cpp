// U-Net (Ronneberger, Fischer, Brox 2015) with "same" padding, so that the output is as large as the input.
#include "models/nn/blocks.h"

namespace cristae {

namespace {

/// Options beyond the paper are those of Malec 2019: levels more or fewer, shallow levels of 16 filters
/// before the first, 5×5 filters or two 3×3 for each of them; and dropout at the end of the contracting path.
struct UnetOptions {
    int64_t levels, base, shallow, slicesIn;
    std::string normalisation, upsampling, filter;
    double dropout;
    int64_t allLevels() const { return levels + shallow; }
    int64_t channels(int64_t level) const { return level < shallow ? 16 : base << (level - shallow); }
    bool normalised() const { return normalisation != "none"; }
    int64_t kernel() const { return filter == "5x5" ? 5 : 3; }
    /// Names of a block's convolutions, after "conv" and "norm".
    std::vector<std::string> steps() const {
        if (filter == "effective 5x5") return {"1", "1b", "2", "2b"};
        return {"1", "2"};
    }
    /// Ronneberger et al.: "drop-out layers at the end of the contracting path".
    bool dropsOut(int64_t level) const { return dropout > 0 && level >= allLevels() - 2; }
};

/// Two convolutions (four for an effective 5×5), each followed by the normalisation (if any) and ReLU.
class DoubleConvolutionImpl : public torch::nn::Module {
public:
    DoubleConvolutionImpl(const UnetOptions& options, int64_t in, int64_t out) {
        for (const std::string& step : options.steps()) {
            convolutions_.push_back(register_module(
                "conv" + step, torch::nn::Conv2d(torch::nn::Conv2dOptions(convolutions_.empty() ? in : out,
                                                                          out, options.kernel())
                                                     .padding(options.kernel() / 2)
                                                     .bias(!options.normalised()))));
            if (options.normalised())
                norms_.push_back(register_module("norm" + step, Norm(options.normalisation, out)));
        }
    }
    torch::Tensor forward(torch::Tensor x) {
        for (size_t i = 0; i < convolutions_.size(); ++i) {
            x = convolutions_[i]->forward(x);
            if (!norms_.empty()) x = norms_[i]->forward(x);
            x = torch::relu_(x);
        }
        return x;
    }

private:
    std::vector<torch::nn::Conv2d> convolutions_;
    std::vector<Norm> norms_;
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
    UnetModule(const UnetOptions& options, int64_t channelsIn, int64_t outputs) : options_(options) {
        encoder_ = register_module("encoder", torch::nn::ModuleList());
        decoder_ = register_module("decoder", torch::nn::ModuleList());
        for (int64_t level = 0; level < options.allLevels(); ++level)
            encoder_->push_back(DoubleConvolution(options, level ? options.channels(level - 1) : channelsIn,
                                                  options.channels(level)));
        for (int64_t level = options.allLevels() - 2; level >= 0; --level)
            decoder_->push_back(UpStep(options, options.channels(level + 1), options.channels(level)));
        head_ = register_module("head",
                                torch::nn::Conv2d(torch::nn::Conv2dOptions(options.channels(0), outputs, 1)));
        initialise(*this);
    }
    torch::Tensor forward(const torch::Tensor& input) override {
        std::vector<torch::Tensor> skips;
        torch::Tensor x = input;
        for (size_t level = 0; level < encoder_->size(); ++level) {
            throwIfInterrupted();
            if (level) x = torch::max_pool2d(x, 2);
            x = encoder_[level]->as<DoubleConvolution>()->forward(x);
            if (options_.dropsOut(int64_t(level))) x = torch::dropout(x, options_.dropout, is_training());
            skips.push_back(x);
        }
        for (size_t step = 0; step < decoder_->size(); ++step) {
            throwIfInterrupted();
            x = decoder_[step]->as<UpStep>()->forward(x, skips[skips.size() - 2 - step]);
        }
        return head_->forward(x);
    }

private:
    UnetOptions options_;
    torch::nn::ModuleList encoder_{nullptr}, decoder_{nullptr};
    torch::nn::Conv2d head_{nullptr};
};

class UnetArchitecture : public Architecture {
public:
    std::string key() const override { return "unet"; }
    std::string title() const override { return "U-Net"; }
    const Schema& options() const override {
        static const Schema schema{
            integerOption(
                "levels", "Levels", 5, 2, 7,
                "How often the image is halved, plus one; one more level is an extra centre with twice "
                "the filters."),
            integerOption("base", "Filters", 64, 1, 128,
                          "Filters of the first level; each level doubles them."),
            normalisationOption(),
            choiceOption("upsampling", "Upsampling", "transposed", {"transposed", "bilinear"},
                         "Learned 2×2 transposed convolution, or bilinear."),
            choiceOption("filter", "Filter size", "3x3", {"3x3", "5x5", "effective 5x5"},
                         "An effective 5×5 is two 3×3 one after the other."),
            integerOption("shallow", "Shallow levels", 0, 0, 2,
                          "Levels of 16 filters before the first, at both ends."),
            realOption("dropout", "Dropout", 0, 0, 0.9,
                       "Share of the values dropped in training, on the two deepest levels."),
            slicesInOption()};
        return schema;
    }
    std::shared_ptr<NetworkModule> build(const nlohmann::json& options, int64_t channelsIn,
                                         int64_t outputs) const override {
        const UnetOptions unet = parsed(options);
        return std::make_shared<UnetModule>(unet, channelsIn * unet.slicesIn, outputs);
    }
    std::vector<LayerSpec> layers(const nlohmann::json& options, int64_t channelsIn,
                                  int64_t outputs) const override {
        using Kind = LayerSpec::Kind;
        const UnetOptions unet = parsed(options);
        std::vector<LayerSpec> list;
        const auto block = [&](int64_t in, int64_t out) {
            for (size_t i = 0; i < unet.steps().size(); ++i) {
                list.push_back(convolutionSpec(i ? out : in, out, unet.kernel()));
                if (unet.normalisation == "layer") list.push_back({.kind = Kind::globalNormalisation});
            }
        };
        for (int64_t level = 0; level < unet.allLevels(); ++level) {
            if (level) list.push_back({.kind = Kind::maxPool, .factor = 2});
            block(level ? unet.channels(level - 1) : channelsIn * unet.slicesIn, unet.channels(level));
        }
        for (int64_t level = unet.allLevels() - 2; level >= 0; --level) {
            const int64_t in = unet.channels(level + 1), out = unet.channels(level);
            if (unet.upsampling == "transposed") {
                list.push_back({.kind = Kind::transposedConvolution,
                                .kernel = 2,
                                .factor = 2,
                                .channelsIn = in,
                                .channelsOut = out});
            } else {
                list.push_back(convolutionSpec(in, out, 1));
                list.push_back({.kind = Kind::bilinearUpsample});
            }
            block(2 * out, out);
        }
        list.push_back(convolutionSpec(unet.channels(0), outputs, 1));
        return list;
    }
    Program program(const nlohmann::json& options) const override {
        using Kind = ProgramStep::Kind;
        const UnetOptions unet = parsed(options);
        if (unet.normalisation == "layer") return {}; // its statistics come from the tile: nothing to fold
        Program steps;
        const auto block = [&](const std::string& name, int slot) {
            for (const std::string& step : unet.steps()) {
                steps.push_back({Kind::convolution, name + ".conv" + step,
                                 unet.normalised() ? name + ".norm" + step : "", true, slot});
                slot = -1;
            }
        };
        const int levels = int(unet.allLevels());
        for (int level = 0; level < levels; ++level) {
            if (level) steps.push_back({Kind::maxPool});
            block("encoder." + std::to_string(level), -1);
            if (level + 1 < levels) steps.push_back({.kind = Kind::keep, .slot = level});
        }
        for (int level = levels - 2, step = 0; level >= 0; --level, ++step) {
            const std::string name = "decoder." + std::to_string(step);
            const bool transposed = unet.upsampling == "transposed";
            steps.push_back({transposed ? Kind::transposedConvolution : Kind::convolution, name + ".up"});
            if (!transposed) steps.push_back({Kind::bilinearUpsample});
            block(name, level);
        }
        steps.push_back({Kind::convolution, "head"});
        return steps;
    }

private:
    UnetOptions parsed(const nlohmann::json& options) const {
        const nlohmann::json v = complete(options);
        return {v["levels"],        v["base"],       v["shallow"], v["slicesIn"],
                v["normalisation"], v["upsampling"], v["filter"],  v["dropout"]};
    }
};

} // namespace

std::unique_ptr<Architecture> makeUnetArchitecture() {
    return std::make_unique<UnetArchitecture>();
}

} // namespace cristae

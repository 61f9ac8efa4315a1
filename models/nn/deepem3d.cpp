// DeepEM3D-Net (Zeng, Wu, Ji 2017) for 1, 3 or 5 frames: 3D convolutions join the slices, an inception-ResNet
// trunk follows in 2D, and maps of four scales are enlarged by dilated transposed convolutions and summed.
#include "models/nn/blocks.h"

#include <array>
#include <map>

namespace cristae {

namespace {

/// Follows, layer for layer, the networks "1fm", "3fm" and "5fm" as CDeep3M publishes them (deploy.prototxt
/// of inception_residual_train_prediction_*fm). One thing differs: there the four maps pass a last ReLU
/// before they are summed, which only suits a softmax over two classes; here `lastRelu` says so and is off,
/// since a sigmoid of values that are never negative could never say no. `divisor` thins all inner layers
/// out, for trials.
struct DeepemOptions {
    int64_t frames, divisor;
    bool lastRelu;
    int64_t thin(int64_t filters) const { return std::max<int64_t>(1, filters / divisor); }
};

constexpr std::array<int64_t, 4> dilations{5, 11, 17, 23};

class DeepemModule : public NetworkModule {
public:
    DeepemModule(const DeepemOptions& options, int64_t channelsIn, int64_t outputs)
        : options_(options), channelsIn_(channelsIn) {
        // conv1_1 halves the image, and with several frames also their number; conv1_2 leaves one.
        const int64_t deep = options.frames > 1 ? 3 : 1;
        join1_ = register_module(
            "join1", torch::nn::Conv3d(torch::nn::Conv3dOptions(channelsIn, thin(32), {deep, 3, 3})
                                           .stride({deep > 1 ? 2 : 1, 2, 2})
                                           .padding({deep / 2, 1, 1})));
        joinNorm1_ = register_module("join1_norm", Norm("batch", thin(32)));
        const int64_t left = (options.frames + 1) / 2;
        join2_ = register_module(
            "join2",
            torch::nn::Conv3d(torch::nn::Conv3dOptions(thin(32), thin(64), {left, 3, 3}).padding({0, 1, 1})));
        joinNorm2_ = register_module("join2_norm", Norm("batch", thin(64)));

        const int64_t s = thin(64), t = thin(96);
        add("stem_a1", s, s, 1, 1);
        add("stem_a2", s, t, 3, 3, 1, false);
        add("stem_b1", s, s, 1, 1);
        add("stem_b2", s, s, 7, 1);
        add("stem_b3", s, s, 1, 7);
        add("stem_b4", s, t, 3, 3);
        add("stem_down", 2 * t, thin(192), 3, 3, 2);

        const int64_t a = thin(384);
        add("a_in", 2 * t + thin(192), a, 1, 1);
        add("a_1", a, thin(32), 1, 1);
        add("a_2a", a, thin(32), 1, 1);
        add("a_2b", thin(32), thin(32), 3, 3);
        add("a_3a", a, thin(32), 1, 1);
        add("a_3b", thin(32), thin(48), 3, 3);
        add("a_3c", thin(48), thin(64), 3, 3);
        add("a_out", 2 * thin(32) + thin(64), a, 1, 1, 1, false);
        add("reduce_a_b", a, thin(384), 3, 3, 2);
        add("reduce_a_c1", a, thin(256), 1, 1);
        add("reduce_a_c2", thin(256), thin(256), 3, 3);
        add("reduce_a_c3", thin(256), thin(384), 3, 3, 2);

        const int64_t b = thin(1154); // as published
        add("b_in", a + 2 * thin(384), b, 1, 1);
        add("b_1", b, thin(192), 1, 1);
        add("b_2a", b, thin(128), 1, 1);
        add("b_2b", thin(128), thin(160), 1, 7);
        add("b_2c", thin(160), thin(192), 7, 1);
        add("b_out", 2 * thin(192), b, 1, 1, 1, false);
        add("reduce_b_b1", b, thin(256), 1, 1);
        add("reduce_b_b2", thin(256), thin(384), 3, 3, 2);
        add("reduce_b_c1", b, thin(256), 1, 1);
        add("reduce_b_c2", thin(256), thin(288), 3, 3, 2);
        add("reduce_b_d1", b, thin(256), 1, 1);
        add("reduce_b_d2", thin(256), thin(288), 3, 3);
        add("reduce_b_d3", thin(288), thin(320), 3, 3, 2);

        const int64_t c = thin(2048);
        add("c_in", b + thin(384) + thin(288) + thin(320), c, 1, 1);
        add("c_1", c, thin(192), 1, 1);
        add("c_2a", c, thin(192), 1, 1);
        add("c_2b", thin(192), thin(224), 1, 3);
        add("c_2c", thin(224), thin(256), 3, 1);
        add("c_out", thin(192) + thin(256), c, 1, 1, 1, false);

        addScale("x2", 2 * t, outputs, 2, true);
        addScale("x4", a, outputs, 4, true);
        addScale("x8", b, outputs, 8, true);
        addScale("x16", c, outputs, 16, false);
        initialise(*this);
    }

    torch::Tensor forward(const torch::Tensor& input) override {
        torch::Tensor x =
            input.reshape({input.size(0), channelsIn_, options_.frames, input.size(2), input.size(3)});
        x = torch::relu(joinNorm1_->forward(join1_->forward(x)));
        x = torch::relu(joinNorm2_->forward(join2_->forward(x))).squeeze(2);
        throwIfInterrupted();
        const torch::Tensor half = torch::cat(
            {through(x, {"stem_a1", "stem_a2"}), through(x, {"stem_b1", "stem_b2", "stem_b3", "stem_b4"})},
            1);
        x = torch::cat({pooled(half), through(half, {"stem_down"})}, 1);
        throwIfInterrupted();
        const torch::Tensor quarter =
            residual(through(x, {"a_in"}), {{"a_1"}, {"a_2a", "a_2b"}, {"a_3a", "a_3b", "a_3c"}}, "a_out");
        x = torch::cat({pooled(quarter), through(quarter, {"reduce_a_b"}),
                        through(quarter, {"reduce_a_c1", "reduce_a_c2", "reduce_a_c3"})},
                       1);
        throwIfInterrupted();
        const torch::Tensor eighth =
            residual(through(x, {"b_in"}), {{"b_1"}, {"b_2a", "b_2b", "b_2c"}}, "b_out");
        x = torch::cat({pooled(eighth), through(eighth, {"reduce_b_b1", "reduce_b_b2"}),
                        through(eighth, {"reduce_b_c1", "reduce_b_c2"}),
                        through(eighth, {"reduce_b_d1", "reduce_b_d2", "reduce_b_d3"})},
                       1);
        throwIfInterrupted();
        x = residual(through(x, {"c_in"}), {{"c_1"}, {"c_2a", "c_2b", "c_2c"}}, "c_out");
        torch::Tensor sum = classified("x2", half, true);
        sum = sum + classified("x4", quarter, true);
        throwIfInterrupted();
        sum = sum + classified("x8", eighth, true);
        return sum + classified("x16", x, false);
    }

private:
    using Names = std::vector<std::string>;
    int64_t thin(int64_t filters) const { return options_.thin(filters); }

    void add(const std::string& name, int64_t in, int64_t out, int64_t kernelY, int64_t kernelX,
             int64_t stride = 1, bool relu = true) {
        parts_.emplace(name, register_module(name, Convolution(ConvolutionOptions{.in = in,
                                                                                  .out = out,
                                                                                  .kernelY = kernelY,
                                                                                  .kernelX = kernelX,
                                                                                  .stride = stride,
                                                                                  .relu = relu,
                                                                                  .bias = true})));
    }

    /// Transposed convolutions by `factor` (plain, and dilated ones if wanted), to be summed; then norm,
    /// ReLU, 3×3 convolution and norm.
    void addScale(const std::string& name, int64_t in, int64_t outputs, int64_t factor, bool dilated) {
        const auto enlarge = [&](const std::string& part, int64_t dilation) {
            const int64_t kernel = 2 * factor, padding = (dilation * (kernel - 1) + 1 - factor) / 2;
            const std::string key = name + "_" + part;
            enlarge_.emplace(key,
                             register_module(key, torch::nn::ConvTranspose2d(
                                                      torch::nn::ConvTranspose2dOptions(in, outputs, kernel)
                                                          .stride(factor)
                                                          .padding(padding)
                                                          .dilation(dilation))));
        };
        enlarge("d1", 1);
        if (dilated)
            for (size_t i = 0; i < dilations.size(); ++i) enlarge("c" + std::to_string(i), dilations[i]);
        norms_.emplace(name, register_module(name + "_norm", Norm("batch", outputs)));
        add(name + "_head", outputs, outputs, 3, 3, 1, options_.lastRelu);
    }

    torch::Tensor through(torch::Tensor x, const Names& names) {
        for (const std::string& name : names) x = parts_.at(name)->forward(x);
        return x;
    }
    /// 3×3 maxima of stride 2; windows may hang over the end.
    static torch::Tensor pooled(const torch::Tensor& x) { return torch::max_pool2d(x, 3, 2, 0, 1, true); }

    torch::Tensor residual(const torch::Tensor& x, const std::vector<Names>& branches,
                           const std::string& out) {
        std::vector<torch::Tensor> maps;
        for (const Names& branch : branches) maps.push_back(through(x, branch));
        return torch::relu(x + 0.1 * through(torch::cat(maps, 1), {out}));
    }

    torch::Tensor classified(const std::string& name, const torch::Tensor& x, bool dilated) {
        torch::Tensor sum = enlarge_.at(name + "_d1")->forward(x);
        if (dilated)
            for (size_t i = 0; i < dilations.size(); ++i)
                sum = sum + enlarge_.at(name + "_c" + std::to_string(i))->forward(x);
        return through(torch::relu(norms_.at(name)->forward(sum)), {name + "_head"});
    }

    DeepemOptions options_;
    int64_t channelsIn_;
    torch::nn::Conv3d join1_{nullptr}, join2_{nullptr};
    Norm joinNorm1_{nullptr}, joinNorm2_{nullptr};
    std::map<std::string, Convolution> parts_;
    std::map<std::string, torch::nn::ConvTranspose2d> enlarge_;
    std::map<std::string, Norm> norms_;
};

class Deepem3dArchitecture : public Architecture {
public:
    std::string key() const override { return "deepem3d"; }
    std::string title() const override { return "DeepEM3D-Net"; }
    const Schema& options() const override {
        static const Schema schema{
            integerOption(
                "slicesIn", "Frames", 1, 1, 5,
                "1, 3 or 5: the slice and its neighbours above and below, mirrored at the ends of the "
                "stack; the answer is for the middle one."),
            integerOption("divisor", "Thinner by", 1, 1, 64, "Divides the number of all inner filters."),
            {"lastRelu",
             "Last ReLU",
             Option::Type::boolean,
             false,
             {},
             {},
             {},
             "",
             "As published for a softmax over two classes; leave it off for losses without softmax.",
             "Network"}};
        return schema;
    }
    std::shared_ptr<NetworkModule> build(const nlohmann::json& options, int64_t channelsIn,
                                         int64_t outputs) const override {
        return std::make_shared<DeepemModule>(parsed(options), channelsIn, outputs);
    }
    std::vector<LayerSpec> layers(const nlohmann::json& options, int64_t channelsIn,
                                  int64_t outputs) const override;

private:
    DeepemOptions parsed(const nlohmann::json& options) const {
        const nlohmann::json v = complete(options);
        return {v["slicesIn"], v["divisor"], v["lastRelu"]};
    }
};

std::vector<LayerSpec> Deepem3dArchitecture::layers(const nlohmann::json& options, int64_t channelsIn,
                                                    int64_t outputs) const {
    using Kind = LayerSpec::Kind;
    const DeepemOptions deepem = parsed(options);
    const auto thin = [&](int64_t filters) { return deepem.thin(filters); };
    std::vector<LayerSpec> list;
    // Convolutions beside the longest way add work alone: as 1×1 convolutions with as many multiplications.
    const auto work = [&](int64_t taps, int64_t in, int64_t out) {
        list.push_back(convolutionSpec(taps * in, out, 1));
    };
    const auto see = [&](int64_t kernel) { list.push_back(convolutionSpec(0, 0, kernel)); };
    const int64_t halfMaps = 2 * thin(96);
    const auto toHalf = [&] {
        const int64_t s = thin(64);
        list.push_back(convolutionSpec(channelsIn * deepem.frames, thin(32), 3, 2));
        list.push_back(convolutionSpec(thin(32) * ((deepem.frames + 1) / 2), s, 3));
        work(1, s, 2 * s);
        work(14, s, s);
        see(7);
        list.push_back(convolutionSpec(s, halfMaps, 3));
    };
    const auto toQuarter = [&] {
        toHalf();
        // A 3×3 convolution of stride 2 beside 3×3 pooling without padding, which sees one more to the right.
        list.push_back(
            {.kernel = 4, .channelsIn = halfMaps, .channelsOut = thin(192), .stride = 2, .padding = 1});
        work(1, halfMaps + thin(192), thin(384));
        work(1, thin(384), 3 * thin(32));
        work(9, thin(32), thin(32));
        list.push_back(convolutionSpec(thin(32), thin(48)));
        list.push_back(convolutionSpec(thin(48), thin(64)));
        work(1, 2 * thin(32) + thin(64), thin(384));
    };
    const auto toEighth = [&] {
        toQuarter();
        work(1, thin(384), thin(256));
        list.push_back(convolutionSpec(thin(256), thin(256)));
        list.push_back(convolutionSpec(thin(256) + thin(384), thin(384), 3, 2));
        work(1, 3 * thin(384), thin(1154));
        work(1, thin(1154), thin(192) + thin(128));
        work(7, thin(128) + thin(192), thin(160));
        see(7);
        work(1, 2 * thin(192), thin(1154));
    };
    const auto toSixteenth = [&] {
        toEighth();
        work(1, thin(1154), 3 * thin(256));
        list.push_back(convolutionSpec(thin(256), thin(288)));
        list.push_back(convolutionSpec(2 * thin(256) + thin(288), thin(320), 3, 2));
        work(1, thin(1154) + thin(384) + thin(288) + thin(320), thin(2048));
        work(1, thin(2048), 2 * thin(192));
        work(3, thin(192) + thin(256), thin(224));
        see(3);
        work(1, thin(192) + thin(256), thin(2048));
    };
    const auto enlarge = [&](int64_t factor, int64_t dilation, int64_t in) {
        const int64_t kernel = 2 * factor;
        list.push_back({.kind = Kind::transposedConvolution,
                        .kernel = kernel,
                        .dilation = dilation,
                        .factor = factor,
                        .channelsIn = in,
                        .channelsOut = outputs,
                        .padding = (dilation * (kernel - 1) + 1 - factor) / 2});
        list.push_back(convolutionSpec(outputs, outputs));
    };
    // The trunk's work counts once, in the way through all of it.
    toSixteenth();
    enlarge(16, 1, thin(2048));
    const auto other = [&](const auto& trunk, int64_t factor, int64_t in) {
        list.push_back({.kind = Kind::otherWay});
        const size_t begin = list.size();
        trunk();
        for (size_t i = begin; i < list.size(); ++i) list[i].channelsIn = 0;
        enlarge(factor, dilations.back(), 5 * in);
    };
    other(toEighth, 8, thin(1154));
    other(toQuarter, 4, thin(384));
    other(toHalf, 2, halfMaps);
    return list;
}

} // namespace

std::unique_ptr<Architecture> makeDeepem3dArchitecture() {
    return std::make_unique<Deepem3dArchitecture>();
}

} // namespace cristae

// Architecture: one kind of network with its options; the registry knows all of them.
#pragma once
#include "core/base/schema.h"
#include "models/nn/layers.h"
#include "models/nn/program.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <torch/torch.h>
#include <vector>

namespace cristae {

/// A network as LibTorch sees it. Parameter names are part of the file format of weights: they never change.
class NetworkModule : public torch::nn::Module {
public:
    /// [N, channelsIn · slicesIn, Y, X] f32 (slices of a channel side by side), sides multiples of the size
    /// multiple → logits [N, outputs, Y, X]. Networks of volumes: [N, channelsIn, Z, Y, X] → [N, outputs, Z,
    /// Y, X]. Throws Error{cancelled} when interrupted.
    virtual torch::Tensor forward(const torch::Tensor& input) = 0;
    /// Of networks that are not trained through their logits: the loss of a batch, a scalar; labels u8 [N, Y,
    /// X] as losses get them.
    virtual torch::Tensor ownLoss(const torch::Tensor& /*input*/, const torch::Tensor& /*labels*/) {
        return {};
    }
    /// Of networks that find objects: i32 [N, Y, X] of the last forward pass, 0 where there is none.
    virtual torch::Tensor objects() const { return {}; }
    /// Asked between the blocks of a forward pass; true stops it. Empty = never.
    void setInterrupt(std::function<bool()> interrupted) { interrupted_ = std::move(interrupted); }

protected:
    void throwIfInterrupted() const;

private:
    std::function<bool()> interrupted_;
};

class Architecture {
public:
    virtual ~Architecture() = default;
    virtual std::string key() const = 0;   // "unet": the word in recipes and cards
    virtual std::string title() const = 0; // "U-Net"
    virtual const Schema& options() const = 0;
    /// True for networks of volumes: any number of slices in, as many out.
    virtual bool volumetric() const { return false; }
    /// True for networks that are not trained through their logits; classes do not exclude each other then.
    virtual bool hasOwnLoss() const { return false; }
    /// True for networks that tell objects apart by themselves.
    virtual bool findsObjects() const { return false; }
    /// A network with fresh weights (drawn from torch's generator). `outputs` counts the background of
    /// exclusive networks. Options that are absent take their defaults. Throws Error{model} with all
    /// complaints about the options.
    virtual std::shared_ptr<NetworkModule> build(const nlohmann::json& options, int64_t channelsIn,
                                                 int64_t outputs) const = 0;
    virtual std::vector<LayerSpec> layers(const nlohmann::json& options, int64_t channelsIn,
                                          int64_t outputs) const = 0;
    /// The network as steps for inference; empty when it cannot be written so (it then runs as the module it
    /// is, slower).
    virtual Program program(const nlohmann::json& /*options*/) const { return {}; }
    /// Defaults overlaid with `options`; throws Error{model} with all complaints.
    nlohmann::json complete(const nlohmann::json& options) const;
    /// Neighbouring slices in, as the options say: 1 for networks of one slice, or of volumes.
    int64_t slicesIn(const nlohmann::json& options) const;
};

/// Generated from the CMake list.
std::vector<std::unique_ptr<Architecture>> allArchitectures();
/// Throws Error{model} listing the known keys.
const Architecture& findArchitecture(std::string_view key);

} // namespace cristae

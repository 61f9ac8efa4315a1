// TorchExplainer: class activation maps by gradients.
#pragma once
#include "core/segment/engine.h"
#include "models/nn/architecture.h"
#include "models/run/weights.h"

namespace cristae {

/// Of an ensemble, the mean of its members' maps.
class TorchExplainer : public Explainer {
public:
    /// Throws Error{model, device, memory}.
    TorchExplainer(const ModelPackage& package, torch::Device device, int threads);
    Pixels classActivation(const Pixels& input, int64_t channel, int64_t y, int64_t x) override;

private:
    struct Member {
        std::shared_ptr<NetworkModule> module;
        int64_t slicesIn = 1;
        bool volumetric = false;
    };
    void addMember(const ModelCard& card, const TensorMap& weights, const std::string& file);
    torch::Tensor activation(Member& member, const torch::Tensor& input, int64_t channel, int64_t y,
                             int64_t x);

    std::vector<Member> members_;
    torch::Device device_;
    int threads_;
    bool exclusive_ = false;
};

} // namespace cristae

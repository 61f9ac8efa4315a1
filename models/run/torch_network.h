// TorchNetwork: the program's Network on LibTorch. Everything that knows tensors stays behind run().
#pragma once
#include "core/segment/model_card.h"
#include "core/segment/network.h"
#include "models/nn/architecture.h"
#include "models/run/program_runner.h"

#include <optional>

namespace cristae {

class TorchNetwork : public Network {
public:
    /// Builds the architecture that the card names and checks the weights against it; the precision is that
    /// of takesBf16(). threads 0 = all. Throws Error{model, device, memory}.
    TorchNetwork(const ModelCard& card, const TensorMap& weights, const std::string& file,
                 torch::Device device, int threads);

    const NetworkInfo& info() const override { return info_; }
    void run(std::span<const Pixels> in, std::span<Pixels> out) override;
    std::vector<Pixels> objects() const override;
    void setInterrupt(std::function<bool()> cancelled) override { interrupted_ = std::move(cancelled); }

private:
    void describe(const ModelCard& card, const Footprint& footprint);
    void choosePrecision(const Program& program, const TensorMap& weights);
    void useThisThread() const;
    /// [N, C·Z, Y, X] on the CPU → probabilities [N, K, Y, X] f32 on the CPU; volumes [N, C, Z, Y, X] →
    /// [N, K, Z, Y, X].
    torch::Tensor probabilities(const torch::Tensor& input);

    NetworkInfo info_;
    torch::Device device_;
    int threads_;
    std::shared_ptr<NetworkModule> module_; // only where there is no program
    std::optional<ProgramRunner> runner_;
    std::function<bool()> interrupted_;
    torch::Tensor pinnedInput_, pinnedOutput_; // reused from tile to tile
};

} // namespace cristae

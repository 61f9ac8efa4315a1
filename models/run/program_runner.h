// ProgramRunner: runs a program with batch norm folded into the convolutions, in one memory layout from end
// to end.
#pragma once
#include "models/nn/program.h"
#include "models/run/weights.h"

#include <functional>

namespace cristae {

class ProgramRunner {
public:
    enum class Engine {
        automatic, // oneDNN's fused operators on the CPU where LibTorch has them, else plain
        plain      // LibTorch's ordinary convolutions
    };
    /// `weights` hold everything the program names (they were checked by loadWeights). The last step's output
    /// is f32.
    ProgramRunner(const Program& program, const TensorMap& weights, torch::Device device, torch::Dtype type,
                  Engine engine = Engine::automatic);
    /// [N, C, Y, X] f32 on the runner's device → logits f32. `interrupted` is asked between steps; throws
    /// Error{cancelled}.
    torch::Tensor run(const torch::Tensor& input, const std::function<bool()>& interrupted) const;
    bool fused() const { return fused_; }

private:
    struct Step {
        ProgramStep step;
        torch::Tensor weight, bias; // folded; oneDNN's own order when fused
        torch::Tensor slotWeight;   // the part that reads the slot, when fused
        int64_t kernel = 1, channels = 0;
    };
    torch::Tensor convolve(const Step& step, const torch::Tensor& x, const torch::Tensor& slot) const;
    torch::Tensor upsample(const Step& step, const torch::Tensor& x) const;

    std::vector<Step> steps_;
    torch::Dtype type_;
    bool fused_ = false;
};

} // namespace cristae

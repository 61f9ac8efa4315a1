// Folding, packing and running of inference programs.
#include "models/run/program_runner.h"

#include "core/base/error.h"

#include <ATen/core/dispatch/Dispatcher.h>

namespace cristae {
namespace {

using Kind = ProgramStep::Kind;

std::optional<c10::OperatorHandle> findOperator(const char* name, const char* overload) {
    return c10::Dispatcher::singleton().findSchema({name, overload});
}

c10::List<int64_t> pair(int64_t value) {
    return c10::List<int64_t>({value, value});
}

/// oneDNN's operators inside LibTorch: they fuse bias, ReLU and addition into the convolution and take
/// weights in an order that was made once. They are ordinary registered operators without a C++ header.
struct Fused {
    std::optional<c10::OperatorHandle> reorder = findOperator("mkldnn::_reorder_convolution_weight", "");
    std::optional<c10::OperatorHandle> convolution = findOperator("mkldnn::_convolution_pointwise", "");
    std::optional<c10::OperatorHandle> addInto = findOperator("mkldnn::_convolution_pointwise_", "binary");
    bool available() const { return reorder && convolution && addInto; }
};

const Fused& fusedOperators() {
    static const Fused operators;
    return operators;
}

torch::Tensor packed(const torch::Tensor& weight) {
    const int64_t padding = weight.size(2) / 2;
    torch::jit::Stack stack;
    stack.emplace_back(weight.contiguous(torch::MemoryFormat::ChannelsLast));
    stack.emplace_back(pair(padding));
    stack.emplace_back(pair(1));
    stack.emplace_back(pair(1));
    stack.emplace_back(int64_t(1));
    stack.emplace_back(c10::IValue());
    fusedOperators().reorder->callBoxed(stack);
    return stack.front().toTensor();
}

torch::Tensor fusedConvolution(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                               int64_t kernel, bool relu) {
    torch::jit::Stack stack;
    stack.emplace_back(x);
    stack.emplace_back(weight);
    stack.emplace_back(bias.defined() ? c10::IValue(bias) : c10::IValue());
    stack.emplace_back(pair(kernel / 2));
    stack.emplace_back(pair(1));
    stack.emplace_back(pair(1));
    stack.emplace_back(int64_t(1));
    stack.emplace_back(std::string(relu ? "relu" : "none"));
    stack.emplace_back(c10::List<std::optional<at::Scalar>>());
    stack.emplace_back(c10::IValue());
    fusedOperators().convolution->callBoxed(stack);
    return stack.front().toTensor();
}

/// sum = relu(sum + convolution(x)): the second half of a convolution over a concatenation, without the
/// concatenation.
torch::Tensor fusedAddInto(torch::Tensor sum, const torch::Tensor& x, const torch::Tensor& weight,
                           int64_t kernel, bool relu) {
    torch::jit::Stack stack;
    stack.emplace_back(sum);
    stack.emplace_back(x);
    stack.emplace_back(weight);
    stack.emplace_back(c10::IValue());
    stack.emplace_back(pair(kernel / 2));
    stack.emplace_back(pair(1));
    stack.emplace_back(pair(1));
    stack.emplace_back(int64_t(1));
    stack.emplace_back(std::string("add"));
    stack.emplace_back(at::Scalar(1.0));
    stack.emplace_back(relu ? c10::IValue(std::string("relu")) : c10::IValue());
    stack.emplace_back(c10::List<std::optional<at::Scalar>>());
    stack.emplace_back(c10::IValue());
    fusedOperators().addInto->callBoxed(stack);
    return stack.front().toTensor();
}

/// Batch norm in evaluation mode is a factor and a shift per channel: both go into the convolution before it.
void fold(torch::Tensor& weight, torch::Tensor& bias, const TensorMap& weights, const std::string& norm) {
    const torch::Tensor factor =
        weights.at(norm + ".weight").to(torch::kFloat64) /
        (weights.at(norm + ".running_var").to(torch::kFloat64) + programNormEpsilon).sqrt();
    torch::Tensor shift = weights.at(norm + ".bias").to(torch::kFloat64) -
                          weights.at(norm + ".running_mean").to(torch::kFloat64) * factor;
    if (bias.defined()) shift = shift + bias.to(torch::kFloat64) * factor;
    weight = (weight.to(torch::kFloat64) * factor.view({-1, 1, 1, 1})).to(torch::kFloat32);
    bias = shift.to(torch::kFloat32);
}

} // namespace

ProgramRunner::ProgramRunner(const Program& program, const TensorMap& weights, torch::Device device,
                             torch::Dtype type, Engine engine)
    : type_(type) {
    const torch::InferenceMode inference;
    fused_ = device.is_cpu() && engine == Engine::automatic && fusedOperators().available();
    std::map<int, int64_t> channelsOfSlot;
    int64_t current = 0;
    for (size_t i = 0; i < program.size(); ++i) {
        Step step;
        step.step = program[i];
        // The last step is a cheap 1 × 1 convolution: in f32 it keeps the probabilities smooth.
        const torch::Dtype own = i + 1 == program.size() ? torch::kFloat32 : type;
        if (program[i].kind == Kind::keep) channelsOfSlot[program[i].slot] = current;
        if (program[i].kind == Kind::convolution) {
            torch::Tensor weight = weights.at(program[i].weights + ".weight"), bias;
            if (const auto found = weights.find(program[i].weights + ".bias"); found != weights.end())
                bias = found->second;
            if (!program[i].norm.empty()) fold(weight, bias, weights, program[i].norm);
            step.kernel = weight.size(2);
            current = step.channels = weight.size(0);
            if (bias.defined()) step.bias = bias.to(device, own).contiguous();
            if (fused_ && program[i].slot >= 0) {
                const int64_t split = channelsOfSlot.at(program[i].slot);
                step.slotWeight = packed(weight.narrow(1, 0, split).to(own));
                step.weight = packed(weight.narrow(1, split, weight.size(1) - split).to(own));
            } else if (fused_) {
                step.weight = packed(weight.to(own));
            } else {
                step.weight = weight.to(device, own).contiguous(torch::MemoryFormat::ChannelsLast);
            }
        }
        if (program[i].kind == Kind::transposedConvolution) {
            // [in, out, 2, 2] → a 1 × 1 convolution to [2·2·out, in]: row in block, column in block, channel.
            const torch::Tensor weight = weights.at(program[i].weights + ".weight");
            current = step.channels = weight.size(1);
            const torch::Tensor rows =
                weight.permute({2, 3, 1, 0}).reshape({4 * step.channels, weight.size(0), 1, 1}).contiguous();
            step.weight = fused_ ? packed(rows.to(own)) : rows.to(device, own);
            if (const auto found = weights.find(program[i].weights + ".bias"); found != weights.end())
                step.bias = found->second.repeat({4}).to(device, own).contiguous();
        }
        steps_.push_back(std::move(step));
    }
}

torch::Tensor ProgramRunner::convolve(const Step& step, const torch::Tensor& x,
                                      const torch::Tensor& slot) const {
    const int64_t padding = step.kernel / 2;
    if (fused_) {
        if (!slot.defined()) return fusedConvolution(x, step.weight, step.bias, step.kernel, step.step.relu);
        const torch::Tensor sum = fusedConvolution(slot, step.slotWeight, step.bias, step.kernel, false);
        return fusedAddInto(sum, x, step.weight, step.kernel, step.step.relu);
    }
    const torch::Tensor input = slot.defined() ? torch::cat({slot, x}, 1) : x;
    torch::Tensor y = torch::conv2d(input, step.weight, step.bias, 1, padding);
    return step.step.relu ? torch::relu_(y) : y;
}

torch::Tensor ProgramRunner::upsample(const Step& step, const torch::Tensor& x) const {
    const torch::Tensor blocks = fused_ ? fusedConvolution(x, step.weight, step.bias, 1, false)
                                        : torch::conv2d(x, step.weight, step.bias);
    const int64_t n = blocks.size(0), height = blocks.size(2), width = blocks.size(3),
                  channels = step.channels;
    // In channels_last memory a pixel holds its 2 × 2 block: rows of blocks become two rows of pixels, in
    // long copies.
    return blocks.permute({0, 2, 3, 1})
        .contiguous()
        .view({n, height, width, 2, 2 * channels})
        .permute({0, 1, 3, 2, 4})
        .contiguous()
        .view({n, 2 * height, 2 * width, channels})
        .permute({0, 3, 1, 2});
}

torch::Tensor ProgramRunner::run(const torch::Tensor& input, const std::function<bool()>& interrupted) const {
    std::map<int, torch::Tensor> slots;
    torch::Tensor x = input.to(type_).contiguous(torch::MemoryFormat::ChannelsLast);
    for (size_t i = 0; i < steps_.size(); ++i) {
        if (interrupted && interrupted()) throw Error(ErrorKind::cancelled, "Cancelled.");
        const Step& step = steps_[i];
        if (i + 1 == steps_.size()) x = x.to(torch::kFloat32);
        switch (step.step.kind) {
        case Kind::convolution: {
            torch::Tensor slot;
            if (step.step.slot >= 0) {
                slot =
                    std::move(slots.at(step.step.slot)); // each is read once: its memory is free afterwards
                slots.erase(step.step.slot);
            }
            x = convolve(step, x, slot);
            break;
        }
        case Kind::maxPool:
            x = torch::max_pool2d(x, 2);
            break;
        case Kind::transposedConvolution:
            x = upsample(step, x);
            break;
        case Kind::bilinearUpsample:
            x = torch::upsample_bilinear2d(x, {2 * x.size(2), 2 * x.size(3)}, false);
            break;
        case Kind::keep:
            slots[step.step.slot] = x;
            break;
        }
    }
    return x;
}

} // namespace cristae

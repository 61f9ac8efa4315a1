// Weights: between the named tensors of a safetensors file and those of a LibTorch module.
#pragma once
#include "core/segment/safetensors.h"

#include <map>
#include <string>
#include <torch/torch.h>

namespace cristae {

using TensorMap = std::map<std::string, torch::Tensor>;

/// Floating-point tensors as f32, others as they are; copies, on the CPU. `file` is named in errors.
/// Throws Error{model} for a type LibTorch does not know.
TensorMap tensorsOf(const SafetensorsFile& content, const std::string& file);
/// A copy on the CPU with its own type (f32, f16, bf16, f64, integers).
NamedTensor namedTensor(const std::string& name, const torch::Tensor& tensor);
/// All parameters and buffers of a module, in its order.
std::vector<NamedTensor> weightsOf(const torch::nn::Module& module);
/// Copies into the parameters and buffers of the same names. Throws Error{model} naming the first tensor that
/// is missing, too many, or of another shape.
void loadWeights(torch::nn::Module& module, const TensorMap& weights, const std::string& file);

} // namespace cristae

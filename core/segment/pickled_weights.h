// Weights that torch.save wrote (.pt, .pth), read without running any of their code.
#pragma once
#include "core/segment/safetensors.h"

#include <filesystem>

namespace cristae {

/// The tensors of a state dictionary (PyTorch 1.6 or newer): a dictionary of names and tensors, perhaps
/// inside others
/// ("state_dict", "model"): then the names of the outer ones are left away. Only dictionaries, lists,
/// numbers, texts and tensors are understood; whatever else the file asks for is refused. Copies in the
/// file's own types, row-major. Bounded by the size of the file: values that hold themselves, deep nesting
/// and tensors that share a storage cost neither stack nor more memory than a few times the file. Throws
/// Error{model}.
SafetensorsFile readPickledWeights(const std::filesystem::path& file);

} // namespace cristae

// State dictionaries of PyTorch (.pt, .pth), read without running any of their code.
#pragma once
#include "models/run/weights.h"

#include <filesystem>

namespace cristae {

/// The tensors of a file that torch.save wrote (PyTorch 1.6 or newer): a dictionary of names and tensors,
/// perhaps inside others ("state_dict", "model"): then the names of the outer ones are left away. Only
/// dictionaries, lists, numbers, texts and tensors are understood; whatever else the file asks for is
/// refused. Copies, floating-point as f32. Throws Error{model}.
TensorMap readStateDict(const std::filesystem::path& file);

} // namespace cristae

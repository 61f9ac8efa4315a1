// Objects: the instances of a label plane, which a detector learns.
#pragma once
#include <torch/torch.h>

namespace cristae {

struct LabelledObjects {
    torch::Tensor boxes;   // f32 [G, 4]
    torch::Tensor classes; // i64 [G], 1…n
    torch::Tensor masks;   // f32 [G, Y, X], 0 or 1
    torch::Tensor unknown; // bool [Y, X]
};

/// 8-connected pieces of one class, on the CPU: numbers 1… and 0 for background and unknown; `count` is how
/// many.
torch::Tensor labelPieces(const torch::Tensor& labels, int64_t& count);
/// labels u8 [Y, X]: 0 background, 1…n classes, 255 unknown. Pieces of fewer than `smallest` pixels are left
/// out.
LabelledObjects objectsOf(const torch::Tensor& labels, int64_t smallest);

} // namespace cristae

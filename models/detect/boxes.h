// Boxes: overlaps, suppression of doubles, and the numbers by which a network moves a box.
#pragma once
#include <torch/torch.h>

namespace cristae {

// Boxes are f32 [n, 4]: x0, y0, x1, y1 in pixels, ends exclusive.

torch::Tensor boxAreas(const torch::Tensor& boxes);
/// Intersection over union of each of `a` with each of `b`, [n, m].
torch::Tensor boxOverlaps(const torch::Tensor& a, const torch::Tensor& b);
/// Non-maximum suppression: from the highest score down, a box is dropped when it overlaps a kept one by more
/// than `overlap`. Indices of the kept ones, best first, i64.
torch::Tensor keptBoxes(const torch::Tensor& boxes, const torch::Tensor& scores, double overlap);
/// The same within each group (class or level) i64 [n].
torch::Tensor keptBoxesOfGroups(const torch::Tensor& boxes, const torch::Tensor& scores,
                                const torch::Tensor& groups, double overlap);
/// How `from` becomes `to`: shift of the centre in sizes of the box, logarithm of the growth; times weights
/// (x, y) and (width, height), as Ren et al. 2015.
torch::Tensor boxDeltas(const torch::Tensor& from, const torch::Tensor& to, double weightXy,
                        double weightSize);
/// The inverse; growth is held below 62.5.
torch::Tensor movedBoxes(const torch::Tensor& from, const torch::Tensor& deltas, double weightXy,
                         double weightSize);
torch::Tensor clippedBoxes(const torch::Tensor& boxes, int64_t height, int64_t width);
/// Share of each box's pixels that are set in a plane (bool [Y, X]).
torch::Tensor shareInside(const torch::Tensor& plane, const torch::Tensor& boxes);

} // namespace cristae

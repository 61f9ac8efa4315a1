// Arithmetic of boxes.
#include "models/detect/boxes.h"

#include <cmath>

namespace cristae {

torch::Tensor boxAreas(const torch::Tensor& boxes) {
    return (boxes.select(1, 2) - boxes.select(1, 0)) * (boxes.select(1, 3) - boxes.select(1, 1));
}

torch::Tensor boxOverlaps(const torch::Tensor& a, const torch::Tensor& b) {
    const torch::Tensor low = torch::max(a.slice(1, 0, 2).unsqueeze(1), b.slice(1, 0, 2).unsqueeze(0));
    const torch::Tensor high = torch::min(a.slice(1, 2, 4).unsqueeze(1), b.slice(1, 2, 4).unsqueeze(0));
    const torch::Tensor both = (high - low).clamp_min(0).prod(2);
    return both / (boxAreas(a).unsqueeze(1) + boxAreas(b).unsqueeze(0) - both).clamp_min(1e-9);
}

torch::Tensor keptBoxes(const torch::Tensor& boxes, const torch::Tensor& scores, double overlap) {
    const torch::Tensor order = scores.argsort(/*stable=*/true, 0, /*descending=*/true);
    const torch::Tensor sorted = boxes.index_select(0, order);
    const torch::Tensor covers = boxOverlaps(sorted, sorted).gt(overlap).to(torch::kCPU).contiguous();
    const int64_t count = sorted.size(0);
    const bool* matrix = covers.const_data_ptr<bool>();
    std::vector<bool> dropped(size_t(count), false);
    std::vector<int64_t> kept;
    for (int64_t i = 0; i < count; ++i) {
        if (dropped[size_t(i)]) continue;
        kept.push_back(i);
        for (int64_t j = i + 1; j < count; ++j)
            if (matrix[i * count + j]) dropped[size_t(j)] = true;
    }
    return order.index_select(0, torch::tensor(kept, torch::kLong).to(order.device()));
}

torch::Tensor keptBoxesOfGroups(const torch::Tensor& boxes, const torch::Tensor& scores,
                                const torch::Tensor& groups, double overlap) {
    if (boxes.size(0) == 0)
        return torch::empty({0}, torch::TensorOptions(boxes.device()).dtype(torch::kLong));
    // Groups are moved apart, so that boxes of two never overlap.
    const torch::Tensor apart = groups.to(boxes.dtype()) * (boxes.max() + 1);
    return keptBoxes(boxes + apart.unsqueeze(1), scores, overlap);
}

namespace {
struct Centres {
    torch::Tensor x, y, width, height;
    explicit Centres(const torch::Tensor& boxes)
        : width(boxes.select(1, 2) - boxes.select(1, 0)), height(boxes.select(1, 3) - boxes.select(1, 1)) {
        x = boxes.select(1, 0) + 0.5 * width;
        y = boxes.select(1, 1) + 0.5 * height;
    }
};
} // namespace

torch::Tensor boxDeltas(const torch::Tensor& from, const torch::Tensor& to, double weightXy,
                        double weightSize) {
    const Centres a(from), b(to);
    return torch::stack({weightXy * (b.x - a.x) / a.width, weightXy * (b.y - a.y) / a.height,
                         weightSize * torch::log(b.width / a.width),
                         weightSize * torch::log(b.height / a.height)},
                        1);
}

torch::Tensor movedBoxes(const torch::Tensor& from, const torch::Tensor& deltas, double weightXy,
                         double weightSize) {
    const Centres a(from);
    const double largest = std::log(1000.0 / 16);
    const torch::Tensor x = a.x + deltas.select(1, 0) / weightXy * a.width,
                        y = a.y + deltas.select(1, 1) / weightXy * a.height;
    const torch::Tensor width = a.width * torch::exp((deltas.select(1, 2) / weightSize).clamp_max(largest)),
                        height = a.height * torch::exp((deltas.select(1, 3) / weightSize).clamp_max(largest));
    return torch::stack({x - 0.5 * width, y - 0.5 * height, x + 0.5 * width, y + 0.5 * height}, 1);
}

torch::Tensor clippedBoxes(const torch::Tensor& boxes, int64_t height, int64_t width) {
    return torch::stack({boxes.select(1, 0).clamp(0, width), boxes.select(1, 1).clamp(0, height),
                         boxes.select(1, 2).clamp(0, width), boxes.select(1, 3).clamp(0, height)},
                        1);
}

torch::Tensor shareInside(const torch::Tensor& plane, const torch::Tensor& boxes) {
    const int64_t height = plane.size(0), width = plane.size(1);
    // Sums over all rectangles that begin at the corner.
    const torch::Tensor sums =
        torch::constant_pad_nd(plane.to(torch::kDouble).cumsum(0).cumsum(1), {1, 0, 1, 0}).flatten();
    const torch::Tensor whole = clippedBoxes(boxes, height, width).round().to(torch::kLong);
    const auto at = [&](int64_t x, int64_t y) {
        return sums.index_select(0, whole.select(1, y) * (width + 1) + whole.select(1, x));
    };
    const torch::Tensor inside = at(2, 3) - at(0, 3) - at(2, 1) + at(0, 1);
    return inside / boxAreas(whole.to(torch::kDouble)).clamp_min(1);
}

} // namespace cristae

// RoIAlign as a weighted sum of rows of a table, which LibTorch computes and differentiates without copies.
#include "models/detect/roi_align.h"

namespace cristae {

namespace {

/// The two neighbours of every sample along an axis, and their shares: [K, size · sampling] each.
struct Samples {
    torch::Tensor low, high, lowShare, highShare;
};

Samples samplesAlong(const torch::Tensor& begin, const torch::Tensor& end, int64_t count, int64_t length) {
    const torch::Tensor extent = (end - begin).clamp_min(1);
    const torch::Tensor steps = (torch::arange(count, begin.options()) + 0.5) / double(count);
    const torch::Tensor place = begin.unsqueeze(1) + extent.unsqueeze(1) * steps.unsqueeze(0);
    const torch::Tensor valid = place.ge(-1).logical_and(place.le(double(length))).to(place.dtype());
    const torch::Tensor inside = place.clamp(0, double(length - 1));
    const torch::Tensor low = inside.floor();
    const torch::Tensor rest = inside - low;
    return {low.to(torch::kLong), (low + 1).clamp_max(double(length - 1)).to(torch::kLong),
            (1 - rest) * valid, rest * valid};
}

} // namespace

torch::Tensor roiAlign(const torch::Tensor& features, const torch::Tensor& boxes, const torch::Tensor& images,
                       double scale, int64_t size, int64_t sampling) {
    const int64_t channels = features.size(1), height = features.size(2), width = features.size(3),
                  count = boxes.size(0);
    if (count == 0) return features.new_zeros({0, channels, size, size});
    torch::Tensor indices, shares;
    {
        const torch::NoGradGuard guard;
        const torch::Tensor scaled = boxes.detach() * scale;
        const int64_t side = size * sampling;
        const Samples y = samplesAlong(scaled.select(1, 1), scaled.select(1, 3), side, height);
        const Samples x = samplesAlong(scaled.select(1, 0), scaled.select(1, 2), side, width);
        const torch::Tensor image = (images * (height * width)).view({count, 1, 1});
        // [K, side, side, 4]: rows of the table and their shares for each sample.
        std::vector<torch::Tensor> rows, parts;
        for (const auto& [yPlace, yShare] : {std::pair{y.low, y.lowShare}, std::pair{y.high, y.highShare}})
            for (const auto& [xPlace, xShare] :
                 {std::pair{x.low, x.lowShare}, std::pair{x.high, x.highShare}}) {
                rows.push_back(image + (yPlace * width).unsqueeze(2) + xPlace.unsqueeze(1));
                parts.push_back(yShare.unsqueeze(2) * xShare.unsqueeze(1));
            }
        const auto byCell = [&](const std::vector<torch::Tensor>& corners) {
            return torch::stack(corners, 3)
                .view({count, size, sampling, size, sampling, 4})
                .permute({0, 1, 3, 2, 4, 5})
                .reshape({-1});
        };
        indices = byCell(rows);
        shares = byCell(parts) / double(sampling * sampling);
    }
    const torch::Tensor table = features.permute({0, 2, 3, 1}).reshape({-1, channels});
    const int64_t perCell = sampling * sampling * 4;
    const torch::Tensor offsets = torch::arange(0, indices.size(0), perCell, indices.options());
    const torch::Tensor cells = std::get<0>(
        at::embedding_bag(table, indices, offsets, false, 0, false, shares.to(table.dtype()), false));
    return cells.view({count, size, size, channels}).permute({0, 3, 1, 2}).contiguous();
}

torch::Tensor pyramidRoiAlign(const std::vector<torch::Tensor>& levels, const torch::Tensor& boxes,
                              const torch::Tensor& images, int64_t size) {
    const torch::Tensor sides = (boxes.slice(1, 2, 4) - boxes.slice(1, 0, 2)).clamp_min(1e-6).prod(1).sqrt();
    const torch::Tensor level = torch::floor(4 + torch::log2(sides / 224) + 1e-6)
                                    .clamp(2, double(levels.size()) + 1)
                                    .to(torch::kLong) -
                                2;
    torch::Tensor result = levels[0].new_zeros({boxes.size(0), levels[0].size(1), size, size});
    for (size_t i = 0; i < levels.size(); ++i) {
        const torch::Tensor mine = level.eq(int64_t(i)).nonzero().squeeze(1);
        if (mine.size(0) == 0) continue;
        const torch::Tensor cut = roiAlign(levels[i], boxes.index_select(0, mine),
                                           images.index_select(0, mine), 1.0 / double(4 << i), size);
        result = result.index_copy(0, mine, cut.to(result.dtype()));
    }
    return result;
}

} // namespace cristae

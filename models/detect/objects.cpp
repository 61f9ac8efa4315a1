// Connected pieces by flood fill.
#include "models/detect/objects.h"

#include <algorithm>

namespace cristae {

torch::Tensor labelPieces(const torch::Tensor& labels, int64_t& count) {
    const torch::Tensor from = labels.to(torch::kCPU).contiguous();
    const int64_t height = from.size(0), width = from.size(1);
    torch::Tensor pieces = torch::zeros({height, width}, torch::kInt32);
    const uint8_t* label = from.const_data_ptr<uint8_t>();
    int32_t* piece = pieces.mutable_data_ptr<int32_t>();
    std::vector<int64_t> open;
    count = 0;
    for (int64_t start = 0; start < height * width; ++start) {
        const uint8_t value = label[start];
        if (value == 0 || value == 255 || piece[start] != 0) continue;
        piece[start] = int32_t(++count);
        open.push_back(start);
        while (!open.empty()) {
            const int64_t at = open.back(), y = at / width, x = at % width;
            open.pop_back();
            for (int64_t ny = std::max<int64_t>(0, y - 1); ny <= std::min(height - 1, y + 1); ++ny)
                for (int64_t nx = std::max<int64_t>(0, x - 1); nx <= std::min(width - 1, x + 1); ++nx) {
                    const int64_t next = ny * width + nx;
                    if (label[next] != value || piece[next] != 0) continue;
                    piece[next] = int32_t(count);
                    open.push_back(next);
                }
        }
    }
    return pieces;
}

LabelledObjects objectsOf(const torch::Tensor& labels, int64_t smallest) {
    int64_t count = 0;
    const torch::Tensor plane = labels.to(torch::kCPU), pieces = labelPieces(plane, count);
    std::vector<torch::Tensor> masks;
    std::vector<float> boxes;
    std::vector<int64_t> classes;
    for (int64_t number = 1; number <= count; ++number) {
        const torch::Tensor mask = pieces.eq(number);
        const torch::Tensor places = mask.nonzero();
        if (places.size(0) < smallest) continue;
        const torch::Tensor low = std::get<0>(places.min(0)), high = std::get<0>(places.max(0));
        const int64_t y0 = low[0].item<int64_t>(), x0 = low[1].item<int64_t>();
        boxes.insert(boxes.end(), {float(x0), float(y0), float(high[1].item<int64_t>() + 1),
                                   float(high[0].item<int64_t>() + 1)});
        classes.push_back(plane[places[0][0]][places[0][1]].item<uint8_t>());
        masks.push_back(mask.to(torch::kFloat));
    }
    LabelledObjects objects;
    objects.unknown = plane.eq(255);
    objects.boxes = torch::tensor(boxes).reshape({int64_t(classes.size()), 4});
    objects.classes = torch::tensor(classes, torch::kLong);
    objects.masks = masks.empty() ? torch::zeros({0, plane.size(0), plane.size(1)}) : torch::stack(masks);
    return objects;
}

} // namespace cristae

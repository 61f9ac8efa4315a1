// Exact distances to each object by parabolas.
#include "models/loss/border_weights.h"

#include "models/detect/objects.h"

#include <cmath>
#include <limits>

namespace cristae {

namespace {

constexpr float far = 1e20f;

/// One line of the squared distance transform (Felzenszwalb, Huttenlocher 2012): f is replaced by the lower
/// envelope of the parabolas that stand on it.
void transformLine(float* f, int64_t count, int64_t stride, std::vector<int64_t>& places,
                   std::vector<float>& bounds, std::vector<float>& copy) {
    for (int64_t i = 0; i < count; ++i) copy[size_t(i)] = f[i * stride];
    int64_t last = -1;
    for (int64_t q = 0; q < count; ++q) {
        if (copy[size_t(q)] >= far) continue;
        float s = -std::numeric_limits<float>::infinity();
        while (last >= 0) {
            const int64_t p = places[size_t(last)];
            s = ((copy[size_t(q)] + float(q * q)) - (copy[size_t(p)] + float(p * p))) / float(2 * (q - p));
            if (s > bounds[size_t(last)]) break;
            --last;
        }
        if (last < 0) s = -std::numeric_limits<float>::infinity();
        places[size_t(++last)] = q;
        bounds[size_t(last)] = s;
    }
    if (last < 0) return;
    for (int64_t i = 0, k = 0; i < count; ++i) {
        while (k < last && bounds[size_t(k + 1)] < float(i)) ++k;
        const int64_t p = places[size_t(k)];
        f[i * stride] = float((i - p) * (i - p)) + copy[size_t(p)];
    }
}

void weighPlane(const torch::Tensor& labels, float* out, double w0, double sigma) {
    const int64_t height = labels.size(0), width = labels.size(1);
    int64_t count = 0;
    const torch::Tensor pieces = labelPieces(labels, count);
    if (count < 2) return;
    const int32_t* piece = pieces.const_data_ptr<int32_t>();
    const auto size = size_t(height * width), longest = size_t(std::max(height, width));
    std::vector<float> nearest(size, far), second(size, far), distance(size), bounds(longest), copy(longest);
    std::vector<int64_t> places(longest);
    for (int64_t number = 1; number <= count; ++number) {
        for (size_t i = 0; i < size; ++i) distance[i] = piece[i] == number ? 0.f : far;
        for (int64_t x = 0; x < width; ++x)
            transformLine(distance.data() + x, height, width, places, bounds, copy);
        for (int64_t y = 0; y < height; ++y)
            transformLine(distance.data() + y * width, width, 1, places, bounds, copy);
        for (size_t i = 0; i < size; ++i) {
            second[i] = std::min(second[i], std::max(nearest[i], distance[i]));
            nearest[i] = std::min(nearest[i], distance[i]);
        }
    }
    for (size_t i = 0; i < size; ++i) {
        if (piece[i] != 0) continue;
        const double d = std::sqrt(double(nearest[i])) + std::sqrt(double(second[i]));
        out[i] = float(w0 * std::exp(-d * d / (2 * sigma * sigma)));
    }
}

} // namespace

torch::Tensor borderWeights(const torch::Tensor& labels, double w0, double sigma) {
    const torch::Tensor from = labels.contiguous();
    torch::Tensor weights = torch::zeros(from.sizes(), torch::kFloat);
    const int64_t height = from.size(1), width = from.size(2);
    for (int64_t n = 0; n < from.size(0); ++n)
        weighPlane(from[n], weights.mutable_data_ptr<float>() + n * height * width, w0, sigma);
    return weights;
}

} // namespace cristae

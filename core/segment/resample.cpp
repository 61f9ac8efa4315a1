// Separable resampling: rows first, then columns.
#include "core/segment/resample.h"

#include "core/base/parallel.h"

#include <algorithm>
#include <cmath>

namespace cristae {

int64_t scaledCount(int64_t count, double scale) {
    return std::max<int64_t>(1, std::llround(double(count) * scale));
}

AxisWeights axisWeights(int64_t inCount, int64_t outBegin, int64_t outEnd, double scale) {
    AxisWeights result;
    const double width = std::max(1.0, 1.0 / scale); // half the base of the triangle, in input pixels
    result.inputBegin = inCount;
    result.offsets.push_back(0);
    for (int64_t out = outBegin; out < outEnd; ++out) {
        const double centre = (double(out) + 0.5) / scale - 0.5;
        const int64_t last = inCount - 1;
        // Beyond the last centre of the input the nearest pixel stands in.
        const int64_t first = std::clamp<int64_t>(int64_t(std::floor(centre - width)) + 1, 0, last);
        const int64_t end = std::clamp<int64_t>(int64_t(std::ceil(centre + width)), first + 1, inCount);
        double sum = 0;
        const size_t begin = result.weights.size();
        for (int64_t in = first; in < end; ++in) {
            const double weight = std::max(0.0, 1.0 - std::abs(double(in) - centre) / width);
            result.weights.push_back(float(weight));
            sum += weight;
        }
        if (sum <= 0) { // off either end
            std::fill(result.weights.begin() + std::ptrdiff_t(begin), result.weights.end(), 0.f);
            (centre < 0 ? result.weights[begin] : result.weights.back()) = 1.f;
        } else {
            for (size_t i = begin; i < result.weights.size(); ++i)
                result.weights[i] = float(double(result.weights[i]) / sum);
        }
        result.starts.push_back(first);
        result.offsets.push_back(int64_t(result.weights.size()));
        result.inputBegin = std::min(result.inputBegin, first);
        result.inputEnd = std::max(result.inputEnd, end);
    }
    return result;
}

Pixels resampled(const Pixels& input, const AxisWeights& y, const AxisWeights& x, const Progress& progress) {
    const int64_t inHeight = input.extent().y, inWidth = input.extent().x;
    const int64_t height = int64_t(y.starts.size()), width = int64_t(x.starts.size());
    Pixels rows(PixelType::f32, input.channels(), {1, inHeight, width});
    Pixels result(PixelType::f32, input.channels(), {1, height, width});
    const std::span<const float> source = input.values<float>();
    const std::span<float> middle = rows.values<float>(), target = result.values<float>();
    constexpr int64_t band = 64;
    const int threads = input.count() < (1 << 18) ? 1 : 0; // small planes are not worth a thread
    const int64_t inRows = input.channels() * inHeight;
    parallelFor((inRows + band - 1) / band,
                [&](int64_t b) {
                    progress.throwIfCancelled();
                    for (int64_t row = b * band; row < std::min(inRows, (b + 1) * band); ++row) {
                        const float* in = source.data() + row * inWidth - x.inputBegin;
                        float* out = middle.data() + row * width;
                        for (int64_t i = 0; i < width; ++i) {
                            const float* weight = x.weights.data() + x.offsets[size_t(i)];
                            const int64_t count = x.offsets[size_t(i) + 1] - x.offsets[size_t(i)];
                            const float* from = in + x.starts[size_t(i)];
                            float sum = 0;
                            for (int64_t k = 0; k < count; ++k) sum += weight[k] * from[k];
                            out[i] = sum;
                        }
                    }
                },
                threads);
    const int64_t outRows = input.channels() * height;
    parallelFor((outRows + band - 1) / band,
                [&](int64_t b) {
                    progress.throwIfCancelled();
                    for (int64_t row = b * band; row < std::min(outRows, (b + 1) * band); ++row) {
                        const int64_t channel = row / height;
                        const size_t i = size_t(row % height);
                        float* out = target.data() + row * width;
                        std::fill_n(out, width, 0.f);
                        for (int64_t k = y.offsets[i]; k < y.offsets[i + 1]; ++k) {
                            const float weight = y.weights[size_t(k)];
                            const int64_t inRow = y.starts[i] + (k - y.offsets[i]) - y.inputBegin;
                            const float* from = middle.data() + (channel * inHeight + inRow) * width;
                            for (int64_t column = 0; column < width; ++column)
                                out[column] += weight * from[column];
                        }
                    }
                },
                threads);
    return result;
}

Pixels resampledPlane(const Pixels& plane, double scaleY, double scaleX, const Progress& progress) {
    const Extent3 in = plane.extent();
    AxisWeights y = axisWeights(in.y, 0, scaledCount(in.y, scaleY), scaleY);
    AxisWeights x = axisWeights(in.x, 0, scaledCount(in.x, scaleX), scaleX);
    // The block begins at the first pixel even if the weights do not need it.
    y.inputBegin = x.inputBegin = 0;
    return resampled(plane, y, x, progress);
}

} // namespace cristae

// Reach, size multiple and work of a list of layers.
#include "models/nn/layers.h"

#include <algorithm>

namespace cristae {

namespace {

using Kind = LayerSpec::Kind;

int64_t floorHalf(int64_t value, int64_t factor) {
    return value >= 0 ? value / factor : -((-value + factor - 1) / factor);
}

/// Indices of a layer's input that its outputs [low, high] depend on.
void traceBack(const LayerSpec& layer, int64_t& low, int64_t& high) {
    switch (layer.kind) {
    case Kind::convolution:
        low -= layer.kernel / 2 * layer.dilation;
        high += layer.kernel / 2 * layer.dilation;
        break;
    case Kind::maxPool:
        low = low * layer.factor;
        high = high * layer.factor + layer.factor - 1;
        break;
    case Kind::transposedConvolution:
        low = floorHalf(low, layer.factor);
        high = floorHalf(high, layer.factor);
        break;
    case Kind::bilinearUpsample: // output i lies at (i + 0.5) / 2 - 0.5 of the input
        low = floorHalf(low - 1, 2);
        high = floorHalf(high - 1, 2) + 1;
        break;
    case Kind::globalNormalisation:
        break;
    }
}

} // namespace

Footprint footprint(const std::vector<LayerSpec>& layers) {
    Footprint result;
    double scale = 1; // side of a pixel of this layer in input pixels
    for (const LayerSpec& layer : layers) {
        const double weights = double(layer.channelsIn) * double(layer.channelsOut);
        switch (layer.kind) {
        case Kind::convolution:
            result.megaflopPerPixel += 2e-6 * weights * double(layer.kernel * layer.kernel) / (scale * scale);
            break;
        case Kind::maxPool:
            scale *= double(layer.factor);
            break;
        case Kind::transposedConvolution:
            // Each output pixel sees exactly one tap.
            scale /= double(layer.factor);
            result.megaflopPerPixel += 2e-6 * weights / (scale * scale);
            break;
        case Kind::bilinearUpsample:
            scale /= 2;
            break;
        case Kind::globalNormalisation:
            result.dependsOnWholeInput = true;
            break;
        }
        result.sizeMultiple = std::max(result.sizeMultiple, int64_t(scale));
    }
    for (int64_t phase = 0; phase < result.sizeMultiple; ++phase) {
        int64_t low = phase, high = phase;
        for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) traceBack(*layer, low, high);
        result.reach = std::max({result.reach, phase - low, high - phase});
    }
    return result;
}

} // namespace cristae

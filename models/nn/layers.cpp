// Receptive-field radius, stride multiple and work of a list of layers.
#include "models/nn/layers.h"

#include <algorithm>
#include <numeric>
#include <span>

namespace cristae {

namespace {

using Kind = LayerSpec::Kind;
using Way = std::span<const LayerSpec>;

int64_t floorDivided(int64_t value, int64_t factor) {
    return value >= 0 ? value / factor : -((-value + factor - 1) / factor);
}
int64_t ceilDivided(int64_t value, int64_t factor) {
    return -floorDivided(-value, factor);
}

/// What a layer does along one axis.
struct AxisLayer {
    Kind kind;
    int64_t kernel, dilation, factor, stride, padding;
};

AxisLayer inPlane(const LayerSpec& layer) {
    const int64_t usual = layer.kind == Kind::convolution ? layer.kernel / 2 * layer.dilation : 0;
    return {layer.kind,   layer.kernel, layer.dilation,
            layer.factor, layer.stride, layer.padding < 0 ? usual : layer.padding};
}

AxisLayer alongZ(const LayerSpec& layer) {
    const int64_t usual = layer.kind == Kind::convolution ? layer.kernelZ / 2 : 0;
    return {layer.kind, layer.kernelZ, 1, layer.factorZ, 1, usual};
}

/// Indices of a layer's input that its outputs [low, high] depend on.
void traceBack(const AxisLayer& layer, int64_t& low, int64_t& high) {
    const int64_t span = (layer.kernel - 1) * layer.dilation;
    switch (layer.kind) {
    case Kind::convolution:
        low = low * layer.stride - layer.padding;
        high = high * layer.stride - layer.padding + span;
        break;
    case Kind::maxPool:
        low = low * layer.factor;
        high = high * layer.factor + layer.factor - 1;
        break;
    case Kind::transposedConvolution: // input i is added to the outputs i · factor − padding + dilation · tap
        low = ceilDivided(low + layer.padding - span, layer.factor);
        high = floorDivided(high + layer.padding, layer.factor);
        break;
    case Kind::unpool:
    case Kind::nearestUpsample:
        low = floorDivided(low, layer.factor);
        high = floorDivided(high, layer.factor);
        break;
    case Kind::bilinearUpsample: // output i lies at (i + 0.5) / 2 - 0.5 of the input
        if (layer.factor == 1) break;
        low = floorDivided(low - 1, 2);
        high = floorDivided(high - 1, 2) + 1;
        break;
    case Kind::globalNormalisation:
    case Kind::otherWay:
        break;
    }
}

int64_t receptiveRadiusOf(const std::vector<AxisLayer>& layers, int64_t multiple) {
    int64_t receptiveRadius = 0;
    for (int64_t phase = 0; phase < multiple; ++phase) {
        int64_t low = phase, high = phase;
        for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) traceBack(*layer, low, high);
        receptiveRadius = std::max({receptiveRadius, phase - low, high - phase});
    }
    return receptiveRadius;
}

/// Stride multiple and work of one path; the radius needs the multiple of all paths.
void addWork(Way way, Footprint& result) {
    double scale = 1, scaleZ = 1; // side of a pixel of this layer in input pixels
    for (const LayerSpec& layer : way) {
        double taps = 0;
        switch (layer.kind) {
        case Kind::convolution:
            scale *= double(layer.stride);
            taps = double(layer.kernel * layer.kernel * layer.kernelZ);
            break;
        case Kind::maxPool:
            scale *= double(layer.factor);
            scaleZ *= double(layer.factorZ);
            break;
        case Kind::transposedConvolution:
            scale /= double(layer.factor);
            scaleZ /= double(layer.factorZ);
            taps = double(layer.kernel * layer.kernel * layer.kernelZ) /
                   double(layer.factor * layer.factor * layer.factorZ);
            break;
        case Kind::unpool:
        case Kind::nearestUpsample:
        case Kind::bilinearUpsample:
            scale /= double(layer.factor);
            scaleZ /= double(layer.factorZ);
            break;
        case Kind::globalNormalisation:
            result.dependsOnWholeInput = true;
            break;
        case Kind::otherWay:
            break;
        }
        const double work =
            2e-6 * taps * double(layer.channelsIn) * double(layer.channelsOut) / (scale * scale * scaleZ);
        result.megaflopPerPixel += work;
        result.largestStep = std::max(result.largestStep, work);
        result.strideMultiple = std::lcm(result.strideMultiple, std::max<int64_t>(1, int64_t(scale)));
        result.sliceMultiple = std::lcm(result.sliceMultiple, std::max<int64_t>(1, int64_t(scaleZ)));
    }
}

} // namespace

Footprint footprint(const std::vector<LayerSpec>& layers) {
    std::vector<Way> ways;
    for (auto begin = layers.begin(); begin != layers.end();) {
        const auto end = std::find_if(begin, layers.end(),
                                      [](const LayerSpec& layer) { return layer.kind == Kind::otherWay; });
        ways.emplace_back(begin, end);
        begin = end == layers.end() ? end : end + 1;
    }
    Footprint result;
    for (const Way& way : ways) addWork(way, result);
    for (const Way& way : ways) {
        std::vector<AxisLayer> plane, z;
        for (const LayerSpec& layer : way) {
            plane.push_back(inPlane(layer));
            z.push_back(alongZ(layer));
        }
        result.receptiveRadius =
            std::max(result.receptiveRadius, receptiveRadiusOf(plane, result.strideMultiple));
        result.sliceRadius = std::max(result.sliceRadius, receptiveRadiusOf(z, result.sliceMultiple));
    }
    return result;
}

} // namespace cristae

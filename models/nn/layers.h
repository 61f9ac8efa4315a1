// LayerSpec: a network as a plain list of layers, from which reach, size multiple and work are computed.
#pragma once
#include <cstdint>
#include <vector>

namespace cristae {

/// One layer on the longest way from input to output. Skip connections and residual paths are left out: what
/// they see is part of what the longest way sees.
struct LayerSpec {
    enum class Kind {
        convolution,           // kernel × kernel, stride 1, zero padding that keeps the size
        maxPool,               // factor × factor, stride factor
        transposedConvolution, // kernel = stride = factor
        bilinearUpsample,      // by factor 2, half-pixel centres
        globalNormalisation    // statistics over the whole input: every output depends on every input
    };
    Kind kind = Kind::convolution;
    int64_t kernel = 3, dilation = 1;
    int64_t factor = 2;
    int64_t channelsIn = 0, channelsOut = 0;
};

/// What a tiled run must know of a network.
struct Footprint {
    int64_t reach = 0;                // pixels to each side: an output pixel depends on no input farther away
    int64_t sizeMultiple = 1;         // input sides must be multiples; tile origins too
    bool dependsOnWholeInput = false; // reach is only that of the convolutions; tiles would disagree
    double megaflopPerPixel = 0;      // two a multiply-add
};

/// The dependence interval of every output phase is traced back layer by layer, so the reach is exact, not
/// estimated.
Footprint footprint(const std::vector<LayerSpec>& layers);

} // namespace cristae

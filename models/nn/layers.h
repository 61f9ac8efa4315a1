// LayerSpec: a network as a plain list of layers, from which receptive-field radius, stride multiple and work
// are computed.
#pragma once
#include <cstdint>
#include <vector>

namespace cristae {

/// One layer on the longest way from input to output. Skip connections and residual paths are left out: what
/// they see is part of what the longest way sees. Where that is not so, `otherWay` begins a second list from
/// input to output.
struct LayerSpec {
    enum class Kind {
        convolution,           // kernel × kernel, zero padding: a stride of 1 keeps the size
        maxPool,               // factor × factor, stride factor
        unpool,                // back to the places that a max-pooling chose, by `factor`
        transposedConvolution, // kernel × kernel, stride factor
        nearestUpsample,       // each pixel factor × factor times
        bilinearUpsample,      // by factor 2, half-pixel centres
        globalNormalisation,   // statistics over the whole input: every output depends on every input
        otherWay               // what follows is another way from input to output
    };
    Kind kind = Kind::convolution;
    int64_t kernel = 3, dilation = 1;
    int64_t factor = 2;
    int64_t channelsIn = 0, channelsOut = 0; // 0 where the work is counted elsewhere
    int64_t stride = 1;                      // of a convolution
    int64_t padding = -1;             // -1: kernel / 2 · dilation for convolutions, 0 for transposed ones
    int64_t kernelZ = 1, factorZ = 1; // along z, for networks of volumes
};

/// What a tiled run must know of a network.
struct Footprint {
    int64_t receptiveRadius = 0;      // pixels to each side: an output pixel depends on no input farther away
    int64_t strideMultiple = 1;       // input sides must be multiples; tile origins too
    int64_t sliceRadius = 0;          // the same along z
    int64_t sliceMultiple = 1;        // the same along z
    bool dependsOnWholeInput = false; // the radius is only that of the convolutions; tiles would disagree
    double megaflopPerPixel = 0;      // two a multiply-add
    double largestStep = 0;           // of them, in the layer with the most work
};

/// The dependence interval of every output phase is traced back layer by layer, so the radius is exact, not
/// estimated (an upper bound where kernels are dilated).
Footprint footprint(const std::vector<LayerSpec>& layers);

} // namespace cristae

// PoolingCodec: encoder and decoder of VGG blocks that remember where the maxima of the pooling lay: SegNet,
// and U-SegNet with its one skip connection.
#pragma once
#include "models/nn/blocks.h"

namespace cristae {

struct PoolingCodecOptions {
    int64_t levels = 5, base = 64, slicesIn = 1;
    std::string normalisation = "batch";
    bool topSkip = false; // the first level's maps join the last decoder block
    /// VGG16: 2, 2, 3, 3, 3 convolutions of 1, 2, 4, 8, 8 times `base` filters.
    int64_t convolutions(int64_t level) const { return level < 2 ? 2 : 3; }
    int64_t channels(int64_t level) const { return base << std::min<int64_t>(level, 3); }
};

std::shared_ptr<NetworkModule> makePoolingCodec(const PoolingCodecOptions& options, int64_t channelsIn,
                                                int64_t outputs);
std::vector<LayerSpec> poolingCodecLayers(const PoolingCodecOptions& options, int64_t channelsIn,
                                          int64_t outputs);

} // namespace cristae

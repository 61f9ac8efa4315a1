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

/// SegNet and its kin as an architecture; they differ in how deep they are unless told otherwise, and in the
/// skip.
class PoolingCodecArchitecture : public Architecture {
public:
    PoolingCodecArchitecture(std::string key, std::string title, int64_t usualLevels, bool topSkip);
    std::string key() const override { return key_; }
    std::string title() const override { return title_; }
    const Schema& options() const override { return options_; }
    std::shared_ptr<NetworkModule> build(const nlohmann::json& options, int64_t channelsIn,
                                         int64_t outputs) const override;
    std::vector<LayerSpec> layers(const nlohmann::json& options, int64_t channelsIn,
                                  int64_t outputs) const override;

private:
    PoolingCodecOptions parsed(const nlohmann::json& options) const;
    std::string key_, title_;
    bool topSkip_;
    Schema options_;
};

} // namespace cristae

// U-SegNet (Kumar, Nagar, Arora, Gupta 2018): SegNet with one skip connection of the U-Net, at the upper
// level. Three poolings by default, since the authors work on small patches; 5 make it a full SegNet with the
// skip.
#include "models/nn/pooling_codec.h"

namespace cristae {

namespace {

class UsegnetArchitecture : public Architecture {
public:
    std::string key() const override { return "usegnet"; }
    std::string title() const override { return "U-SegNet"; }
    const Schema& options() const override {
        static const Schema schema{
            integerOption("levels", "Levels", 3, 1, 5,
                          "How often the image is halved: the first blocks of VGG16."),
            integerOption("base", "Filters", 64, 1, 128,
                          "Filters of the first level; the next three levels double them."),
            normalisationOption(), slicesInOption()};
        return schema;
    }
    std::shared_ptr<NetworkModule> build(const nlohmann::json& options, int64_t channelsIn,
                                         int64_t outputs) const override {
        return makePoolingCodec(parsed(options), channelsIn, outputs);
    }
    std::vector<LayerSpec> layers(const nlohmann::json& options, int64_t channelsIn,
                                  int64_t outputs) const override {
        return poolingCodecLayers(parsed(options), channelsIn, outputs);
    }

private:
    PoolingCodecOptions parsed(const nlohmann::json& options) const {
        const nlohmann::json v = complete(options);
        return {v["levels"], v["base"], v["slicesIn"], v["normalisation"], true};
    }
};

} // namespace

std::unique_ptr<Architecture> makeUsegnetArchitecture() {
    return std::make_unique<UsegnetArchitecture>();
}

} // namespace cristae

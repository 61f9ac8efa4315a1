// SegNet (Badrinarayanan, Kendall, Cipolla 2015): the 13 convolutions of VGG16 and their mirror image, with
// unpooling at the places of the maxima.
#include "models/nn/pooling_codec.h"

namespace cristae {

namespace {

class SegnetArchitecture : public Architecture {
public:
    std::string key() const override { return "segnet"; }
    std::string title() const override { return "SegNet"; }
    const Schema& options() const override {
        static const Schema schema{
            integerOption("levels", "Levels", 5, 1, 5,
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
        return {v["levels"], v["base"], v["slicesIn"], v["normalisation"], false};
    }
};

} // namespace

std::unique_ptr<Architecture> makeSegnetArchitecture() {
    return std::make_unique<SegnetArchitecture>();
}

} // namespace cristae

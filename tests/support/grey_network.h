// A made-up engine: a network whose probability is the grey value, and its loader.
#pragma once
#include "core/segment/engine.h"

namespace cristae {

/// Gives the grey value of an image between 0 and 1 as the probability, of as many classes as the image has
/// channels; its card asks for no normalisation.
class GreyNetwork : public Network {
public:
    explicit GreyNetwork(const ModelCard& card) {
        info_.classesOut = int64_t(card.classes.size());
        info_.channelsIn = card.channelsIn;
        info_.strideMultiple = 4;
        info_.device = "cpu";
        info_.precision = "fp32";
    }
    const NetworkInfo& info() const override { return info_; }
    void run(std::span<const Pixels> in, std::span<Pixels> out) override {
        for (size_t n = 0; n < in.size(); ++n) out[n] = in[n];
    }

private:
    NetworkInfo info_;
};

class GreyLoader : public NetworkLoader {
public:
    std::vector<DeviceInfo> devices() const override { return {{"cpu", "CPU", 0}}; }
    std::vector<std::string> remarks() const override { return {}; }
    std::unique_ptr<Network> load(const ModelPackage& package, const std::string&, int) override {
        return std::make_unique<GreyNetwork>(package.card);
    }
    std::string version() const override { return "fake 1"; }
};

} // namespace cristae

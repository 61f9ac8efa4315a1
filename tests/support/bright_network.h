// A made-up engine: a network that finds what is brighter than the mean of its slice, and its loader.
#pragma once
#include "core/segment/engine.h"

namespace cristae {

/// 0.9 where the normalised grey value is above 0, else 0.1; looks at nothing but the pixel.
class BrightNetwork : public Network {
public:
    BrightNetwork() {
        info_.strideMultiple = 4;
        info_.device = "cpu";
        info_.precision = "fp32";
    }
    const NetworkInfo& info() const override { return info_; }
    void run(std::span<const Pixels> in, std::span<Pixels> out) override {
        for (size_t n = 0; n < in.size(); ++n) {
            const Extent3 e = in[n].extent();
            Pixels result(PixelType::f32, 1, {1, e.y, e.x});
            const auto grey = in[n].plane<float>(0, e.z / 2);
            const auto probability = result.plane<float>(0, 0);
            for (size_t i = 0; i < grey.size(); ++i) probability[i] = grey[i] > 0 ? 0.9f : 0.1f;
            out[n] = result;
        }
    }

private:
    NetworkInfo info_;
};

class BrightLoader : public NetworkLoader {
public:
    std::vector<DeviceInfo> devices() const override { return {{"cpu", "CPU", 0}}; }
    std::vector<std::string> remarks() const override { return {}; }
    std::unique_ptr<Network> load(const ModelPackage&, const std::string&, int) override {
        return std::make_unique<BrightNetwork>();
    }
    std::string version() const override { return "fake 1"; }
};

} // namespace cristae

// A made-up network for which the scale of an image matters.
#pragma once
#include "core/segment/engine.h"

namespace cristae {

/// In each row it finds the first 12 pixels of every bright run of at least 6: runs of 6 to 12 pixels whole,
/// shorter ones not at all, and of longer ones a part that is another one in the mirrored image.
class RunNetwork : public Network {
public:
    RunNetwork() {
        info_.strideMultiple = 4;
        info_.receptiveRadius = 64;
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
            for (int64_t y = 0; y < e.y; ++y)
                for (int64_t x = 0; x < e.x;) {
                    int64_t end = x;
                    while (end < e.x && grey[size_t(y * e.x + end)] > 1.f) ++end;
                    const bool found = end - x >= 6;
                    for (int64_t i = x; i < std::max(end, x + 1); ++i)
                        probability[size_t(y * e.x + i)] = found && i < x + 12 ? 0.9f : 0.05f;
                    x = std::max(end, x + 1);
                }
            out[n] = result;
        }
    }

private:
    NetworkInfo info_;
};

class RunLoader : public NetworkLoader {
public:
    std::vector<DeviceInfo> devices() const override { return {{"cpu", "CPU, 2 threads", 0}}; }
    std::vector<std::string> remarks() const override { return {}; }
    std::unique_ptr<Network> load(const ModelPackage&, const std::string&, int) override {
        return std::make_unique<RunNetwork>();
    }
    std::string version() const override { return "fake 1"; }
};

} // namespace cristae

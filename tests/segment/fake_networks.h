// Fake networks with a known answer, a known receptive-field radius and known faults.
#pragma once
#include "core/base/error.h"
#include "core/segment/network.h"
#include "core/segment/predictor.h"

#include <cmath>
#include <functional>

namespace cristae {

/// Gives, for each output channel k, value(input, k, y, x). Counts runs; checks what it is given.
class FakeNetwork : public Network {
public:
    using Value = std::function<float(const Pixels& in, int64_t k, int64_t y, int64_t x)>;
    explicit FakeNetwork(Value value, int64_t receptiveRadius = 0, int64_t classes = 1)
        : value_(std::move(value)) {
        info_.receptiveRadius = receptiveRadius;
        info_.classesOut = classes;
        info_.device = "fake";
    }
    NetworkInfo info_;
    int64_t runs = 0, failAboveSide = INT64_MAX;
    std::vector<Extent3> seen;

    const NetworkInfo& info() const override { return info_; }
    void run(std::span<const Pixels> in, std::span<Pixels> out) override {
        for (size_t i = 0; i < in.size(); ++i) {
            const Extent3 extent = in[i].extent();
            if (extent.y % info_.strideMultiple || extent.x % info_.strideMultiple ||
                extent.z != info_.slicesIn || in[i].channels() != info_.channelsIn)
                throw Error(ErrorKind::internal, "a tile of a wrong size");
            if (std::max(extent.y, extent.x) > failAboveSide)
                throw Error(ErrorKind::memory, "not enough memory");
            seen.push_back(extent);
            out[i] = Pixels(PixelType::f32, info_.classesOut, {1, extent.y, extent.x});
            for (int64_t k = 0; k < info_.classesOut; ++k) {
                const auto plane = out[i].plane<float>(k, 0);
                for (int64_t y = 0; y < extent.y; ++y)
                    for (int64_t x = 0; x < extent.x; ++x)
                        plane[size_t(y * extent.x + x)] = value_(in[i], k, y, x);
            }
        }
        ++runs;
    }

private:
    Value value_;
};

inline float valueAt(const Pixels& block, int64_t c, int64_t z, int64_t y, int64_t x) {
    const Extent3 e = block.extent();
    return block.values<float>()[size_t(((c * e.z + z) * e.y + y) * e.x + x)];
}

inline float squashed(float value) {
    return 1.f / (1.f + std::exp(-value));
}

/// Mean over (2·radius + 1)², zeros outside the tile: as a convolution with zero padding sees it.
inline FakeNetwork::Value blur(int64_t radius) {
    return [radius](const Pixels& in, int64_t, int64_t y, int64_t x) {
        const Extent3 e = in.extent();
        double sum = 0;
        for (int64_t dy = -radius; dy <= radius; ++dy)
            for (int64_t dx = -radius; dx <= radius; ++dx)
                if (y + dy >= 0 && y + dy < e.y && x + dx >= 0 && x + dx < e.x)
                    sum += double(valueAt(in, 0, e.z / 2, y + dy, x + dx));
        return squashed(float(sum / double((2 * radius + 1) * (2 * radius + 1))));
    };
}

inline FakeNetwork::Value identity() {
    return [](const Pixels& in, int64_t, int64_t y, int64_t x) {
        return valueAt(in, 0, in.extent().z / 2, y, x);
    };
}

/// A card without normalisation, so that the network sees the image's own values.
inline ModelCard plainCard(int64_t classes = 1) {
    ModelCard card;
    card.name = "fake";
    card.normalisation = {{"kind", "none"}};
    for (int64_t i = 0; i < classes; ++i) card.classes.push_back({"class " + std::to_string(i + 1), {}, 0.5});
    return card;
}

} // namespace cristae

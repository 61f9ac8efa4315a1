// Stacks of smooth random structures that change slowly from slice to slice, as tissue does, with objects.
#pragma once
#include "core/base/random.h"
#include "core/image/memory_source.h"
#include "core/learn/training_set.h"

#include <cmath>
#include <vector>

namespace cristae {

/// Sums of waves whose phase moves with z: slices `decay` apart have little in common. u8 [1, Z, Y, X].
inline Pixels waves(uint64_t seed, int64_t slices, int64_t height, int64_t width, double decay) {
    Random random(seed);
    struct Wave {
        double y, x, phase, speed;
    };
    std::vector<Wave> all;
    for (int i = 0; i < 60; ++i)
        all.push_back({random.uniform(-25, 25), random.uniform(-25, 25), random.uniform(0, 6.28),
                       random.normal() * 1.5 / decay});
    Pixels pixels(PixelType::u8, 1, {slices, height, width});
    for (int64_t z = 0; z < slices; ++z) {
        const auto plane = pixels.plane<uint8_t>(0, z);
        for (int64_t y = 0; y < height; ++y)
            for (int64_t x = 0; x < width; ++x) {
                double sum = 0;
                for (const Wave& w : all)
                    sum += std::cos(w.y * double(y) / double(height) * 3.14 +
                                    w.x * double(x) / double(width) * 3.14 + w.phase + w.speed * double(z));
                plane[size_t(y * width + x)] = uint8_t(std::clamp(128 + 10 * sum, 0.0, 255.0));
            }
    }
    return pixels;
}

/// Slices of one stack with all pixels labelled, background but for an object in each corner.
inline std::vector<TrainingSlice> stackSlices(const TileSourcePtr& source, const std::string& name,
                                              std::optional<double> pixelNm, std::optional<double> sliceNm,
                                              Role role = Role::train) {
    std::vector<TrainingSlice> slices;
    const Extent3 e = source->info().extent();
    for (int64_t z = 0; z < e.z; ++z) {
        TrainingSlice slice;
        slice.name = name + ", slice " + std::to_string(z);
        slice.image = source->read(0, Box3::ofSlice(e, z));
        slice.labels = Pixels(PixelType::u8, 1, {1, e.y, e.x});
        for (const int64_t y : {int64_t(2), e.y - 3})
            for (const int64_t x : {int64_t(2), e.x - 3})
                slice.labels.values<uint8_t>()[size_t(y * e.x + x)] = 1;
        slice.pixelSizeNm = pixelNm;
        slice.sliceDistanceNm = sliceNm;
        slice.role = role;
        slice.data = name;
        slice.source = source;
        slice.z = z;
        slice.stack = name;
        slices.push_back(std::move(slice));
    }
    return slices;
}

inline TileSourcePtr stackOf(uint64_t seed, int64_t slices, int64_t height, int64_t width, double decay = 4) {
    return std::make_shared<MemorySource>(waves(seed, slices, height, width, decay));
}

} // namespace cristae

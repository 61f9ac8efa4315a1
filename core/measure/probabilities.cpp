// Sources that scale and cut values as they are read.
#include "core/measure/probabilities.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <functional>
#include <set>

namespace cristae {

namespace {

/// One channel of another type, computed value by value.
class MappedSource : public TileSource {
public:
    using Map = std::function<Pixels(const Pixels& values)>;
    MappedSource(TileSourcePtr source, PixelType type, std::string words, Map map)
        : source_(std::move(source)), map_(std::move(map)), info_(source_->info()),
          id_(fmt::format("{} {}", source_->id(), words)) {
        info_.levels.resize(1);
        info_.channels = 1;
        info_.type = type;
    }
    const ImageInfo& info() const override { return info_; }
    std::string id() const override { return id_; }
    Pixels read(int level, const Box3& box, const Progress& progress) const override {
        return map_(source_->read(level, box, progress));
    }

private:
    TileSourcePtr source_;
    Map map_;
    ImageInfo info_;
    std::string id_;
};

struct Values {
    double smallest = 0, largest = 0;
    bool fractions = false;
    int64_t missing = 0;       // NaN
    std::set<double> distinct; // up to 33 of them
};

Values valuesOf(const TileSource& source, const Progress& progress) {
    Values found;
    const Extent3& extent = source.info().extent();
    for (int64_t z = 0; z < extent.z; ++z) {
        progress.throwIfCancelled();
        const Pixels slice = source.read(0, Box3::ofSlice(extent, z), progress);
        withPixelType(slice.type(), [&](auto zero) {
            using T = decltype(zero);
            T last = zero;
            for (const T each : slice.values<T>()) {
                if (each == last) continue;
                last = each;
                const double value = double(each);
                if (std::isnan(value)) {
                    ++found.missing; // a NaN equals nothing, so each one comes here
                    continue;
                }
                found.smallest = std::min(found.smallest, value);
                found.largest = std::max(found.largest, value);
                found.fractions |= value != std::floor(value);
                if (found.distinct.size() <= 32) found.distinct.insert(value);
            }
        });
        progress.report(double(z + 1) / double(extent.z), "range of values");
    }
    return found;
}

} // namespace

namespace {

/// 0 for what can be no probabilities.
double oneOf(PixelType type, const Values& values) {
    if (values.smallest < 0) return 0;
    if (!isInteger(type)) {
        if (values.fractions && values.largest <= 1) return 1;
        const bool many = values.fractions || values.distinct.size() > 32;
        return many && values.largest <= 255 ? 255 : 0;
    }
    constexpr double mostClasses = 16;
    if (values.largest <= mostClasses) return 0;
    if (values.largest <= 255) return 255;
    return type == PixelType::u16 ? 65535 : 0;
}

} // namespace

std::optional<ProbabilityScale> probabilityScale(const TileSource& source, const Progress& progress) {
    const ImageInfo& info = source.info();
    if (info.channels != 1) return std::nullopt;
    const Values values = valuesOf(source, progress);
    const double one = oneOf(info.type, values);
    if (one == 0) return std::nullopt;
    return ProbabilityScale{one, values.largest, values.missing};
}

TileSourcePtr probabilitiesFrom(TileSourcePtr source, double scale) {
    return std::make_shared<MappedSource>(std::move(source), PixelType::f32, fmt::format("over {}", scale),
                                          [scale](const Pixels& values) {
                                              Pixels floats = values.converted(PixelType::f32);
                                              if (scale != 1)
                                                  for (float& value : floats.values<float>())
                                                      value = float(double(value) / scale);
                                              return floats;
                                          });
}

TileSourcePtr thresholded(TileSourcePtr probabilities, double threshold) {
    return std::make_shared<MappedSource>(std::move(probabilities), PixelType::u8,
                                          fmt::format("from {}", threshold),
                                          [threshold](const Pixels& values) {
                                              const Pixels floats = values.converted(PixelType::f32);
                                              Pixels mask(PixelType::u8, 1, floats.extent());
                                              const auto in = floats.values<float>();
                                              const auto out = mask.values<uint8_t>();
                                              for (size_t i = 0; i < out.size(); ++i)
                                                  out[i] = uint8_t(in[i] >= float(threshold));
                                              return mask;
                                          });
}

bool holdsFractions(const TileSource& source, const Progress& progress) {
    const ImageInfo& info = source.info();
    return info.channels == 1 && !isInteger(info.type) && valuesOf(source, progress).fractions;
}

} // namespace cristae

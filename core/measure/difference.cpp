// Masks of prediction and truth against each other, and their colours.
#include "core/measure/difference.h"

#include "core/measure/confusion.h"
#include "core/measure/label_volume.h"

#include <algorithm>
#include <fmt/format.h>

namespace cristae {

namespace {

/// Share of the colour in a picture over a micrograph; the rest is its grey value.
constexpr double strength = 0.55;

class DifferenceSource : public TileSource {
public:
    DifferenceSource(TileSourcePtr prediction, TileSourcePtr truth, const EvaluationOptions& options,
                     TileSourcePtr image)
        : prediction_(std::move(prediction)), truth_(std::move(truth)), image_(std::move(image)),
          options_(optionsFor(options, prediction_->info(), truth_->info())) {
        throwUnlessSameSize(prediction_->info().extent(), truth_->info().extent(), "The prediction",
                            "the ground truth");
        if (image_)
            throwUnlessSameSize(image_->info().extent(), truth_->info().extent(), "The image",
                                "the ground truth");
        info_.levels = {truth_->info().extent()};
        info_.channels = 3;
        info_.voxelSize = truth_->info().voxelSize.knownInPlane() ? truth_->info().voxelSize
                                                                  : prediction_->info().voxelSize;
        if (image_) range_ = rangeOf(*image_);
    }
    const ImageInfo& info() const override { return info_; }
    std::string id() const override {
        return fmt::format("difference of {} and {}", prediction_->id(), truth_->id());
    }
    Pixels read(int /*level*/, const Box3& box, const Progress& progress) const override {
        const Pixels codes =
            differenceOf(prediction_->read(0, box, progress), truth_->read(0, box, progress), options_);
        Pixels picture(PixelType::u8, 3, codes.extent());
        const size_t size = size_t(codes.extent().count());
        const auto out = picture.values<uint8_t>();
        const auto values = codes.values<uint8_t>();
        Colour colours[4] = {differenceBackground(), {}, {}, {}};
        for (const LabelClass& one : differenceClasses().classes()) colours[one.value] = one.colour;
        Pixels grey;
        if (image_) grey = image_->read(0, box, progress).converted(PixelType::f32);
        for (size_t c = 0; c < 3; ++c) {
            const float* below =
                image_ ? grey.values<float>().data() + (grey.channels() == 3 ? c * size : 0) : nullptr;
            for (size_t i = 0; i < size; ++i) {
                const Colour& colour = colours[values[i]];
                const double solid = c == 0 ? colour.r : c == 1 ? colour.g : colour.b;
                const double base = below ? shown(double(below[i])) : 0;
                out[c * size + i] = uint8_t(!below           ? solid
                                            : values[i] == 0 ? base
                                                             : base + strength * (solid - base));
            }
        }
        return picture;
    }

private:
    /// Grey values that become black and white: of bytes all, else those of the middle slice.
    static std::pair<double, double> rangeOf(const TileSource& image) {
        if (image.info().type == PixelType::u8) return {0, 255};
        const Extent3 extent = image.info().extent();
        const Pixels slice = image.read(0, Box3::ofSlice(extent, extent.z / 2)).converted(PixelType::f32);
        const auto [low, high] = std::ranges::minmax_element(slice.values<float>());
        return {double(*low), double(*high)};
    }
    double shown(double grey) const {
        const double span = range_.second - range_.first;
        return span > 0 ? std::clamp((grey - range_.first) / span, 0.0, 1.0) * 255 : 0;
    }
    TileSourcePtr prediction_, truth_, image_;
    EvaluationOptions options_;
    ImageInfo info_;
    std::pair<double, double> range_{0, 255};
};

} // namespace

Pixels differenceOf(const Pixels& prediction, const Pixels& truth, const EvaluationOptions& options) {
    throwUnlessSameSize(prediction.extent(), truth.extent(), "The prediction", "the ground truth");
    const SliceMasks masks = masksOf(prediction, truth, options, "The prediction", "The ground truth");
    Pixels result(PixelType::u8, 1, truth.extent());
    const auto out = result.values<uint8_t>();
    constexpr Agreement by[] = {Agreement::trueNegative, Agreement::falsePositive, Agreement::falseNegative,
                                Agreement::truePositive};
    for (size_t i = 0; i < out.size(); ++i) out[i] = uint8_t(by[masks.prediction[i] + 2 * masks.truth[i]]);
    return result;
}

const ClassTable& differenceClasses() {
    static const ClassTable table = [] {
        ClassTable made;
        made.set({uint32_t(Agreement::truePositive), "true positive", {0x56, 0xb4, 0xe9}});
        made.set({uint32_t(Agreement::falsePositive), "false positive", {0xf0, 0xe4, 0x42}});
        made.set({uint32_t(Agreement::falseNegative), "false negative", {0xd5, 0x5e, 0x00}});
        return made;
    }();
    return table;
}

Colour differenceBackground() {
    return {0x14, 0x14, 0x16};
}

TileSourcePtr differencePicture(TileSourcePtr prediction, TileSourcePtr truth,
                                const EvaluationOptions& options, TileSourcePtr image) {
    return std::make_shared<DifferenceSource>(std::move(prediction), std::move(truth), options,
                                              std::move(image));
}

std::string differenceLegend() {
    return "true positive sky blue, false positive yellow, false negative vermilion, true negative dark or "
           "the micrograph";
}

} // namespace cristae

// Blurs, sharpening, gamma, contrast and brightness, noise, salt and pepper, in this order.
#include "core/learn/grey_changes.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace cristae {

namespace {

void addNoise(Random& random, cv::Mat& image, double deviation) {
    // A sum of four uniform numbers is near enough to normal and much cheaper than logarithms.
    const double step = deviation * std::sqrt(3.0) / 65536.0;
    for (int y = 0; y < image.rows; ++y) {
        float* row = image.ptr<float>(y);
        for (int x = 0; x < image.cols; ++x) {
            const uint64_t bits = random.next();
            const auto sum =
                int64_t((bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48));
            row[x] += float(double(sum - 131070) * step);
        }
    }
}

void changeGamma(cv::Mat& image, double exponent) {
    double low = 0, high = 0;
    cv::minMaxLoc(image, &low, &high);
    if (high <= low) return;
    image = (image - low) / (high - low);
    cv::max(image, 0, image);
    cv::pow(image, exponent, image);
    image = image * (high - low) + low;
}

/// Unsharp mask: what a blur of 1 px takes away is added `strength` times.
void sharpenPlane(cv::Mat& image, double strength) {
    cv::Mat smooth;
    cv::GaussianBlur(image, smooth, {}, 1, 1, cv::BORDER_REFLECT_101);
    cv::addWeighted(image, 1 + strength, smooth, -strength, 0, image);
}

/// Each pixel becomes, with this probability, the lowest or the highest grey value of the plane.
void addSaltAndPepper(Random& random, std::span<float> plane, double share) {
    const auto [lowest, highest] = std::ranges::minmax_element(plane);
    const float low = *lowest, high = *highest;
    for (float& value : plane) {
        const double draw = random.uniform();
        if (draw < share) value = draw < 0.5 * share ? low : high;
    }
}

} // namespace

GreyChanges drawGreyChanges(Random& random, const AugmentRanges& ranges) {
    GreyChanges changes;
    if (random.chance(ranges.brightness)) changes.brightness = random.uniform(-1, 1) * ranges.brightnessRange;
    if (random.chance(ranges.contrast)) changes.contrast = randomFactor(random, ranges.contrastRange);
    if (random.chance(ranges.gamma)) changes.gamma = randomFactor(random, ranges.gammaRange);
    if (random.chance(ranges.noise)) changes.noise = random.uniform(0, ranges.noiseRange);
    if (random.chance(ranges.blur) && ranges.blurRange > 0.3)
        changes.blur = random.uniform(0.3, ranges.blurRange);
    return changes;
}

void drawLaterGreyChanges(Random& random, const AugmentRanges& ranges, GreyChanges& changes) {
    // OpenCV has medians of real numbers in windows of 3 and 5 pixels.
    if (happens(random, ranges.median)) changes.median = ranges.medianSize >= 5 && random.chance(0.5) ? 5 : 3;
    if (happens(random, ranges.sharpen)) changes.sharpen = random.uniform(0, ranges.sharpenRange);
    if (happens(random, ranges.saltPepper)) changes.saltPepper = random.uniform(0, ranges.saltPepperRange);
}

void changeGrey(const GreyChanges& changes, Random& random, std::span<float> plane, int64_t side) {
    cv::Mat image{int(side), int(side), CV_32F, plane.data()};
    if (changes.blur > 0)
        cv::GaussianBlur(image, image, {}, changes.blur, changes.blur, cv::BORDER_REFLECT_101);
    if (changes.median > 0) cv::medianBlur(image.clone(), image, changes.median);
    if (changes.sharpen > 0) sharpenPlane(image, changes.sharpen);
    if (changes.gamma != 1) changeGamma(image, changes.gamma);
    if (changes.contrast != 1 || changes.brightness != 0)
        image = image * changes.contrast + changes.brightness;
    if (changes.noise > 0) addNoise(random, image, changes.noise);
    if (changes.saltPepper > 0) addSaltAndPepper(random, plane, changes.saltPepper);
}

} // namespace cristae

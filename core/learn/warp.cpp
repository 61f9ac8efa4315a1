// Patch → elastic offset → crop, shear, quarter turn → mirror, zoom, rotation → slice.
#include "core/learn/warp.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>
#include <utility>

namespace cristae {

namespace {

/// A smooth random field: normal numbers on a grid `sigma` apart, interpolated by cubics.
cv::Mat smoothField(Random& random, int side, double sigma, double alpha) {
    const int knots = int(std::ceil(side / sigma)) + 3;
    cv::Mat coarse(knots, knots, CV_32F), fine;
    for (int i = 0; i < knots * knots; ++i)
        coarse.at<float>(i / knots, i % knots) = float(alpha * random.normal());
    cv::resize(coarse, fine, {}, sigma, sigma, cv::INTER_CUBIC);
    return fine(cv::Rect((fine.cols - side) / 2, (fine.rows - side) / 2, side, side));
}

/// (x, y) → (xx · x + xy · y + x0, yx · x + yy · y + y0)
struct Affine {
    double xx = 1, xy = 0, yx = 0, yy = 1, x0 = 0, y0 = 0;
    Affine after(const Affine& first) const {
        return {xx * first.xx + xy * first.yx,      xx * first.xy + xy * first.yy,
                yx * first.xx + yy * first.yx,      yx * first.xy + yy * first.yy,
                xx * first.x0 + xy * first.y0 + x0, yx * first.x0 + yy * first.y0 + y0};
    }
};

Affine drawTurnAndSize(Random& random, const AugmentRanges& ranges) {
    double angle = 0, zoom = 1;
    if (random.chance(ranges.rotate))
        angle = random.uniform(-ranges.rotateDegrees, ranges.rotateDegrees) * std::numbers::pi / 180;
    if (random.chance(ranges.scale)) zoom = randomFactor(random, ranges.scaleRange);
    const double mirrorX = random.chance(ranges.flip) ? -1 : 1, mirrorY = random.chance(ranges.flip) ? -1 : 1;
    // Patch → slice: a larger zoom shows a smaller part.
    return {std::cos(angle) / zoom * mirrorX, -std::sin(angle) / zoom * mirrorY,
            std::sin(angle) / zoom * mirrorX, std::cos(angle) / zoom * mirrorY};
}

Affine drawTurnShearAndCrop(Random& random, const AugmentRanges& ranges, double side) {
    Affine result;
    if (happens(random, ranges.quarterTurns)) {
        // Whole numbers, not sines: turned patches are the same pixels in another order.
        constexpr std::array<Affine, 3> turns{Affine{0, -1, 1, 0}, Affine{-1, 0, 0, -1}, Affine{0, 1, -1, 0}};
        result = turns[size_t(random.below(3))];
    }
    if (happens(random, ranges.shear)) {
        const double slope =
            std::tan(random.uniform(-ranges.shearDegrees, ranges.shearDegrees) * std::numbers::pi / 180);
        result = result.after(random.chance(0.5) ? Affine{1, slope, 0, 1} : Affine{1, 0, slope, 1});
    }
    if (happens(random, ranges.crop)) {
        const double share = random.uniform(ranges.cropShare, 1), room = 0.5 * (1 - share) * side;
        const double x = random.uniform(-room, room);
        result = result.after({share, 0, 0, share, x, random.uniform(-room, room)});
    }
    return result;
}

/// OpenCV addresses pixels of a remapped image with 16 bits, so only the part that the warp touches is handed
/// over. What lies outside the slice may be mirrored, so the part must also hold what is mirrored.
void limitToTouched(Warp& warp, int64_t height, int64_t width) {
    const auto range = [](const std::vector<float>& map, int size) {
        const auto [low, high] = std::ranges::minmax_element(map);
        const int margin = 3;
        int from = int(std::floor(*low)) - margin, to = int(std::ceil(*high)) + margin + 1;
        if (from < 0) to = std::max(to, 1 - from);
        if (to > size) from = std::min(from, 2 * size - to - 2);
        return std::pair{std::clamp(from, 0, size - 1), std::clamp(to, 1, size)};
    };
    const auto [x0, x1] = range(warp.x, int(width));
    const auto [y0, y1] = range(warp.y, int(height));
    warp.left = x0;
    warp.top = y0;
    warp.width = x1 - x0;
    warp.height = y1 - y0;
    for (float& x : warp.x) x -= float(x0);
    for (float& y : warp.y) y -= float(y0);
}

/// OpenCV has no read-only view; what is read is not written.
template <class T> cv::Mat planeOf(std::span<const T> plane, int64_t height, int64_t width, int type) {
    return cv::Mat(int(height), int(width), type, const_cast<T*>(plane.data()));
}

template <class T>
void remapPlane(std::span<const T> from, const Extent3& extent, int type, const Warp& warp, std::span<T> to,
                int interpolation, double outside) {
    const cv::Rect part(int(warp.left), int(warp.top), int(warp.width), int(warp.height));
    const cv::Mat source = planeOf(from, extent.y, extent.x, type)(part);
    cv::Mat target(int(warp.side), int(warp.side), type, to.data());
    cv::remap(source, target, planeOf<float>(warp.x, warp.side, warp.side, CV_32F),
              planeOf<float>(warp.y, warp.side, warp.side, CV_32F), interpolation,
              warp.border == Border::constant ? cv::BORDER_CONSTANT : cv::BORDER_REFLECT_101,
              cv::Scalar(outside));
}

} // namespace

Warp drawWarp(Random& random, const AugmentRanges& ranges, int64_t side, double middleX, double middleY,
              const Extent3& extent) {
    const Affine turn = drawTurnAndSize(random, ranges);
    cv::Mat dx, dy;
    if (random.chance(ranges.elastic) && ranges.elasticAlpha > 0) {
        const double alpha = random.uniform(0.25, 1) * ranges.elasticAlpha;
        dx = smoothField(random, int(side), ranges.elasticSigma, alpha);
        dy = smoothField(random, int(side), ranges.elasticSigma, alpha);
    }
    Affine all = turn.after(drawTurnShearAndCrop(random, ranges, double(side)));
    all.x0 += middleX;
    all.y0 += middleY;

    Warp warp;
    warp.side = side;
    warp.border = ranges.border;
    warp.x.resize(size_t(side * side));
    warp.y.resize(size_t(side * side));
    for (int64_t v = 0; v < side; ++v) {
        float *mapX = warp.x.data() + v * side, *mapY = warp.y.data() + v * side;
        const float *offsetX = dx.empty() ? nullptr : dx.ptr<float>(int(v)),
                    *offsetY = dy.empty() ? nullptr : dy.ptr<float>(int(v));
        for (int64_t u = 0; u < side; ++u) {
            const double px = double(u) + 0.5 - double(side) / 2 + (offsetX ? offsetX[u] : 0),
                         py = double(v) + 0.5 - double(side) / 2 + (offsetY ? offsetY[u] : 0);
            mapX[u] = float(all.x0 + all.xx * px + all.xy * py - 0.5);
            mapY[u] = float(all.y0 + all.yx * px + all.yy * py - 0.5);
        }
    }
    limitToTouched(warp, extent.y, extent.x);
    return warp;
}

void warpGrey(const Pixels& from, int64_t channel, const Warp& warp, Pixels& to, int64_t z) {
    // Slices have a mean of 0.
    remapPlane<float>(from.plane<float>(channel, 0), from.extent(), CV_32F, warp, to.plane<float>(channel, z),
                      cv::INTER_LINEAR, 0);
}

void warpLabels(const Pixels& from, const Warp& warp, Pixels& to, int64_t z) {
    remapPlane<uint8_t>(from.plane<uint8_t>(0, 0), from.extent(), CV_8U, warp, to.plane<uint8_t>(0, z),
                        cv::INTER_NEAREST, 255);
}

} // namespace cristae

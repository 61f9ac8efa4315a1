// Random patches: rotation, zoom, shift, flip and elastic deformation composed into one lookup, then changes
// of grey values.
#include "core/learn/augment.h"

#include "core/base/random.h"
#include "core/segment/model_card.h"
#include "core/segment/preparation.h"
#include "core/segment/resample.h"
#include "core/segment/tiler.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <numbers>
#include <opencv2/imgproc.hpp>
#include <utility>

namespace cristae {

namespace {

cv::Mat floatPlane(const Pixels& pixels, int64_t channel, int64_t z = 0) {
    const auto& e = pixels.extent();
    // OpenCV has no read-only view; the data are not written.
    auto* data = const_cast<float*>(pixels.plane<float>(channel, z).data());
    return cv::Mat(int(e.y), int(e.x), CV_32F, data);
}

cv::Mat bytePlane(const Pixels& pixels, int64_t z = 0) {
    const auto& e = pixels.extent();
    auto* data = const_cast<uint8_t*>(pixels.plane<uint8_t>(0, z).data());
    return cv::Mat(int(e.y), int(e.x), CV_8U, data);
}

double factor(Random& random, double range) {
    return std::exp(random.uniform(-1, 1) * std::log(range));
}

/// Where each pixel of the patch lies in the slice, in slice pixels (x, y).
struct Warp {
    cv::Mat x, y; // CV_32F
};

/// A smooth random field: normal numbers on a grid `sigma` apart, interpolated by cubics.
cv::Mat smoothField(Random& random, int side, double sigma, double alpha) {
    const int knots = int(std::ceil(side / sigma)) + 3;
    cv::Mat coarse(knots, knots, CV_32F), fine;
    for (int i = 0; i < knots * knots; ++i)
        coarse.at<float>(i / knots, i % knots) = float(alpha * random.normal());
    cv::resize(coarse, fine, {}, sigma, sigma, cv::INTER_CUBIC);
    return fine(cv::Rect((fine.cols - side) / 2, (fine.rows - side) / 2, side, side));
}

/// OpenCV addresses pixels of a remapped image with 16 bits, so only the part that the warp touches is handed
/// over. What lies outside the slice is mirrored, so the part must also hold what is mirrored.
cv::Rect touchedPart(const Warp& warp, int height, int width) {
    const auto range = [](const cv::Mat& map, int size) {
        double low = 0, high = 0;
        cv::minMaxLoc(map, &low, &high);
        const int margin = 3;
        int from = int(std::floor(low)) - margin, to = int(std::ceil(high)) + margin + 1;
        if (from < 0) to = std::max(to, 1 - from);
        if (to > size) from = std::min(from, 2 * size - to - 2);
        return std::pair{std::clamp(from, 0, size - 1), std::clamp(to, 1, size)};
    };
    const auto [x0, x1] = range(warp.x, width);
    const auto [y0, y1] = range(warp.y, height);
    return {x0, y0, x1 - x0, y1 - y0};
}

} // namespace

namespace {

/// The label at the centre of every new pixel: mixing labels would invent classes.
Pixels nearestLabels(const Pixels& labels, double scale) {
    const auto& e = labels.extent();
    const int64_t height = scaledCount(e.y, scale), width = scaledCount(e.x, scale);
    Pixels result(PixelType::u8, 1, {1, height, width});
    const auto from = labels.values<uint8_t>();
    const auto to = result.values<uint8_t>();
    for (int64_t y = 0; y < height; ++y) {
        const int64_t row = std::min(e.y - 1, int64_t((double(y) + 0.5) / scale));
        for (int64_t x = 0; x < width; ++x)
            to[size_t(y * width + x)] =
                from[size_t(row * e.x + std::min(e.x - 1, int64_t((double(x) + 0.5) / scale)))];
    }
    return result;
}

} // namespace

PreparedSlice prepareSlice(const TrainingSlice& slice, int64_t channels, const nlohmann::json& recipe) {
    PreparedSlice prepared;
    prepared.name = slice.name;
    prepared.image = withChannels(slice.image, channels);
    prepared.labels = slice.labels;
    prepared.role = slice.role;
    prepared.weight = slice.weight;
    const double wanted = recipe.value("pixelSizeNm", 0.0);
    if (wanted > 0 && slice.pixelSizeNm && std::abs(*slice.pixelSizeNm / wanted - 1) > 0.01) {
        const double scale = *slice.pixelSizeNm / wanted;
        prepared.image = resampledPlane(prepared.image.converted(PixelType::f32), scale, scale);
        prepared.labels = nearestLabels(prepared.labels, scale);
    }
    prepared.image = normalised(prepared.image, normalisationOf(prepared.image, ModelCard().normalisation));
    const auto labels = std::as_const(prepared.labels).values<uint8_t>();
    const int64_t objects =
        std::count_if(labels.begin(), labels.end(), [](uint8_t v) { return v > 0 && v < 255; });
    const int64_t every = std::max<int64_t>(1, objects / 8192);
    int64_t seen = 0;
    for (size_t i = 0; i < labels.size(); ++i)
        if (labels[i] > 0 && labels[i] < 255 && seen++ % every == 0)
            prepared.objectPixels.push_back(int64_t(i));
    return prepared;
}

std::vector<PreparedSlice> prepareSlices(const std::vector<TrainingSlice>& slices, int64_t channels,
                                         const nlohmann::json& recipe, const SlicesSeen& seen,
                                         const Progress& progress) {
    std::vector<PreparedSlice> prepared;
    std::vector<const TrainingSlice*> used;
    using Place = std::pair<const TileSource*, int64_t>;
    std::map<Place, std::vector<size_t>> there; // prepared slices at a place
    for (const TrainingSlice& slice : slices) {
        if (slice.role == Role::test) continue; // never seen here
        progress.throwIfCancelled();
        if (slice.source) there[{slice.source.get(), slice.z}].push_back(prepared.size());
        prepared.push_back(prepareSlice(slice, channels, recipe));
        used.push_back(&slice);
    }
    if (seen.count() == 1 && !seen.labelled) return prepared;
    std::map<Place, Pixels> images;
    for (const auto& [place, indices] : there) images[place] = prepared[indices.front()].image;
    for (size_t i = 0; i < prepared.size(); ++i) {
        const TrainingSlice& slice = *used[i];
        PreparedSlice& own = prepared[i];
        Pixels unknown(PixelType::u8, 1, own.labels.extent());
        std::ranges::fill(unknown.values<uint8_t>(), uint8_t(255));
        for (int64_t d = -seen.before; d <= seen.after; ++d) {
            const int64_t z =
                slice.source ? reflectedIndex(slice.z + d, slice.source->info().extent().z) : slice.z;
            const bool itself = z == slice.z;
            Pixels image = own.image, labels = itself ? own.labels : unknown;
            if (!itself) {
                const Place place{slice.source.get(), z};
                auto found = images.find(place);
                if (found == images.end()) {
                    progress.throwIfCancelled();
                    TrainingSlice neighbour = slice;
                    neighbour.image =
                        slice.source->read(0, Box3::ofSlice(slice.source->info().extent(), z), progress);
                    found = images.emplace(place, prepareSlice(neighbour, channels, recipe).image).first;
                }
                image = found->second;
                if (const auto at = there.find(place); at != there.end())
                    for (const size_t other : at->second)
                        if (prepared[other].role == own.role) labels = prepared[other].labels;
            }
            own.planes.push_back(std::move(image));
            if (seen.labelled) own.planeLabels.push_back(std::move(labels));
        }
    }
    return prepared;
}

PatchSampler::PatchSampler(const std::vector<PreparedSlice>& slices, const nlohmann::json& recipe)
    : side_(recipe.at("patch")) {
    double total = 0;
    for (const PreparedSlice& slice : slices) {
        if (slice.role != Role::train) continue;
        total += slice.weight * double(slice.image.extent().count());
        slices_.push_back(&slice);
        cumulative_.push_back(total);
    }
    if (slices_.empty())
        throw Error(ErrorKind::input, "There is no slice to train on; mark at least one as training data.");
    const auto number = [&](const char* key) { return recipe.at(key).get<double>(); };
    ranges_ = {number("flip"),
               number("rotate"),
               number("rotateDegrees"),
               number("scale"),
               number("scaleRange"),
               number("shift"),
               number("elastic"),
               number("elasticAlpha"),
               number("elasticSigma"),
               number("brightness"),
               number("brightnessRange"),
               number("contrast"),
               number("contrastRange"),
               number("gamma"),
               number("gammaRange"),
               number("noise"),
               number("noiseRange"),
               number("blur"),
               number("blurRange"),
               number("foregroundFraction")};
}

namespace {

/// Centre of the patch in slice pixels: near an object, or anywhere so that the patch mostly lies inside.
cv::Point2d centre(Random& random, const PreparedSlice& slice, int64_t side, double onObject, double shift) {
    const auto& e = slice.image.extent();
    if (!slice.objectPixels.empty() && random.chance(onObject)) {
        const int64_t pixel = slice.objectPixels[size_t(random.below(int64_t(slice.objectPixels.size())))];
        return {double(pixel % e.x) + random.uniform(-shift, shift),
                double(pixel / e.x) + random.uniform(-shift, shift)};
    }
    const auto along = [&](int64_t size) {
        const double margin = std::min(0.35 * double(side), 0.5 * double(size));
        return random.uniform(margin, double(size) - margin);
    };
    const double x = along(e.x);
    return {x, along(e.y)};
}

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

} // namespace

Patch PatchSampler::patch(uint64_t seed, uint64_t n) const {
    Random random = Random::forItem(seed, n);
    const double place = random.uniform() * cumulative_.back();
    const size_t index = std::min(
        size_t(std::upper_bound(cumulative_.begin(), cumulative_.end(), place) - cumulative_.begin()),
        cumulative_.size() - 1);
    const PreparedSlice& slice = *slices_[index];
    const int side = int(side_);
    const cv::Point2d middle = centre(random, slice, side_, ranges_.onObject, ranges_.shift);

    double angle = 0, zoom = 1;
    if (random.chance(ranges_.rotate))
        angle = random.uniform(-ranges_.degrees, ranges_.degrees) * std::numbers::pi / 180;
    if (random.chance(ranges_.scale)) zoom = factor(random, ranges_.scaleRange);
    const double mirrorX = random.chance(ranges_.flip) ? -1 : 1,
                 mirrorY = random.chance(ranges_.flip) ? -1 : 1;
    // Patch → slice: a larger zoom shows a smaller part.
    const double xx = std::cos(angle) / zoom * mirrorX, xy = -std::sin(angle) / zoom * mirrorY;
    const double yx = std::sin(angle) / zoom * mirrorX, yy = std::cos(angle) / zoom * mirrorY;

    cv::Mat dx, dy;
    if (random.chance(ranges_.elastic) && ranges_.alpha > 0) {
        const double alpha = random.uniform(0.25, 1) * ranges_.alpha;
        dx = smoothField(random, side, ranges_.sigma, alpha);
        dy = smoothField(random, side, ranges_.sigma, alpha);
    }
    Warp warp{cv::Mat(side, side, CV_32F), cv::Mat(side, side, CV_32F)};
    for (int v = 0; v < side; ++v) {
        float *mapX = warp.x.ptr<float>(v), *mapY = warp.y.ptr<float>(v);
        const float *offsetX = dx.empty() ? nullptr : dx.ptr<float>(v),
                    *offsetY = dy.empty() ? nullptr : dy.ptr<float>(v);
        for (int u = 0; u < side; ++u) {
            const double px = u + 0.5 - side / 2.0 + (offsetX ? offsetX[u] : 0),
                         py = v + 0.5 - side / 2.0 + (offsetY ? offsetY[u] : 0);
            mapX[u] = float(middle.x + xx * px + xy * py - 0.5);
            mapY[u] = float(middle.y + yx * px + yy * py - 0.5);
        }
    }
    const auto& e = slice.image.extent();
    const cv::Rect part = touchedPart(warp, int(e.y), int(e.x));
    warp.x -= part.x;
    warp.y -= part.y;

    const int64_t planes = std::max<int64_t>(1, int64_t(slice.planes.size())),
                  labelled = std::max<int64_t>(1, int64_t(slice.planeLabels.size()));
    Patch patch{Pixels(PixelType::f32, slice.image.channels(), {planes, side_, side_}),
                Pixels(PixelType::u8, 1, {labelled, side_, side_})};

    const double brightness =
        random.chance(ranges_.brightness) ? random.uniform(-1, 1) * ranges_.brightnessRange : 0;
    const double contrast = random.chance(ranges_.contrast) ? factor(random, ranges_.contrastRange) : 1;
    const double gamma = random.chance(ranges_.gamma) ? factor(random, ranges_.gammaRange) : 1;
    const double noise = random.chance(ranges_.noise) ? random.uniform(0, ranges_.noiseRange) : 0;
    const double blur =
        random.chance(ranges_.blur) && ranges_.blurRange > 0.3 ? random.uniform(0.3, ranges_.blurRange) : 0;
    // The order of slices has two ways like the other axes.
    const bool reversed = planes > 1 && random.chance(ranges_.flip);
    const auto from = [&](int64_t z) { return size_t(reversed ? planes - 1 - z : z); };
    for (int64_t z = 0; z < labelled; ++z) {
        cv::Mat labels = bytePlane(patch.labels, z);
        cv::remap(bytePlane(labelled > 1 ? slice.planeLabels[from(z)] : slice.labels)(part), labels, warp.x,
                  warp.y, cv::INTER_NEAREST, cv::BORDER_REFLECT_101);
    }
    for (int64_t c = 0; c < slice.image.channels(); ++c)
        for (int64_t z = 0; z < planes; ++z) {
            cv::Mat image = floatPlane(patch.image, c, z);
            cv::remap(floatPlane(planes > 1 ? slice.planes[from(z)] : slice.image, c)(part), image, warp.x,
                      warp.y, cv::INTER_LINEAR, cv::BORDER_REFLECT_101);
            if (blur > 0) cv::GaussianBlur(image, image, {}, blur, blur, cv::BORDER_REFLECT_101);
            if (gamma != 1) changeGamma(image, gamma);
            if (contrast != 1 || brightness != 0) image = image * contrast + brightness;
            if (noise > 0) addNoise(random, image, noise);
        }
    return patch;
}

} // namespace cristae

// Sums over slices, one or two in memory at a time besides a window of neighbours.
#include "core/measure/exploration.h"

#include "core/base/error.h"
#include "core/measure/confusion.h"
#include "core/measure/csv.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <fmt/format.h>
#include <limits>

namespace cristae {

namespace {

Pixels greySlice(const TileSource& image, int64_t z, const Progress& progress) {
    const Extent3 extent = image.info().extent();
    const Pixels slice = image.read(0, Box3::ofSlice(extent, z), progress).converted(PixelType::f32);
    if (slice.channels() == 1) return slice;
    Pixels first(PixelType::f32, 1, {1, extent.y, extent.x});
    std::ranges::copy(slice.plane<float>(0, 0), first.values<float>().begin());
    return first;
}

/// Zero mean and unit length, so that a product of two is their correlation; empty without contrast.
std::vector<float> standardised(const Pixels& slice) {
    const auto values = slice.values<float>();
    double sum = 0, squares = 0;
    for (const float v : values) sum += double(v);
    const double mean = sum / double(values.size());
    for (const float v : values) squares += (double(v) - mean) * (double(v) - mean);
    if (squares <= 0) return {};
    const double scale = 1 / std::sqrt(squares);
    std::vector<float> result(values.size());
    for (size_t i = 0; i < result.size(); ++i) result[i] = float((double(values[i]) - mean) * scale);
    return result;
}

double product(const std::vector<float>& a, const std::vector<float>& b) {
    double sum = 0;
    for (size_t i = 0; i < a.size(); ++i) sum += double(a[i]) * double(b[i]);
    return std::clamp(sum, -1.0, 1.0);
}

SliceCorrelation summarised(int64_t distance, const std::vector<double>& coefficients) {
    SliceCorrelation result{distance, int64_t(coefficients.size()), 0, -1, 1};
    if (coefficients.empty()) return result;
    // Fisher's z is nearly normal; of perfect correlation it would be infinite.
    const auto z = [](double r) { return std::atanh(std::clamp(r, -1 + 1e-12, 1 - 1e-12)); };
    double sum = 0, squares = 0;
    for (const double r : coefficients) sum += z(r);
    const double n = double(coefficients.size()), mean = sum / n;
    for (const double r : coefficients) squares += (z(r) - mean) * (z(r) - mean);
    result.mean = std::tanh(mean);
    if (coefficients.size() < 2) return result;
    const double away = 1.96 * std::sqrt(squares / (n - 1) / n);
    result.low = std::tanh(mean - away);
    result.high = std::tanh(mean + away);
    return result;
}

} // namespace

double GreyHistograms::overlap() const {
    double insideSum = 0, outsideSum = 0, shared = 0;
    for (const int64_t count : inside) insideSum += double(count);
    for (const int64_t count : outside) outsideSum += double(count);
    if (insideSum == 0 || outsideSum == 0) return 0;
    for (size_t i = 0; i < inside.size(); ++i)
        shared += std::min(double(inside[i]) / insideSum, double(outside[i]) / outsideSum);
    return shared;
}

GreyHistograms greyHistograms(const TileSource& image, const TileSource& labels, const Foreground& foreground,
                              int bins, const Progress& progress) {
    const Extent3 extent = image.info().extent();
    throwUnlessSameSize(extent, labels.info().extent(), "The image", "its labels");
    GreyHistograms result;
    float low = std::numeric_limits<float>::infinity(), high = -low;
    for (int64_t z = 0; z < extent.z; ++z) {
        progress.throwIfCancelled();
        const Pixels slice = greySlice(image, z, progress);
        for (const float v : slice.values<float>())
            if (std::isfinite(v)) {
                low = std::min(low, v);
                high = std::max(high, v);
            }
        progress.report(0.5 * double(z + 1) / double(extent.z), "range of grey values");
    }
    if (!(low <= high)) low = high = 0;
    result.low = double(low);
    result.high = double(high);
    result.inside.resize(size_t(bins));
    result.outside.resize(size_t(bins));
    const double scale = high > low ? double(bins) / (double(high) - double(low)) : 0;
    for (int64_t z = 0; z < extent.z; ++z) {
        progress.throwIfCancelled();
        const Pixels slice = greySlice(image, z, progress);
        const auto mask =
            foregroundOf(labels.read(0, Box3::ofSlice(extent, z), progress), foreground, "The labels");
        const auto values = slice.values<float>();
        for (size_t i = 0; i < values.size(); ++i) {
            if (!std::isfinite(values[i])) continue;
            const auto bin =
                size_t(std::min<int64_t>(bins - 1, int64_t((double(values[i]) - result.low) * scale)));
            ++(mask[i] ? result.inside : result.outside)[bin];
        }
        progress.report(0.5 + 0.5 * double(z + 1) / double(extent.z), "grey values in and outside objects");
    }
    return result;
}

std::vector<SliceCorrelation> sliceCorrelations(const TileSource& image, int64_t mostDistance,
                                                const SliceChange& change, const Progress& progress) {
    const int64_t count = image.info().extent().z;
    mostDistance = std::clamp<int64_t>(mostDistance, 0, count - 1);
    std::vector<std::vector<double>> coefficients(size_t(mostDistance) + 1);
    std::deque<std::vector<float>> before; // standardised slices z − mostDistance … z
    for (int64_t z = 0; z < count; ++z) {
        progress.throwIfCancelled();
        const Pixels slice = greySlice(image, z, progress);
        before.push_back(standardised(slice));
        if (int64_t(before.size()) > mostDistance + 1) before.pop_front();
        const std::vector<float> changed = change ? standardised(change(slice, z)) : before.back();
        for (int64_t distance = 0; distance < int64_t(before.size()); ++distance) {
            const auto& other = before[before.size() - 1 - size_t(distance)];
            if (!other.empty() && changed.size() == other.size())
                coefficients[size_t(distance)].push_back(product(other, changed));
        }
        progress.report(double(z + 1) / double(count), fmt::format("slice {} of {}", z + 1, count));
    }
    std::vector<SliceCorrelation> result;
    for (size_t distance = 0; distance < coefficients.size(); ++distance)
        result.push_back(summarised(int64_t(distance), coefficients[distance]));
    return result;
}

Exploration explore(const TileSource& image, const TileSource& labels, const ExplorationOptions& options,
                    const Progress& progress) {
    Exploration result;
    result.voxelSize = image.info().voxelSize;
    result.grey =
        greyHistograms(image, labels, options.foreground, options.bins, PartProgress(progress, 0, 0.3));
    result.correlation = sliceCorrelations(image, options.mostDistance, {}, PartProgress(progress, 0.3, 0.7));
    std::vector<uint8_t> mask;
    const Extent3 extent = labels.info().extent();
    for (int64_t z = 0; z < extent.z; ++z) {
        progress.throwIfCancelled();
        const auto slice = foregroundOf(labels.read(0, Box3::ofSlice(extent, z), progress),
                                        options.foreground, "The labels");
        mask.insert(mask.end(), slice.begin(), slice.end());
        progress.report(0.7 + 0.1 * double(z + 1) / double(extent.z), "reading labels");
    }
    const auto numberOf = [&](Connectivity connectivity) {
        progress.throwIfCancelled();
        LabelVolume objects = components(mask, extent, connectivity, true);
        return renumber(objects, Connectivity::volume);
    };
    result.objects = numberOf(options.connectivity);
    progress.report(0.9, "counting objects");
    result.sections = numberOf(Connectivity::slices);
    const auto voxels = double(std::ranges::count_if(mask, [](uint8_t v) { return v != 0; }));
    result.foregroundShare = voxels / double(extent.count());
    if (result.objects == 0) return result;
    result.meanAreaPx = voxels / double(result.sections);
    result.meanVolumeVoxels = voxels / double(result.objects);
    if (const VoxelSize& size = result.voxelSize; size.knownInPlane()) {
        result.meanAreaNm2 = result.meanAreaPx * *size.yNm * *size.xNm;
        if (size.zNm) result.meanVolumeNm3 = result.meanVolumeVoxels * *size.yNm * *size.xNm * *size.zNm;
    }
    return result;
}

std::string explorationCsv(const Exploration& found) {
    std::string text = csvLine({"part", "at", "value", "low", "high", "note"});
    const auto figure = [&](const char* name, double value, const char* note) {
        text += csvLine({"figure", name, csvNumber(value), "", "", note});
    };
    figure("objects", double(found.objects), "");
    figure("sections", double(found.sections), "objects counted in every slice by itself");
    figure("foreground_share", found.foregroundShare, "of all voxels");
    figure("mean_area_px", found.meanAreaPx, "of a section");
    figure("mean_volume_voxels", found.meanVolumeVoxels, "of an object");
    if (found.meanAreaNm2) figure("mean_area_nm2", *found.meanAreaNm2, "of a section");
    if (found.meanVolumeNm3) figure("mean_volume_nm3", *found.meanVolumeNm3, "of an object");
    figure("histogram_overlap", found.grey.overlap(), "shared area of the two histograms");
    const double width =
        (found.grey.high - found.grey.low) / double(std::max<size_t>(1, found.grey.inside.size()));
    for (size_t i = 0; i < found.grey.inside.size(); ++i) {
        const std::string at = csvNumber(found.grey.low + (double(i) + 0.5) * width);
        text += csvLine({"inside", at, fmt::format("{}", found.grey.inside[i]), "", "", "voxels"});
        text += csvLine({"outside", at, fmt::format("{}", found.grey.outside[i]), "", "", "voxels"});
    }
    for (const SliceCorrelation& c : found.correlation)
        text += csvLine({"correlation", fmt::format("{}", c.distance), csvNumber(c.mean), csvNumber(c.low),
                         csvNumber(c.high), fmt::format("Pearson, 95 % interval, {} pairs", c.pairs)});
    return text;
}

} // namespace cristae

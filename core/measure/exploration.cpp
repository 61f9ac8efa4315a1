// Sums over slices, one or two in memory at a time besides a window of neighbours.
#include "core/measure/exploration.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/measure/confusion.h"
#include "core/measure/csv.h"
#include "core/measure/student.h"

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

/// A slice as it is compared.
struct ComparedSlice {
    std::vector<float> values; // zero mean and unit length, so that a product of two is their correlation
    bool gaps = false;         // some values are no numbers; then the values are as they were
    bool contrast = false;
};

ComparedSlice comparedSlice(const Pixels& slice) {
    const auto values = slice.values<float>();
    ComparedSlice result{{values.begin(), values.end()}, false, false};
    double sum = 0, squares = 0;
    int64_t count = 0;
    for (const float v : values) {
        if (!std::isfinite(v)) continue;
        sum += double(v);
        ++count;
    }
    result.gaps = count < int64_t(values.size());
    const double mean = sum / double(std::max<int64_t>(1, count));
    for (const float v : values)
        if (std::isfinite(v)) squares += (double(v) - mean) * (double(v) - mean);
    result.contrast = squares > 0;
    if (result.gaps || !result.contrast) return result;
    const double scale = 1 / std::sqrt(squares);
    for (float& v : result.values) v = float((double(v) - mean) * scale);
    return result;
}

/// Pearson's coefficient over the pixels that have a value in both; nothing without contrast.
std::optional<double> correlationOf(const ComparedSlice& a, const ComparedSlice& b) {
    if (!a.contrast || !b.contrast || a.values.size() != b.values.size()) return std::nullopt;
    double sum = 0;
    if (!a.gaps && !b.gaps) {
        for (size_t i = 0; i < a.values.size(); ++i) sum += double(a.values[i]) * double(b.values[i]);
        return std::clamp(sum, -1.0, 1.0);
    }
    double n = 0, meanA = 0, meanB = 0, aa = 0, bb = 0; // updated value by value (Welford 1962)
    for (size_t i = 0; i < a.values.size(); ++i) {
        const double x = double(a.values[i]), y = double(b.values[i]);
        if (!std::isfinite(x) || !std::isfinite(y)) continue;
        n += 1;
        const double dx = x - meanA, dy = y - meanB;
        meanA += dx / n;
        meanB += dy / n;
        aa += dx * (x - meanA);
        bb += dy * (y - meanB);
        sum += dx * (y - meanB);
    }
    if (!(aa > 0) || !(bb > 0)) return std::nullopt;
    return std::clamp(sum / std::sqrt(aa * bb), -1.0, 1.0);
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
    const double away = studentFactor95(int64_t(coefficients.size()) - 1) * std::sqrt(squares / (n - 1) / n);
    result.low = std::tanh(mean - away);
    result.high = std::tanh(mean + away);
    return result;
}

Foreground withUnlabelled(Foreground foreground, const TileSource& labels) {
    foreground.unlabelled = labels.info().unlabelled;
    return foreground;
}

/// The labels with only the foreground in them: its values, or 1 where the rest of a value is foreground.
class ForegroundSource : public TileSource {
public:
    ForegroundSource(const TileSource& labels, const Foreground& foreground)
        : labels_(labels), foreground_(withUnlabelled(foreground, labels)), info_(labels.info()) {
        if (!foreground_.inverted && info_.channels == 1) return;
        info_.type = PixelType::u8; // a mask
        info_.channels = 1;
        info_.unlabelled.reset();
    }
    const ImageInfo& info() const override { return info_; }
    std::string id() const override { return labels_.id() + " foreground"; }
    Pixels read(int level, const Box3& box, const Progress& progress) const override {
        const Pixels values = labels_.read(level, box, progress);
        const auto mask = foregroundOf(values, foreground_, "The labels");
        Pixels result(info_.type, 1, values.extent());
        withPixelType(info_.type, [&](auto zero) {
            using T = decltype(zero);
            const auto out = result.values<T>();
            const bool asMask = info_.type != values.type() || foreground_.inverted || values.channels() > 1;
            for (size_t i = 0; i < mask.size(); ++i)
                if (mask[i]) out[i] = asMask ? T(1) : values.values<T>()[i];
        });
        return result;
    }

private:
    const TileSource& labels_;
    Foreground foreground_;
    ImageInfo info_;
};

void countObjects(const TileSource& labels, const ExplorationOptions& options, Exploration& result,
                  const Progress& progress) {
    const ForegroundSource source(labels, options.foreground);
    auto objects = measureObjects(source, PartProgress(progress, 0, 0.5), options.identity);
    if (const int64_t leftOut = leaveOutSmall(objects, options.smallest))
        result.remarks.push_back(fmt::format("{} of fewer than {} voxels left out.",
                                             countText(leftOut, "object", "objects"), options.smallest));
    result.objects = int64_t(objects.size());
    ObjectIdentity inSlices = options.identity;
    inSlices.connectivity = Connectivity::slices;
    auto sections = measureObjects(source, PartProgress(progress, 0.5, 1), inSlices);
    const Extent3& extent = labels.info().extent();
    // In a stack a large object may end in a small section.
    if (extent.z == 1 || options.identity.connectivity == Connectivity::slices)
        leaveOutSmall(sections, options.smallest);
    result.sections = int64_t(sections.size());
    const auto voxelsOf = [](const std::vector<LabelObject>& all) {
        int64_t voxels = 0;
        for (const LabelObject& object : all) voxels += object.voxels;
        return double(voxels);
    };
    result.foregroundShare = voxelsOf(objects) / double(extent.count());
    if (objects.empty()) return;
    result.meanAreaPx = voxelsOf(sections) / double(sections.size());
    result.meanVolumeVoxels = voxelsOf(objects) / double(objects.size());
    const VoxelSize& size = result.voxelSize;
    if (!size.knownInPlane()) return;
    result.meanAreaNm2 = result.meanAreaPx * *size.yNm * *size.xNm;
    if (size.zNm) result.meanVolumeNm3 = result.meanVolumeVoxels * *size.yNm * *size.xNm * *size.zNm;
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
        const Pixels there = labels.read(0, Box3::ofSlice(extent, z), progress);
        const auto mask = foregroundOf(there, withUnlabelled(foreground, labels), "The labels");
        const auto labelled = labelledOf(there, labels.info().unlabelled);
        const auto values = slice.values<float>();
        for (size_t i = 0; i < values.size(); ++i) {
            result.withoutValue += !std::isfinite(values[i]);
            if (!std::isfinite(values[i]) || (!labelled.empty() && !labelled[i])) continue;
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
    std::deque<ComparedSlice> before; // slices z − mostDistance … z
    for (int64_t z = 0; z < count; ++z) {
        progress.throwIfCancelled();
        const Pixels slice = greySlice(image, z, progress);
        before.push_back(comparedSlice(slice));
        if (int64_t(before.size()) > mostDistance + 1) before.pop_front();
        const ComparedSlice changed = change ? comparedSlice(change(slice, z)) : before.back();
        for (int64_t distance = 0; distance < int64_t(before.size()); ++distance)
            if (const auto found = correlationOf(before[before.size() - 1 - size_t(distance)], changed))
                coefficients[size_t(distance)].push_back(*found);
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
    result.identity = options.identity;
    result.voxelSize =
        labels.info().voxelSize.knownInPlane() ? labels.info().voxelSize : image.info().voxelSize;
    result.grey =
        greyHistograms(image, labels, options.foreground, options.bins, PartProgress(progress, 0, 0.3));
    if (result.grey.withoutValue > 0)
        result.remarks.push_back(fmt::format("{} of the image {} no finite value and {} left out.",
                                             countText(result.grey.withoutValue, "voxel", "voxels"),
                                             result.grey.withoutValue == 1 ? "has" : "have",
                                             result.grey.withoutValue == 1 ? "is" : "are"));
    result.correlation = sliceCorrelations(image, options.mostDistance, {}, PartProgress(progress, 0.3, 0.7));
    countObjects(labels, options, result, PartProgress(progress, 0.7, 1));
    return result;
}

std::string explorationCsv(const Exploration& found) {
    std::string text = csvLine({"part", "at", "value", "low", "high", "note"});
    const auto figure = [&](const char* name, double value, const char* note) {
        text += csvLine({"figure", name, csvNumber(value), "", "", note});
    };
    figure("objects", double(found.objects), wordsOf(found.identity).c_str());
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
    for (const std::string& sentence : found.remarks) text += csvLine({"remark", "", "", "", "", sentence});
    return text;
}

} // namespace cristae

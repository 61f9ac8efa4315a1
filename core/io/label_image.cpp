// What the values of a label image mean: soft masks, missing labels, ids of 64 bits; colours elsewhere.
#include "core/io/label_image.h"

#include "core/base/text.h"
#include "core/io/label_colours.h"
#include "core/io/label_survey.h"
#include "core/io/wide_labels.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <functional>
#include <limits>

namespace cristae {

namespace {

/// How values become labels: decided once, applied slice by slice.
struct Decision {
    PixelType type = PixelType::u8;
    double threshold = 0; // values from here on become `object`, others 0; 0 = none
    uint32_t object = 255;
    std::set<int64_t> missing; // these, −1 and NaN become `sentinel`
    std::optional<int64_t> sentinel;
};

template <class In, class Out> void convert(std::span<const In> in, std::span<Out> out, const Decision& how) {
    const auto sentinel = Out(how.sentinel.value_or(0));
    for (size_t i = 0; i < in.size(); ++i) {
        const In value = in[i];
        bool missing = !how.missing.empty() && value == value && how.missing.contains(int64_t(value));
        if constexpr (std::is_floating_point_v<In>) missing = missing || value != value;
        if constexpr (std::is_signed_v<In>) missing = missing || value < In(0);
        if (missing)
            out[i] = sentinel;
        else if (how.threshold > 0)
            out[i] = double(value) >= how.threshold ? Out(how.object) : Out(0);
        else
            out[i] = Out(value);
    }
}

class LabelImage : public TileSource {
public:
    LabelImage(TileSourcePtr source, ImageInfo info, Decision how)
        : source_(std::move(source)), info_(std::move(info)), how_(std::move(how)) {
        info_.levels = {source_->info().extent()};
        info_.channels = 1;
        info_.type = how_.type;
        info_.unlabelled = how_.sentinel;
        id_ = fmt::format("{}|labels {} {} {}", source_->id(), cristae::name(how_.type), how_.threshold,
                          how_.sentinel.value_or(-1));
    }
    const ImageInfo& info() const override { return info_; }
    std::string id() const override { return id_; }
    const TileSourcePtr& source() const { return source_; }
    /// Every value is the label of that number.
    bool isPlain() const { return how_.threshold <= 0 && how_.missing.empty() && !how_.sentinel; }
    Pixels read(int level, const Box3& box, const Progress& progress) const override {
        const Pixels stored = source_->read(level, box, progress);
        if (stored.type() == how_.type && how_.threshold <= 0 && how_.missing.empty()) return stored;
        Pixels labels(how_.type, 1, box.extent());
        withPixelType(stored.type(), [&](auto in) {
            withPixelType(how_.type, [&](auto out) {
                using In = decltype(in);
                using Out = decltype(out);
                if constexpr (std::is_unsigned_v<Out>)
                    convert<In, Out>(stored.values<In>(), labels.values<Out>(), how_);
            });
        });
        return labels;
    }

private:
    TileSourcePtr source_;
    ImageInfo info_;
    Decision how_;
    std::string id_;
};

std::string nameOf(const ImageInfo& info) {
    if (info.path.empty()) return "The label image";
    return fmt::format("“{}”",
                       info.dataset.empty() ? info.path.string() : info.path.string() + ":" + info.dataset);
}

Error noLabels(const ImageInfo& info, const std::string& why) {
    return {ErrorKind::input, fmt::format("{} cannot be read as labels: {}", nameOf(info), why)};
}

/// 255 or 65535 if the values reach about as far, else 0.
int64_t fullScale(const LabelSurvey& seen) {
    for (const int64_t full : {int64_t(255), int64_t(65535)})
        if (seen.largest <= double(full) && seen.largest >= double(full - full / 16)) return full;
    return 0;
}

/// A mask whose edges were smoothed, or which went through JPEG: nearly all voxels near 0 or full scale, and
/// what is between does not lie in areas of its own.
bool isSoftMask(const LabelSurvey& seen, bool lossy) {
    const int64_t full = fullScale(seen), near = full / 16;
    if (full == 0 || seen.distinct(0, full) <= 2) return false;
    const int64_t low = LabelSurvey::sum(seen.count, 0, near),
                  high = LabelSurvey::sum(seen.count, full - near, full),
                  between = LabelSurvey::sum(seen.count, near + 1, full - near - 1);
    return (lossy || seen.distinct(near + 1, full - near - 1) >= 3) && between < 4 * high &&
           between < low + high && LabelSurvey::sum(seen.inside, near + 1, full - near - 1) * 10 <= between;
}

/// Grey values or probabilities: many values, and no areas of one value.
bool isGrey(const LabelSurvey& seen) {
    constexpr int64_t last = LabelSurvey::counted - 1;
    const int64_t labelled = LabelSurvey::sum(seen.count, 1, last);
    return labelled > 0 && seen.distinct(1, last) > 64 &&
           LabelSurvey::sum(seen.inside, 1, last) * 10 < labelled &&
           LabelSurvey::sum(seen.alone, 1, last) * 10 > labelled;
}

void refuseNumbers(const ImageInfo& info, const LabelSurvey& seen) {
    if (seen.fraction && std::isinf(*seen.fraction))
        throw noLabels(info, "it holds infinite numbers. Replace them by 0, or by −1 for “not labelled”.");
    if (seen.fraction)
        throw noLabels(info,
                       fmt::format("it holds fractions such as {:.9g}{}. If they are probabilities, use "
                                   "--threshold where the command has it, or export labels or a mask.",
                                   *seen.fraction,
                                   seen.smallestFraction >= 0 && seen.largestFraction <= 1
                                       ? " (all from 0 to 1: probabilities)"
                                       : ""));
    if (seen.negative)
        throw noLabels(info, fmt::format("it holds the negative number {:g}; only −1 means “not labelled”. "
                                         "Name it with --unlabelled if it means that too, or renumber the "
                                         "labels.",
                                         *seen.negative));
    if (seen.largest > double(std::numeric_limits<uint32_t>::max()))
        throw noLabels(info,
                       fmt::format("it holds the number {:.0f}, which does not fit in 32 bits. Renumber "
                                   "its labels (--renumber where the command has it).",
                                   seen.largest));
}

/// The largest number of a type far above all others is often a −1 that the type could not hold.
void remarkOnOverflow(ImageInfo& info, const LabelSurvey& seen) {
    const double full = info.type == PixelType::u32   ? double(std::numeric_limits<uint32_t>::max())
                        : info.type == PixelType::u16 ? double(std::numeric_limits<uint16_t>::max())
                                                      : 0;
    constexpr int64_t last = LabelSurvey::counted - 1;
    const bool alone = full > double(last) || LabelSurvey::sum(seen.count, last / 2, last - 1) == 0;
    if (full > 0 && seen.largest == full && alone && seen.distinct(1, last - 1) > 0)
        info.remarks.push_back(fmt::format("The value {0:.0f}, which −1 becomes in unsigned numbers, counts "
                                           "as a label like the others; if it "
                                           "means “not labelled”, say so with --unlabelled {0:.0f}.",
                                           full));
    constexpr double exact = 16'777'216; // 2^24
    if (info.type == PixelType::f32 && seen.largest >= exact)
        info.remarks.push_back(
            fmt::format("It holds labels up to {:.0f} as 32-bit floating-point numbers, which keep whole "
                        "numbers apart only "
                        "up to 16777216: labels may have become one. Save them as whole numbers.",
                        seen.largest));
}

/// What is striking about values that are taken as they are.
void remarkOnValues(ImageInfo& info, const LabelSurvey& seen) {
    remarkOnOverflow(info, seen);
    const bool byte = seen.largest == 255 && seen.count[255] > 0;
    if (byte && seen.distinct(1, 254) > 0 && seen.distinct(64, 254) == 0)
        info.remarks.push_back(
            fmt::format("The value 255 ({}) counts as a label like the others; if it means “not labelled”, "
                        "say so with --unlabelled 255.",
                        countText(seen.count[255], "voxel", "voxels")));
    if (seen.count[0] == 0 && seen.voxels > seen.unlabelled && seen.distinct(1, 255) > 1 && seen.largest < 16)
        info.remarks.push_back(
            fmt::format("No voxel has the value 0, so none is background (the values go from {} to {:.0f}; "
                        "ilastik counts "
                        "classes from 1). Say which values mean the structure if not all do.",
                        std::find_if(seen.count.begin(), seen.count.end(), [](int64_t n) { return n > 0; }) -
                            seen.count.begin(),
                        seen.largest));
    const int64_t labelled = LabelSurvey::sum(seen.count, 1, LabelSurvey::counted - 1);
    if (seen.distinct(1, LabelSurvey::counted - 1) > 16 && seen.borders * 50 > labelled &&
        seen.steps * 10 > seen.borders * 9)
        info.remarks.push_back(
            "Its values change in small steps from voxel to voxel, as grey values do; each "
            "counts as a label. Check that it is the label image.");
    int64_t edges = 0, edgeVoxels = 0, values = 0;
    for (int64_t v = 1; v < LabelSurvey::counted; ++v) {
        const size_t i = size_t(v);
        if (seen.count[i] == 0) continue;
        ++values;
        if (seen.inside[i] > 0 || 2 * std::max(seen.alone[i], seen.between[i]) <= seen.count[i]) continue;
        ++edges;
        edgeVoxels += seen.count[i];
    }
    if (values >= 8 && 2 * edges > values)
        info.remarks.push_back(fmt::format(
            "{} of the {} values occur only as single voxels or lines ({} voxels in all), as along the "
            "edges of labels that were smoothed or resized; each counts as a label. Resize labels "
            "without interpolation.",
            edges, values, edgeVoxels));
}

bool isLossy(const ImageInfo& info) {
    return info.format.starts_with("JPEG") ||
           std::ranges::any_of(info.remarks,
                               [](const std::string& remark) { return remark.ends_with(lossyRemark); });
}

/// The smallest type that holds the labels, and a number beyond them for what is not labelled if wanted.
void chooseType(Decision& how, double largest, bool needsSentinel) {
    const double most = largest + (needsSentinel ? 1 : 0);
    how.type = most <= 0xff ? PixelType::u8 : most <= 0xffff ? PixelType::u16 : PixelType::u32;
    if (needsSentinel)
        how.sentinel = how.type == PixelType::u8    ? int64_t(0xff)
                       : how.type == PixelType::u16 ? int64_t(0xffff)
                                                    : int64_t(0xffffffff);
}

Decision decide(ImageInfo& info, const LabelSurvey& seen, const std::set<int64_t>& missing) {
    Decision how;
    refuseNumbers(info, seen);
    const bool lossy = isLossy(info);
    const int64_t full = fullScale(seen), last = LabelSurvey::counted - 1;
    double largest = seen.largest;
    if (isSoftMask(seen, lossy)) {
        how.threshold = double(full + 1) / 2;
        how.object = missing.contains(255) ? 1 : 255;
        largest = how.object;
        info.remarks.push_back(
            fmt::format("The mask holds {} different values, nearly all close to 0 or {}: it was {}. It is "
                        "thresholded: values from {:.0f} on are the object.",
                        seen.distinct(0, full), full,
                        lossy ? "saved as JPEG" : "smoothed, or saved as JPEG before", how.threshold));
    } else if (lossy && (seen.distinct(0, last) > 2 || (full == 0 && largest > 0))) {
        throw noLabels(info, fmt::format("JPEG changes values; it holds {} different ones, and they are not "
                                         "those of a mask of 0 and 255. Save the labels as PNG, or as TIFF "
                                         "without JPEG.",
                                         seen.distinct(0, last)));
    } else if (isGrey(seen)) {
        throw noLabels(info, fmt::format("it holds {} different values and hardly two equal ones beside each "
                                         "other: grey values or probabilities, not labels. Use --threshold "
                                         "where the command has it, or choose the label image.",
                                         seen.distinct(0, last)));
    } else {
        remarkOnValues(info, seen);
    }
    const bool isUnsigned =
        info.type == PixelType::u8 || info.type == PixelType::u16 || info.type == PixelType::u32;
    if (isUnsigned && how.threshold <= 0 && missing.size() <= 1) { // nothing to change
        how.type = info.type;
        if (!missing.empty()) how.sentinel = *missing.begin();
    } else {
        chooseType(how, largest, seen.unlabelled > 0 || !missing.empty());
        how.missing = missing;
    }
    return how;
}

TileSourcePtr asLabelsOf(const TileSourcePtr& source, const std::set<int64_t>& missing,
                         const Progress& progress) {
    const LabelSurvey seen = surveyLabels(*source, missing, progress);
    ImageInfo info = source->info();
    Decision how = decide(info, seen, missing);
    if (seen.unlabelled > 0)
        info.remarks.push_back(fmt::format(
            "{} not labelled ({}): neither object nor background.",
            seen.unlabelled == 1 ? "1 voxel is" : fmt::format("{} voxels are", seen.unlabelled),
            missing.empty()
                ? (isInteger(info.type) ? "−1" : "NaN or −1")
                : fmt::format("{}", fmt::join(missing, ", ")) + (isInteger(info.type) ? "" : ", NaN or −1")));
    return std::make_shared<LabelImage>(source, std::move(info), std::move(how));
}

} // namespace

TileSourcePtr openLabels(const std::filesystem::path& path, OpenOptions options, const LabelRule& rule,
                         const Progress& progress) {
    options.labels = true;
    return asLabels(openImage(path, options), rule, progress);
}

TileSourcePtr asLabels(TileSourcePtr source, const LabelRule& rule, const Progress& progress) {
    const ImageInfo& info = source->info();
    std::set<int64_t> missing(rule.unlabelled.begin(), rule.unlabelled.end());
    if (info.unlabelled) missing.insert(*info.unlabelled);
    const auto* opened = dynamic_cast<const LabelImage*>(source.get());
    const bool known = info.format == "labels" || opened;
    if (known && (missing.empty() || rule.unlabelled.empty())) return source;
    // Anew from what is stored, so that nothing is said of values as labels that the rule names.
    if (opened && opened->isPlain() && !rule.renumber) return asLabelsOf(opened->source(), missing, progress);
    if (info.channels == 3) {
        const PartProgress colours(progress, 0, 0.5), values(progress, 0.5, 1);
        return asLabelsOf(numberedColours(source, colours), missing, values);
    }
    if (info.channels != 1)
        throw noLabels(info, fmt::format("it has {} channels, and labels have one. Save the channel that "
                                         "holds the labels; if they are slices, say so with --axes.",
                                         info.channels));
    if (!rule.renumber) return asLabelsOf(source, missing, progress);
    const PartProgress numbering(progress, 0, 0.5), values(progress, 0.5, 1);
    const TileSourcePtr numbered = renumberedIds(source, missing, numbering);
    if (numbered == source) return asLabelsOf(source, missing, values);
    missing.clear(); // they have a number of their own now
    if (numbered->info().unlabelled) missing.insert(*numbered->info().unlabelled);
    return asLabelsOf(numbered, missing, values);
}

} // namespace cristae

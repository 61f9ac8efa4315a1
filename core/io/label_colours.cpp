// Colours of a label image as numbers, and masks with a transparency.
#include "core/io/label_colours.h"

#include "core/io/label_survey.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <set>
#include <unordered_map>

namespace cristae {

namespace {

constexpr size_t mostColours = 256;
constexpr std::array<uint32_t, 8> plainColours{0x000000, 0xff0000, 0x00ff00, 0x0000ff,
                                               0xffff00, 0xff00ff, 0x00ffff, 0xffffff};
constexpr std::array plainNames{"black", "red", "green", "blue", "yellow", "magenta", "cyan", "white"};

struct ColourCount {
    int64_t count = 0, alone = 0;
};
using Colours = std::unordered_map<uint32_t, ColourCount>;

Error noLabels(const ImageInfo& info, const std::string& why) {
    return {ErrorKind::input,
            fmt::format("“{}” cannot be read as labels: {}",
                        info.path.empty() ? std::string("The image") : info.path.string(), why)};
}

/// 0xRRGGBB of every pixel of a slice [C, 1, Y, X]; 16-bit colours by their upper bytes.
std::vector<uint32_t> packed(const Pixels& slice) {
    std::vector<uint32_t> colours(size_t(slice.extent().count()));
    withPixelType(slice.type(), [&](auto tag) {
        using T = decltype(tag);
        if constexpr (std::is_same_v<T, uint8_t> || std::is_same_v<T, uint16_t>) {
            constexpr int shift = sizeof(T) == 2 ? 8 : 0;
            const auto values = slice.values<T>();
            const size_t size = colours.size();
            for (size_t i = 0; i < size; ++i)
                colours[i] = uint32_t(values[i] >> shift) << 16 | uint32_t(values[size + i] >> shift) << 8 |
                             uint32_t(values[2 * size + i] >> shift);
        }
    });
    return colours;
}

bool isGreyColour(uint32_t rgb) {
    return (rgb >> 16) == (rgb & 0xff) && (rgb >> 16) == ((rgb >> 8) & 0xff);
}

/// One channel of an image, or the numbers of its colours.
class ColourLabels : public TileSource {
public:
    ColourLabels(TileSourcePtr source, ImageInfo info, bool grey)
        : source_(std::move(source)), info_(std::move(info)), grey_(grey) {
        info_.levels = {source_->info().extent()};
        info_.channels = 1;
        std::erase(info_.axes, 'c');
        id_ = source_->id() + (grey ? "|one channel" : "|colours");
    }
    const ImageInfo& info() const override { return info_; }
    std::string id() const override { return id_; }
    Pixels read(int level, const Box3& box, const Progress& progress) const override {
        const Pixels stored = source_->read(level, box, progress);
        Pixels labels(info_.type, 1, box.extent());
        if (grey_) {
            std::copy_n(stored.data(), labels.bytes(), labels.data());
            return labels;
        }
        const std::vector<uint32_t> colours = packed(stored);
        const auto out = labels.values<uint32_t>();
        std::transform(colours.begin(), colours.end(), out.begin(), labelOfColour);
        return labels;
    }

private:
    TileSourcePtr source_;
    ImageInfo info_;
    bool grey_;
    std::string id_;
};

/// The colours of all slices; of more than there may be, one more than that. True in `grey` if all are greys.
Colours coloursOf(const TileSource& source, bool& grey, const Progress& progress) {
    const Extent3& e = source.info().extent();
    Colours colours;
    grey = true;
    for (int64_t z = 0; z < e.z; ++z) {
        progress.throwIfCancelled();
        progress.report(double(z) / double(e.z), "checking colours");
        const auto slice = packed(source.read(0, Box3::ofSlice(e, z), progress));
        addPixels(slice.data(), e.y, e.x, [&](uint32_t rgb, bool, bool alone) {
            grey = grey && isGreyColour(rgb);
            if (colours.size() > mostColours && !colours.contains(rgb)) return;
            ColourCount& one = colours[rgb];
            ++one.count;
            one.alone += alone;
        });
    }
    return colours;
}

std::string colourName(uint32_t rgb) {
    const auto plain = std::find(plainColours.begin(), plainColours.end(), rgb);
    return plain == plainColours.end() ? fmt::format("#{:06x}", rgb)
                                       : plainNames[size_t(plain - plainColours.begin())];
}

std::string table(const Colours& colours) {
    std::vector<std::pair<uint32_t, int64_t>> rows;
    for (const auto& [rgb, seen] : colours) rows.emplace_back(labelOfColour(rgb), seen.count);
    std::sort(rows.begin(), rows.end());
    std::vector<std::string> words;
    for (const auto& [label, count] : rows)
        words.push_back(fmt::format("{} = {} ({})", colourName(colourOfLabel(label)), label, count));
    constexpr size_t shown = 24;
    if (words.size() > shown) {
        const size_t more = words.size() - shown;
        words.resize(shown);
        words.push_back(fmt::format("and {} more", more));
    }
    return fmt::format("{}", fmt::join(words, ", "));
}

void refuseColours(const ImageInfo& info, const Colours& colours) {
    if (colours.size() > mostColours)
        throw noLabels(info,
                       fmt::format("it has more than {} colours: a picture, or a mask whose colours JPEG "
                                   "or smoothing has blended. Save the labels as numbers, or without "
                                   "smoothing as PNG or TIFF.",
                                   mostColours));
    int64_t blends = 0, blended = 0, all = 0;
    for (const auto& [rgb, seen] : colours) {
        all += seen.count;
        if (2 * seen.alone <= seen.count) continue;
        ++blends;
        blended += seen.count;
    }
    if (colours.size() > 8 && 2 * blends > int64_t(colours.size()))
        throw noLabels(info,
                       fmt::format("{} of its {} colours occur only as single pixels ({} of {}): blended "
                                   "edges, or a picture beneath the labels. Save the labels alone, without "
                                   "smoothing, as PNG or TIFF.",
                                   blends, colours.size(), blended, all));
    if (colours.contains(0xffffff) && !colours.contains(0))
        throw noLabels(info, "its colours include white but not black, so which of them is the background is "
                             "not known. Paint the background black.");
}

} // namespace

uint32_t labelOfColour(uint32_t rgb) {
    const auto plain = std::find(plainColours.begin(), plainColours.end(), rgb);
    if (plain != plainColours.end()) return uint32_t(plain - plainColours.begin());
    return rgb < plainColours.size() ? rgb | 0x1000000 : rgb; // its number is taken
}

uint32_t colourOfLabel(uint32_t label) {
    return label < plainColours.size() ? plainColours[label] : label & 0xffffff;
}

TileSourcePtr numberedColours(const TileSourcePtr& source, const Progress& progress) {
    ImageInfo info = source->info();
    if (info.type != PixelType::u8 && info.type != PixelType::u16)
        throw noLabels(info, "it has three channels of numbers that are no colours. Save the channel that "
                             "holds the labels.");
    bool grey = false;
    const Colours colours = coloursOf(*source, grey, progress);
    if (grey) return std::make_shared<ColourLabels>(source, std::move(info), true);
    refuseColours(info, colours);
    info.type = PixelType::u32;
    info.remarks.push_back(fmt::format("Each colour is a label (voxels): {}.", table(colours)));
    if (const auto white = colours.find(0xffffff);
        white != colours.end() && white->second.count > colours.at(0).count)
        info.remarks.push_back("White covers more than black; black counts as the background.");
    return std::make_shared<ColourLabels>(source, std::move(info), false);
}

namespace {

template <class T> void clearTransparent(const Pixels& with, Pixels& without) {
    const auto alpha = with.values<T>().subspan(size_t(without.count()));
    const auto out = without.values<T>();
    for (size_t i = 0; i < out.size(); ++i)
        if (alpha[i % alpha.size()] == T(0)) out[i] = T(0);
}

/// Without the last channel.
class Opaque : public TileSource {
public:
    explicit Opaque(TileSourcePtr source) : source_(std::move(source)), info_(source_->info()) {
        --info_.channels;
        if (info_.channels == 1) std::erase(info_.axes, 'c');
    }
    ImageInfo& mutableInfo() { return info_; }
    const ImageInfo& info() const override { return info_; }
    std::string id() const override { return source_->id(); }
    Pixels read(int level, const Box3& box, const Progress& progress) const override {
        const Pixels stored = source_->read(level, box, progress);
        Pixels result(info_.type, info_.channels, box.extent());
        std::copy_n(stored.data(), result.bytes(), result.data());
        withPixelType(info_.type, [&](auto tag) { clearTransparent<decltype(tag)>(stored, result); });
        return result;
    }

private:
    TileSourcePtr source_;
    ImageInfo info_;
};

/// Whether a channel has one value everywhere, continued from slice to slice.
template <class T> bool isConstant(std::span<const T> plane, std::optional<double>& first) {
    if (!first && !plane.empty()) first = double(plane.front());
    return std::all_of(plane.begin(), plane.end(), [&](T value) { return double(value) == *first; });
}

} // namespace

TileSourcePtr withoutTransparency(const TileSourcePtr& source, const Progress& progress) {
    const ImageInfo& info = source->info();
    const Extent3& e = info.extent();
    std::vector<std::optional<double>> first(size_t(info.channels));
    std::vector<bool> constant(size_t(info.channels), true);
    int64_t cleared = 0; // transparent voxels that have a colour
    for (int64_t z = 0; z < e.z; ++z) {
        progress.throwIfCancelled();
        const Pixels slice = source->read(0, Box3::ofSlice(e, z), progress);
        withPixelType(slice.type(), [&](auto tag) {
            using T = decltype(tag);
            const auto alpha = slice.plane<T>(info.channels - 1, 0);
            for (int64_t c = 0; c < info.channels; ++c) {
                const auto plane = slice.plane<T>(c, 0);
                constant[size_t(c)] = constant[size_t(c)] && isConstant<T>(plane, first[size_t(c)]);
                if (c == 0)
                    for (size_t i = 0; i < plane.size(); ++i) cleared += alpha[i] == T(0) && plane[i] != T(0);
            }
        });
    }
    const bool oneColour = std::all_of(constant.begin(), constant.end() - 1, [](bool same) { return same; });
    if (oneColour && !constant.back())
        throw noLabels(info,
                       "its colour is the same everywhere and only its transparency differs, so the mask "
                       "is in the transparency. Save it flattened on black, without transparency.");
    auto opaque = std::make_shared<Opaque>(source);
    if (cleared > 0)
        opaque->mutableInfo().remarks.push_back(
            fmt::format("{} transparent voxels that have a colour count as background.", cleared));
    return opaque;
}

} // namespace cristae

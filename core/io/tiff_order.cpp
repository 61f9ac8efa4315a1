// Counts and letters of axes become a TiffOrder.
#include "core/io/tiff_order.h"

#include "core/base/json.h"
#include "core/base/number.h"
#include "core/io/description_lines.h"

#include <algorithm>
#include <fmt/format.h>

namespace cristae {

int64_t TiffOrder::count() const {
    int64_t all = 0;
    if (__builtin_mul_overflow(c, z, &all) || __builtin_mul_overflow(all, t, &all)) return -1;
    return all;
}

size_t TiffOrder::page(int64_t channel, int64_t slice, int64_t time) const {
    int64_t index = 0, stride = 1;
    for (const char axis : order) {
        index += stride * (axis == 'C' ? channel : axis == 'Z' ? slice : time);
        stride *= axis == 'C' ? c : axis == 'Z' ? z : t;
    }
    return size_t(index);
}

TiffOrder imageJOrder(std::string_view description) {
    const auto count = [&](std::string_view key) {
        const auto number = decimalNumber(valueOf(description, key).value_or(""));
        return number && *number >= 1 && *number < 1e9 ? int64_t(*number) : int64_t(1);
    };
    TiffOrder order{.c = count("channels"), .t = count("frames")};
    order.z = std::max(count("slices"), count("images") / (order.c * order.t));
    return order;
}

namespace {

struct Dimension {
    char letter;
    int64_t size;
};

/// The dimensions before and behind y and x; nothing unless those are the page's.
std::optional<std::vector<Dimension>> dimensionsOf(const nlohmann::json& json, const TiffPage& page) {
    if (!json.is_object() || !json.contains("shape") || !json["shape"].is_array()) return std::nullopt;
    std::vector<int64_t> shape;
    for (const auto& size : json["shape"]) {
        if (!size.is_number_integer() || size.get<int64_t>() < 1 || size.get<int64_t>() >= 1'000'000'000)
            return std::nullopt;
        shape.push_back(size.get<int64_t>());
    }
    std::string axes =
        json.contains("axes") && json["axes"].is_string() ? json["axes"].get<std::string>() : "";
    if (axes.size() != shape.size()) { // unknown leading axes, then rows and columns
        const bool samples = shape.size() > 2 && page.samples > 1 && shape.back() == page.samples;
        const size_t own = samples ? 3 : 2;
        if (shape.size() < own) return std::nullopt;
        axes = std::string(shape.size() - own, 'Q') + (samples ? "YXS" : "YX");
    }
    std::vector<Dimension> others;
    bool fits = axes.find('Y') != std::string::npos && axes.find('X') != std::string::npos;
    for (size_t i = 0; i < axes.size(); ++i) {
        if (axes[i] == 'Y') fits = fits && shape[i] == page.height;
        if (axes[i] == 'X') fits = fits && shape[i] == page.width;
        if (axes[i] != 'Y' && axes[i] != 'X' && axes[i] != 'S') others.push_back({axes[i], shape[i]});
    }
    if (!fits) return std::nullopt;
    // Channels that are samples of a page, in planes of their own or together.
    if (page.samples > 1 && !others.empty() && others.back().letter == 'C' &&
        others.back().size == page.samples && axes.find('S') == std::string::npos)
        others.pop_back();
    return others;
}

} // namespace

bool hasPlanes(const TiffPage& page) {
    // Of four planes tifffile calls the last one transparency.
    const bool whole =
        page.channels == page.samples || (page.transparency && page.samples == 4 && page.channels == 3);
    return page.planar && page.samples > 1 && whole &&
           (page.colour == TiffColour::rgb || page.colour == TiffColour::grey);
}

std::vector<TiffPage> planesOf(const std::vector<TiffPage>& pages) {
    std::vector<TiffPage> planes;
    for (const TiffPage& page : pages)
        for (int64_t plane = 0; plane < page.samples; ++plane) {
            planes.push_back(page);
            planes.back().firstPlane = plane;
            planes.back().channels = 1;
            planes.back().transparency = false;
            planes.back().colour = TiffColour::grey;
        }
    return planes;
}

std::optional<ShapedSeries> shapedSeries(const std::string& text, const TiffPage& page) {
    if (text.empty()) return std::nullopt;
    const auto json = parseJson(text);
    const auto dimensions = dimensionsOf(json, page);
    if (!dimensions) return std::nullopt;
    const bool axes = json.contains("axes");
    ShapedSeries series{.order = {.order = ""}};
    // The axis before the rows; one of colours was left out above.
    series.planesAreSlices =
        hasPlanes(page) && !dimensions->empty() && dimensions->back().size == page.samples;
    series.guessed = series.planesAreSlices && !axes;
    series.truncated = json.contains("truncated") && json["truncated"] == true;
    TiffOrder& order = series.order;
    for (auto it = dimensions->rbegin(); it != dimensions->rend(); ++it) {
        const char letter = it->letter == 'T' || it->letter == 'C' ? it->letter : 'Z';
        int64_t& count = letter == 'T' ? order.t : letter == 'C' ? order.c : order.z;
        if (it->size == 1) continue;
        // Axes of other letters count as slices; two of them only if they lie side by side.
        if (count > 1 && (letter != 'Z' || order.order.back() != 'Z')) return std::nullopt;
        if (__builtin_mul_overflow(count, it->size, &count)) return std::nullopt;
        if (order.order.empty() || order.order.back() != letter) order.order += letter;
    }
    for (const char letter : {'C', 'Z', 'T'})
        if (order.order.find(letter) == std::string::npos) order.order += letter;
    if (order.count() < 1) return std::nullopt;
    return series;
}

namespace {

/// "zcyx" without rows, columns and the samples of a page behind them: "zc". Nothing if it is malformed.
std::optional<std::string> pageAxes(const std::string& axes, const TiffPage& page) {
    std::string letters = axes;
    if (letters.ends_with("yxc") && page.channels > 1) letters.pop_back();
    if (!letters.ends_with("yx")) return std::nullopt;
    letters.resize(letters.size() - 2);
    for (size_t i = 0; i < letters.size(); ++i)
        if (std::string_view("tcz").find(letters[i]) == std::string_view::npos ||
            letters.find(letters[i], i + 1) != std::string::npos)
            return std::nullopt;
    return letters;
}

} // namespace

TiffOrder orderFromAxes(const std::string& axes, const TiffOrder& stated, int64_t pages,
                        const TiffPage& page) {
    const auto letters = pageAxes(axes, page);
    const std::string works = pages == 1                                ? "yx"
                              : stated.c * stated.t > 1 && stated.z > 1 ? "tczyx in any order of t, c and z"
                                                                        : "zyx, cyx or tyx";
    const auto refuse = [&](const std::string& why) {
        return Error(ErrorKind::usage,
                     fmt::format("The axes “{}” do not fit: {}. Use {}.", axes, why, works));
    };
    if (!letters)
        throw refuse("the pages of a TIFF hold rows and columns, so t, c and z come before yx, each once");
    TiffOrder order{.order = ""};
    if (letters->size() == 1) {
        (*letters == "t" ? order.t : *letters == "c" ? order.c : order.z) = pages;
    } else if (letters->size() > 1) {
        for (const char letter : *letters) {
            if (letter == 't') order.t = stated.t;
            if (letter == 'c') order.c = stated.c;
            if (letter == 'z') order.z = stated.z;
        }
    }
    if (order.count() != pages)
        throw refuse(
            fmt::format("the file has {} pages and does not say how many belong to each axis", pages));
    for (auto it = letters->rbegin(); it != letters->rend(); ++it) order.order += char(*it - 'a' + 'A');
    for (const char letter : {'C', 'Z', 'T'})
        if (order.order.find(letter) == std::string::npos) order.order += letter;
    return order;
}

} // namespace cristae

// Reading, naming and applying regions.
#include "core/learn/region.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace cristae {

namespace {

/// "a:b" within [0, size).
bool parseSide(std::string_view text, int64_t size, int64_t& begin, int64_t& end) {
    const size_t colon = text.find(':');
    if (colon == std::string_view::npos) return false;
    const auto number = [](std::string_view digits, int64_t otherwise, int64_t& value) {
        value = otherwise;
        if (digits.empty()) return true;
        const auto [rest, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        return failure == std::errc() && rest == digits.data() + digits.size();
    };
    return number(text.substr(0, colon), 0, begin) && number(text.substr(colon + 1), size, end) &&
           begin >= 0 && begin < end && end <= size;
}

} // namespace

Region parseRegion(const std::string& text, const Extent3& extent) {
    Region region;
    const size_t comma = text.find(',');
    const std::string_view all(text);
    if (comma == std::string::npos || !parseSide(all.substr(0, comma), extent.y, region.y0, region.y1) ||
        !parseSide(all.substr(comma + 1), extent.x, region.x0, region.x1))
        throw Error(ErrorKind::input,
                    fmt::format("\"{}\" is no region of an image of {} rows and {} columns; write it like "
                                "\"0:{},0:{}\" (rows, columns; ends exclusive).",
                                text, extent.y, extent.x, extent.y, extent.x));
    return region;
}

std::string regionText(const Region& region, const Extent3& extent) {
    std::string text;
    if (region.y0 > 0 || region.y1 < extent.y) text = fmt::format("rows {}–{}", region.y0, region.y1 - 1);
    if (region.x0 > 0 || region.x1 < extent.x)
        text += fmt::format("{}columns {}–{}", text.empty() ? "" : ", ", region.x0, region.x1 - 1);
    return text;
}

Pixels knownOnlyIn(const Region& region, const Pixels& labels) {
    const Extent3& e = labels.extent();
    Pixels result(PixelType::u8, 1, e);
    const auto from = labels.values<uint8_t>();
    const auto to = result.values<uint8_t>();
    std::ranges::fill(to, uint8_t(255));
    for (int64_t y = region.y0; y < region.y1; ++y)
        std::copy_n(from.begin() + y * e.x + region.x0, region.x1 - region.x0,
                    to.begin() + y * e.x + region.x0);
    return result;
}

KnownPixels knownPixels(const Pixels& labels) {
    const Extent3& e = labels.extent();
    const auto values = labels.values<uint8_t>();
    KnownPixels known{{e.y, 0, e.x, 0}, 0};
    for (int64_t y = 0; y < e.y; ++y) {
        const auto row = values.subspan(size_t(y * e.x), size_t(e.x));
        const int64_t here = e.x - std::count(row.begin(), row.end(), uint8_t(255));
        if (here == 0) continue;
        known.count += here;
        const auto is = [](uint8_t v) { return v != 255; };
        known.box.y0 = std::min(known.box.y0, y);
        known.box.y1 = y + 1;
        known.box.x0 =
            std::min(known.box.x0, int64_t(std::find_if(row.begin(), row.end(), is) - row.begin()));
        known.box.x1 =
            std::max(known.box.x1, int64_t(std::find_if(row.rbegin(), row.rend(), is).base() - row.begin()));
    }
    if (known.count == 0) known.box = {};
    return known;
}

} // namespace cristae

// Units of length as files write them, and the check against print resolutions.
#include "core/io/pixel_size.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <string>
#include <utility>

namespace cristae {

std::optional<double> nanometresIn(std::string_view unit) {
    while (!unit.empty() && (unit.front() == ' ' || unit.front() == '"')) unit.remove_prefix(1);
    while (!unit.empty() &&
           (unit.back() == ' ' || unit.back() == '"' || unit.back() == '\r' || unit.back() == '\0'))
        unit.remove_suffix(1);
    static constexpr std::array<std::pair<std::string_view, double>, 31> units{{
        {"nm", 1},           {"nanometer", 1},     {"nanometers", 1},
        {"nanometre", 1},    {"nanometres", 1},    {"um", 1e3},
        {"µm", 1e3},         {"μm", 1e3},          {"\xb5m", 1e3},
        {"\\u00B5m", 1e3},   {"\\u00b5m", 1e3},    {"micron", 1e3},
        {"microns", 1e3},    {"micrometer", 1e3},  {"micrometers", 1e3},
        {"micrometre", 1e3}, {"micrometres", 1e3}, {"mm", 1e6},
        {"millimeter", 1e6}, {"cm", 1e7},          {"centimeter", 1e7},
        {"m", 1e9},          {"meter", 1e9},       {"metre", 1e9},
        {"inch", 2.54e7},    {"in", 2.54e7},       {"pm", 1e-3},
        {"Å", 0.1},          {"angstrom", 0.1},    {"A", 0.1},
        {"\\u00C5", 0.1},
    }};
    const auto it = std::find_if(units.begin(), units.end(), [&](const auto& u) { return u.first == unit; });
    if (it == units.end()) return std::nullopt;
    return it->second;
}

double rounded(double nm) {
    // No locale, and no exception for numbers at the edge of what there is.
    const std::string text = fmt::format("{:.6g}", nm);
    double value = nm;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

void usePrintableResolution(ImageInfo& info, double xPerUnit, double yPerUnit, double nmPerUnit,
                            const std::string& source) {
    if (!(xPerUnit > 0) || !(yPerUnit > 0) || !std::isfinite(xPerUnit) || !std::isfinite(yPerUnit)) return;
    const double xNm = rounded(nmPerUnit / xPerUnit), yNm = rounded(nmPerUnit / yPerUnit);
    const double dpi = 2.54e7 / xNm;
    constexpr std::array print{72.0,  75.0,  90.0,  96.0,  100.0, 120.0, 144.0, 150.0, 180.0,  200.0, 240.0,
                               254.0, 300.0, 350.0, 360.0, 400.0, 508.0, 600.0, 720.0, 1200.0, 2400.0};
    const bool printed =
        std::any_of(print.begin(), print.end(), [&](double p) { return std::abs(dpi - p) < 0.006 * p; });
    if (printed || xNm >= 1e5 || yNm >= 1e5) {
        if (xPerUnit != 1.0) // 1 means that nothing was entered
            info.remarks.push_back(fmt::format(
                "{} state {:.4g} dpi, a print or screen resolution; the pixel size is left unknown.", source,
                dpi));
        return;
    }
    if (!info.voxelSize.xNm) info.voxelSize.xNm = xNm;
    if (!info.voxelSize.yNm) info.voxelSize.yNm = yNm;
    info.voxelSize.source = source;
}

std::optional<double> numberIn(std::string_view text) {
    const size_t start = text.find_first_of("+-.0123456789");
    if (start == std::string_view::npos) return std::nullopt;
    text.remove_prefix(start);
    if (text.front() == '+') text.remove_prefix(1);
    double value = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (result.ec != std::errc() || !std::isfinite(value)) return std::nullopt;
    return value;
}

} // namespace cristae

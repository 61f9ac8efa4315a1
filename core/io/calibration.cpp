// Units, what cannot be a pixel size, and the choice between the lengths that a file states.
#include "core/io/calibration.h"

#include "core/base/number.h"
#include "core/base/text.h"
#include "core/image/with_voxel_size.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <utility>
#include <vector>

namespace cristae {

namespace {

/// ASCII letters small, micro signs and Å in all their codings as "u" and "å".
std::string plainUnit(std::string_view unit) {
    static constexpr std::string_view around(" \t\r\n\0\"'()[]", 11);
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 17> codings{{
        {"µ", "u"},
        {"μ", "u"},
        {"\\u00b5", "u"},
        {"\\u03bc", "u"},
        {"&#181;", "u"},
        {"&micro;", "u"},
        {"\xc3\x82\xc2\xb5", "u"}, // UTF-8 taken for Latin-1 and coded again
        {"Å", "å"},
        {"\xe2\x84\xab", "å"}, // the sign for the unit
        {"\\u00c5", "å"},
        {"\\u212b", "å"},
        {"å", "å"},
        {"A\xcc\x8a", "å"}, // A and a ring
        {"\xb5", "u"},
        {"\xc5", "å"},
        {"ö", "o"},
        {"\xf6", "o"},
    }};
    const size_t first = unit.find_first_not_of(around);
    if (first == std::string_view::npos) return {};
    unit = unit.substr(first, unit.find_last_not_of(around) - first + 1);
    std::string escaped(unit), plain;
    for (size_t at = escaped.find('\\'); at != std::string::npos; at = escaped.find('\\', at + 1))
        for (size_t i = at; i < std::min(at + 6, escaped.size()); ++i)
            if (escaped[i] >= 'A' && escaped[i] <= 'Z') escaped[i] = char(escaped[i] - 'A' + 'a');
    for (size_t i = 0; i < escaped.size();) {
        const auto coding = std::ranges::find_if(codings, [&](const auto& each) {
            return escaped.compare(i, each.first.size(), each.first) == 0;
        });
        if (coding != codings.end()) {
            plain += coding->second;
            i += coding->first.size();
            continue;
        }
        plain += escaped[i++];
    }
    return plain;
}

/// The unit of "px/inch"; nothing for a plain unit.
std::optional<std::string_view> perUnit(std::string_view unit) {
    if (!unit.starts_with("px/")) return std::nullopt;
    return unit.substr(3);
}

/// Resolutions of scanners, printers and screens. In inches and centimetres everything coarser than 2540 dpi
/// (10 µm) is one; in millimetres, which tomographs use too, only the usual values are.
bool isPrintResolution(double nm, double unitNm) {
    if (unitNm < 1e6) return false;
    if (unitNm > 1e6 && nm >= 9.99e3) return true;
    constexpr std::array usual{72.0,  75.0,  90.0,  96.0,   98.0,   100.0,  120.0,  144.0,  150.0,  180.0,
                               200.0, 204.0, 220.0, 240.0,  254.0,  266.0,  300.0,  350.0,  360.0,  400.0,
                               508.0, 600.0, 720.0, 1200.0, 2400.0, 3200.0, 4000.0, 4800.0, 6400.0, 9600.0};
    return std::ranges::any_of(usual, [&](double dpi) { return std::abs(2.54e7 / nm / dpi - 1) < 3e-3; });
}

bool isContinuation(char c) {
    return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

/// True if bytes above 127 stand alone, as Latin-1 has them and UTF-8 never.
bool isLatin1(std::string_view text) {
    for (size_t i = 0; i < text.size(); ++i) {
        if (static_cast<unsigned char>(text[i]) < 0x80) continue;
        if (isContinuation(text[i]) || i + 1 == text.size() || !isContinuation(text[i + 1])) return true;
        while (i + 1 < text.size() && isContinuation(text[i + 1])) ++i;
    }
    return false;
}

/// A unit that can be shown: in UTF-8, short, without control characters and spaces around it.
std::string shownUnit(std::string_view unit) {
    const bool latin1 = isLatin1(unit);
    std::string shown;
    for (const char c : unit) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || (byte == ' ' && shown.empty())) continue;
        if (latin1 && byte >= 0x80) shown += char(0xc0 | byte >> 6);
        shown += latin1 && byte >= 0x80 ? char(0x80 | (byte & 0x3f)) : c;
    }
    while (!shown.empty() && shown.back() == ' ') shown.pop_back();
    return shortened(shown, 30);
}

constexpr std::string_view nothingEntered = "1 stands where nothing was entered";

/// Why a length cannot be the voxel size; empty if it can.
std::string refusalOf(const StatedLength& length) {
    const auto per = perUnit(length.unit);
    const std::string_view unit = per.value_or(length.unit);
    if (!std::isfinite(length.value) || length.value == 0) return "it is no number above 0";
    if (length.value < 0) return "it is negative";
    if (unit.empty() && length.value == 1) return std::string(nothingEntered);
    if (!length.nm) return unit.empty() ? "it has no unit" : fmt::format("“{}” is no unit of length", unit);
    const double unitNm = nanometresIn(unit).value_or(1);
    if (per && length.value == 1 && unitNm >= 1e7) return std::string(nothingEntered);
    if (per && isPrintResolution(*length.nm, unitNm))
        return fmt::format("{:.4g} dpi is a print or screen resolution", 2.54e7 / *length.nm);
    if (!isPossibleLength(*length.nm))
        return fmt::format("{:.4g} nm is not between 0.01 nm and 100 µm", *length.nm);
    return {};
}

size_t rankOf(const StatedLength& length) {
    static constexpr std::array order{stated::omeDescription, stated::imageJDescription, stated::feiTags,
                                      stated::zeissTags,      stated::sisTags,           stated::gatanTags,
                                      stated::hdf5Attributes, stated::hdf5AxisTags,      stated::zeissDisplay,
                                      stated::resolutionTags, stated::jpegDensity,       stated::pngDensity,
                                      stated::bmpDensity};
    if (length.source.ends_with(stated::byCristae)) return 0;
    const auto at = std::ranges::find_if(order, [&](auto name) { return length.source.starts_with(name); });
    return 1 + size_t(at - order.begin());
}

void remark(ImageInfo& info, std::string sentence) {
    if (std::ranges::find(info.remarks, sentence) == info.remarks.end())
        info.remarks.push_back(std::move(sentence));
}

/// A pixel of 1 without a unit, or of 1 µm in element_size_um, is what Fiji and scripts write where they know
/// nothing; the slice spacing beside it is a ratio at best.
void refuseDefaults(std::vector<StatedLength>& lengths) {
    std::vector<std::string> sources;
    for (const StatedLength& length : lengths)
        if (length.axis != 'z' && length.value == 1 &&
            (length.unit.empty() || length.source.find("element_size_um") != std::string::npos))
            sources.push_back(length.source);
    for (StatedLength& length : lengths)
        if (std::ranges::find(sources, length.source) != sources.end()) {
            length.nm.reset();
            length.doubt = nothingEntered;
        }
}

/// Every length that cannot be gets its refusal. A source of which one side of the pixel is refused does not
/// know the other either.
void refuse(std::vector<StatedLength>& lengths) {
    refuseDefaults(lengths);
    std::vector<std::string> halves;
    for (StatedLength& length : lengths) {
        if (length.nm || length.doubt.empty()) // else refused by its reader
            if (std::string refusal = refusalOf(length); !refusal.empty()) {
                length.nm.reset();
                length.doubt = std::move(refusal);
            }
        if (!length.nm && length.axis != 'z') halves.push_back(length.source);
    }
    for (StatedLength& length : lengths)
        if (length.nm && length.axis != 'z' && std::ranges::find(halves, length.source) != halves.end()) {
            length.nm.reset();
            length.doubt = "the other side of the pixel that it states is refused";
        }
}

/// The first of the lengths of an axis that can be; null if there is none.
StatedLength* chosen(std::vector<StatedLength>& lengths, char axis) {
    const auto best = std::ranges::find_if(
        lengths, [&](const StatedLength& length) { return length.axis == axis && length.nm; });
    return best == lengths.end() ? nullptr : &*best;
}

std::string_view nameOf(char axis) {
    return axis == 'z' ? "slice spacing" : "pixel size";
}

/// False where nothing was meant: a 0, a resolution of 1, a size in pixels.
bool meansSomething(const StatedLength& length) {
    const auto per = perUnit(length.unit);
    const std::string unit = lowerCase(std::string(per.value_or(length.unit)));
    return length.value != 0 && !(per && length.value == 1) && !unit.starts_with("pixel") && unit != "px" &&
           unit != "reference frame";
}

void remarkOnUnknown(ImageInfo& info, char axis) {
    for (const StatedLength& length : info.statedLengths) {
        if (length.axis != axis || !meansSomething(length)) continue;
        remark(info, fmt::format("The {} is left unknown. Not used: {}, because {}.", nameOf(axis),
                                 length.source, length.doubt));
        return;
    }
}

void remarkOnConflicts(ImageInfo& info, const StatedLength& used) {
    for (StatedLength& other : info.statedLengths) {
        if (other.axis != used.axis || other.used || !other.nm) continue;
        if (other.source == stated::zeissDisplay) continue; // of the monitor, not of the image
        if (std::abs(*other.nm / *used.nm - 1) <= 0.01) continue;
        other.doubt = fmt::format("differs from {:.6g} nm of {}", *used.nm, used.source);
        remark(info,
               fmt::format("Two values of the {} are stated: {:.6g} nm in {} (used) and {:.6g} nm in {}; "
                           "check which is right.",
                           nameOf(used.axis), *used.nm, used.source, *other.nm, other.source));
    }
}

void remarkOnDoubt(ImageInfo& info, StatedLength& used) {
    const bool description =
        used.source == stated::omeDescription || used.source == stated::imageJDescription;
    if (used.doubt.empty() && description && used.axis != 'z' && used.value == 1)
        used.doubt = "1 may stand where nothing was entered";
    if (!used.doubt.empty())
        remark(info, fmt::format("The {} of {:.6g} nm ({}) is doubtful: {}.", nameOf(used.axis), *used.nm,
                                 used.source, used.doubt));
}

} // namespace

std::optional<double> nanometresIn(std::string_view unit) {
    const std::string plain = plainUnit(unit);
    if (plain == "A" || plain == "å") return 0.1; // a small a is no unit
    static constexpr std::array<std::pair<std::string_view, double>, 41> units{{
        {"nm", 1},
        {"nms", 1},
        {"nanometer", 1},
        {"nanometers", 1},
        {"nanometre", 1},
        {"nanometres", 1},
        {"um", 1e3},
        {"u", 1e3},
        {"ums", 1e3},
        {"mu", 1e3},
        {"mum", 1e3},
        {"micron", 1e3},
        {"microns", 1e3},
        {"micrometer", 1e3},
        {"micrometers", 1e3},
        {"micrometre", 1e3},
        {"micrometres", 1e3},
        {"umeter", 1e3},
        {"mm", 1e6},
        {"millimeter", 1e6},
        {"millimeters", 1e6},
        {"millimetre", 1e6},
        {"millimetres", 1e6},
        {"cm", 1e7},
        {"centimeter", 1e7},
        {"centimeters", 1e7},
        {"centimetre", 1e7},
        {"centimetres", 1e7},
        {"m", 1e9},
        {"meter", 1e9},
        {"meters", 1e9},
        {"metre", 1e9},
        {"metres", 1e9},
        {"inch", 2.54e7},
        {"inches", 2.54e7},
        {"in", 2.54e7},
        {"pm", 1e-3},
        {"picometer", 1e-3},
        {"picometre", 1e-3},
        {"angstrom", 0.1},
        {"angstroms", 0.1},

    }};
    std::string small = lowerCase(plain);
    if (small.starts_with("å")) small.replace(0, std::string_view("å").size(), "a"); // Ångström
    const auto it = std::ranges::find_if(units, [&](const auto& each) { return each.first == small; });
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

NumberAndUnit splitLength(std::string_view text) {
    const size_t first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    text.remove_prefix(first);
    size_t end = 0;
    const auto isDigit = [&](size_t i) { return i < text.size() && text[i] >= '0' && text[i] <= '9'; };
    while (end < text.size()) {
        const char c = text[end];
        const bool exponent =
            (c == 'e' || c == 'E') && end > 0 &&
            (isDigit(end + 1) ||
             (end + 1 < text.size() && (text[end + 1] == '-' || text[end + 1] == '+') && isDigit(end + 2)));
        if (!isDigit(end) && c != '.' && c != ',' && c != '-' && c != '+' && !exponent) break;
        ++end;
    }
    return {text.substr(0, end), text.substr(end)};
}

void stateLength(ImageInfo& info, char axis, double value, std::string_view unit, std::string_view source,
                 std::string doubt) {
    StatedLength length{axis, value, shownUnit(unit), {}, std::string(source), false, std::move(doubt)};
    if (const auto nm = nanometresIn(unit)) length.nm = rounded(value * *nm);
    info.statedLengths.push_back(std::move(length));
}

void stateLength(ImageInfo& info, char axis, std::string_view number, std::string_view unit,
                 std::string_view source, std::string doubt) {
    if (const auto value = decimalNumber(number)) {
        stateLength(info, axis, *value, unit, source, std::move(doubt));
        return;
    }
    StatedLength length{
        axis, std::numeric_limits<double>::quiet_NaN(), std::string(unit), {}, std::string(source)};
    const std::string words = shortened(number, 40);
    length.doubt =
        isAmbiguousNumber(number)
            ? fmt::format("“{}” can be read in two ways, with a decimal comma or with thousands", words)
            : fmt::format("“{}” is no number", words);
    info.statedLengths.push_back(std::move(length));
}

void stateExactly(ImageInfo& info, char axis, double nm, std::string_view source) {
    info.statedLengths.push_back({axis, nm, "nm", nm, std::string(source)});
}

void stateResolution(ImageInfo& info, char axis, double pixelsPerUnit, std::string_view unit,
                     std::string_view source) {
    StatedLength length{axis, pixelsPerUnit, "px/" + shownUnit(unit), {}, std::string(source)};
    const auto nm = nanometresIn(unit);
    if (nm && pixelsPerUnit > 0 && std::isfinite(pixelsPerUnit)) length.nm = rounded(*nm / pixelsPerUnit);
    info.statedLengths.push_back(std::move(length));
}

void settleVoxelSize(ImageInfo& info) {
    auto& lengths = info.statedLengths;
    if (std::ranges::any_of(lengths, &StatedLength::used)) return;
    refuse(lengths);
    std::ranges::stable_sort(lengths, {}, rankOf);
    std::vector<std::string> sources;
    VoxelSize size;
    for (const auto& [axis, nm] : {std::pair{'x', &size.xNm}, {'y', &size.yNm}, {'z', &size.zNm}}) {
        StatedLength* best = chosen(lengths, axis);
        if (!best) {
            if (axis != 'y' || size.xNm) remarkOnUnknown(info, axis); // one sentence for both sides
            continue;
        }
        *nm = best->nm;
        best->used = true;
        if (std::ranges::find(sources, best->source) == sources.end()) sources.push_back(best->source);
        remarkOnDoubt(info, *best);
        remarkOnConflicts(info, *best);
    }
    if (sources.empty()) return;
    info.voxelSize = size;
    info.voxelSize.source = fmt::format("{}", fmt::join(sources, ", "));
}

} // namespace cristae

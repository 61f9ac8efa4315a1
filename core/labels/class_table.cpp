// ClassTable: entries by value, standard colours, and the endless sequence of distinct colours for objects.
#include "core/labels/class_table.h"

#include "core/base/error.h"
#include "core/base/text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <fmt/format.h>
#include <optional>

namespace cristae {

namespace {
struct Named {
    const char* singular;
    const char* plural;
    Colour colour;
};
// Okabe and Ito's colours, which people with any common form of colour blindness can tell apart.
const Named namedColours[] = {
    {"membrane", "membranes", {0x56, 0xb4, 0xe9}}, {"mitochondrion", "mitochondria", {0xe6, 0x9f, 0x00}},
    {"nucleus", "nuclei", {0xcc, 0x79, 0xa7}},     {"synapse", "synapses", {0x00, 0x9e, 0x73}},
    {"myelin", "myelin", {0xf0, 0xe4, 0x42}},      {"axon", "axons", {0x00, 0x72, 0xb2}},
};
constexpr Colour firstOther{0xd5, 0x5e, 0x00};

std::optional<Colour> namedColour(const std::string& className) {
    const std::string name = lowerCase(className);
    for (const Named& named : namedColours)
        if (name == named.singular || name == named.plural) return named.colour;
    return std::nullopt;
}

// OKLab (Ottosson 2020) to linear sRGB; components outside [0, 1] lie outside the gamut.
std::array<double, 3> linearFromOklab(double lightness, double a, double b) {
    const double l = std::pow(lightness + 0.3963377774 * a + 0.2158037573 * b, 3);
    const double m = std::pow(lightness - 0.1055613458 * a - 0.0638541728 * b, 3);
    const double s = std::pow(lightness - 0.0894841775 * a - 1.2914855480 * b, 3);
    return {4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
            -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
            -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s};
}

uint8_t encoded(double linear) {
    const double v = std::clamp(linear, 0.0, 1.0);
    const double curved = v <= 0.0031308 ? 12.92 * v : 1.055 * std::pow(v, 1 / 2.4) - 0.055;
    return uint8_t(std::lround(255 * curved));
}
} // namespace

std::string Colour::hex() const {
    return fmt::format("#{:02x}{:02x}{:02x}", r, g, b);
}

Colour Colour::fromHex(const std::string& text) {
    const bool fits =
        text.size() == 7 && text[0] == '#' &&
        std::all_of(text.begin() + 1, text.end(), [](unsigned char c) { return std::isxdigit(c) != 0; });
    if (!fits)
        throw Error(ErrorKind::input,
                    fmt::format("\"{}\" is not a colour; write it as #rrggbb, for example #e69f00.", text));
    const auto part = [&](size_t at) { return uint8_t(std::stoi(text.substr(at, 2), nullptr, 16)); };
    return {part(1), part(3), part(5)};
}

const LabelClass* ClassTable::find(uint32_t value) const {
    const auto found =
        std::find_if(classes_.begin(), classes_.end(), [&](const LabelClass& c) { return c.value == value; });
    return found == classes_.end() ? nullptr : &*found;
}

const LabelClass* ClassTable::findByName(const std::string& name) const {
    const auto found =
        std::find_if(classes_.begin(), classes_.end(), [&](const LabelClass& c) { return c.name == name; });
    return found == classes_.end() ? nullptr : &*found;
}

void ClassTable::set(const LabelClass& entry) {
    if (entry.value == 0) throw Error(ErrorKind::internal, "Background has no entry in a class table.");
    for (LabelClass& existing : classes_)
        if (existing.value == entry.value) {
            existing = entry;
            return;
        }
    classes_.push_back(entry);
}

void ClassTable::remove(uint32_t value) {
    std::erase_if(classes_, [&](const LabelClass& c) { return c.value == value; });
}

LabelClass ClassTable::ensure(const std::string& name) {
    if (const LabelClass* existing = findByName(name)) return *existing;
    LabelClass entry;
    entry.name = name;
    // Above the largest, never into a gap: voxels of a removed class may still carry its value.
    for (const LabelClass& c : classes_) entry.value = std::max(entry.value, c.value);
    ++entry.value;
    entry.colour = standardColour(name, entry.value);
    if (!namedColour(name)) {
        const bool taken = std::any_of(classes_.begin(), classes_.end(),
                                       [](const LabelClass& c) { return c.colour == firstOther; });
        entry.colour = taken ? instanceColour(entry.value) : firstOther;
    }
    classes_.push_back(entry);
    return entry;
}

bool ClassTable::locked(uint32_t value) const {
    const LabelClass* entry = find(value);
    return entry && entry->locked;
}

Colour standardColour(const std::string& className, uint32_t value) {
    if (const auto named = namedColour(className)) return *named;
    return value <= 1 ? firstOther : instanceColour(value);
}

// Hues advance by the golden angle, which keeps every stretch of the sequence as evenly spread round the
// colour circle as can be; three steps of lightness in OKLab tell apart the ids whose hues come near each
// other (8 and 13 apart). With three steps the first pair alike in both is 21 apart; every other group of 21
// has half the chroma, which tells those apart too.
Colour instanceColour(uint32_t id) {
    constexpr double goldenAngle = 0.6180339887498949, turn = 6.283185307179586;
    constexpr double lightnesses[] = {0.74, 0.58, 0.87};
    const double position = double(id) * goldenAngle;
    const double hue = turn * (position - std::floor(position));
    const double lightness = lightnesses[id % 3];
    const auto rgbAt = [&](double chroma) {
        return linearFromOklab(lightness, chroma * std::cos(hue), chroma * std::sin(hue));
    };
    // The most chroma that a screen can show at this hue and lightness.
    double chroma = 0.19;
    const auto shows = [](double v) { return v >= -1e-4 && v <= 1.0001; };
    while (chroma > 0.02 && !std::ranges::all_of(rgbAt(chroma), shows)) chroma -= 0.01;
    if ((id / 21) % 2 == 1) chroma /= 2;
    const auto rgb = rgbAt(chroma);
    return {encoded(rgb[0]), encoded(rgb[1]), encoded(rgb[2])};
}

} // namespace cristae

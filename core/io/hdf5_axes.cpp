// Axes of arrays by name or by guess.
#include "core/io/hdf5_axes.h"

#include "core/base/json.h"
#include "core/base/text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <utility>

namespace cristae {

namespace {

// More channels than that are hardly ever stored; as many slices or time points are.
constexpr int64_t mostChannels = 16;

} // namespace

bool areAxes(const std::string& letters, size_t dimensions) {
    if (letters.size() != dimensions || letters.find('y') == std::string::npos ||
        letters.find('x') == std::string::npos)
        return false;
    for (size_t i = 0; i < letters.size(); ++i)
        if (std::string_view("tczyx").find(letters[i]) == std::string_view::npos ||
            letters.find(letters[i], i + 1) != std::string::npos)
            return false;
    return true;
}

namespace {

// i and q are tifffile's axes without a meaning.
constexpr std::array<std::pair<char, std::string_view>, 5> axisWords{
    {{'z', " z d i q depth slice slices section sections plane planes page pages "},
     {'y', " y h row rows height "},
     {'x', " x w col cols column columns width "},
     {'c', " c s ch channel channels sample samples band bands class classes color colour rgb "},
     {'t', " t n time frame frames timepoint timepoints "}}};

/// '?' for a word that names no axis.
char letterOf(const std::string& word) {
    std::string name = lowerCase(word);
    for (const char* ending : {"_axis", "-axis", " axis", "axis"})
        if (name.ends_with(ending)) name.resize(name.size() - std::strlen(ending));
    for (const auto& [letter, words] : axisWords)
        if (words.find(" " + name + " ") != std::string_view::npos) return letter;
    // "R_x", "dim_z"
    if (name.size() > 2 && name[name.size() - 2] == '_' && name.back() >= 'x' && name.back() <= 'z')
        return name.back();
    return '?';
}

bool isColour(const ArrayFacts& facts) {
    const int64_t last = facts.shape.back();
    return facts.type == PixelType::u8 && (last == 3 || last == 4);
}

/// Two to five axes, all longer than 1.
ArrayAxes guessLong(const ArrayFacts& facts) {
    static constexpr std::array customs{"", "", "yx", "zyx", "czyx", "tczyx"};
    const auto& shape = facts.shape;
    const size_t n = shape.size();
    if (n < 3) return {customs[n], true, ""};
    static constexpr std::array channelLast{"", "", "", "yxc", "zyxc", "tzyxc"};
    if (facts.shares) {
        static constexpr std::array channelIn{"cyx", "czyx", "zcyx", "tczyx", "tzcyx"};
        const std::string because = "because the values along one axis sum to 1";
        if (*facts.shares == n - 1) return {channelLast[n], true, because};
        const size_t place = n == 3 ? 0 : n == 4 ? 1 + *facts.shares : 2 + *facts.shares;
        if (place < channelIn.size()) return {channelIn[place], true, because};
    }
    const auto shortest = [&](size_t axis) {
        return shape[axis] <= 4 &&
               std::count_if(shape.begin(), shape.end(), [](int64_t s) { return s <= 4; }) == 1;
    };
    if (isColour(facts) && shape[n - 2] > 4 && shape[n - 3] > 4)
        return {channelLast[n], true, "because the last axis has the length of a colour"};
    if (shortest(n - 1)) {
        const bool whole = isInteger(facts.type);
        return {n == 3 && whole ? "yxz" : channelLast[n], true, "because the last axis is the shortest"};
    }
    if (n == 4 && shape[1] <= 4 && shape[1] < shape[0]) return {"zcyx", true, ""};
    if (n == 4 && shape[0] > mostChannels) return {"tzyx", true, ""};
    if (n == 5 && shortest(2)) return {"tzcyx", true, ""};
    return {customs[n], true, ""};
}

} // namespace

ArrayAxes guessAxes(const ArrayFacts& facts) {
    ArrayFacts longer{{}, facts.type, {}};
    for (size_t d = 0; d < facts.shape.size(); ++d) {
        if (facts.shape[d] == 1) continue;
        if (facts.shares == d) longer.shares = longer.shape.size();
        longer.shape.push_back(facts.shape[d]);
    }
    if (longer.shape.size() < 2) longer = {facts.shape, facts.type, {}}; // a single row or column
    const ArrayAxes guess = guessLong(longer);
    if (longer.shape.size() == facts.shape.size()) return guess;
    std::string letters(facts.shape.size(), ' ');
    size_t next = 0;
    for (size_t d = 0; d < letters.size(); ++d)
        if (facts.shape[d] != 1) letters[d] = guess.letters[next++];
    // An axis of length 1 behind the rows and columns is a channel, one before them a slice.
    for (size_t d = letters.size(); d-- > 0;) {
        if (letters[d] != ' ') continue;
        const bool behind = letters.find('x') < d;
        for (const char letter : behind ? std::string("czt") : std::string("zct"))
            if (letters[d] == ' ' && letters.find(letter) == std::string::npos) letters[d] = letter;
    }
    return {letters, true, guess.reason};
}

std::string matlabAxes(const std::vector<int64_t>& stored, bool bytes) {
    switch (stored.size()) {
    case 2:
        return "xy";
    case 3:
        return stored[0] == 3 && bytes ? "cxy" : "zxy";
    case 4: // [y, x, colour, frame] is MATLAB's own order of films
        return stored[1] == 1 || stored[1] == 3 ? "zcxy" : "czxy";
    default:
        return "tczxy";
    }
}

std::vector<size_t> possibleShares(const ArrayFacts& facts) {
    const bool can = facts.type == PixelType::f32 || facts.type == PixelType::f64 ||
                     facts.type == PixelType::u8 || facts.type == PixelType::u16;
    const size_t n = facts.shape.size();
    std::vector<size_t> axes;
    if (!can || n < 3) return axes;
    for (const size_t axis : {size_t(0), size_t(1), size_t(2), n - 1}) {
        const bool place = axis == n - 1 || (n == 3 ? axis == 0 : n == 4 ? axis < 2 : axis > 0);
        if (place && facts.shape[axis] >= 2 && facts.shape[axis] <= mostChannels &&
            std::find(axes.begin(), axes.end(), axis) == axes.end())
            axes.push_back(axis);
    }
    return axes;
}

bool sumToOne(const TileSource& image) {
    const ImageInfo& info = image.info();
    const Extent3 extent = info.extent();
    const double whole = info.type == PixelType::u8 ? 255 : info.type == PixelType::u16 ? 65535 : 1;
    const double slack = whole == 1 ? 0.02 : double(info.channels);
    constexpr int64_t places = 12;
    int ones = 0;
    for (int64_t i = 0; i < places; ++i) {
        // Steps without a common divisor: no two places share a row or a column of a usual image.
        const int64_t z = extent.z * i / places, y = extent.y * (5 * i % places) / places,
                      x = extent.x * (7 * i % places) / places;
        const Pixels values = image.read(0, {z, y, x, z + 1, y + 1, x + 1});
        double sum = 0;
        for (int64_t c = 0; c < info.channels; ++c) {
            const double value = values.at(c, 0, 0, 0);
            if (!(value >= -slack) || value > whole + slack) return false;
            sum += value;
        }
        if (std::abs(sum - whole) <= slack)
            ++ones;
        else if (sum != 0 || i + 1 - ones > places / 3)
            return false;
    }
    return true;
}

std::string lettersOf(const std::vector<std::string>& names, size_t dimensions) {
    std::string letters;
    for (const std::string& name : names) letters += letterOf(name);
    return areAxes(letters, dimensions) ? letters : std::string();
}

namespace {
constexpr std::string_view howToSet = " If that is wrong, set them (--axes, or Set axes… in the window).";
}

std::string axesRemark(const std::string& what, const std::string& reason, const ImageInfo& info) {
    const Extent3& extent = info.extent();
    return fmt::format("{}{}{}: {} of {} × {} pixels (x × y){}.{}", what, reason.empty() ? "" : ", ", reason,
                       countText(extent.z, "slice", "slices"), extent.x, extent.y,
                       info.channels > 1 ? fmt::format(", {} channels", info.channels) : "", howToSet);
}

std::string remarkOnAxes(const std::vector<std::string>& remarks) {
    for (const std::string& remark : remarks)
        if (remark.ends_with(howToSet)) return remark.substr(0, remark.size() - howToSet.size());
    return {};
}

std::vector<std::string> axisNamesIn(const std::string& text) {
    std::vector<std::string> names;
    const auto json = parseJson(text);
    const auto& list = json.is_object() && json.contains("axes") ? json["axes"] : json;
    if (list.is_array()) {
        for (const auto& axis : list) {
            if (axis.is_string()) names.push_back(axis.get<std::string>());
            for (const char* key : {"key", "name"})
                if (axis.is_object() && axis.contains(key) && axis[key].is_string())
                    names.push_back(axis[key].get<std::string>());
        }
        return names;
    }
    std::string word;
    for (const char c : text + " ") {
        if (std::isalnum(static_cast<unsigned char>(c)) || c == '_')
            word += c;
        else if (const std::string name = std::exchange(word, {}); !name.empty() && name != "axis")
            names.push_back(name); // "z-axis" is z
    }
    if (names.size() != 1 || names.front().size() > 5) return names;
    // "zyx": one letter an axis
    std::vector<std::string> letters;
    for (const char c : names.front()) letters.emplace_back(1, c);
    return letters;
}

} // namespace cristae

// Words and numbers for people.
#include "core/base/text.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <fmt/format.h>

namespace cristae {

namespace {
bool isDigit(char c) {
    return std::isdigit(static_cast<unsigned char>(c)) != 0;
}
char lower(char c) {
    return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c;
}

/// False for the bytes that continue a character of UTF-8.
bool beginsCharacter(char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
}

std::string threeDigits(double value) {
    const double size = std::abs(value);
    return fmt::format("{:.{}f}", value, size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
}
} // namespace

bool naturalLess(std::string_view a, std::string_view b) {
    size_t i = 0, j = 0;
    while (i < a.size() && j < b.size()) {
        if (isDigit(a[i]) && isDigit(b[j])) {
            size_t iEnd = i, jEnd = j;
            while (iEnd < a.size() && isDigit(a[iEnd])) ++iEnd;
            while (jEnd < b.size() && isDigit(b[jEnd])) ++jEnd;
            size_t iStart = i, jStart = j;
            while (iStart + 1 < iEnd && a[iStart] == '0') ++iStart;
            while (jStart + 1 < jEnd && b[jStart] == '0') ++jStart;
            const auto x = a.substr(iStart, iEnd - iStart), y = b.substr(jStart, jEnd - jStart);
            if (x.size() != y.size()) return x.size() < y.size();
            if (x != y) return x < y;
            i = iEnd;
            j = jEnd;
            continue;
        }
        if (lower(a[i]) != lower(b[j])) return lower(a[i]) < lower(b[j]);
        ++i;
        ++j;
    }
    if (a.size() - i != b.size() - j) return a.size() - i < b.size() - j;
    return a < b;
}

std::string byteText(uint64_t bytes) {
    if (bytes < 1000) return fmt::format("{} bytes", bytes);
    double value = double(bytes);
    const char* units[] = {"KB", "MB", "GB", "TB", "PB", "EB"};
    size_t unit = 0;
    for (value /= 1000; value >= 999.5 && unit < 5; value /= 1000) ++unit;
    return fmt::format("{} {}", threeDigits(value), units[unit]);
}

std::string lengthText(double nm) {
    const double size = std::abs(nm);
    if (size >= 999.5e3) return threeDigits(nm / 1e6) + " mm";
    if (size >= 999.5) return threeDigits(nm / 1e3) + " µm";
    return threeDigits(nm) + " nm";
}

std::string lowerCase(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), lower);
    return text;
}

std::string countText(int64_t count, std::string_view singular, std::string_view plural) {
    return fmt::format("{} {}", count, count == 1 ? singular : plural);
}

size_t characterCount(std::string_view text) {
    return size_t(std::count_if(text.begin(), text.end(), beginsCharacter));
}

std::string shortened(std::string_view text, size_t characters) {
    if (characterCount(text) <= characters) return std::string(text);
    if (characters == 0) return {};
    size_t end = 0;
    for (size_t begun = 0; end < text.size(); ++end)
        if (beginsCharacter(text[end]) && ++begun == characters) break;
    return std::string(text.substr(0, end)) + "…";
}

} // namespace cristae

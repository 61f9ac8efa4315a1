// Numbers are brought to the form of std::from_chars, which knows no locale.
#include "core/base/number.h"

#include <charconv>
#include <cmath>
#include <string>

namespace cristae {

namespace {

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view around(" \t\r\n\0", 5);
    const size_t first = text.find_first_not_of(around);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(around) - first + 1);
}

bool areDigits(std::string_view text) {
    return text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Groups of three digits: "1,234,567".
bool isGrouped(std::string_view text, char separator) {
    size_t end = text.find(separator);
    if (end == 0 || end > 3 || !areDigits(text.substr(0, end))) return false;
    while (end != std::string_view::npos) {
        text.remove_prefix(end + 1);
        end = text.find(separator);
        if (text.substr(0, end).size() != 3 || !areDigits(text.substr(0, end))) return false;
    }
    return true;
}

/// Without sign and exponent: what stands before and behind the decimal sign.
struct Mantissa {
    std::string whole, fraction;
    bool readable = false, ambiguous = false;
};

Mantissa readMantissa(std::string_view text, bool exponent) {
    const size_t sign = text.find_last_of(".,");
    if (sign == std::string_view::npos) return {std::string(text), "", areDigits(text) && !text.empty()};
    const char decimal = text[sign], other = decimal == '.' ? ',' : '.';
    const std::string_view before = text.substr(0, sign), behind = text.substr(sign + 1);
    Mantissa mantissa{"", std::string(behind)};
    mantissa.readable = areDigits(behind) && !(before.empty() && behind.empty()) &&
                        before.find(decimal) == std::string_view::npos;
    const bool grouped = before.find(other) != std::string_view::npos;
    mantissa.readable = mantissa.readable && (grouped ? isGrouped(before, other) : areDigits(before));
    for (const char c : before)
        if (c != other) mantissa.whole += c;
    // A comma before exactly three digits may part thousands; not behind a 0, and nobody parts thousands in a
    // number with an exponent.
    mantissa.ambiguous = mantissa.readable && decimal == ',' && !grouped && !exponent && behind.size() == 3 &&
                         !before.empty() && before.size() <= 3 && before.front() != '0';
    return mantissa;
}

struct Parts {
    bool negative = false;
    Mantissa mantissa;
    std::string exponent;
};

Parts partsOf(std::string_view text) {
    text = trimmed(text);
    Parts parts;
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
        parts.negative = text.front() == '-';
        text.remove_prefix(1);
    }
    const size_t e = text.find_first_of("eE");
    if (e != std::string_view::npos) {
        std::string_view exponent = text.substr(e + 1);
        if (exponent.starts_with('+')) exponent.remove_prefix(1);
        parts.exponent = "e" + std::string(exponent);
    }
    parts.mantissa = readMantissa(text.substr(0, e), e != std::string_view::npos);
    return parts;
}

} // namespace

std::optional<double> decimalNumber(std::string_view text) {
    if (text.size() > 400) return std::nullopt;
    const auto [negative, mantissa, exponent] = partsOf(text);
    if (!mantissa.readable || mantissa.ambiguous) return std::nullopt;
    const std::string plain = (negative ? "-0" : "0") + mantissa.whole + "." + mantissa.fraction + exponent;
    double value = 0;
    const auto [end, error] = std::from_chars(plain.data(), plain.data() + plain.size(), value);
    if (error != std::errc() || end != plain.data() + plain.size() || !std::isfinite(value))
        return std::nullopt;
    return value;
}

bool isAmbiguousNumber(std::string_view text) {
    return text.size() <= 400 && partsOf(text).mantissa.ambiguous;
}

} // namespace cristae

// Rows of CSV as RFC 4180 has them.
#pragma once
#include <fmt/format.h>
#include <string>
#include <vector>

namespace cristae {

/// Quoted where it must be: separators, quotes and line breaks.
inline std::string csvField(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    return quoted + "\"";
}

inline std::string csvLine(const std::vector<std::string>& fields) {
    std::string text;
    for (size_t i = 0; i < fields.size(); ++i) text += (i ? "," : "") + csvField(fields[i]);
    return text + "\r\n";
}

/// The shortest digits that read back as the same number; independent of the locale.
inline std::string csvNumber(double value) {
    return fmt::format("{}", value);
}

} // namespace cristae

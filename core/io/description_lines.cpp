// Lines are looked through for each key: descriptions are short.
#include "core/io/description_lines.h"

namespace cristae {

std::vector<std::string_view> linesOf(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        while (!line.empty() && (line.back() == '\r' || line.back() == '\0')) line.remove_suffix(1);
        lines.push_back(line);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return lines;
}

std::optional<std::string_view> valueOf(std::string_view text, std::string_view key,
                                        std::string_view section) {
    bool inside = section.empty();
    for (const std::string_view line : linesOf(text)) {
        if (!section.empty() && line.starts_with('[')) inside = line.substr(1, line.find(']') - 1) == section;
        if (inside && line.size() > key.size() && line.starts_with(key) && line[key.size()] == '=')
            return line.substr(key.size() + 1);
    }
    return std::nullopt;
}

} // namespace cristae

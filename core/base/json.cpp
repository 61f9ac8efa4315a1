// The limits are checked on the text before anything is built of it.
#include "core/base/json.h"

#include "core/base/input_file.h"

#include <algorithm>
#include <fmt/format.h>

namespace cristae {

std::string beyondLimits(std::string_view text, const JsonLimits& limits) {
    if (text.size() > limits.bytes) return fmt::format("it is longer than {} bytes", limits.bytes);
    size_t depth = 0, values = 0;
    bool inText = false;
    for (size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (inText) {
            if (c == '\\')
                ++i; // the next character ends nothing
            else if (c == '"')
                inText = false;
            continue;
        }
        if (c == '"') inText = true;
        if (c == ']' || c == '}') depth -= std::min<size_t>(depth, 1);
        if ((c == '[' || c == '{') && ++depth > limits.depth)
            return fmt::format("it is nested deeper than {} levels", limits.depth);
        // Every value but the first of its array or object follows a comma.
        if ((c == ',' || c == '[' || c == '{') && ++values > limits.values)
            return fmt::format("it holds more than {} values", limits.values);
    }
    return {};
}

nlohmann::json parseJson(std::string_view text, const JsonLimits& limits) {
    if (!beyondLimits(text, limits).empty()) return nlohmann::json(nlohmann::json::value_t::discarded);
    return nlohmann::json::parse(text, nullptr, false);
}

nlohmann::json readJsonFile(const std::filesystem::path& path, ErrorKind kind, const JsonLimits& limits) {
    const std::string text = readTextFile(path, limits.bytes, kind);
    if (const std::string why = beyondLimits(text, limits); !why.empty())
        throw inputError(path, why + ", which no file of this kind is. Choose another file.", kind);
    nlohmann::json value = parseJson(text, limits);
    if (value.is_discarded()) throw inputError(path, "it is not JSON. Choose another file.", kind);
    return value;
}

std::string jsonText(const nlohmann::json& value) {
    return value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

} // namespace cristae

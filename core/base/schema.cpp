// Checks and parsing of declared options.
#include "core/base/schema.h"

#include "core/base/error.h"
#include "core/base/json.h"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>

namespace cristae {

namespace {

std::string allowed(const Option& option) {
    const std::string unit = option.unit.empty() ? "" : " " + option.unit;
    switch (option.type) {
    case Option::Type::boolean:
        return "true or false";
    case Option::Type::choice:
        return fmt::format("one of {}", fmt::join(option.choices, ", "));
    case Option::Type::text:
        return "a text";
    case Option::Type::integer:
    case Option::Type::real:
        break;
    }
    const char* kind = option.type == Option::Type::integer ? "a whole number" : "a number";
    if (option.minimum && option.maximum)
        return fmt::format("{} from {} to {}{}", kind, *option.minimum, *option.maximum, unit);
    if (option.minimum) return fmt::format("{} of at least {}{}", kind, *option.minimum, unit);
    if (option.maximum) return fmt::format("{} of at most {}{}", kind, *option.maximum, unit);
    return kind;
}

bool fits(const Option& option, const nlohmann::json& value) {
    switch (option.type) {
    case Option::Type::boolean:
        return value.is_boolean();
    case Option::Type::text:
        return value.is_string();
    case Option::Type::choice:
        return value.is_string() && std::find(option.choices.begin(), option.choices.end(),
                                              value.get<std::string>()) != option.choices.end();
    case Option::Type::integer:
        if (!value.is_number_integer()) return false;
        break;
    case Option::Type::real:
        if (!value.is_number()) return false;
        break;
    }
    const double number = value.get<double>();
    return !(option.minimum && number < *option.minimum) && !(option.maximum && number > *option.maximum);
}

} // namespace

const Option* Schema::find(const std::string& key) const {
    const auto it =
        std::find_if(options_.begin(), options_.end(), [&](const Option& o) { return o.key == key; });
    return it == options_.end() ? nullptr : &*it;
}

nlohmann::json Schema::defaults() const {
    nlohmann::json values = nlohmann::json::object();
    for (const Option& option : options_) values[option.key] = option.defaultValue;
    return values;
}

std::vector<std::string> Schema::complaints(const nlohmann::json& values) const {
    std::vector<std::string> found;
    if (!values.is_object()) return {"The settings are not a JSON object of names and values."};
    for (const auto& [key, value] : values.items()) {
        const Option* option = find(key);
        if (!option)
            found.push_back(fmt::format("There is no setting \"{}\".", key));
        else if (!fits(*option, value))
            found.push_back(fmt::format("{} ({}) is {}; it must be {}.", option->label, key, value.dump(),
                                        allowed(*option)));
    }
    return found;
}

void Schema::set(nlohmann::json& values, const std::string& assignment) const {
    const auto equals = assignment.find('=');
    const std::string key = assignment.substr(0, equals);
    const Option* option = find(key);
    if (equals == std::string::npos || !option) {
        std::vector<std::string> keys;
        for (const Option& o : options_) keys.push_back(o.key);
        throw Error(ErrorKind::usage,
                    fmt::format("\"{}\" is not key=value with a known key; the keys are {}.", assignment,
                                fmt::join(keys, ", ")));
    }
    const std::string text = assignment.substr(equals + 1);
    nlohmann::json value = text;
    if (option->type == Option::Type::boolean || option->type == Option::Type::integer ||
        option->type == Option::Type::real)
        value = parseJson(text);
    if (value.is_discarded() || !fits(*option, value))
        throw Error(ErrorKind::usage,
                    fmt::format("{} cannot be \"{}\"; it must be {}.", key, text, allowed(*option)));
    values[key] = value;
}

} // namespace cristae

// Schema: options declared once (type, default, range, unit, help); forms, command-line settings, JSON and
// checks follow from it.
#pragma once
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace cristae {

struct Option {
    enum class Type { boolean, integer, real, choice, text };
    std::string key;   // "learningRate"
    std::string label; // "Learning rate"
    Type type = Type::text;
    nlohmann::json defaultValue;
    std::optional<double> minimum, maximum;
    std::vector<std::string> choices;
    std::string unit;  // "nm", "px", "steps"
    std::string help;  // one sentence
    std::string group; // heading in a form: "Network", "Optimiser", "Augmentation"
};

class Schema {
public:
    Schema() = default;
    Schema(std::initializer_list<Option> options) : options_(options) {}
    const std::vector<Option>& options() const { return options_; }
    const Option* find(const std::string& key) const;
    nlohmann::json defaults() const;
    /// All complaints at once, as sentences that name the option, what is wrong and what is allowed; empty
    /// when values are fine.
    std::vector<std::string> complaints(const nlohmann::json& values) const;
    /// Parses "key=value" into values; throws Error{usage} naming the key and what is allowed.
    void set(nlohmann::json& values, const std::string& assignment) const;

private:
    std::vector<Option> options_;
};

} // namespace cristae

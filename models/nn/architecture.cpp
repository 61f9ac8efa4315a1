// Finding an architecture by its key, and completing its options.
#include "models/nn/architecture.h"

#include "core/base/error.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace cristae {

nlohmann::json Architecture::complete(const nlohmann::json& options) const {
    nlohmann::json values = this->options().defaults();
    if (!options.is_null()) {
        const auto found = this->options().complaints(options);
        if (!found.empty())
            throw Error(ErrorKind::model, fmt::format("The options of the network {} do not fit. {}", title(),
                                                      fmt::join(found, " ")));
        values.update(options);
    }
    return values;
}

const Architecture& findArchitecture(const std::string& key) {
    static const auto all = allArchitectures();
    std::vector<std::string> keys;
    for (const auto& item : all) {
        if (item->key() == key) return *item;
        keys.push_back(item->key());
    }
    throw Error(
        ErrorKind::model,
        fmt::format("There is no network \"{}\"; this program knows: {}. A newer Cristae may know it.", key,
                    fmt::join(keys, ", ")));
}

} // namespace cristae

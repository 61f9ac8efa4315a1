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
    if (values.value("slicesIn", int64_t(1)) % 2 == 0)
        throw Error(
            ErrorKind::model,
            fmt::format("The network {} cannot take {} slices: slicesIn must be odd, {} for instance.",
                        title(), values["slicesIn"].dump(), values["slicesIn"].get<int64_t>() + 1));
    return values;
}

int64_t Architecture::slicesIn(const nlohmann::json& options) const {
    return this->options().find("slicesIn") ? complete(options)["slicesIn"].get<int64_t>() : 1;
}

void NetworkModule::throwIfInterrupted() const {
    if (interrupted_ && interrupted_()) throw Error(ErrorKind::cancelled, "Cancelled.");
}

const Architecture& findArchitecture(std::string_view key) {
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

// ModelCard: JSON both ways; finding model packages on disk.
#include "core/segment/model_card.h"

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/start_guard.h"
#include "core/base/text.h"
#include "core/segment/safetensors.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace cristae {
namespace {

[[noreturn]] void refuse(const std::string& why) {
    throw Error(ErrorKind::model, "The model card is wrong: " + why);
}

/// Reads json[key] into value if it is there; throws if it has another type.
template <class T>
void take(const nlohmann::json& json, const char* key, T& value, const std::string& where = {}) {
    const auto found = json.find(key);
    if (found == json.end() || found->is_null()) return;
    const std::string name = where.empty() ? key : where + "." + key;
    if constexpr (std::is_same_v<T, std::string>) {
        if (!found->is_string()) refuse(fmt::format("\"{}\" is not a text.", name));
    } else if constexpr (std::is_same_v<T, bool>) {
        if (!found->is_boolean()) refuse(fmt::format("\"{}\" is neither true nor false.", name));
    } else if constexpr (std::is_same_v<T, nlohmann::json>) {
        if (!found->is_object()) refuse(fmt::format("\"{}\" is not a table.", name));
    } else if constexpr (std::is_integral_v<T>) {
        if (!found->is_number_integer()) refuse(fmt::format("\"{}\" is not a whole number.", name));
    } else {
        if (!found->is_number()) refuse(fmt::format("\"{}\" is not a number.", name));
    }
    value = found->get<T>();
}

const nlohmann::json& list(const nlohmann::json& json, const char* key) {
    static const nlohmann::json none = nlohmann::json::array();
    const auto found = json.find(key);
    if (found == json.end() || found->is_null()) return none;
    if (!found->is_array()) refuse(fmt::format("\"{}\" is not a list.", key));
    for (const nlohmann::json& item : *found)
        if (!item.is_object()) refuse(fmt::format("\"{}\" has an entry that is not a table.", key));
    return *found;
}

ModelClass classFromJson(const nlohmann::json& json, size_t index) {
    const std::string where = fmt::format("classes[{}]", index);
    ModelClass result;
    take(json, "name", result.name, where);
    if (result.name.empty()) refuse(fmt::format("\"{}.name\" is missing.", where));
    std::string colour;
    take(json, "colour", colour, where);
    try {
        result.colour =
            colour.empty() ? standardColour(result.name, uint32_t(index + 1)) : Colour::fromHex(colour);
    } catch (const Error&) {
        refuse(fmt::format("\"{}.colour\" is not a colour like #e69f00.", where));
    }
    take(json, "threshold", result.threshold, where);
    if (!(result.threshold >= 0 && result.threshold <= 1))
        refuse(fmt::format("\"{}.threshold\" is not between 0 and 1.", where));
    return result;
}

void checkNormalisation(const nlohmann::json& json) {
    static const std::vector<std::string> kinds = {"zero-mean-unit-variance", "fixed", "percentile", "none"};
    std::string kind = "zero-mean-unit-variance";
    take(json, "kind", kind, "normalisation");
    if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end())
        refuse(fmt::format("\"normalisation.kind\" is \"{}\"; known are zero-mean-unit-variance, fixed, "
                           "percentile and none.",
                           kind.substr(0, 40)));
    bool invert = false;
    take(json, "invert", invert, "normalisation");
}

std::optional<ScoreRange> rangeFromJson(const nlohmann::json& score, const char* low, const char* high) {
    if (!score.contains(low) || !score.contains(high)) return std::nullopt;
    ScoreRange range;
    take(score, low, range.low, "scores");
    take(score, high, range.high, "scores");
    return range;
}

ModelScore scoreFromJson(const nlohmann::json& json) {
    ModelScore score;
    take(json, "data", score.data, "scores");
    take(json, "metric", score.metric, "scores");
    take(json, "value", score.value, "scores");
    take(json, "command", score.command, "scores");
    take(json, "averaging", score.averaging, "scores");
    take(json, "images", score.images, "scores");
    take(json, "note", score.note, "scores");
    if (json.contains("mean")) take(json, "mean", score.mean.emplace(), "scores");
    score.range = rangeFromJson(json, "min", "max");
    score.interval = rangeFromJson(json, "low", "high");
    return score;
}

} // namespace

nlohmann::json toJson(const ModelScore& score) {
    nlohmann::json json = {
        {"data", score.data}, {"metric", score.metric}, {"value", score.value}, {"command", score.command}};
    if (!score.averaging.empty()) json["averaging"] = score.averaging;
    if (score.images > 0) json["images"] = score.images;
    if (score.mean) json["mean"] = *score.mean;
    if (score.range) json.update({{"min", score.range->low}, {"max", score.range->high}});
    if (score.interval) json.update({{"low", score.interval->low}, {"high", score.interval->high}});
    if (!score.note.empty()) json["note"] = score.note;
    return json;
}

nlohmann::json toJson(const ModelCard& card) {
    nlohmann::json classes = nlohmann::json::array(), data = nlohmann::json::array(),
                   scores = nlohmann::json::array();
    for (const ModelClass& c : card.classes)
        classes.push_back({{"name", c.name}, {"colour", c.colour.hex()}, {"threshold", c.threshold}});
    for (const TrainingData& d : card.data)
        data.push_back({{"name", d.name}, {"terms", d.licence}, {"slices", d.slices}, {"cite", d.cite}});
    for (const ModelScore& s : card.scores) scores.push_back(toJson(s));
    nlohmann::json json = {{"format", 1},
                           {"name", card.name},
                           {"title", card.title},
                           {"description", card.description},
                           {"classes", classes},
                           {"normalisation", card.normalisation},
                           {"architecture", card.architecture},
                           {"network", card.network},
                           {"exclusive", card.exclusive},
                           {"channelsIn", card.channelsIn},
                           {"data", data},
                           {"scores", scores},
                           {"training", card.training},
                           {"licence", card.licence}};
    if (card.pixelSizeNm) json["pixelSizeNm"] = *card.pixelSizeNm;
    if (!card.domain.empty()) json["domain"] = card.domain;
    return json;
}

ModelCard modelCardFromJson(const nlohmann::json& json) {
    if (!json.is_object()) refuse("it is not a table.");
    int64_t format = 1;
    take(json, "format", format);
    if (format != 1)
        refuse(fmt::format("it has format {}, which a newer Cristae wrote; update the program.", format));
    ModelCard card;
    take(json, "name", card.name);
    if (card.name.empty()) refuse("\"name\" is missing.");
    take(json, "title", card.title);
    if (card.title.empty()) card.title = card.name;
    take(json, "description", card.description);
    for (const nlohmann::json& item : list(json, "classes"))
        card.classes.push_back(classFromJson(item, card.classes.size()));
    if (card.classes.empty()) refuse("\"classes\" is missing or empty.");
    if (json.contains("pixelSizeNm") && !json["pixelSizeNm"].is_null()) {
        double size = 0;
        take(json, "pixelSizeNm", size);
        if (!(size > 0) || !std::isfinite(size)) refuse("\"pixelSizeNm\" is not a positive number.");
        card.pixelSizeNm = size;
    }
    take(json, "normalisation", card.normalisation);
    checkNormalisation(card.normalisation);
    take(json, "architecture", card.architecture);
    take(json, "network", card.network);
    take(json, "exclusive", card.exclusive);
    take(json, "channelsIn", card.channelsIn);
    if (card.channelsIn < 1 || card.channelsIn > 64) refuse("\"channelsIn\" is not between 1 and 64.");
    for (const nlohmann::json& item : list(json, "data")) {
        TrainingData data;
        take(item, "name", data.name, "data");
        take(item, "terms", data.licence, "data");
        take(item, "slices", data.slices, "data");
        take(item, "cite", data.cite, "data");
        card.data.push_back(std::move(data));
    }
    for (const nlohmann::json& item : list(json, "scores")) card.scores.push_back(scoreFromJson(item));
    take(json, "training", card.training);
    take(json, "domain", card.domain);
    take(json, "licence", card.licence);
    return card;
}

ModelPackage openModelPackage(const std::filesystem::path& file) {
    const SafetensorsFile header = readSafetensorsHeader(file);
    const auto card = header.metadata.find(modelCardKey);
    if (card == header.metadata.end())
        throw Error(ErrorKind::model,
                    fmt::format("{} holds weights but no model card of Cristae. Choose a model package that "
                                "Cristae wrote.",
                                file.string()));
    const nlohmann::json json = parseJson(card->second);
    if (json.is_discarded())
        throw Error(
            ErrorKind::model,
            fmt::format("The model card in {} is not JSON. Get the file again from where it came from.",
                        file.string()));
    try {
        return {modelCardFromJson(json), file, {}};
    } catch (const Error& error) {
        throw Error(ErrorKind::model, fmt::format("{}: {}", file.string(), error.what()));
    }
}

std::string packageHash(ModelPackage& package) {
    if (package.sha256.empty()) package.sha256 = sha256OfFile(package.file);
    return package.sha256;
}

std::vector<ModelPackage> listModelPackages(const std::filesystem::path& folder,
                                            std::vector<std::string>* remarks, StartGuard* guard) {
    std::vector<std::filesystem::path> files;
    std::error_code code;
    for (std::filesystem::directory_iterator it(folder, code), end; !code && it != end; it.increment(code))
        if (it->path().extension() == ".safetensors" && !it->path().filename().string().starts_with("."))
            files.push_back(it->path());
    std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) {
        return naturalLess(a.stem().string(), b.stem().string()); // "a" before "a-b"
    });
    std::vector<ModelPackage> packages;
    for (const std::filesystem::path& file : files) {
        const auto attempt = guard ? guard->attempt(file) : StartGuard::Attempt();
        if (!attempt) continue;
        try {
            packages.push_back(openModelPackage(file));
        } catch (const Error& error) {
            if (remarks) remarks->push_back(error.what());
        }
    }
    return packages;
}

ModelPackage findModelPackage(const std::string& nameOrFile,
                              const std::vector<std::filesystem::path>& folders) {
    std::string known;
    for (const std::filesystem::path& folder : folders)
        for (ModelPackage& package : listModelPackages(folder)) {
            if (package.card.name == nameOrFile) return package;
            known += (known.empty() ? "" : ", ") + package.card.name;
        }
    std::error_code code;
    if (nameOrFile.find('/') != std::string::npos || nameOrFile.ends_with(".safetensors") ||
        std::filesystem::is_regular_file(nameOrFile, code))
        return openModelPackage(nameOrFile);
    throw Error(
        ErrorKind::model,
        known.empty()
            ? fmt::format("There is no model \"{}\", nor any other; give the path of a model package.",
                          nameOrFile)
            : fmt::format("There is no model \"{}\"; known are: {}. Or give the path of a model package.",
                          nameOrFile, known));
}

} // namespace cristae

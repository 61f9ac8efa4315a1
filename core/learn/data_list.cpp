// Reading a data list and everything it names.
#include "core/learn/data_list.h"

#include "core/base/error.h"
#include "core/base/input_file.h"
#include "core/base/json.h"
#include "core/image/with_voxel_size.h"
#include "core/io/label_image.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sstream>

namespace cristae {

namespace {

using nlohmann::json;

struct Range {
    int64_t first = 0, end = -1, every = 1;
};

/// "0:18,20,30:60:10"; empty text = everything.
std::vector<Range> parseSlices(const std::string& text) {
    if (text.empty()) return {Range{}};
    std::vector<Range> ranges;
    std::stringstream parts(text);
    for (std::string part; std::getline(parts, part, ',');) {
        std::vector<int64_t> numbers;
        std::stringstream fields(part);
        for (std::string field; std::getline(fields, field, ':');) {
            size_t used = 0;
            try {
                numbers.push_back(std::stoll(field, &used));
            } catch (const std::exception&) {
            }
            if (field.empty() || used != field.size() || numbers.back() < 0)
                throw Error(
                    ErrorKind::input,
                    fmt::format("\"{}\" are no slices; write them like \"0:18\", \"0:250:10\" or \"3,7\".",
                                text));
        }
        if (numbers.size() == 1) numbers.push_back(numbers[0] + 1);
        if (numbers.size() == 2) numbers.push_back(1);
        if (numbers.size() != 3 || numbers[2] < 1)
            throw Error(
                ErrorKind::input,
                fmt::format("\"{}\" are no slices; write them like \"0:18\", \"0:250:10\" or \"3,7\".",
                            text));
        ranges.push_back({numbers[0], numbers[1], numbers[2]});
    }
    return ranges;
}

LabelMeaning parseMeaning(const json& entry) {
    LabelMeaning meaning;
    const json value = entry.value("meaning", json::object());
    meaning.valuesOfClass = value.value("values", std::vector<std::vector<int64_t>>{});
    meaning.inverted = value.value("inverted", false);
    meaning.boundariesOfIds = value.value("boundaries", false);
    meaning.unknownValues = value.value("unknown", std::vector<int64_t>{});
    return meaning;
}

/// The parts of the pairs that the entry's slices name: of the one stack, or of the list of files.
std::vector<TrainingPair> chosen(const std::vector<TrainingPair>& pairs, const std::vector<Range>& ranges) {
    std::vector<TrainingPair> result;
    for (const Range& range : ranges) {
        if (pairs.size() == 1) {
            result.push_back(pairs.front());
            result.back().firstSlice = range.first;
            result.back().endSlice = range.end;
            result.back().everySlice = range.every;
            continue;
        }
        const int64_t count = int64_t(pairs.size()), end = range.end < 0 ? count : std::min(range.end, count);
        for (int64_t i = range.first; i < end; i += std::min(range.every, count))
            result.push_back(pairs[size_t(i)]);
    }
    return result;
}

Role parseRole(const json& entry) {
    const std::string word = entry.value("role", "train");
    if (word == "train") return Role::train;
    if (word == "validation") return Role::validation;
    if (word == "test") return Role::test;
    throw Error(ErrorKind::input, fmt::format("The role \"{}\" is none of train, validation, test.", word));
}

/// The place that an entry's "images" or "labels" names.
std::filesystem::path placeOf(const json& entry, const char* key, const std::filesystem::path& root,
                              const std::filesystem::path& listFolder) {
    const auto path = entry.at(key).get<std::string>();
    const bool besideList = path.starts_with("./") || path.starts_with("../");
    return (besideList ? listFolder : root) / path;
}

std::vector<TrainingPair> pairsOf(const json& entry, const std::filesystem::path& root,
                                  const std::filesystem::path& listFolder) {
    const auto images = placeOf(entry, "images", root, listFolder),
               labels = placeOf(entry, "labels", root, listFolder);
    if (!entry.value("stack", false))
        return pairImagesAndLabels(images.string(), labels.string(), parseRole(entry));
    return {{.name = images.filename().string(),
             .image = openImage(images),
             .labels = openLabels(labels),
             .role = parseRole(entry)}};
}

/// The entry's pixel size, if it states one (null: none is known). Throws Error{input} for what no
/// microscope gives.
std::optional<std::optional<double>> statedPixelSize(const json& entry) {
    if (!entry.contains("pixelSizeNm")) return std::nullopt;
    if (entry["pixelSizeNm"].is_null()) return std::optional<double>();
    const auto nm = entry["pixelSizeNm"].get<double>();
    if (!isPossibleLength(nm))
        throw Error(ErrorKind::input,
                    fmt::format("the \"pixelSizeNm\" of {:g} nm is no size of a pixel; give "
                                "it in nanometres, or null if it is not known.",
                                nm));
    return std::optional(nm);
}

/// How often patches come from the entry's slices.
double weightOf(const json& entry) {
    const double weight = entry.value("weight", 1.0);
    if (!(weight > 0 && weight <= 1e6))
        throw Error(ErrorKind::input,
                    fmt::format("the \"weight\" of {:g} is none; give a positive number.", weight));
    return weight;
}

void describe(ModelCard& card, const json& entry) {
    const std::string name = entry.value("name", "");
    const std::string slices = entry.value("slices", "");
    const Role role = parseRole(entry);
    const std::string text = fmt::format("{} {}", slices.empty() ? "all slices" : "slices " + slices,
                                         role == Role::train        ? "for training"
                                         : role == Role::validation ? "for validation"
                                                                    : "held out for the scores");
    for (TrainingData& data : card.data)
        if (data.name == name) {
            data.slices += "; " + text;
            return;
        }
    card.data.push_back({name, entry.value("terms", ""), text, entry.value("cite", "")});
}

} // namespace

LoadedDataList loadDataList(const std::filesystem::path& list, const std::filesystem::path& root,
                            const Progress& progress) {
    const json content = readJsonFile(list);
    LoadedDataList loaded;
    std::vector<std::string> found;
    try {
        loaded.set.classNames = content.at("classes").get<std::vector<std::string>>();
        loaded.set.marksBoundaries = content.value("marks", "") == "boundaries";
        loaded.card.name = content.value("name", "");
        loaded.card.title = content.value("title", "");
        loaded.card.description = content.value("description", "");
        loaded.card.licence = content.value("licence", "");
        const json& entries = content.at("entries");
        for (size_t i = 0; i < entries.size(); ++i) {
            const json& entry = entries[i];
            const PartProgress part(progress, double(i) / double(entries.size()),
                                    double(i + 1) / double(entries.size()));
            try {
                auto pairs =
                    chosen(pairsOf(entry, root, list.parent_path()), parseSlices(entry.value("slices", "")));
                const auto size = statedPixelSize(entry);
                for (TrainingPair& pair : pairs) pair.weight = weightOf(entry);
                TrainingSet set = loadTrainingSet(pairs, parseMeaning(entry), loaded.set.classNames, part);
                for (TrainingSlice& slice : set.slices) {
                    slice.data = entry.value("name", slice.data);
                    if (size) slice.pixelSizeNm = *size;
                    loaded.set.slices.push_back(std::move(slice));
                }
                for (const std::string& sentence : set.remarks)
                    loaded.set.remarks.push_back(
                        fmt::format("{}: {}", entry.value("name", fmt::format("entry {}", i)), sentence));
                describe(loaded.card, entry);
            } catch (const Error& error) {
                if (error.kind() != ErrorKind::input) throw;
                found.push_back(
                    fmt::format("{}: {}", entry.value("name", fmt::format("entry {}", i)), error.what()));
            }
        }
    } catch (const json::exception& error) {
        throw Error(ErrorKind::input,
                    fmt::format("The data list {} lacks something or holds a wrong type: {}.", list.string(),
                                error.what()));
    }
    if (!found.empty())
        throw Error(ErrorKind::input,
                    fmt::format("The data list {} does not fit. {}", list.string(), fmt::join(found, " ")));
    return loaded;
}

std::vector<TrainingInput> dataListInputs(const std::filesystem::path& list,
                                          const std::filesystem::path& root) {
    std::vector<TrainingInput> inputs{trainingInput("the data list", list)};
    try {
        const json content = parseJson(readTextFile(list));
        const json& entries = content.at("entries");
        for (size_t i = 0; i < entries.size(); ++i)
            for (const char* key : {"images", "labels"}) {
                const std::string name = entries[i].value("name", fmt::format("entry {}", i));
                inputs.push_back(trainingInput(fmt::format("{} of {}", key, name),
                                               placeOf(entries[i], key, root, list.parent_path())));
            }
    } catch (const std::exception&) { // loading the list says what is wrong with it
    }
    return inputs;
}

} // namespace cristae

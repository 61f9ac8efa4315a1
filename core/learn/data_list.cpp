// Reading a data list and everything it names.
#include "core/learn/data_list.h"

#include "core/base/error.h"
#include "core/base/input_file.h"
#include "core/base/json.h"
#include "core/image/with_voxel_size.h"
#include "core/io/label_image.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
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
    meaning.backgroundValues = value.value("background", std::vector<int64_t>{});
    const json unknown = value.value("unknown", json::array());
    meaning.restUnknown = unknown == "rest";
    if (unknown.is_string() && !meaning.restUnknown)
        throw Error(ErrorKind::input,
                    fmt::format("\"unknown\": {} is neither a list of values nor \"rest\".", unknown.dump()));
    if (!meaning.restUnknown) meaning.unknownValues = unknown.get<std::vector<int64_t>>();
    const bool none = value.contains("values") &&
                      std::ranges::all_of(meaning.valuesOfClass, [](const auto& of) { return of.empty(); });
    meaning.noObject = entry.value("negative", false) || none;
    return meaning;
}

/// Labels of an image that holds no object, where it has no label file: 0 everywhere.
class NoLabels : public TileSource {
public:
    explicit NoLabels(const TileSource& image) : id_(image.id() + "|no labels") {
        info_.levels = {image.info().extent()};
        info_.format = "labels";
    }
    const ImageInfo& info() const override { return info_; }
    std::string id() const override { return id_; }
    Pixels read(int, const Box3& box, const Progress&) const override {
        return Pixels(PixelType::u8, 1, box.extent());
    }

private:
    ImageInfo info_;
    std::string id_;
};

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
    const auto images = placeOf(entry, "images", root, listFolder);
    if (entry.value("negative", false) && !entry.contains("labels")) {
        const TileSourcePtr image = openImage(images);
        return {{.name = images.filename().string(),
                 .image = image,
                 .labels = std::make_shared<NoLabels>(*image),
                 .role = parseRole(entry)}};
    }
    const auto labels = placeOf(entry, "labels", root, listFolder);
    if (!entry.value("stack", false))
        return pairImagesAndLabels(images.string(), labels.string(), parseRole(entry));
    return {{.name = images.filename().string(),
             .image = openImage(images),
             .labels = openLabels(labels),
             .role = parseRole(entry)}};
}

/// The length that the entry states under `key`, if it does (null: none is known). Throws Error{input} for
/// what no microscope gives.
std::optional<std::optional<double>> statedLength(const json& entry, const char* key, const char* what) {
    if (!entry.contains(key)) return std::nullopt;
    if (entry[key].is_null()) return std::optional<double>();
    const auto nm = entry[key].get<double>();
    if (!isPossibleLength(nm))
        throw Error(ErrorKind::input, fmt::format("the \"{}\" of {:g} nm is no {}; give it in nanometres, or "
                                                  "null if it is not known.",
                                                  key, nm, what));
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

/// Which share of the patches comes from the entry; 0: none is named.
double shareOf(const json& entry) {
    if (!entry.contains("share")) return 0;
    const double share = entry.at("share");
    if (!(share > 0 && share <= 1))
        throw Error(
            ErrorKind::input,
            fmt::format("the \"share\" of {:g} is none; give a part of the patches, above 0 and up to 1.",
                        share));
    return share;
}

/// Shares leave room for the entries without one. Throws Error{input}.
void checkShares(const TrainingSet& set) {
    std::map<int64_t, double> shares; // of the entries that train
    bool others = false;
    for (const TrainingSlice& slice : set.slices) {
        if (slice.role != Role::train) continue;
        shares[slice.entry] = slice.share;
        others = others || slice.share <= 0;
    }
    double sum = 0;
    for (const auto& [entry, share] : shares) sum += share;
    if (sum > 1 + 1e-9 || (others && sum > 1 - 1e-9))
        throw Error(
            ErrorKind::input,
            fmt::format("The \"share\" of the entries for training add up to {:g}{}; lower some.", sum,
                        others ? ", which leaves no patch for the entries without one" : ", more than 1"));
}

void describe(ModelCard& card, const json& entry) {
    const std::string name = entry.value("name", "");
    const std::string slices = entry.value("slices", "");
    const Role role = parseRole(entry);
    const std::string region = entry.value("region", "");
    const std::string text = fmt::format("{}{} {}", slices.empty() ? "all slices" : "slices " + slices,
                                         region.empty() ? "" : " of rows and columns " + region,
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
                const auto size = statedLength(entry, "pixelSizeNm", "size of a pixel");
                const auto distance = statedLength(entry, "sliceDistanceNm", "distance of slices");
                for (TrainingPair& pair : pairs) {
                    pair.weight = weightOf(entry);
                    pair.share = shareOf(entry);
                    if (const std::string region = entry.value("region", ""); !region.empty())
                        pair.region = parseRegion(region, pair.image->info().extent());
                }
                TrainingSet set = loadTrainingSet(pairs, parseMeaning(entry), loaded.set.classNames, part);
                for (TrainingSlice& slice : set.slices) {
                    slice.data = entry.value("name", slice.data);
                    if (size) slice.pixelSizeNm = *size;
                    if (distance) slice.sliceDistanceNm = *distance;
                    slice.entry = int64_t(i);
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
    checkShares(loaded.set);
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
                if (!entries[i].contains(key)) continue; // of a negative
                const std::string name = entries[i].value("name", fmt::format("entry {}", i));
                inputs.push_back(trainingInput(fmt::format("{} of {}", key, name),
                                               placeOf(entries[i], key, root, list.parent_path())));
            }
    } catch (const std::exception&) { // loading the list says what is wrong with it
    }
    return inputs;
}

} // namespace cristae

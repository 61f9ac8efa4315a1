// Reading the data of a training.
#include "app/cli/train_request.h"

#include "core/base/error.h"
#include "core/learn/split_distance.h"

#include <algorithm>
#include <fmt/format.h>

namespace cristae {

namespace {

std::string absoluteText(const std::string& path) {
    return absolutePath(path).string();
}

LabelMeaning meaningOf(const TrainRequest& request) {
    LabelMeaning meaning;
    meaning.inverted = request.inverted;
    meaning.boundariesOfIds = request.boundaries;
    meaning.unknownValues = request.unlabelled;
    if (!request.labelValues.empty()) meaning.valuesOfClass = {request.labelValues};
    if (request.labelValues.empty() && request.classes.size() > 1)
        for (size_t c = 0; c < request.classes.size(); ++c) meaning.valuesOfClass.push_back({int64_t(c) + 1});
    return meaning;
}

/// Splits anew where that was asked for.
void splitAnew(const TrainRequest& request, LoadedDataList& loaded, const Progress& progress) {
    const bool anyTest =
        std::ranges::any_of(loaded.set.slices, [](const auto& slice) { return slice.role == Role::test; });
    const Split split = planSplit(loaded.set, request.split == "volume" ? SplitBy::volume : SplitBy::distance,
                                  request.splitTest || anyTest, progress);
    applySplit(loaded.set, loaded.card, split);
    loaded.set.remarks.insert(loaded.set.remarks.end(), split.sentences.begin(), split.sentences.end());
}

/// The slices as they are listed or paired.
LoadedDataList readData(const TrainRequest& request, const Progress& progress) {
    if (!request.data.empty()) {
        if (!request.images.empty() || !request.labels.empty())
            throw Error(ErrorKind::usage, "--data and --images exclude each other; give one of them.");
        return loadDataList(request.data, request.dataRoot, progress);
    }
    if (request.images.empty() || request.labels.empty())
        throw Error(ErrorKind::usage, "Training needs --images and --labels, or a list with --data.");
    if (request.validationImages.empty() != request.validationLabels.empty())
        throw Error(ErrorKind::usage,
                    "--validation-images and --validation-labels belong together; give both.");
    auto pairs = pairImagesAndLabels(request.images, request.labels, Role::train);
    if (!request.validationImages.empty())
        for (TrainingPair& pair :
             pairImagesAndLabels(request.validationImages, request.validationLabels, Role::validation))
            pairs.push_back(std::move(pair));
    LoadedDataList loaded;
    const std::vector<std::string> classes =
        request.classes.empty() ? std::vector{request.className} : request.classes;
    loaded.set = loadTrainingSet(pairs, meaningOf(request), classes, progress);
    loaded.card.classes = {{request.className, standardColour(request.className, 1), 0.5}};
    return loaded;
}

} // namespace

nlohmann::json toJson(const TrainRequest& request) {
    return {{"images", absoluteText(request.images)},
            {"labels", absoluteText(request.labels)},
            {"validationImages", absoluteText(request.validationImages)},
            {"validationLabels", absoluteText(request.validationLabels)},
            {"data", absoluteText(request.data)},
            {"dataRoot", absoluteText(request.dataRoot)},
            {"class", request.className},
            {"labelValues", request.labelValues},
            {"unlabelled", request.unlabelled},
            {"inverted", request.inverted},
            {"boundaries", request.boundaries},
            {"validationShare", request.validationShare},
            {"split", request.split},
            {"splitTest", request.splitTest}};
}

TrainRequest trainRequestFromJson(const nlohmann::json& json) {
    TrainRequest request;
    if (!json.is_object()) return request;
    try {
        request.images = json.value("images", "");
        request.labels = json.value("labels", "");
        request.validationImages = json.value("validationImages", "");
        request.validationLabels = json.value("validationLabels", "");
        request.data = json.value("data", "");
        request.dataRoot = json.value("dataRoot", request.dataRoot);
        request.className = json.value("class", request.className);
        request.labelValues = json.value("labelValues", request.labelValues);
        request.unlabelled = json.value("unlabelled", request.unlabelled);
        request.inverted = json.value("inverted", false);
        request.boundaries = json.value("boundaries", false);
        request.validationShare = json.value("validationShare", request.validationShare);
        request.split = json.value("split", "");
        request.splitTest = json.value("splitTest", false);
    } catch (const nlohmann::json::exception&) { // not what this program wrote
        return {};
    }
    return request;
}

std::vector<TrainingInput> inputsOf(const TrainRequest& request) {
    if (!request.data.empty()) return dataListInputs(absoluteText(request.data), request.dataRoot);
    std::vector<TrainingInput> inputs;
    const std::pair<const char*, const std::string*> given[] = {
        {"--images", &request.images},
        {"--labels", &request.labels},
        {"--validation-images", &request.validationImages},
        {"--validation-labels", &request.validationLabels}};
    for (const auto& [flag, path] : given)
        if (!path->empty()) inputs.push_back(trainingInput(flag, *path));
    return inputs;
}

LoadedDataList dataOf(const TrainRequest& request, const Progress& progress) {
    if (request.splitTest && request.split.empty())
        throw Error(ErrorKind::usage, "--split-test belongs to --split; give --split distance too.");
    LoadedDataList loaded = readData(request, progress);
    if (!request.split.empty()) {
        splitAnew(request, loaded, progress);
    } else if (request.data.empty() && request.validationImages.empty() && request.holdOut) {
        const auto sentences = holdOutForValidation(loaded.set, request.validationShare);
        loaded.set.remarks.insert(loaded.set.remarks.end(), sentences.begin(), sentences.end());
    }
    return loaded;
}

} // namespace cristae

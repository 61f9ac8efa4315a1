// Reading the data of a training.
#include "app/cli/train_request.h"

#include "core/base/error.h"

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

void holdOutSlices(TrainingSet& set, double share, bool verbose) {
    if (set.slices.size() < 2)
        throw Error(ErrorKind::usage, "There is one labelled slice, and none is left to validate on; give "
                                      "--validation-images and --validation-labels, or more slices.");
    holdOutForValidation(set, share);
    if (!verbose) return;
    const auto held = [](const TrainingSlice& slice) { return slice.role == Role::validation; };
    const auto first = std::find_if(set.slices.begin(), set.slices.end(), held);
    const auto last = std::find_if(set.slices.rbegin(), set.slices.rend(), held);
    fmt::print(stderr, "Held out for validation: {} to {} ({} of {} slices).\n", first->name, last->name,
               std::count_if(set.slices.begin(), set.slices.end(), held), set.slices.size());
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
            {"validationShare", request.validationShare}};
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

LoadedDataList dataOf(const TrainRequest& request, bool verbose, const Progress& progress) {
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
    if (request.validationImages.empty() && request.holdOut)
        holdOutSlices(loaded.set, request.validationShare, verbose);
    loaded.card.classes = {{request.className, standardColour(request.className, 1), 0.5}};
    return loaded;
}

} // namespace cristae

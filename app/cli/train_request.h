// TrainRequest: the data that cristae-cli train is asked to learn from, kept in the run's record, so that a
// resumed run needs its folder alone.
#pragma once
#include "core/learn/data_list.h"

namespace cristae {

struct TrainRequest {
    std::string images, labels, validationImages, validationLabels; // or
    std::string data, dataRoot = ".";
    std::string className = "structure";
    std::vector<std::string> classes; // of a model to fit, in place of className: label values 1, 2, …
    bool holdOut = true;              // the last slices for validation, where no others are named
    std::vector<int64_t> labelValues, unlabelled;
    bool inverted = false, boundaries = false;
    double validationShare = 0.15;
    std::string split;      // "distance", "volume"; empty: as the list says, or the last slices
    bool splitTest = false; // a part for the scores too

    bool namesData() const { return !images.empty() || !labels.empty() || !data.empty(); }
};

/// With absolute paths: it is read again in another folder.
nlohmann::json toJson(const TrainRequest& request);
/// What is missing takes its default; anything but an object is an empty request.
TrainRequest trainRequestFromJson(const nlohmann::json& json);
/// The files and folders that the request names, as they are on the disk now.
std::vector<TrainingInput> inputsOf(const TrainRequest& request);
/// The slices, and what their list says of the model; without validation data of their own a part of the
/// training data is held out. How they were split becomes remarks of the set. Throws Error{usage, input,
/// cancelled}.
LoadedDataList dataOf(const TrainRequest& request, const Progress& progress);

} // namespace cristae

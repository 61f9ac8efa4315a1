// What is said of a prediction before it begins: a scale that makes no sense, and what it costs.
#pragma once
#include "core/segment/model_fit.h"
#include "core/session/session.h"

namespace cristae {

/// Sentences to be read before the prediction: of models at an absurd scale, of more than 2 GB of memory and,
/// where `seconds` are known, of more than a minute. Empty where there is nothing to say. Quick: no network
/// is loaded. Throws Error{usage} as predict() does.
std::vector<std::string> predictionConcerns(const ImageInfo& image, const PredictionRequest& request,
                                            std::optional<double> seconds);

/// predict(); where memory does not suffice for models at an absurd scale, the error names that cause.
std::vector<std::string> predictNamingCause(const TileSource& image, std::span<const NetworkTask> tasks,
                                            const PredictionSettings& settings, const SliceConsumer& consume,
                                            const Progress& progress);

} // namespace cristae

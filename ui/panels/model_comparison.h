// Two models on the same slices: their scores side by side.
#pragma once
#include "core/session/session.h"

#include <QString>

namespace cristae {

/// The labels of `slices` (class numbers of `classes`) as a model with the classes of `card` counts them: by
/// name, or, where both know one class only, that one. Classes the model does not find become background.
/// Throws Error{input} naming both lists if the model finds none of them.
std::vector<TrainingSlice> slicesFor(const ModelCard& card, std::vector<TrainingSlice> slices,
                                     const std::vector<std::string>& classes);

/// A table (rich text) with a row for each metric and class and a column for each model, the better figure in
/// bold. Takes as long as predicting all slices twice. Throws Error{input, model, cancelled}.
QString comparisonTable(Session& session, const ModelPackage& mine, const ModelPackage& other,
                        const std::vector<TrainingSlice>& slices, const std::vector<std::string>& classes,
                        const Progress& progress);

} // namespace cristae

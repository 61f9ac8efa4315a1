// Fitting a model to a document: from what a person has corrected to a plan that can run.
#pragma once
#include "core/learn/fine_tune.h"
#include "core/session/session.h"

namespace cristae {

struct FitSettings {
    double minutes = 10; // the longest it may take on this machine
    std::string device = "auto";
    std::string fittedTo; // name of the image, for the card
};

/// With a model: it is trained on with what is known of the document and the sample that was kept of its own
/// data. Without: a first model of the classes that were painted, from strokes alone. A slice of which
/// nothing is known, if there is one, is predicted after each quarter. Name, title, output and run folder are
/// the caller's. Throws Error{input, usage, model, device, cancelled}.
TrainingPlan fitPlan(Session& session, const Corrections& corrections,
                     const std::optional<ModelPackage>& model, const FitSettings& settings,
                     const Progress& progress);

} // namespace cristae

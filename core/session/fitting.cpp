// fitPlan.
#include "core/session/fitting.h"

#include "core/base/error.h"

#include <algorithm>

namespace cristae {

namespace {

TrainingPlan planFromStrokes(const Corrections& corrections, const FitSettings& settings,
                             const Progress& progress) {
    const std::vector<std::string> names = strokedClasses(corrections);
    if (names.empty())
        throw Error(ErrorKind::input, "There are no strokes to learn from: paint a few of each class, and a "
                                      "few of the background.");
    TrainingPlan plan;
    plan.set = correctedSlices(corrections, names, progress);
    plan.recipe = strokesRecipe();
    choosePixelSize(plan.set, plan.recipe);
    plan.card.channelsIn = corrections.image->info().channels == 3 ? 3 : 1;
    for (const std::string& name : names) {
        const LabelClass* known = corrections.classes.findByName(name);
        plan.card.classes.push_back({name, known->colour, 0.5});
    }
    plan.card.description = "Trained from strokes in " + settings.fittedTo + ".";
    plan.card.data.push_back({settings.fittedTo, "", "strokes made by hand", ""});
    return plan;
}

} // namespace

TrainingPlan fitPlan(Session& session, const Corrections& corrections,
                     const std::optional<ModelPackage>& model, const FitSettings& settings,
                     const Progress& progress) {
    TrainingPlan plan;
    if (model) {
        std::vector<std::string> names;
        for (const ModelClass& c : model->card.classes) names.push_back(c.name);
        plan = fineTunePlan(correctedSlices(corrections, names, progress), *model, settings.fittedTo);
    } else {
        plan = planFromStrokes(corrections, settings, progress);
    }
    if (const auto z = unseenSlice(plan.set, corrections.image->info().extent().z))
        addPreview(plan.set, corrections, *z, progress);
    if (model) addSample(plan, keptSample(*model));
    plan.device = settings.device;
    const auto seconds = session.engine().trainer->secondsPerStep(plan, progress);
    limitSteps(plan.recipe, seconds.value_or(0), settings.minutes);
    return plan;
}

} // namespace cristae

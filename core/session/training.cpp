// Session's verbs for models: training, and predicting slices of a training set.
#include "core/base/error.h"
#include "core/learn/run_record.h"
#include "core/learn/training_slice.h"
#include "core/segment/package_writer.h"
#include "core/session/prepared.h"

#include <algorithm>
#include <fmt/format.h>

namespace cristae {

void Session::predictSlices(const ModelPackage& package, const std::vector<TrainingSlice>& slices,
                            const SlicesRequest& wanted,
                            const std::function<void(size_t, const PredictedSlice&)>& consume,
                            const Progress& progress) {
    PredictionRequest request;
    request.models = {{package, {}, wanted.threshold}};
    request.device = wanted.device;
    request.threads = wanted.threads;
    request.settings.averaging = wanted.averaging;
    request.settings.wantProbabilities = wanted.wantProbabilities;
    const Prepared prepared = prepareTasks(request);
    for (size_t i = 0; i < slices.size(); ++i) {
        const TrainingSlice& slice = slices[i];
        if (slice.role != wanted.role) continue;
        const auto [image, z] = imageOf(slice);
        PredictionSettings settings = request.settings;
        settings.firstSlice = z;
        settings.endSlice = settings.firstSlice + 1;
        const PartProgress part(progress, double(i) / double(slices.size()),
                                double(i + 1) / double(slices.size()));
        predict(
            *image, prepared.tasks, settings, [&](const PredictedSlice& predicted) { consume(i, predicted); },
            part);
    }
}

namespace {

/// Brings the best network, with all that its card says, to the place of the model: one write at the very
/// end, so that an older model stands there until then.
void placeModel(const TrainingPlan& plan, TrainingResult& result, TrainingListener& listener) {
    const ModelPackage draft = result.package;
    std::filesystem::path target = plan.output;
    std::error_code unknown;
    if (draft.file != target && !plan.overwrite && std::filesystem::exists(target, unknown) &&
        !isPublished(draft, target)) {
        target = freePackageName(target);
        listener.onRemark(fmt::format("There is another model {} by now, so this one becomes {}.",
                                      plan.output.string(), target.string()));
    }
    const bool mayReplace = plan.overwrite || target == plan.output; // checked above
    try {
        result.package = publishPackage(draft, {target, mayReplace ? Existing::replace : Existing::refuse});
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::output) throw;
        throw Error(
            ErrorKind::output,
            fmt::format("{} The trained network is kept as {}; resume the training to write the model.",
                        error.what(), draft.file.string()));
    }
    if (plan.runFolder.empty()) return;
    try {
        recordEnd(plan.runFolder, result.ending, target);
    } catch (const Error& error) { // the model is there
        listener.onRemark(error.what());
    }
    if (draft.file != target) std::filesystem::remove(draft.file, unknown);
}

} // namespace

TrainingResult Session::train(TrainingPlan plan, TrainingListener& listener, const Progress& progress) {
    plan.output = absolutePath(plan.output);
    plan.runFolder = absolutePath(plan.runFolder);
    TrainingSet test{{}, plan.set.classNames, plan.set.marksBoundaries};
    for (const TrainingSlice& slice : plan.set.slices)
        if (slice.role == Role::test) test.slices.push_back(slice);
    const bool cells = plan.set.marksBoundaries && plan.recipe.value("threshold", "dice") == "dice" &&
                       std::ranges::any_of(plan.set.slices, [](const TrainingSlice& slice) {
                           return slice.role == Role::validation;
                       });
    const double share = test.slices.empty() ? 1 : 0.97, trained = cells ? share - 0.01 : share;
    const PartProgress training(progress, 0, trained), scoring(progress, share, 1);
    TrainingResult result = engine().trainer->train(plan, listener, training);
    if (plan.place.rank > 0) return result; // rank 0 writes for all
    const int threads = plan.recipe.value("threads", 0);
    if (ModelCard& card = result.package.card; cells && card.classes.size() == 1 && !card.exclusive)
        card.classes[0].threshold = boundaryThreshold(
            result.package, plan.set.slices, {Role::validation, Averaging::none, true, plan.device, threads},
            PartProgress(progress, trained, share));
    if (!test.slices.empty())
        result.package.card.scores = cardScores(result.package, test, plan.device, threads, scoring);
    result.package.card.domain = domainFor(result.package, plan.set.slices, plan.device, threads, scoring);
    placeModel(plan, result, listener);
    return result;
}

} // namespace cristae

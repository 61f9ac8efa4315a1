// Session's explanations: from a click to a map of the image.
#include "core/segment/explain.h"

#include "core/session/prepared.h"

namespace cristae {

ExplanationMap Session::explain(const TileSource& image, const ExplanationRequest& request,
                                const Progress& progress) {
    progress.report(0, "loading the model");
    PredictionRequest prediction;
    prediction.models = {request.model};
    prediction.models.front().classes = {request.className};
    prediction.device = request.device;
    prediction.threads = request.threads;
    const Prepared prepared = prepareTasks(prediction);
    const NetworkTask& task = prepared.tasks.front();
    const int64_t channel = task.classes.front();
    task.network->setInterrupt([&progress] { return progress.cancelled(); });
    struct Forget {
        Network& network;
        ~Forget() { network.setInterrupt({}); }
    } const forget{*task.network};

    const Surroundings at = surroundingsOf(image, task.card, task.network->info(), request.z, request.y,
                                           request.x, request.side, progress);
    ExplanationMap result;
    result.box = at.box;
    result.probability = probabilityAt(*task.network, at, channel);
    if (request.method == Explanation::occlusion) {
        const int64_t square =
            request.square > 0 ? request.square : std::max<int64_t>(1, at.input.extent().x / 8);
        result.map = atImagePixels(occlusionMap(*task.network, at, channel, square, progress), at);
        return result;
    }
    progress.report(0.2, "computing the class activation map");
    progress.throwIfCancelled();
    const auto explainer =
        engine().networks->explainer(request.model.package, request.device, request.threads);
    result.map = atImagePixels(explainer->classActivation(at.input, channel, at.y, at.x), at);
    return result;
}

} // namespace cristae

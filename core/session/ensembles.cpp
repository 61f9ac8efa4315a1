// Session's verb for ensembles: written, given thresholds and scores of its own, and only then in its place.
#include "core/base/atomic_file.h"
#include "core/measure/probability_curves.h"
#include "core/segment/ensemble.h"
#include "core/segment/package_writer.h"
#include "core/session/session.h"

#include <algorithm>
#include <cmath>

namespace cristae {

namespace {

bool anyOf(const std::vector<TrainingSlice>& slices, Role role) {
    return std::ranges::any_of(slices, [role](const TrainingSlice& slice) { return slice.role == role; });
}

} // namespace

std::vector<double> Session::bestThresholds(const ModelPackage& package,
                                            const std::vector<TrainingSlice>& slices, SlicesRequest request,
                                            const Progress& progress) {
    request.wantProbabilities = true;
    std::vector<ProbabilityCurves> curves(package.card.classes.size());
    predictSlices(
        package, slices, request,
        [&](size_t i, const PredictedSlice& predicted) {
            const auto labels = slices[i].labels.values<uint8_t>();
            for (size_t c = 0; c < curves.size(); ++c) {
                const auto plane = predicted.probabilities.plane<float>(int64_t(c), 0);
                std::vector<float> known;
                std::vector<uint8_t> truth;
                for (size_t v = 0; v < labels.size(); ++v) {
                    if (labels[v] == 255) continue;
                    known.push_back(std::clamp(plane[v], 0.f, 1.f));
                    truth.push_back(labels[v] == c + 1);
                }
                curves[c].add(known, truth);
            }
        },
        progress);
    std::vector<double> thresholds;
    for (const ProbabilityCurves& curve : curves) {
        CurvePoint best{0.5, 0, 0, 0};
        for (const CurvePoint& point : curve.precisionRecall())
            if (point.dice > best.dice ||
                (point.dice == best.dice && std::abs(point.threshold - 0.5) < std::abs(best.threshold - 0.5)))
                best = point;
        thresholds.push_back(best.threshold);
    }
    return thresholds;
}

ModelPackage Session::makeEnsemble(const EnsembleRequest& request, const Progress& progress) {
    for (const ModelPackage& member : request.members) request.output.reading(member.file);
    AtomicFile file(request.output); // its temporary is the draft that networks are loaded from
    ModelPackage made = writeEnsemble(request.members, request.name, file.temporaryPath());
    const ModelCard& words = request.words;
    if (!words.title.empty()) made.card.title = words.title;
    if (!words.description.empty()) made.card.description = words.description;
    if (!words.licence.empty()) made.card.licence = words.licence;
    if (!words.data.empty()) made.card.data = words.data;
    if (request.training.is_object()) made.card.training = request.training;
    if (anyOf(request.set.slices, Role::validation) && !made.card.exclusive) {
        const SlicesRequest slices{Role::validation, Averaging::none, true, request.device, request.threads};
        const PartProgress part(progress, 0, 0.1);
        const std::vector<double> thresholds =
            request.set.marksBoundaries && made.card.classes.size() == 1
                ? std::vector{boundaryThreshold(made, request.set.slices, slices, part)}
                : bestThresholds(made, request.set.slices, slices, part);
        for (size_t c = 0; c < thresholds.size(); ++c) made.card.classes[c].threshold = thresholds[c];
    }
    if (anyOf(request.set.slices, Role::test))
        made.card.scores =
            cardScores(made, request.set, request.device, request.threads, PartProgress(progress, 0.1, 1));
    publishPackage(made, {file.temporaryPath(), Existing::replace});
    file.commit();
    return openModelPackage(request.output.path());
}

} // namespace cristae

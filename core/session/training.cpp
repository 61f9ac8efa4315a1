// Session's verbs for models: training, and the scores of a model on held-out slices.
#include "core/base/error.h"
#include "core/image/memory_source.h"
#include "core/image/with_voxel_size.h"
#include "core/learn/run_record.h"
#include "core/measure/best_partitions.h"
#include "core/measure/partition_scores.h"
#include "core/segment/package_writer.h"
#include "core/session/prepared.h"

#include <algorithm>
#include <fmt/format.h>

namespace cristae {

namespace {

/// The voxels whose truth is known.
void addCounts(ConfusionCounts& counts, const Pixels& prediction, const Pixels& truth, int64_t label) {
    const auto predicted = prediction.values<uint8_t>();
    const auto known = truth.values<uint8_t>();
    for (size_t i = 0; i < known.size(); ++i) {
        if (known[i] == 255) continue;
        const bool says = predicted[i] == label, is = known[i] == label;
        ++(says ? is ? counts.truePositive : counts.falsePositive
           : is ? counts.falseNegative
                : counts.trueNegative);
    }
}

void addScores(std::vector<ModelScore>& scores, const std::string& data, const ConfusionCounts& counts,
               const std::string& command) {
    scores.push_back({data, "Dice", counts.dice(), command});
    scores.push_back({data, "IoU", counts.iou(), command});
    scores.push_back({data, "precision", counts.precision(), command});
    scores.push_back({data, "recall", counts.recall(), command});
    scores.push_back({data, "accuracy", counts.accuracy(), command});
}

} // namespace

void Session::predictSlices(const ModelPackage& package, const std::vector<TrainingSlice>& slices,
                            const SlicesRequest& wanted,
                            const std::function<void(size_t, const PredictedSlice&)>& consume,
                            const Progress& progress) {
    PredictionRequest request;
    request.models = {{package, {}, {}}};
    request.device = wanted.device;
    request.threads = wanted.threads;
    request.settings.averaging = wanted.averaging;
    request.settings.wantProbabilities = wanted.wantProbabilities;
    const Prepared prepared = prepareTasks(request);
    for (size_t i = 0; i < slices.size(); ++i) {
        const TrainingSlice& slice = slices[i];
        if (slice.role != wanted.role) continue;
        ImageInfo info;
        info.voxelSize.yNm = info.voxelSize.xNm = slice.pixelSizeNm;
        // With its neighbours where they are known: networks may take several slices.
        const TileSourcePtr image = slice.source ? withVoxelSize(slice.source, info.voxelSize)
                                                 : std::make_shared<MemorySource>(slice.image, info);
        PredictionSettings settings = request.settings;
        settings.firstSlice = slice.source ? slice.z : 0;
        settings.endSlice = settings.firstSlice + 1;
        const PartProgress part(progress, double(i) / double(slices.size()),
                                double(i + 1) / double(slices.size()));
        predict(
            *image, prepared.tasks, settings, [&](const PredictedSlice& predicted) { consume(i, predicted); },
            part);
    }
}

namespace {

/// What the slices of one data set gave.
struct DataScores {
    std::string data;
    std::vector<ConfusionCounts> counts; // of each class
    std::vector<float> probability;      // of boundaries, [Z, Y, X]
    std::vector<uint8_t> boundary;       // likewise, in truth
    Extent3 extent{0, 0, 0};
    bool oneSize = true;

    void addBoundaries(const Pixels& probabilities, const Pixels& labels) {
        const Extent3& e = labels.extent();
        oneSize = oneSize && (extent.z == 0 || (extent.y == e.y && extent.x == e.x));
        extent = {extent.z + 1, e.y, e.x};
        const auto plane = probabilities.plane<float>(0, 0);
        probability.insert(probability.end(), plane.begin(), plane.end());
        for (const uint8_t label : labels.values<uint8_t>()) boundary.push_back(label != 0);
    }
};

} // namespace

std::vector<ModelScore> Session::score(const ModelPackage& package, const std::vector<TrainingSlice>& slices,
                                       Averaging averaging, const std::string& device, int threads,
                                       const Progress& progress, bool boundaries) {
    const size_t classes = package.card.classes.size();
    boundaries = boundaries && classes == 1;
    std::vector<DataScores> found; // in the order of the data
    predictSlices(
        package, slices, {Role::test, averaging, boundaries, device, threads},
        [&](size_t i, const PredictedSlice& predicted) {
            auto one = std::ranges::find(found, slices[i].data, &DataScores::data);
            if (one == found.end())
                one = found.insert(one, {slices[i].data, std::vector<ConfusionCounts>(classes), {}, {}});
            const Pixels labels = predicted.labels.converted(PixelType::u8);
            for (size_t c = 0; c < classes; ++c)
                addCounts(one->counts[c], labels, slices[i].labels, int64_t(c) + 1);
            if (boundaries) one->addBoundaries(predicted.probabilities, slices[i].labels);
        },
        progress);
    std::vector<ModelScore> scores;
    const std::string command = package.card.training.value("command", "");
    for (const DataScores& one : found)
        for (size_t c = 0; c < classes; ++c) {
            std::string name = one.data;
            if (classes > 1) name += ", " + package.card.classes[c].name;
            if (averaging == Averaging::flips) name += ", mean over flips";
            if (averaging == Averaging::all) name += ", mean over all orientations";
            addScores(scores, name, one.counts[c], command);
            if (!boundaries || !one.oneSize) continue;
            const BestPartitions best =
                bestPartitions(one.probability, cellsBetween(one.boundary, one.extent),
                               PartProgress(progress, 1, 1)); // seconds after the minutes of predicting
            scores.push_back({name, "V-rand", best.vRand, command});
            scores.push_back({name, "V-info", best.vInfo, command});
        }
    return scores;
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
    const double share = test.slices.empty() ? 1 : 0.97;
    const PartProgress training(progress, 0, share), scoring(progress, share, 1);
    TrainingResult result = engine().trainer->train(plan, listener, training);
    if (plan.place.rank > 0) return result; // rank 0 writes for all
    if (!test.slices.empty())
        result.package.card.scores =
            cardScores(result.package, test, plan.device, plan.recipe.value("threads", 0), scoring);
    result.package.card.domain =
        domainFor(result.package, plan.set.slices, plan.device, plan.recipe.value("threads", 0), scoring);
    placeModel(plan, result, listener);
    return result;
}

std::vector<ModelScore> Session::cardScores(const ModelPackage& package, const TrainingSet& set,
                                            const std::string& device, int threads,
                                            const Progress& progress) {
    constexpr double share = 1.0 / 9; // eight orientations after one
    std::vector<ModelScore> scores;
    for (const Averaging averaging : {Averaging::none, Averaging::all}) {
        const PartProgress scoring(progress, averaging == Averaging::none ? 0 : share,
                                   averaging == Averaging::none ? share : 1);
        for (ModelScore& one :
             score(package, set.slices, averaging, device, threads, scoring, set.marksBoundaries))
            scores.push_back(std::move(one));
    }
    return scores;
}

void Session::scoreIntoCard(ModelPackage& package, const TrainingSet& set, const std::string& device,
                            int threads, const Progress& progress) {
    package.card.scores = cardScores(package, set, device, threads, progress);
    package = publishPackage(package, {package.file, Existing::replace});
}

} // namespace cristae

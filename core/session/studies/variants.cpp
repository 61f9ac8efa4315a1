// Training the variants of a study.
#include "core/session/studies/variants.h"

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/input_file.h"
#include "core/base/json.h"
#include "core/learn/checkpoint_files.h"
#include "core/learn/recipe.h"

#include <algorithm>
#include <sstream>

namespace cristae {

namespace {

class EpochSeconds : public TrainingListener {
public:
    explicit EpochSeconds(int64_t stepsPerEpoch) : stepsPerEpoch_(double(stepsPerEpoch)) {}
    void onStep(int64_t, double) override {}
    void onEpoch(const EpochReport& report) override { seconds_ = report.secondsPerStep * stepsPerEpoch_; }
    double seconds() const { return seconds_; }

private:
    double stepsPerEpoch_, seconds_ = 0;
};

/// A checkpoint of the same recipe lies there: the study was killed in the middle of this training.
bool canResume(const TrainingPlan& plan) {
    const auto recipe = plan.runFolder / "recipe.json";
    if (!hasCheckpoint(plan.runFolder) || !std::filesystem::exists(recipe)) return false;
    return parseJson(readTextFile(recipe)) == plan.recipe;
}

/// Validation accuracy at the end of each epoch, from the log of the run; empty where there is none.
nlohmann::json accuracyByEpoch(const std::filesystem::path& runFolder) {
    nlohmann::json list = nlohmann::json::array();
    std::error_code ignored;
    if (!std::filesystem::exists(runFolder / "log.jsonl", ignored)) return list;
    std::istringstream log(readTextFile(runFolder / "log.jsonl"));
    for (std::string line; std::getline(log, line);) {
        const nlohmann::json epoch = parseJson(line);
        if (epoch.is_object() && epoch.contains("validationAccuracy"))
            list.push_back(epoch["validationAccuracy"]);
    }
    return list;
}

TrainingSet withFewerSlices(const TrainingSet& set, size_t wanted) {
    size_t there = 0, seen = 0;
    for (const TrainingSlice& slice : set.slices) there += slice.role == Role::train;
    if (wanted == 0 || wanted >= there) return set;
    TrainingSet fewer{{}, set.classNames};
    for (const TrainingSlice& slice : set.slices) {
        if (slice.role != Role::train) {
            fewer.slices.push_back(slice);
            continue;
        }
        // The k-th of the wanted ones stands at k · there / wanted.
        if (seen * wanted / there != (seen + 1) * wanted / there) fewer.slices.push_back(slice);
        ++seen;
    }
    return fewer;
}

} // namespace

nlohmann::json studyRecipe(const StudySettings& settings, const nlohmann::json& changes) {
    nlohmann::json recipe = recipeSchema().defaults();
    recipe.update(changes);
    for (const std::string& setting : settings.recipeSettings) recipeSchema().set(recipe, setting);
    recipe["seed"] = settings.seed;
    recipe["threads"] = settings.threads;
    return recipe;
}

nlohmann::json withoutAugmentation(nlohmann::json recipe) {
    for (const Option& option : recipeSchema().options())
        if (option.group == "Augmentation" && option.minimum == 0.0 && option.maximum == 1.0)
            recipe[option.key] = 0.0; // probabilities
    recipe["shift"] = 0.0;
    return recipe;
}

StudyStep trainingStep(Session& session, const StudySettings& settings, const Variant& variant) {
    const auto run = [&session, settings, variant](const Progress& progress) {
        TrainingPlan plan;
        plan.set = withFewerSlices(settings.set, variant.trainingSlices);
        // Scored below, without the averaging that a model's card is given.
        std::vector<TrainingSlice> test;
        std::erase_if(plan.set.slices, [&](const TrainingSlice& slice) {
            if (slice.role == Role::test) test.push_back(slice);
            return slice.role == Role::test;
        });
        plan.recipe = variant.recipe;
        plan.card.name = plan.card.title = variant.id;
        plan.card.channelsIn = plan.set.slices.front().image.channels();
        plan.output = modelFile(settings, variant.id);
        plan.runFolder = settings.folder / "runs" / variant.id;
        plan.device = settings.device;
        plan.overwrite = true; // the folder is the study's own
        plan.resume = canResume(plan);
        std::filesystem::create_directories(settings.folder / "models");
        const std::filesystem::path runFolder = plan.runFolder;
        EpochSeconds listener(plan.recipe.at("stepsPerEpoch").get<int64_t>());
        const double share = test.empty() ? 1 : 0.9;
        const PartProgress training(progress, 0, share), scoring(progress, share, 1);
        const TrainingResult trained = session.train(std::move(plan), listener, training);
        const nlohmann::json best =
            trained.package.card.training.value("validation", nlohmann::json::object());
        nlohmann::json value = {{"steps", trained.stepsDone}, {"seconds_per_epoch", listener.seconds()}};
        const std::pair<const char*, const char*> figures[] = {
            {"training_loss", "trainingLoss"},     {"training_dice", "trainingDice"},
            {"validation_loss", "validationLoss"}, {"validation_dice", "validationDice"},
            {"validation_iou", "validationIou"},   {"validation_accuracy", "validationAccuracy"}};
        for (const auto& [name, key] : figures)
            if (best.contains(key)) value[name] = best[key];
        value["accuracy_by_epoch"] = accuracyByEpoch(runFolder);
        // The first data set of the test, as it is.
        for (const ModelScore& score : session.score(trained.package, test, Averaging::none, settings.device,
                                                     settings.threads, scoring)) {
            const std::string name = score.metric == "Dice"       ? "test_dice"
                                     : score.metric == "IoU"      ? "test_iou"
                                     : score.metric == "accuracy" ? "test_accuracy"
                                                                  : "";
            if (!name.empty() && !value.contains(name)) value[name] = score.value;
        }
        return value;
    };
    return {variant.id, variant.words, run};
}

std::filesystem::path modelFile(const StudySettings& settings, const std::string& id) {
    return settings.folder / "models" / (id + ".safetensors");
}

nlohmann::json figure(const std::map<std::string, nlohmann::json>& measured, const std::string& id,
                      const char* key) {
    const auto step = measured.find(id);
    if (step == measured.end() || !step->second.contains(key)) return nullptr;
    return step->second.at(key);
}

size_t countOf(const StudySettings& settings, Role role) {
    return size_t(std::ranges::count(settings.set.slices, role, &TrainingSlice::role));
}

} // namespace cristae

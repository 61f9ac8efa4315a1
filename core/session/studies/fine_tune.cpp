// fine-tune: what a few corrected slices and some minutes make of a model on images it has not seen, and what
// it forgets.
#include "core/learn/fine_tune.h"
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/learn/recipe.h"
#include "core/session/studies/variants.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <set>

namespace cristae {

namespace {

/// Data sets with training slices are new to the model; test slices of all others are its own held-out data.
std::set<std::string> newData(const TrainingSet& set) {
    std::set<std::string> names;
    for (const TrainingSlice& slice : set.slices)
        if (slice.role == Role::train) names.insert(slice.data);
    return names;
}

bool isNew(const StudySettings& settings, const TrainingSlice& slice) {
    return newData(settings.set).contains(slice.data);
}

/// Dice of the model on the test slices of new data and of its own, over all pixels of each.
nlohmann::json scoresOf(Session& session, const StudySettings& settings, const ModelPackage& model,
                        const Progress& progress) {
    std::vector<TrainingSlice> test;
    for (const TrainingSlice& slice : settings.set.slices)
        if (slice.role == Role::test) {
            test.push_back(slice);
            test.back().data = isNew(settings, slice) ? "new" : "home";
        }
    nlohmann::json value;
    double sum[2] = {0, 0};
    int classes[2] = {0, 0};
    for (const ModelScore& score :
         session.score(model, test, Averaging::none, settings.device, settings.threads, progress)) {
        if (!score.metric.starts_with("Dice")) continue;
        const int place = score.data.starts_with("new") ? 0 : 1;
        sum[place] += score.value;
        ++classes[place];
    }
    if (classes[0] > 0) value["dice"] = sum[0] / classes[0];
    if (classes[1] > 0) value["home_dice"] = sum[1] / classes[1];
    return value;
}

/// `count` of the slices that may be corrected, another choice for each seed.
TrainingSet chosenSlices(const StudySettings& settings, size_t count, uint64_t seed) {
    TrainingSet set{{}, settings.set.classNames, settings.set.marksBoundaries};
    std::vector<const TrainingSlice*> may;
    for (const TrainingSlice& slice : settings.set.slices)
        if (slice.role == Role::train) may.push_back(&slice);
    Random random(seed * 7919 + 17);
    for (size_t i = may.size(); i > 1; --i) std::swap(may[i - 1], may[size_t(random.below(int64_t(i)))]);
    for (size_t i = 0; i < std::min(count, may.size()); ++i) set.slices.push_back(*may[i]);
    return set;
}

std::vector<TrainingSlice> homeSample(const StudySettings& settings, uint64_t seed) {
    TrainingSet home{{}, settings.set.classNames};
    for (const TrainingSlice& slice : settings.set.slices)
        if (slice.role == Role::validation && !isNew(settings, slice)) {
            home.slices.push_back(slice);
            home.slices.back().role = Role::train;
        }
    return sampleOf(home, seed);
}

class Silent : public TrainingListener {
public:
    void onStep(int64_t, double) override {}
    void onEpoch(const EpochReport& report) override { seconds = report.secondsPerStep; }
    double seconds = 0;
};

class FineTune : public Study {
public:
    std::string key() const override { return "fine-tune"; }
    std::string title() const override { return "Fine-tuning with a few corrected slices"; }
    std::string question() const override {
        return "How much better does a model become on images it has not seen after some corrected slices "
               "and minutes, and what does it lose on its own?";
    }
    std::string defaultData() const override { return "fine-tune-sbem"; }
    bool wantsModel() const override { return true; }

    std::vector<StudyStep> steps(Session& session, const StudySettings& settings) const override {
        check(settings);
        std::vector<StudyStep> list;
        list.push_back({"0", "the model as it is", [&session, settings](const Progress& progress) {
                            return scoresOf(session, settings, *settings.model, progress);
                        }});
        for (const Run& run : runs(settings))
            list.push_back({run.id, run.words, [&session, settings, run](const Progress& progress) {
                                return fitted(session, settings, run, progress);
                            }});
        return list;
    }

    StudyResult result(const StudySettings& settings,
                       const std::map<std::string, nlohmann::json>& measured) const override {
        StudyResult result;
        result.columns = {"kept sample", "corrected slices", "choice", "Dice, new images",
                          "gain",        "Dice, own images", "lost",   "minutes"};
        result.xTitle = "corrected slices";
        result.yTitle = "Dice";
        result.ordered = true;
        const nlohmann::json before = figure(measured, "0", "dice"),
                             home = figure(measured, "0", "home_dice");
        result.rows.push_back({"", 0, "", before, 0.0, home, 0.0, 0.0});
        result.xLabels = {"0"};
        for (const size_t count : counts(settings)) result.xLabels.push_back(std::to_string(count));
        const auto difference = [](const nlohmann::json& a, const nlohmann::json& b) {
            return a.is_number() && b.is_number() ? nlohmann::json(a.get<double>() - b.get<double>())
                                                  : nlohmann::json();
        };
        for (const bool sample : kinds(settings)) {
            const std::string words = sample ? "with a kept sample" : "without";
            StudySeries fresh{"new images, " + words, {}, {}}, own{"own images, " + words, {}, {}};
            const auto point = [](StudySeries& series, double x, double y) {
                series.x.push_back(x);
                series.y.push_back(y);
            };
            if (before.is_number()) point(fresh, 0, before);
            if (home.is_number()) point(own, 0, home);
            double place = 0;
            for (const size_t count : counts(settings)) {
                place += 1;
                double sums[2] = {0, 0};
                int known[2] = {0, 0};
                for (const Run& run : runs(settings)) {
                    if (run.count != count || run.sample != sample) continue;
                    const auto dice = figure(measured, run.id, "dice"),
                               there = figure(measured, run.id, "home_dice");
                    result.rows.push_back({words, count, run.seed, dice, difference(dice, before), there,
                                           difference(home, there), figure(measured, run.id, "minutes")});
                    for (const auto& [i, value] : {std::pair{0, dice}, {1, there}})
                        if (value.is_number()) sums[i] += value.get<double>(), ++known[i];
                }
                if (known[0]) point(fresh, place, sums[0] / known[0]);
                if (known[1]) point(own, place, sums[1] / known[1]);
            }
            result.series.push_back(std::move(fresh));
            if (!own.x.empty()) result.series.push_back(std::move(own));
        }
        result.notes = {
            fmt::format("Model: {}. Corrected slices are whole slices with their ground truth; each choice "
                        "is another random one. Curves are means over the choices.",
                        settings.model->card.name),
            "New images: data sets with training slices; own images: all others. Each Dice is over all "
            "pixels of the test slices.",
            "Minutes are those of the fit alone, on the machine as busy as it was."};
        return result;
    }

private:
    struct Run {
        std::string id, words;
        size_t count;
        uint64_t seed;
        bool sample;
    };

    static void check(const StudySettings& settings) {
        if (!settings.model) return;
        bool fresh = false;
        for (const TrainingSlice& slice : settings.set.slices)
            fresh = fresh || (slice.role == Role::test && isNew(settings, slice));
        if (countOf(settings, Role::train) == 0 || !fresh)
            throw Error(ErrorKind::usage,
                        "The study fine-tune needs slices to correct (role train) and slices of the same "
                        "data set for the scores (role test); data sets with test slices alone are taken "
                        "for the model's own.");
        if (settings.set.classNames.size() != settings.model->card.classes.size())
            throw Error(ErrorKind::usage,
                        fmt::format("The model {} knows {} classes, but the data have {}; name a model of "
                                    "as many classes with --model.",
                                    settings.model->card.name, settings.model->card.classes.size(),
                                    settings.set.classNames.size()));
    }
    static std::vector<size_t> counts(const StudySettings& settings) {
        const size_t most = countOf(settings, Role::train);
        std::vector<size_t> list;
        for (const size_t count : {1, 3, 5})
            if (count <= most) list.push_back(count);
        return list;
    }
    /// With a kept sample too, where the data hold slices for it (validation slices of the model's own data).
    static std::vector<bool> kinds(const StudySettings& settings) {
        std::vector<bool> list{false};
        if (std::ranges::any_of(settings.set.slices, [&](const TrainingSlice& slice) {
                return slice.role == Role::validation && !isNew(settings, slice);
            }))
            list.push_back(true);
        return list;
    }
    static std::vector<Run> runs(const StudySettings& settings) {
        std::vector<Run> list;
        for (const bool sample : kinds(settings))
            for (const size_t count : counts(settings))
                for (uint64_t seed = settings.seed; seed < settings.seed + 3; ++seed)
                    list.push_back({fmt::format("{}-{}-{}", sample ? "sample" : "alone", count, seed),
                                    fmt::format("{} corrected slices, choice {}", count, seed), count, seed,
                                    sample});
        return list;
    }

    static nlohmann::json fitted(Session& session, const StudySettings& settings, const Run& run,
                                 const Progress& progress) {
        TrainingSet set = chosenSlices(settings, run.count, run.seed);
        TrainingPlan plan = fineTunePlan(std::move(set), *settings.model, "the study's images");
        if (run.sample) addSample(plan, homeSample(settings, run.seed));
        if (settings.quick) plan.recipe["steps"] = plan.recipe["steps"].get<int64_t>() / 2;
        for (const std::string& setting : settings.recipeSettings) recipeSchema().set(plan.recipe, setting);
        plan.recipe["seed"] = run.seed;
        plan.recipe["threads"] = settings.threads;
        limitSteps(plan.recipe, 0, 0);
        plan.card.name = plan.card.title = run.id;
        plan.output = modelFile(settings, run.id);
        plan.runFolder = settings.folder / "runs" / run.id;
        plan.device = settings.device;
        plan.overwrite = true; // the folder is the study's own
        std::filesystem::create_directories(settings.folder / "models");
        const PartProgress training(progress, 0, 0.8), scoring(progress, 0.8, 1);
        Silent listener;
        const auto start = std::chrono::steady_clock::now();
        const TrainingResult trained = session.train(std::move(plan), listener, training);
        const double minutes =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / 60;
        nlohmann::json value = scoresOf(session, settings, trained.package, scoring);
        value["minutes"] = minutes;
        value["seconds_per_step"] = listener.seconds;
        value["steps"] = trained.stepsDone;
        return value;
    }
};

} // namespace

std::unique_ptr<Study> makeFineTuneStudy() {
    return std::make_unique<FineTune>();
}

} // namespace cristae

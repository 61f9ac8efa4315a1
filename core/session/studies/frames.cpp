// frames: networks that see 1, 3 or 5 slices, and the mean of the three, on every test image.
#include "core/base/error.h"
#include "core/base/own_folder.h"
#include "core/session/studies/variants.h"

#include <algorithm>
#include <fmt/format.h>

namespace cristae {

namespace {

struct Family {
    const char *id, *words;
    double published;                       // mean F1 of the ensemble (Singhal and Kolkur)
    int publishedThresholds[4];             // of 255: 1fm, 3fm, 5fm, ensemble
    nlohmann::json quick, full;             // of the recipe
    const char *quickNetwork, *fullNetwork; // network options besides slicesIn
};

const std::vector<Family>& families() {
    static const std::vector<Family> list{{"deepem3d",
                                           "DeepEM3D",
                                           0.69,
                                           {40, 128, 50, 118},
                                           {{"architecture", "deepem3d"}, {"patch", 128}},
                                           {{"architecture", "deepem3d"}},
                                           ", divisor=16",
                                           ""},
                                          {"multiresunet",
                                           "MultiResUNet",
                                           0.82,
                                           {45, 78, 24, 68},
                                           {{"architecture", "multiresunet"}, {"patch", 128}},
                                           {{"architecture", "multiresunet"}},
                                           ", base=8, levels=4",
                                           ""}};
    return list;
}

constexpr int frameCounts[] = {1, 3, 5};

class Frames : public Study {
public:
    std::string key() const override { return "frames"; }
    std::string title() const override { return "Networks that see 1, 3 or 5 slices, and their ensemble"; }
    std::string question() const override {
        return "How much do neighbouring slices and an ensemble of three networks add, image by image?";
    }
    std::string defaultData() const override { return "sbem-mitochondria"; }

    std::vector<StudyStep> steps(Session& session, const StudySettings& settings) const override {
        if (countOf(settings, Role::test) == 0)
            throw Error(ErrorKind::usage,
                        "The study frames scores every test image; mark some slices as test.");
        std::vector<StudyStep> list;
        for (const Family& family : families()) {
            for (const int frames : frameCounts)
                list.push_back(trainingStep(session, settings, variant(settings, family, frames)));
            list.push_back({scoresId(family), fmt::format("{}, every test image", family.words),
                            [&session, settings, &family](const Progress& progress) {
                                return scores(session, settings, family, progress);
                            }});
        }
        return list;
    }

    StudyResult result(const StudySettings& settings,
                       const std::map<std::string, nlohmann::json>& measured) const override {
        StudyResult result;
        result.columns = {"network",
                          "frames",
                          "threshold of 255",
                          "mean F1",
                          "smallest F1",
                          "largest F1",
                          "validation Dice",
                          "published mean F1",
                          "published threshold of 255"};
        result.xTitle = "test image";
        result.ordered = true;
        result.yTitle = "F1";
        for (const TrainingSlice& slice : settings.set.slices)
            if (slice.role == Role::test) result.xLabels.push_back(std::to_string(result.xLabels.size() + 1));
        for (const Family& family : families()) {
            const nlohmann::json& models = measured.at(scoresId(family));
            for (size_t i = 0; i < models.size(); ++i) {
                const nlohmann::json& model = models[i];
                const auto f1 = model.at("f1").get<std::vector<double>>();
                const bool ensemble = i + 1 == models.size();
                double sum = 0;
                for (const double value : f1) sum += value;
                const auto [low, high] = std::ranges::minmax(f1);
                result.rows.push_back(
                    {family.words, model.at("name"), model.at("threshold"), sum / double(f1.size()), low,
                     high,
                     ensemble ? nlohmann::json()
                              : figure(measured, trainingId(family, frameCounts[i]), "validation_dice"),
                     ensemble ? nlohmann::json(family.published) : nlohmann::json(),
                     family.publishedThresholds[i]});
                StudySeries series{
                    fmt::format("{} {}", family.words, model.at("name").get<std::string>()), {}, {}};
                for (size_t image = 0; image < f1.size(); ++image) {
                    series.x.push_back(double(image));
                    series.y.push_back(f1[image]);
                }
                result.series.push_back(std::move(series));
            }
        }
        result.notes = {
            "Published: SBEM mitochondria, 80 training images of 1024², 150 epochs (Singhal and Kolkur); F1 "
            "of the "
            "ensembles only, F1 per image as a figure.",
            settings.quick
                ? "Quick size: thin networks, 150 steps, no averaging, so compare the order and not the "
                  "values."
                : "Full size: published widths; every prediction is the mean over 16 orientations.",
            "Thresholds: where the Dice of the validation slices is highest."};
        return result;
    }

private:
    static std::string trainingId(const Family& family, int frames) {
        return fmt::format("{}-{}fm", family.id, frames);
    }
    static std::string scoresId(const Family& family) { return fmt::format("{}-images", family.id); }

    static Variant variant(const StudySettings& settings, const Family& family, int frames) {
        nlohmann::json recipe = settings.quick ? family.quick : family.full;
        recipe.update(settings.quick ? nlohmann::json{{"batch", 2},
                                                      {"steps", 150},
                                                      {"stepsPerEpoch", 50},
                                                      {"warmupSteps", 15},
                                                      {"averaging", 0.97}}
                                     : nlohmann::json{{"steps", 12000}, {"stepsPerEpoch", 400}});
        recipe["network"] =
            fmt::format("slicesIn={}{}", frames, settings.quick ? family.quickNetwork : family.fullNetwork);
        return {trainingId(family, frames), fmt::format("{} that sees {} slices", family.words, frames),
                studyRecipe(settings, recipe), 0};
    }

    static nlohmann::json scores(Session& session, const StudySettings& settings, const Family& family,
                                 const Progress& progress) {
        std::vector<ModelPackage> models;
        for (const int frames : frameCounts)
            models.push_back(openModelPackage(modelFile(settings, trainingId(family, frames))));
        EnsembleRequest together;
        together.members = models;
        together.name = fmt::format("{}-ensemble", family.id);
        together.output = ownFile(modelFile(settings, together.name));
        together.device = settings.device;
        together.threads = settings.threads;
        for (const TrainingSlice& slice : settings.set.slices)
            if (slice.role == Role::validation) together.set.slices.push_back(slice);
        models.push_back(session.makeEnsemble(together, PartProgress(progress, 0, 0.1)));
        // Each image is a data set of its own.
        std::vector<TrainingSlice> slices;
        for (const TrainingSlice& slice : settings.set.slices)
            if (slice.role == Role::test) {
                slices.push_back(slice);
                slices.back().data = std::to_string(slices.size());
            }
        nlohmann::json value = nlohmann::json::array();
        for (size_t i = 0; i < models.size(); ++i) {
            const PartProgress part(progress, 0.1 + 0.9 * double(i) / double(models.size()),
                                    0.1 + 0.9 * double(i + 1) / double(models.size()));
            nlohmann::json f1 = nlohmann::json::array();
            for (const ModelScore& score :
                 session.score(models[i], slices, settings.quick ? Averaging::none : Averaging::all,
                               settings.device, settings.threads, part))
                if (score.metric == "Dice") f1.push_back(score.value);
            value.push_back({{"name", i < 3 ? fmt::format("{}fm", frameCounts[i]) : "ensemble"},
                             {"threshold", std::llround(255 * models[i].card.classes.front().threshold)},
                             {"f1", f1}});
        }
        return value;
    }
};

} // namespace

std::unique_ptr<Study> makeFramesStudy() {
    return std::make_unique<Frames>();
}

} // namespace cristae

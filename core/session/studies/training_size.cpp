// training-size: score against the number of training images, with and without augmentation.
#include "core/session/studies/variants.h"

#include <fmt/format.h>

namespace cristae {

namespace {

class TrainingSize : public Study {
public:
    std::string key() const override { return "training-size"; }
    std::string defaultData() const override { return "nuclei-patches"; }
    std::string title() const override { return "Score against the number of training images"; }
    std::string question() const override {
        return "How many labelled images are enough, and what does augmentation add?";
    }

    std::vector<StudyStep> steps(Session& session, const StudySettings& settings) const override {
        std::vector<StudyStep> list;
        for (const Kind& kind : kinds(settings))
            for (const size_t size : sizes(settings))
                list.push_back(trainingStep(session, settings, variant(settings, kind, size)));
        return list;
    }

    StudyResult result(const StudySettings& settings,
                       const std::map<std::string, nlohmann::json>& measured) const override {
        StudyResult result;
        result.columns = {"recipe",          "training images", "validation loss",
                          "validation Dice", "test Dice",       "test accuracy"};
        result.xTitle = "training images";
        result.ordered = true;
        result.yTitle = "Dice";
        for (const size_t size : sizes(settings)) result.xLabels.push_back(std::to_string(size));
        for (const Kind& kind : kinds(settings)) {
            StudySeries series{kind.words, {}, {}};
            for (size_t place = 0; place < result.xLabels.size(); ++place) {
                const size_t size = sizes(settings)[place];
                const std::string id = variant(settings, kind, size).id;
                const auto value = [&](const char* name) { return figure(measured, id, name); };
                result.rows.push_back({kind.words, size, value("validation_loss"), value("validation_dice"),
                                       value("test_dice"), value("test_accuracy")});
                const auto shown =
                    value("test_dice").is_null() ? value("validation_dice") : value("test_dice");
                if (shown.is_number()) {
                    series.x.push_back(double(place));
                    series.y.push_back(shown.get<double>());
                }
            }
            result.series.push_back(std::move(series));
        }
        result.notes = {
            "Published (Deep Residual U-Net on TEM nuclei, 75 test images): figures only; augmentation "
            "is better at every size, and about 150 images are enough.",
            "Every size trains for the same number of steps."};
        if (settings.quick)
            result.notes.push_back(
                "Quick size: 150 steps, too few for augmentation to pay with many images; it does "
                "with few.");
        return result;
    }

private:
    struct Kind {
        std::string id, words;
        nlohmann::json recipe;
    };
    static std::vector<Kind> kinds(const StudySettings& settings) {
        nlohmann::json today =
            settings.quick ? nlohmann::json{{"levels", 4},       {"base", 8},        {"patch", 128},
                                            {"batch", 4},        {"steps", 150},     {"stepsPerEpoch", 50},
                                            {"warmupSteps", 15}, {"averaging", 0.97}}
                           : nlohmann::json{{"steps", 4000}, {"stepsPerEpoch", 400}};
        const nlohmann::json augmented = studyRecipe(settings, today);
        std::vector<Kind> list{{"unet-augmented", "U-Net, augmented", augmented},
                               {"unet-plain", "U-Net, as they are", withoutAugmentation(augmented)}};
        if (settings.quick) return list;
        const nlohmann::json published = studyRecipe(settings, {{"architecture", "resunet"},
                                                                {"loss", "bce"},
                                                                {"optimiser", "adam"},
                                                                {"learningRate", 1e-5},
                                                                {"schedule", "constant"},
                                                                {"batch", 2},
                                                                {"averaging", 0.0},
                                                                {"weightDecay", 0.0},
                                                                {"steps", 4500},
                                                                {"stepsPerEpoch", 150}});
        list.push_back({"resunet-augmented", "Deep ResUNet as published, augmented", published});
        list.push_back(
            {"resunet-plain", "Deep ResUNet as published, as they are", withoutAugmentation(published)});
        return list;
    }
    static std::vector<size_t> sizes(const StudySettings& settings) {
        const size_t most = countOf(settings, Role::train);
        std::vector<size_t> list;
        for (const size_t size : settings.quick ? std::vector<size_t>{1, 3, 8, 18, 50, 150}
                                                : std::vector<size_t>{5, 10, 25, 50, 150, 300})
            if (size < most) list.push_back(size);
        list.push_back(most);
        return list;
    }
    static Variant variant(const StudySettings&, const Kind& kind, size_t size) {
        return {fmt::format("{}-{}", kind.id, size), fmt::format("{}, {} images", kind.words, size),
                kind.recipe, size};
    }
};

} // namespace

std::unique_ptr<Study> makeTrainingSizeStudy() {
    return std::make_unique<TrainingSize>();
}

} // namespace cristae

// hyperparameters and architectures: settings of a training changed one by one, published figures beside
// ours.
#include "core/session/studies/variants.h"

#include <fmt/format.h>

namespace cristae {

namespace {

struct Change {
    const char *id, *parameter, *value;
    nlohmann::json changes;
    double training, validation, seconds; // published Dice after one epoch, and seconds per epoch; < 0: none
};

const std::vector<Change>& changesOfOne() {
    static const std::vector<Change> list{
        {"default", "default", "", nlohmann::json::object(), 0.50, 0.18, 2396},
        {"rate-0.1", "learning rate", "1e-1", {{"learningRate", 0.1}}, 0.52, 0.10, 2300},
        {"rate-1e-5", "learning rate", "1e-5", {{"learningRate", 1e-5}}, 0.77, 0.03, 2271},
        {"epsilon-1e-4", "epsilon", "1e-4", {{"epsilon", 1e-4}}, 0.93, 0.78, 800},
        {"epsilon-0.1", "epsilon", "0.1", {{"epsilon", 0.1}}, 0.13, 0.09, 2246},
        {"batch-5", "batch", "5", {{"batch", 5}}, 0.88, 0.80, 820},
        {"batch-10", "batch", "10", {{"batch", 10}}, 0.81, 0.73, 767},
        {"batch-20", "batch", "20", {{"batch", 20}}, 0.79, 0.24, 2486},
        {"loss-dice", "loss", "Dice", {{"loss", "dice"}}, 0.73, 0.63, 759},
        {"loss-log-dice", "loss", "log Dice", {{"loss", "log_dice"}}, 0.84, 0.69, 742},
        {"normalisation-layer", "normalisation", "layer", {{"normalisation", "layer"}}, 0.35, 0.47, 1688},
        {"normalisation-none", "normalisation", "none", {{"normalisation", "none"}}, 0.35, 0.52, 734},
        {"depth-shallow",
         "depth",
         "two 16-filter layers added at both ends",
         {{"network", "shallow=2"}},
         0.38,
         0.12,
         1018},
        {"depth-deeper", "depth", "one level added at the centre", {{"levels", 5}}, 0.37, 0.12, 2626},
        {"depth-less", "depth", "one level removed", {{"levels", 3}}, 0.81, 0.61, 2296},
        {"filter-effective",
         "filter",
         "effective 5×5",
         {{"network", "filter=effective 5x5"}},
         0.44,
         0.06,
         3497},
        {"filter-5", "filter", "true 5×5", {{"network", "filter=5x5"}}, 0.29, 0.08, 3286}};
    return list;
}

class Hyperparameters : public Study {
public:
    std::string key() const override { return "hyperparameters"; }
    std::string defaultData() const override { return "fibsem-mitochondria"; }
    std::string title() const override { return "One setting changed at a time"; }
    std::string question() const override {
        return "How much do rate, batch, loss, normalisation, depth and filter size matter?";
    }
    std::vector<StudyStep> steps(Session& session, const StudySettings& settings) const override {
        std::vector<StudyStep> list;
        for (const Change& change : changesOfOne()) {
            nlohmann::json recipe = {{"levels", 4},       {"base", 8},     {"patch", 128},
                                     {"batch", 4},        {"steps", 100},  {"stepsPerEpoch", 50},
                                     {"warmupSteps", 10}, {"loss", "bce"}, {"averaging", 0.95}};
            if (!settings.quick)
                recipe = {{"levels", 4},          {"base", 64},
                          {"patch", 256},         {"batch", 2},
                          {"steps", 990},         {"stepsPerEpoch", 990},
                          {"loss", "bce"},        {"optimiser", "adam"},
                          {"learningRate", 1e-3}, {"schedule", "constant"}};
            recipe.update(change.changes);
            list.push_back(trainingStep(session, settings,
                                        {change.id, std::string(change.parameter) + " " + change.value,
                                         studyRecipe(settings, recipe), 0}));
        }
        return list;
    }
    StudyResult result(const StudySettings& settings,
                       const std::map<std::string, nlohmann::json>& measured) const override {
        StudyResult result;
        result.columns = {"parameter",
                          "value",
                          "training Dice",
                          "validation Dice",
                          "s per epoch",
                          "published training Dice",
                          "published validation Dice",
                          "published s per epoch"};
        result.xTitle = "setting";
        result.yTitle = "Dice";
        StudySeries training{"training", {}, {}}, validation{"validation", {}, {}};
        for (const Change& change : changesOfOne()) {
            const auto value = [&](const char* name) { return figure(measured, change.id, name); };
            result.rows.push_back({change.parameter, change.value, value("training_dice"),
                                   value("validation_dice"), value("seconds_per_epoch"), change.training,
                                   change.validation, change.seconds});
            const double x = double(result.xLabels.size());
            result.xLabels.push_back(*change.value ? change.value : change.parameter);
            for (auto [series, name] :
                 {std::pair(&training, "training_dice"), std::pair(&validation, "validation_dice")})
                if (value(name).is_number()) {
                    series->x.push_back(x);
                    series->y.push_back(value(name).get<double>());
                }
        }
        result.series = {training, validation};
        result.notes = {
            "Published: U-Net on FIB-SEM mitochondria after one epoch of 165 slices (Malec 2019).",
            settings.quick
                ? "Quick size: 8 filters, 4 levels, 100 steps, so compare the order and not the values."
                : "Full size: 64 filters, 990 steps of two 256² patches."};
        return result;
    }
};

class Architectures : public Study {
public:
    std::string key() const override { return "architectures"; }
    std::string defaultData() const override { return "sstem-membranes"; }
    std::string title() const override { return "Networks by optimiser and learning rate"; }
    std::string question() const override {
        return "Which network learns membranes best, and how much depends on the optimiser and its rate?";
    }
    std::vector<StudyStep> steps(Session& session, const StudySettings& settings) const override {
        std::vector<StudyStep> list;
        for (const Entry& entry : entries(settings))
            list.push_back(trainingStep(session, settings, entry.variant));
        return list;
    }
    StudyResult result(const StudySettings& settings,
                       const std::map<std::string, nlohmann::json>& measured) const override {
        StudyResult result;
        result.columns = {"network",           "optimiser",         "rate",          "validation accuracy",
                          "validation Dice",   "accuracy by epoch", "test accuracy", "s per epoch",
                          "published accuracy"};
        result.xTitle = "variant";
        result.yTitle = "accuracy";
        StudySeries ours{"ours, validation", {}, {}}, published{"published", {}, {}};
        for (const Entry& entry : entries(settings)) {
            const auto value = [&](const char* name) { return figure(measured, entry.variant.id, name); };
            result.rows.push_back({entry.network, entry.optimiser, entry.rate, value("validation_accuracy"),
                                   value("validation_dice"), epochs(value("accuracy_by_epoch")),
                                   value("test_accuracy"), value("seconds_per_epoch"),
                                   entry.published > 0 ? nlohmann::json(entry.published) : nlohmann::json()});
            const double x = double(result.xLabels.size());
            result.xLabels.push_back(entry.network + " " + entry.optimiser + " " + entry.rate);
            if (const auto y = value("validation_accuracy"); y.is_number()) {
                ours.x.push_back(x);
                ours.y.push_back(y);
            }
            if (entry.published > 0) {
                published.x.push_back(x);
                published.y.push_back(entry.published);
            }
        }
        result.series = {ours, published};
        result.notes = {
            "Published: ISBI 2012, batch 2, 5 epochs of 2000 steps, BCE (Bargé 2019); those accuracies are "
            "of the training stream as far as the paper tells, ours of held-out slices."};
        if (settings.quick)
            result.notes.push_back("Quick size: 8 filters and 60 steps, in which small rates hardly begin.");
        return result;
    }

private:
    struct Entry {
        std::string network, optimiser, rate;
        double published;
        Variant variant;
    };
    /// "0.78 → 0.80 → 0.81"
    static nlohmann::json epochs(const nlohmann::json& accuracies) {
        if (!accuracies.is_array() || accuracies.empty()) return nullptr;
        std::string words;
        for (const nlohmann::json& one : accuracies)
            words += fmt::format("{}{:.3f}", words.empty() ? "" : " → ", one.get<double>());
        return words;
    }
    static std::vector<Entry> entries(const StudySettings& settings) {
        struct Row {
            const char *architecture, *network, *optimiser, *rate;
            double published;
        };
        const Row rows[] = {{"unet", "U-Net", "sgd", "1e-4", 0.885},
                            {"unet", "U-Net", "sgd", "1e-3", 0.867},
                            {"unet", "U-Net", "adagrad", "1e-4", 0.878},
                            {"unet", "U-Net", "adam", "1e-4", 0.967},
                            {"unet", "U-Net", "adam", "1e-3", 0.958},
                            {"unet", "U-Net", "adam", "1e-2", 0.910},
                            {"segnet", "SegNet", "sgd", "1e-4", 0.782},
                            {"segnet", "SegNet", "adam", "1e-4", 0.810},
                            {"segnet", "SegNet", "adam", "1e-3", 0.814},
                            {"usegnet", "U-SegNet", "adam", "1e-3", 0},
                            {"resunet", "Deep ResUNet", "adam", "1e-3", 0},
                            {"multiresunet", "MultiResUNet", "adam", "1e-3", 0}};
        std::vector<Entry> list;
        for (const Row& row : rows) {
            nlohmann::json recipe = {{"architecture", row.architecture},
                                     {"optimiser", row.optimiser},
                                     {"learningRate", std::stod(row.rate)},
                                     {"loss", "bce"},
                                     {"batch", 2},
                                     {"schedule", "constant"},
                                     {"averaging", 0.0},
                                     {"threshold", "half"}};
            if (settings.quick)
                recipe.update(
                    {{"levels", 4}, {"base", 8}, {"patch", 128}, {"steps", 60}, {"stepsPerEpoch", 20}});
            else
                recipe.update(
                    {{"levels", 5}, {"base", 64}, {"patch", 256}, {"steps", 10000}, {"stepsPerEpoch", 2000}});
            if (settings.quick && row.architecture != std::string("unet")) recipe["network"] = "base=8";
            const std::string id = std::string(row.architecture) + "-" + row.optimiser + "-" + row.rate;
            list.push_back({row.network,
                            row.optimiser,
                            row.rate,
                            row.published,
                            {id, id, studyRecipe(settings, recipe), 0}});
        }
        return list;
    }
};

} // namespace

std::unique_ptr<Study> makeHyperparametersStudy() {
    return std::make_unique<Hyperparameters>();
}
std::unique_ptr<Study> makeArchitecturesStudy() {
    return std::make_unique<Architectures>();
}

} // namespace cristae

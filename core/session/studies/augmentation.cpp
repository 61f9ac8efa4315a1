// augmentation: validation loss for each transformation alone, and how alike slices are before and after it.
#include "core/base/random.h"
#include "core/image/memory_source.h"
#include "core/learn/augment.h"
#include "core/learn/recipe.h"
#include "core/measure/exploration.h"
#include "core/session/studies/variants.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace cristae {

namespace {

struct Transformation {
    const char *id, *words;
    nlohmann::json changes;
    std::optional<double> publishedTraining, publishedValidation; // losses after one epoch (Malec 2019)
};

const std::vector<Transformation>& transformations() {
    static const std::vector<Transformation> list{
        {"none", "none", nlohmann::json::object(), 0.302, 0.905},
        {"flip", "flips", {{"flip", 0.5}}, 0.425, 0.955},
        {"zoom", "zoom to 1.2", {{"scale", 1.0}, {"scaleRange", 1.2}}, 0.160, 0.891},
        {"rotate45", "rotation to 45°", {{"rotate", 1.0}, {"rotateDegrees", 45.0}}, 0.136, 0.489},
        {"rotate90", "rotation to 90°", {{"rotate", 1.0}, {"rotateDegrees", 90.0}}, 0.143, 0.284},
        {"elastic", "elastic deformation", {{"elastic", 1.0}}, 0.063, 0.205},
        {"noise", "Gaussian noise", {{"noise", 1.0}}, 0.100, 0.285},
        {"grey",
         "brightness, contrast, gamma",
         {{"brightness", 1.0}, {"contrast", 1.0}, {"gamma", 1.0}},
         {},
         {}},
        {"blur", "blur", {{"blur", 1.0}}, {}, {}},
        {"all", "all together as in the balanced recipe", nullptr, {}, {}}};
    return list;
}

Pixels flippedSlice(const Pixels& slice) {
    Pixels result(PixelType::f32, 1, slice.extent());
    const int64_t width = slice.extent().x;
    const auto from = slice.values<float>();
    const auto to = result.values<float>();
    for (int64_t row = 0; row < slice.extent().y; ++row)
        for (int64_t x = 0; x < width; ++x)
            to[size_t(row * width + x)] = from[size_t(row * width + width - 1 - x)];
    return result;
}

Pixels noisySlice(const Pixels& slice, double share, uint64_t seed) {
    const auto from = slice.values<float>();
    double sum = 0, squares = 0;
    for (const float v : from) sum += double(v);
    const double mean = sum / double(from.size());
    for (const float v : from) squares += (double(v) - mean) * (double(v) - mean);
    const double deviation = share * std::sqrt(squares / double(from.size()));
    Random random(seed);
    Pixels result(PixelType::f32, 1, slice.extent());
    const auto to = result.values<float>();
    for (size_t i = 0; i < from.size(); ++i) to[i] = from[i] + float(deviation * random.normal());
    return result;
}

/// What a network of the recipe would be given of the whole slice, nothing but elastic deformation applied.
Pixels deformedSlice(const Pixels& slice, uint64_t seed, int64_t z) {
    TrainingSlice training;
    training.image = slice;
    training.labels = Pixels(PixelType::u8, 1, slice.extent());
    nlohmann::json recipe = withoutAugmentation(recipeSchema().defaults());
    recipe["elastic"] = 1.0;
    recipe["foregroundFraction"] = 0.0;
    // The largest patch that lies inside: its place is then the same for every slice.
    recipe["patch"] = std::min(slice.extent().y, slice.extent().x);
    const std::vector<PreparedSlice> prepared{prepareSlice(training, 1, recipe)};
    return PatchSampler(prepared, recipe).patch(seed, uint64_t(z)).image;
}

class Augmentation : public Study {
public:
    std::string key() const override { return "augmentation"; }
    std::string defaultData() const override { return "fibsem-mitochondria"; }
    std::string title() const override { return "Effect of each augmentation"; }
    std::string question() const override {
        return "Validation loss after a short training with one transformation at a time, and the "
               "correlation of "
               "slices with their distance before and after it.";
    }

    std::vector<StudyStep> steps(Session& session, const StudySettings& settings) const override {
        std::vector<StudyStep> list;
        for (const Transformation& t : transformations()) {
            const nlohmann::json base = studyRecipe(settings, size(settings));
            nlohmann::json recipe = base;
            if (!t.changes.is_null()) {
                recipe = withoutAugmentation(base);
                recipe.update(t.changes);
            }
            list.push_back(trainingStep(session, settings, {t.id, t.words, recipe, 0}));
        }
        for (const char* change : {"none", "flip", "noise", "elastic"})
            list.push_back(correlationStep(settings, change));
        return list;
    }

    StudyResult result(const StudySettings&,
                       const std::map<std::string, nlohmann::json>& measured) const override {
        StudyResult result;
        result.columns = {"transformation",  "training loss",           "validation loss",
                          "validation Dice", "published training loss", "published validation loss"};
        const auto published = [](const std::optional<double>& v) {
            return v ? nlohmann::json(*v) : nlohmann::json();
        };
        for (const Transformation& t : transformations())
            result.rows.push_back({t.words, figure(measured, t.id, "training_loss"),
                                   figure(measured, t.id, "validation_loss"),
                                   figure(measured, t.id, "validation_dice"), published(t.publishedTraining),
                                   published(t.publishedValidation)});
        result.xTitle = "distance of slices";
        result.yTitle = "Pearson correlation";
        for (const char* change : {"none", "flip", "noise", "elastic"}) {
            const nlohmann::json& points = measured.at(fmt::format("correlation-{}", change));
            StudySeries series{change == std::string("none") ? "as they are" : change, {}, {}};
            for (const auto& point : points) {
                series.x.push_back(point.at("distance"));
                series.y.push_back(point.at("pearson"));
            }
            result.series.push_back(std::move(series));
        }
        result.notes = {
            "Published: one epoch of a baseline U-Net on FIB-SEM mitochondria (Malec 2019), BCE; only "
            "vertical flips; other losses differ in scale, so compare the order.",
            "The chart: each slice against the changed slice at that distance; the 95 % intervals are in "
            "steps/correlation-*.json."};
        return result;
    }

private:
    static nlohmann::json size(const StudySettings& settings) {
        return settings.quick ? nlohmann::json{{"levels", 4},       {"base", 8},        {"patch", 128},
                                               {"loss", "bce"},     {"steps", 120},     {"stepsPerEpoch", 40},
                                               {"warmupSteps", 10}, {"averaging", 0.97}}
                              : nlohmann::json{{"loss", "bce"}, {"steps", 2000}, {"stepsPerEpoch", 500}};
    }
    static StudyStep correlationStep(const StudySettings& settings, const std::string& change) {
        const auto run = [settings, change](const Progress& progress) {
            // The slices of the first data set, in order.
            std::vector<const TrainingSlice*> slices;
            for (const TrainingSlice& slice : settings.set.slices)
                if (slice.data == settings.set.slices.front().data &&
                    slice.image.extent() == settings.set.slices.front().image.extent())
                    slices.push_back(&slice);
            const Extent3 one = slices.front()->image.extent();
            Pixels stack(PixelType::f32, 1, {int64_t(slices.size()), one.y, one.x});
            for (size_t z = 0; z < slices.size(); ++z)
                std::ranges::copy(slices[z]->image.converted(PixelType::f32).plane<float>(0, 0),
                                  stack.plane<float>(0, int64_t(z)).begin());
            const uint64_t seed = settings.seed;
            SliceChange changed;
            if (change == "flip") changed = [](const Pixels& s, int64_t) { return flippedSlice(s); };
            if (change == "noise")
                changed = [seed](const Pixels& s, int64_t z) {
                    return noisySlice(s, 0.5, seed * 1000 + uint64_t(z));
                };
            if (change == "elastic") {
                // A square part, so that a patch covers it.
                const int64_t side = std::min({one.y, one.x, int64_t(512)});
                Pixels square(PixelType::f32, 1, {stack.extent().z, side, side});
                for (int64_t z = 0; z < stack.extent().z; ++z)
                    for (int64_t y = 0; y < side; ++y)
                        std::copy_n(stack.plane<float>(0, z).begin() + y * one.x, side,
                                    square.plane<float>(0, z).begin() + y * side);
                stack = square;
                changed = [seed](const Pixels& s, int64_t z) { return deformedSlice(s, seed, z); };
            }
            nlohmann::json points = nlohmann::json::array();
            for (const SliceCorrelation& c : sliceCorrelations(MemorySource(stack), 10, changed, progress))
                points.push_back({{"distance", c.distance},
                                  {"pairs", c.pairs},
                                  {"pearson", c.mean},
                                  {"low", c.low},
                                  {"high", c.high}});
            return points;
        };
        return {"correlation-" + change, "correlation of slices, " + change, run};
    }
};

} // namespace

std::unique_ptr<Study> makeAugmentationStudy() {
    return std::make_unique<Augmentation>();
}

} // namespace cristae

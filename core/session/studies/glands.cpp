// glands: U-Net and Mask R-CNN on colour histology, scored as pixels and as objects.
#include "core/base/error.h"
#include "core/measure/instances.h"
#include "core/measure/metrics.h"
#include "core/measure/object_scores.h"
#include "core/session/studies/variants.h"

#include <cmath>
#include <fmt/format.h>

namespace cristae {

namespace {

constexpr int64_t smallestGland = 200; // px; the smallest labelled one has more

struct Entry {
    const char *id, *words;
    nlohmann::json quick, full; // changes of the recipe
    const char *quickNetwork, *fullNetwork;
};

const std::vector<Entry>& entries() {
    static const std::vector<Entry> list{
        {"unet",
         "U-Net",
         {{"architecture", "unet"}, {"levels", 5}, {"base", 8}, {"patch", 256}, {"batch", 2}, {"steps", 150}},
         {{"architecture", "unet"},
          {"levels", 5},
          {"base", 64},
          {"patch", 512},
          {"batch", 10},
          {"steps", 2000},
          {"loss", "bce"},
          {"optimiser", "adam"},
          {"learningRate", 1e-3}},
         "",
         ""},
        {"maskrcnn",
         "Mask R-CNN",
         {{"architecture", "maskrcnn"}, {"patch", 256}, {"batch", 2}, {"steps", 100}, {"loss", "bce"}},
         {{"architecture", "maskrcnn"},
          {"patch", 512},
          {"batch", 2},
          {"steps", 6000},
          {"loss", "bce"},
          {"optimiser", "sgd"},
          {"momentum", 0.9},
          {"weightDecay", 3e-4},
          {"learningRate", 1e-4},
          {"schedule", "step"},
          {"stepEvery", 6400},
          {"stepFactor", 0.1}},
         "divisor=8, smallestAnchor=32",
         ""}};
    return list;
}

class Glands : public Study {
public:
    std::string key() const override { return "glands"; }
    std::string title() const override { return "U-Net and Mask R-CNN on colour histology"; }
    std::string question() const override {
        return "Which finds glands better: a network of pixels, or one of objects?";
    }
    std::string defaultData() const override { return "glands"; }

    std::vector<StudyStep> steps(Session& session, const StudySettings& settings) const override {
        if (countOf(settings, Role::test) == 0)
            throw Error(ErrorKind::usage, "The study glands scores test images; mark some slices as test.");
        std::vector<StudyStep> list;
        for (const Entry& entry : entries()) {
            list.push_back(trainingStep(session, settings, variant(settings, entry)));
            list.push_back({objectsId(entry), fmt::format("{}, objects of the test images", entry.words),
                            [&session, settings, &entry](const Progress& progress) {
                                return objectScores(session, settings, entry, progress);
                            }});
        }
        return list;
    }

    StudyResult result(const StudySettings& settings,
                       const std::map<std::string, nlohmann::json>& measured) const override {
        StudyResult result;
        result.columns = {
            "network", "F1 (Dice)", "object F1 (GlaS)", "object Dice", "object Hausdorff, px",
            "found",   "glands",    "validation Dice",  "s per epoch", "published (challenge, test A)"};
        result.xTitle = "test image";
        result.ordered = true;
        result.yTitle = "object Dice";
        for (const TrainingSlice& slice : settings.set.slices)
            if (slice.role == Role::test) result.xLabels.push_back(std::to_string(result.xLabels.size() + 1));
        for (const Entry& entry : entries()) {
            const auto objects = [&](const char* name) { return figure(measured, objectsId(entry), name); };
            const auto training = [&](const char* name) { return figure(measured, entry.id, name); };
            result.rows.push_back({entry.words, objects("dice"), objects("object_f1_glas"),
                                   objects("object_dice"), objects("object_hausdorff"), objects("found"),
                                   objects("truth"), training("validation_dice"),
                                   training("seconds_per_epoch"), nullptr});
            StudySeries series{entry.words, {}, {}};
            const nlohmann::json images = objects("object_dice_of_images");
            for (size_t i = 0; i < images.size(); ++i) {
                series.x.push_back(double(i));
                series.y.push_back(images[i].get<double>());
            }
            result.series.push_back(std::move(series));
        }
        result.rows.push_back({"CUMedVision2, winner of the challenge", nullptr, nullptr, nullptr, nullptr,
                               nullptr, nullptr, nullptr, nullptr,
                               "F1 0.912, object Dice 0.897, Hausdorff 45.4"});
        result.notes = {
            "Published (Sawicki, Ulbæk, Huijben): figures only; U-Net slightly ahead overall, Mask R-CNN "
            "better for many small glands of like size. GlaS test A (60 images) and B (20) are not part of "
            "this data: the scores are of held-out training images.",
            settings.quick
                ? "Quick size: thin networks from fresh weights, 150 and 100 steps. The study's Mask R-CNN "
                  "started "
                  "from COCO: --set weights=FILE."
                : "Full size: the study's optimisers and rates; give --set weights=FILE for Mask R-CNN "
                  "from COCO's weights.",
            fmt::format("Objects are connected components of the masks, within each image; predicted ones of "
                        "fewer than {} px are left out.",
                        smallestGland)};
        return result;
    }

private:
    static std::string objectsId(const Entry& entry) { return fmt::format("{}-objects", entry.id); }
    static Variant variant(const StudySettings& settings, const Entry& entry) {
        nlohmann::json recipe = settings.quick ? entry.quick : entry.full;
        if (settings.quick) {
            recipe["stepsPerEpoch"] = 50;
            recipe["warmupSteps"] = 15;
            recipe["averaging"] = 0.97;
        }
        recipe["network"] = settings.quick ? entry.quickNetwork : entry.fullNetwork;
        // The study's transformations.
        recipe["flip"] = 0.5;
        recipe["rotate"] = 0.5;
        recipe["rotateDegrees"] = 90.0;
        recipe["elastic"] = 1.0;
        recipe["noise"] = 0.2;
        recipe["noiseRange"] = 0.2;
        recipe["blur"] = 0.2;
        return {entry.id, entry.words, studyRecipe(settings, recipe), 0};
    }

    static nlohmann::json objectScores(Session& session, const StudySettings& settings, const Entry& entry,
                                       const Progress& progress) {
        const ModelPackage package = openModelPackage(modelFile(settings, entry.id));
        ConfusionCounts pixels;
        ObjectCounts counts;
        double dice = 0, hausdorff = 0;
        int64_t images = 0, measured = 0;
        nlohmann::json ofImages = nlohmann::json::array();
        session.predictSlices(
            package, settings.set.slices,
            {Role::test, settings.quick ? Averaging::none : Averaging::flips, false, settings.device,
             settings.threads},
            [&](size_t i, const PredictedSlice& predicted) {
                const Pixels& truth = settings.set.slices[i].labels;
                const Pixels labels = predicted.labels.converted(PixelType::u8);
                const auto mask = [](const Pixels& from) {
                    std::vector<uint8_t> values(from.values<uint8_t>().begin(), from.values<uint8_t>().end());
                    for (uint8_t& value : values) value = value != 0 && value != 255;
                    return values;
                };
                pixels += compareSlices(labels, truth, {});
                LabelVolume found = components(mask(labels), labels.extent(), Connectivity::slices, true);
                dropSmall(found, smallestGland);
                LabelVolume wanted = components(mask(truth), truth.extent(), Connectivity::slices, true);
                const OverlapTable table = overlapsOf(wanted, found);
                const ObjectCounts here = matchedObjectsGlas(table);
                counts.found += here.found;
                counts.predicted += here.predicted;
                counts.truth += here.truth;
                ++images;
                dice += objectDice(table);
                ofImages.push_back(objectDice(table));
                const double distance = objectHausdorff(wanted, found, table, {}, progress);
                if (!std::isfinite(distance)) return; // nothing was found there
                hausdorff += distance;
                ++measured;
            },
            progress);
        nlohmann::json value = {
            {"dice", pixels.dice()}, {"object_f1_glas", counts.f1()}, {"object_dice", dice / double(images)},
            {"found", counts.found}, {"truth", counts.truth},         {"object_dice_of_images", ofImages}};
        if (measured > 0) value["object_hausdorff"] = hausdorff / double(measured);
        return value;
    }
};

} // namespace

std::unique_ptr<Study> makeGlandsStudy() {
    return std::make_unique<Glands>();
}

} // namespace cristae

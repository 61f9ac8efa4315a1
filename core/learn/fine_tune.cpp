// What is known of corrected slices, and the plan to train a model on with them.
#include "core/learn/fine_tune.h"

#include "core/base/error.h"
#include "core/learn/recipe.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>

namespace cristae {

namespace {

constexpr uint8_t unknown = 255;

/// The class number of each label value in use: its place in `classNames`, else 0.
std::map<uint32_t, uint8_t> numbersOf(const ClassTable& classes, const std::vector<std::string>& classNames) {
    std::map<uint32_t, uint8_t> numbers;
    for (const LabelClass& entry : classes.classes()) {
        const auto found = std::ranges::find(classNames, entry.name);
        numbers[entry.value] = found == classNames.end() ? 0 : uint8_t(found - classNames.begin() + 1);
    }
    return numbers;
}

std::array<int64_t, 256> countsOf(const Pixels& labels) {
    std::array<int64_t, 256> counts{};
    for (const uint8_t value : labels.values<uint8_t>()) ++counts[value];
    return counts;
}

std::string sliceName(const TileSource& image, int64_t z) {
    const std::string name = image.info().path.empty() ? "image" : image.info().path.filename().string();
    return image.info().extent().z == 1 ? name : fmt::format("{}, slice {}", name, z + 1);
}

std::optional<double> pixelSize(const VoxelSize& size) {
    if (!size.knownInPlane()) return std::nullopt;
    return std::sqrt(*size.yNm * *size.xNm);
}

/// Slices that hold labels or complete parts.
std::vector<int64_t> touchedSlices(const Corrections& corrections) {
    std::set<int64_t> places;
    for (const Box3& part : corrections.complete)
        for (int64_t z = part.z0; z < part.z1; ++z) places.insert(z);
    for (int64_t z = 0; z < corrections.labels.extent().z; ++z)
        if (!corrections.labels.sliceEmpty(z)) places.insert(z);
    return {places.begin(), places.end()};
}

TrainingSlice sliceOf(const Corrections& corrections, int64_t z, Role role, const Progress& progress) {
    const Extent3 extent = corrections.image->info().extent();
    TrainingSlice slice;
    slice.name = sliceName(*corrections.image, z);
    slice.image = corrections.image->read(0, Box3::ofSlice(extent, z), progress);
    slice.pixelSizeNm = pixelSize(corrections.voxelSize);
    slice.role = role;
    slice.data = "corrections";
    slice.source = corrections.image;
    slice.z = z;
    return slice;
}

void requireClasses(const std::array<int64_t, 256>& known, const std::vector<std::string>& classNames) {
    std::vector<std::string> missing;
    for (size_t c = 0; c < classNames.size(); ++c)
        if (known[c + 1] == 0) missing.push_back("“" + classNames[c] + "”");
    if (!missing.empty())
        throw Error(ErrorKind::input,
                    fmt::format("Nothing is known of the class {}: paint some by hand, or say that a slice "
                                "that shows it is complete.",
                                fmt::join(missing, " and ")));
    if (known[0] == 0)
        throw Error(ErrorKind::input,
                    fmt::format("Nothing is known of the background: say that a slice or a part of it is "
                                "complete, erase something wrong, or paint some strokes of a class named "
                                "“{}”.",
                                backgroundClass));
}

/// Halves the patch while it is larger than all slices, down to 64 px.
void fitPatch(nlohmann::json& recipe, const TrainingSet& set) {
    const double wanted = recipe.at("pixelSizeNm");
    double longest = 0;
    for (const TrainingSlice& slice : set.slices) {
        const double scale = wanted > 0 && slice.pixelSizeNm ? *slice.pixelSizeNm / wanted : 1;
        longest = std::max(longest, scale * double(std::max(slice.image.extent().y, slice.image.extent().x)));
    }
    int64_t patch = recipe.at("patch");
    while (patch > 64 && double(patch) > longest) patch = patch > 128 ? 128 : 64;
    recipe["patch"] = patch;
}

} // namespace

Pixels knownLabels(const Corrections& corrections, int64_t z, const std::vector<std::string>& classNames) {
    const Extent3 extent = corrections.labels.extent();
    const auto numbers = numbersOf(corrections.classes, classNames);
    const auto numberOf = [&](uint32_t label) {
        const auto found = numbers.find(label);
        return found == numbers.end() ? uint8_t(0) : found->second;
    };
    Pixels known(PixelType::u8, 1, {1, extent.y, extent.x});
    const auto out = known.values<uint8_t>();
    std::ranges::fill(out, unknown);
    for (const Box3& part : corrections.complete)
        if (z >= part.z0 && z < part.z1)
            for (int64_t y = std::max<int64_t>(0, part.y0); y < std::min(extent.y, part.y1); ++y)
                for (int64_t x = std::max<int64_t>(0, part.x0); x < std::min(extent.x, part.x1); ++x)
                    out[size_t(y * extent.x + x)] = 0;
    constexpr int64_t side = LabelTile::side;
    for (int64_t tileY = 0; tileY * side < extent.y; ++tileY)
        for (int64_t tileX = 0; tileX * side < extent.x; ++tileX) {
            const LabelTile* tile = corrections.labels.tileAt(z, tileY, tileX);
            if (!tile) continue;
            for (int64_t row = 0; row < side && tileY * side + row < extent.y; ++row)
                for (int64_t column = 0; column < side && tileX * side + column < extent.x; ++column) {
                    const size_t from = size_t(row * side + column),
                                 to = size_t((tileY * side + row) * extent.x + tileX * side + column);
                    if (out[to] == 0 || tile->origins[from] == Origin::human)
                        out[to] = numberOf(tile->labels[from]);
                }
        }
    return known;
}

TrainingSet correctedSlices(const Corrections& corrections, const std::vector<std::string>& classNames,
                            const Progress& progress) {
    TrainingSet set;
    set.classNames = classNames;
    std::array<int64_t, 256> all{};
    for (const int64_t z : touchedSlices(corrections)) {
        progress.throwIfCancelled();
        Pixels labels = knownLabels(corrections, z, classNames);
        const auto counts = countsOf(labels);
        const int64_t pixels = labels.extent().count();
        if (counts[unknown] == pixels) continue;
        for (size_t value = 0; value < all.size(); ++value) all[value] += counts[value];
        TrainingSlice slice = sliceOf(corrections, z, Role::train, progress);
        slice.labels = std::move(labels);
        // Patches come in proportion to what is known; a slice with a few strokes counts for more than that,
        // but for less than a whole one.
        const double share = double(pixels - counts[unknown]) / double(pixels);
        if (share < 0.95) slice.weight = std::max(0.2, std::sqrt(share)) / share;
        set.slices.push_back(std::move(slice));
    }
    if (set.slices.empty())
        throw Error(ErrorKind::input,
                    "Nothing has been corrected yet: repair a slice and say that it is complete, or paint "
                    "and erase by hand where the model is wrong.");
    requireClasses(all, classNames);
    return set;
}

std::optional<int64_t> unseenSlice(const TrainingSet& set, int64_t slices) {
    std::set<int64_t> seen;
    for (const TrainingSlice& slice : set.slices) seen.insert(slice.z);
    if (seen.empty()) return std::nullopt;
    for (int64_t z = *seen.rbegin() + 1; z < slices; ++z) return z;
    for (int64_t z = std::min(*seen.rbegin(), slices - 1); z >= 0; --z)
        if (!seen.contains(z)) return z;
    return std::nullopt;
}

void addPreview(TrainingSet& set, const Corrections& corrections, int64_t z, const Progress& progress) {
    TrainingSlice slice = sliceOf(corrections, z, Role::validation, progress);
    slice.labels = Pixels(PixelType::u8, 1, slice.image.extent());
    std::ranges::fill(slice.labels.values<uint8_t>(), unknown);
    set.slices.push_back(std::move(slice));
}

std::vector<std::string> strokedClasses(const Corrections& corrections) {
    std::set<uint32_t> used;
    for (const int64_t z : touchedSlices(corrections))
        for (const auto& [value, count] : corrections.labels.countsInSlice(z)) used.insert(value);
    std::vector<std::string> names;
    for (const LabelClass& entry : corrections.classes.classes())
        if (used.contains(entry.value) && entry.name != backgroundClass) names.push_back(entry.name);
    return names;
}

nlohmann::json fineTuneRecipe(const ModelCard& card) {
    if (card.architecture == "ensemble")
        throw Error(ErrorKind::usage,
                    fmt::format("The model {} is an ensemble, which cannot be trained on; take one of its "
                                "members.",
                                card.name));
    if (card.normalisation != ModelCard().normalisation)
        throw Error(ErrorKind::usage,
                    fmt::format("The model {} normalises grey values in another way than trainings do, so it "
                                "cannot be trained on; take another model.",
                                card.name));
    nlohmann::json recipe = recipeSchema().defaults();
    recipe["architecture"] = card.architecture;
    std::string options;
    for (const auto& [key, value] : card.network.items())
        options += (options.empty() ? "" : ", ") + key + "=" +
                   (value.is_string() ? value.get<std::string>() : value.dump());
    recipe["network"] = options;
    if (card.architecture == "unet")
        for (const char* key : {"levels", "base", "normalisation", "upsampling"})
            if (card.network.contains(key)) recipe[key] = card.network[key];
    recipe["pixelSizeNm"] = card.pixelSizeNm.value_or(0);
    recipe["loss"] = card.exclusive ? "ce_dice" : "bce_dice";
    recipe.update({{"patch", 192},
                   {"batch", 4},
                   {"steps", 300},
                   {"stepsPerEpoch", 75},
                   {"warmupSteps", 20},
                   {"learningRate", 1e-3},
                   {"averaging", 0.97},
                   {"foregroundFraction", 0.4},
                   {"statistics", "keep"},
                   {"anchor", 30.0},
                   {"patience", 0}});
    return recipe;
}

nlohmann::json strokesRecipe() {
    nlohmann::json recipe = recipeSchema().defaults();
    recipe.update({{"levels", 4},
                   {"base", 8},
                   {"patch", 128},
                   {"batch", 4},
                   {"steps", 300},
                   {"stepsPerEpoch", 75},
                   {"warmupSteps", 20},
                   {"learningRate", 3e-3},
                   {"averaging", 0.97},
                   {"foregroundFraction", 0.5},
                   {"patience", 0}});
    return recipe;
}

void limitSteps(nlohmann::json& recipe, double secondsPerStep, double minutes) {
    constexpr int64_t fewest = 50;
    const int64_t wanted = recipe.at("steps");
    int64_t steps = wanted;
    if (secondsPerStep > 0)
        steps = std::clamp(int64_t(minutes * 60 / secondsPerStep), std::min(fewest, wanted), wanted);
    recipe["steps"] = steps;
    recipe["stepsPerEpoch"] = std::max<int64_t>(1, (steps + 3) / 4);
    recipe["warmupSteps"] = std::min<int64_t>(recipe.at("warmupSteps").get<int64_t>(), steps / 4);
}

TrainingPlan fineTunePlan(TrainingSet set, const ModelPackage& model, const std::string& fittedTo) {
    TrainingPlan plan;
    plan.recipe = fineTuneRecipe(model.card);
    int64_t known = 0, pixels = 0;
    for (const TrainingSlice& slice : set.slices) {
        if (slice.role != Role::train) continue;
        pixels += slice.labels.extent().count();
        known += slice.labels.extent().count() - countsOf(slice.labels)[unknown];
    }
    if (2 * known < pixels)
        plan.recipe["foregroundFraction"] = 0.5; // the others lie where something is known
    fitPatch(plan.recipe, set);
    plan.card = model.card;
    plan.card.scores.clear();
    plan.card.training = nlohmann::json::object();
    plan.card.training["startedFrom"] = model.card.name;
    plan.card.description =
        fmt::format("{} Fitted to {} with corrections made by hand.", model.card.description, fittedTo);
    plan.card.data.push_back({fittedTo, "", "corrections made by hand", ""});
    plan.startFrom = model;
    plan.set = std::move(set);
    return plan;
}

std::string fittedTitle(const std::string& title, const std::string& image,
                        const std::function<bool(const std::string&)>& taken) {
    const size_t before = title.find(", fitted to ");
    const std::string wanted = fmt::format("{}, fitted to {}", title.substr(0, before), image);
    if (!taken(wanted)) return wanted;
    for (int number = 2;; ++number)
        if (std::string next = fmt::format("{} {}", wanted, number); !taken(next)) return next;
}

} // namespace cristae

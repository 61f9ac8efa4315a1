// The plan of a fit from files.
#include "app/cli/fine_tune.h"

#include "core/base/error.h"
#include "core/learn/fine_tune.h"
#include "core/learn/recipe.h"
#include "core/session/session.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace cristae {

namespace {

Error badPart(const std::string& part) {
    return {ErrorKind::usage,
            fmt::format("--complete {} is neither a slice (3), slices (0:4, the end not among them), nor a "
                        "region of them (3,100:400,0:500 for rows 100 to 399 and columns 0 to 499).",
                        part)};
}

/// "a:b" → [a, b); "a" → [a, a + 1).
std::pair<int64_t, int64_t> rangeOf(const std::string& text, const std::string& part) {
    const auto number = [&](std::string_view digits) {
        int64_t value = -1;
        const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (failed != std::errc() || end != digits.data() + digits.size() || value < 0) throw badPart(part);
        return value;
    };
    const size_t colon = text.find(':');
    if (colon == std::string::npos) return {number(text), number(text) + 1};
    const int64_t first = number(std::string_view(text).substr(0, colon)),
                  end = number(std::string_view(text).substr(colon + 1));
    if (first >= end) throw badPart(part);
    return {first, end};
}

Box3 partOf(const std::string& part) {
    std::vector<std::string> words{""};
    for (const char c : part)
        if (c == ',')
            words.emplace_back();
        else
            words.back() += c;
    if (words.size() != 1 && words.size() != 3) throw badPart(part);
    const auto [z0, z1] = rangeOf(words[0], part);
    if (words.size() == 1) return {z0, 0, 0, z1, INT64_MAX, INT64_MAX};
    const auto [y0, y1] = rangeOf(words[1], part);
    const auto [x0, x1] = rangeOf(words[2], part);
    return {z0, y0, x0, z1, y1, x1};
}

} // namespace

void leaveOnlyComplete(TrainingSet& set, const std::vector<std::string>& complete) {
    if (complete.empty()) return;
    std::vector<Box3> parts;
    for (const std::string& part : complete) {
        const Box3 box = partOf(part);
        if (box.z1 > int64_t(set.slices.size()))
            throw Error(ErrorKind::usage, fmt::format("--complete {} is not among the {} slices of the data, "
                                                      "which count from 0.",
                                                      part, set.slices.size()));
        parts.push_back(box);
    }
    for (size_t z = 0; z < set.slices.size(); ++z) {
        TrainingSlice& slice = set.slices[z];
        const Extent3 e = slice.labels.extent();
        const auto labels = slice.labels.values<uint8_t>();
        for (int64_t y = 0; y < e.y; ++y)
            for (int64_t x = 0; x < e.x; ++x) {
                uint8_t& label = labels[size_t(y * e.x + x)];
                const bool whole = std::ranges::any_of(parts, [&](const Box3& part) {
                    return int64_t(z) >= part.z0 && int64_t(z) < part.z1 && y >= part.y0 && y < part.y1 &&
                           x >= part.x0 && x < part.x1;
                });
                if (!whole && label == 0) label = 255;
            }
    }
    std::erase_if(set.slices, [](const TrainingSlice& slice) {
        return std::ranges::all_of(slice.labels.values<uint8_t>(), [](uint8_t v) { return v == 255; });
    });
}

void fillFitPlan(Session& session, TrainRequest request, const FitArguments& fit,
                 const std::vector<std::string>& settings, TrainingPlan& plan, const Progress& progress) {
    request.holdOut = false;
    for (const ModelClass& c : plan.startFrom->card.classes) request.classes.push_back(c.name);
    const bool ownList = !request.data.empty();
    LoadedDataList data = dataOf(request, progress);
    if (!fit.complete.empty() && ownList)
        throw Error(ErrorKind::usage, "--complete belongs to --images and --labels; in a data list say with "
                                      "\"unknown\" which label values are none.");
    leaveOnlyComplete(data.set, fit.complete);
    const std::string fittedTo =
        std::filesystem::path(ownList ? request.data : request.images).stem().string();
    TrainingPlan made = fineTunePlan(std::move(data.set), *plan.startFrom, fittedTo);
    addSample(made, keptSample(*plan.startFrom));
    plan.set = std::move(made.set);
    plan.card = std::move(made.card);
    plan.card.name.clear();
    plan.card.title = fmt::format("{}, fitted to {}", plan.startFrom->card.title, fittedTo);
    plan.recipe = std::move(made.recipe);
    bool stepsGiven = false;
    for (const std::string& setting : settings) {
        recipeSchema().set(plan.recipe, setting);
        stepsGiven = stepsGiven || setting.starts_with("steps=");
    }
    if (stepsGiven) return;
    const auto seconds = session.engine().trainer->secondsPerStep(plan, progress);
    limitSteps(plan.recipe, seconds.value_or(0), fit.minutes);
    if (seconds)
        plan.set.remarks.push_back(fmt::format("{} steps, about {:.1f} min on this machine as busy as it is.",
                                               plan.recipe["steps"].dump(),
                                               *seconds * plan.recipe["steps"].get<double>() / 60));
}

} // namespace cristae

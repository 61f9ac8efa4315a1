// The run folder: plan.json beside data.safetensors; the trainer adds its record and checkpoints.
#include "core/learn/run_folder.h"

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/own_folder.h"
#include "core/base/start_guard.h"
#include "core/learn/checkpoint_files.h"
#include "core/learn/kept_stack.h"
#include "core/learn/recipe.h"
#include "core/learn/run_record.h"
#include "core/segment/safetensors.h"
#include "core/segment/tiler.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <fmt/format.h>
#include <set>

namespace cristae {

namespace {

using nlohmann::json;

constexpr std::array<const char*, 8> typeNames{"U8", "I8", "U16", "I16", "U32", "I32", "F32", "F64"};
constexpr std::array<const char*, 3> roleNames{"train", "validation", "test"};
constexpr const char* planName = "plan.json";
constexpr const char* dataName = "data.safetensors";

NamedTensor tensorOf(const std::string& name, const Pixels& pixels) {
    const Extent3& e = pixels.extent();
    // Shares the memory of the pixels; a data set may fill half of what there is.
    const auto shared = std::make_shared<Pixels>(pixels);
    return {name,
            typeNames[size_t(pixels.type())],
            {pixels.channels(), e.z, e.y, e.x},
            std::shared_ptr<std::byte[]>(shared, shared->data()),
            pixels.bytes()};
}

Pixels pixelsOf(const SafetensorsFile& content, const std::string& name) {
    const NamedTensor* tensor = content.find(name);
    if (!tensor || tensor->shape.size() != 4) throw Error(ErrorKind::input, "the data lack " + name);
    const auto type = std::find(typeNames.begin(), typeNames.end(), tensor->dtype);
    if (type == typeNames.end()) throw Error(ErrorKind::input, "the data hold a type that images never have");
    const auto& shape = tensor->shape;
    Pixels pixels(PixelType(type - typeNames.begin()), shape[0], {shape[1], shape[2], shape[3]});
    if (pixels.bytes() != tensor->bytes) throw Error(ErrorKind::input, "the data are cut off");
    std::memcpy(pixels.data(), tensor->data.get(), tensor->bytes);
    return pixels;
}

/// The stacks that slices come from, in the order of their first slice.
std::vector<TileSourcePtr> stacksOf(const TrainingSet& set) {
    std::vector<TileSourcePtr> stacks;
    for (const TrainingSlice& slice : set.slices)
        if (slice.source && std::ranges::find(stacks, slice.source) == stacks.end())
            stacks.push_back(slice.source);
    return stacks;
}

std::string neighbourName(size_t stack, int64_t z) {
    return fmt::format("stack.{}.{}", stack, z);
}

/// Neighbours that are no slices of the set themselves, by stack.
std::vector<std::set<int64_t>> neighboursOf(const TrainingSet& set, const std::vector<TileSourcePtr>& stacks,
                                            const SlicesSeen& seen) {
    std::vector<std::set<int64_t>> places(stacks.size());
    for (size_t i = 0; i < stacks.size(); ++i) {
        std::set<int64_t> own;
        for (const TrainingSlice& slice : set.slices)
            if (slice.source == stacks[i]) own.insert(slice.z);
        for (const int64_t z : own)
            for (int64_t d = -seen.before; d <= seen.after; ++d)
                if (const int64_t at = reflectedIndex(z + d, stacks[i]->info().extent().z); !own.contains(at))
                    places[i].insert(at);
    }
    return places;
}

json planJson(const TrainingPlan& plan, const std::vector<TileSourcePtr>& stacks,
              const std::vector<std::set<int64_t>>& neighbours) {
    json slices = json::array(), kept = json::array();
    for (const TrainingSlice& slice : plan.set.slices) {
        slices.push_back({{"name", slice.name},
                          {"role", roleNames[size_t(slice.role)]},
                          {"pixelSizeNm", slice.pixelSizeNm ? json(*slice.pixelSizeNm) : json()},
                          {"weight", slice.weight},
                          {"data", slice.data},
                          {"share", slice.share},
                          {"entry", slice.entry},
                          {"leak", slice.leak}});
        if (!slice.source) continue;
        slices.back()["stack"] = std::ranges::find(stacks, slice.source) - stacks.begin();
        slices.back()["z"] = slice.z;
    }
    for (size_t i = 0; i < stacks.size(); ++i)
        kept.push_back({{"depth", stacks[i]->info().extent().z}, {"neighbours", neighbours[i]}});
    ModelCard card = plan.card; // a card names its classes
    for (size_t i = card.classes.size(); i < plan.set.classNames.size(); ++i)
        card.classes.push_back(
            {plan.set.classNames[i], standardColour(plan.set.classNames[i], uint32_t(i + 1)), 0.5});
    return {{"card", toJson(card)},
            {"recipe", plan.recipe},
            {"device", plan.device},
            {"folder", absolutePath(plan.runFolder).string()},
            {"output", absolutePath(plan.output).string()},
            {"classes", plan.set.classNames},
            {"marksBoundaries", plan.set.marksBoundaries},
            {"slices", slices},
            {"stacks", kept}};
}

/// Where the model goes: what lies in the run folder moves with it; a relative place, as older versions kept
/// it, counts from the folder around the run folder.
std::filesystem::path outputOf(const json& saved, const std::filesystem::path& folder) {
    const std::filesystem::path output = saved.at("output").get<std::string>(),
                                before = saved.value("folder", std::string());
    const std::filesystem::path now = absolutePath(folder);
    if (!before.empty() && output.parent_path() == before) return now / output.filename();
    return absolutePath(now.parent_path() / output);
}

Role roleOf(const std::string& word) {
    const auto found = std::find(roleNames.begin(), roleNames.end(), word);
    if (found == roleNames.end()) throw Error(ErrorKind::input, "a slice has the unknown role " + word);
    return Role(found - roleNames.begin());
}

/// As it is followed since the last start, which may have made the run longer.
json recipeOf(const json& saved, const std::filesystem::path& folder) {
    const json state = runState(folder);
    return completeRecipe(state.is_object() && state.contains("recipe") ? state["recipe"]
                                                                        : saved.at("recipe"));
}

/// Gives the slices of the set their stacks back.
void restoreStacks(const json& saved, const SafetensorsFile& content, TrainingSet& set) {
    const json stacks = saved.value("stacks", json::array());
    for (size_t i = 0; i < stacks.size(); ++i) {
        std::map<int64_t, Pixels> slices;
        for (size_t s = 0; s < set.slices.size(); ++s)
            if (saved["slices"][s].value("stack", -1) == int(i)) {
                set.slices[s].z = saved["slices"][s].at("z");
                slices[set.slices[s].z] = set.slices[s].image;
            }
        for (const int64_t z : stacks[i].at("neighbours").get<std::vector<int64_t>>())
            slices[z] = pixelsOf(content, neighbourName(i, z));
        const auto stack =
            std::make_shared<KeptStack>(stacks[i].at("depth").get<int64_t>(), std::move(slices));
        for (size_t s = 0; s < set.slices.size(); ++s)
            if (saved["slices"][s].value("stack", -1) == int(i)) set.slices[s].source = stack;
    }
}

} // namespace

void saveRun(const TrainingPlan& plan, const SlicesSeen& seen, const Progress& progress) {
    takeOwnFolder(plan.runFolder, "a training run", plan.resume);
    SafetensorsFile content;
    content.metadata["cristae.data"] = "images and labels of a training run";
    for (size_t i = 0; i < plan.set.slices.size(); ++i) {
        progress.throwIfCancelled();
        content.tensors.push_back(tensorOf(fmt::format("image.{}", i), plan.set.slices[i].image));
        content.tensors.push_back(tensorOf(fmt::format("labels.{}", i), plan.set.slices[i].labels));
    }
    const std::vector<TileSourcePtr> stacks = stacksOf(plan.set);
    const auto neighbours = neighboursOf(plan.set, stacks, seen);
    for (size_t i = 0; i < stacks.size(); ++i)
        for (const int64_t z : neighbours[i]) {
            const Box3 box = Box3::ofSlice(stacks[i]->info().extent(), z);
            content.tensors.push_back(tensorOf(neighbourName(i, z), stacks[i]->read(0, box, progress)));
        }
    writeSafetensors(ownFile(plan.runFolder / dataName), content);
    writeFileAtomically(ownFile(plan.runFolder / planName),
                        planJson(plan, stacks, neighbours).dump(2) + "\n");
}

TrainingPlan loadRun(const std::filesystem::path& folder, const Progress& progress) {
    try {
        const json saved = readJsonFile(folder / planName);
        progress.throwIfCancelled();
        const SafetensorsFile content = readSafetensors(folder / dataName);
        TrainingPlan plan;
        plan.card = modelCardFromJson(saved.at("card"));
        plan.recipe = recipeOf(saved, folder);
        plan.device = saved.at("device");
        plan.output = outputOf(saved, folder);
        plan.runFolder = absolutePath(folder);
        plan.resume = true;
        plan.set.classNames = saved.at("classes").get<std::vector<std::string>>();
        plan.set.marksBoundaries = saved.value("marksBoundaries", false);
        for (size_t i = 0; i < saved.at("slices").size(); ++i) {
            progress.throwIfCancelled();
            const json& entry = saved["slices"][i];
            TrainingSlice slice;
            slice.name = entry.at("name");
            slice.image = pixelsOf(content, fmt::format("image.{}", i));
            slice.labels = pixelsOf(content, fmt::format("labels.{}", i));
            if (!entry.at("pixelSizeNm").is_null()) slice.pixelSizeNm = entry["pixelSizeNm"].get<double>();
            slice.role = roleOf(entry.at("role"));
            slice.weight = entry.at("weight");
            slice.data = entry.at("data");
            slice.share = entry.value("share", 0.0);
            slice.entry = entry.value("entry", int64_t(0));
            slice.leak = entry.value("leak", std::string());
            plan.set.slices.push_back(std::move(slice));
        }
        restoreStacks(saved, content, plan.set);
        return plan;
    } catch (const json::exception&) {
        throw Error(ErrorKind::input,
                    fmt::format("The plan of the run in {} cannot be read; start the training anew.",
                                folder.string()));
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::cancelled) throw;
        throw Error(ErrorKind::input, fmt::format("The run in {} cannot go on ({}); start the training anew.",
                                                  folder.string(), error.what()));
    }
}

bool keepsItsData(const std::filesystem::path& folder) {
    std::error_code unknown;
    return std::filesystem::exists(folder / planName, unknown) &&
           std::filesystem::exists(folder / dataName, unknown);
}

void closeRun(const std::filesystem::path& folder) {
    std::error_code ignored;
    std::filesystem::remove(folder / dataName, ignored);
}

std::vector<UnfinishedRun> unfinishedRuns(const std::filesystem::path& runs, StartGuard* guard) {
    std::vector<UnfinishedRun> found;
    std::error_code failed;
    for (const auto& entry : std::filesystem::directory_iterator(runs, failed)) {
        const std::filesystem::path& folder = entry.path();
        if (!keepsItsData(folder)) continue;
        const std::vector<std::filesystem::path> checkpoints = checkpointFiles(folder);
        if (checkpoints.empty()) continue;
        const auto attempt = guard ? guard->attempt(folder) : StartGuard::Attempt();
        if (!attempt || hasEnded(folder)) continue;
        try {
            const json plan = readJsonFile(folder / planName), state = runState(folder);
            UnfinishedRun run;
            run.folder = folder;
            run.card = modelCardFromJson(plan.at("card"));
            run.recipe = state.contains("recipe") ? state["recipe"] : plan.at("recipe");
            run.output = outputOf(plan, folder);
            run.step = state.at("step");
            run.steps = run.recipe.at("steps");
            run.bestDice = std::max(0.0, state.at("bestDice").get<double>());
            run.history = state.at("history");
            run.lastChange = std::filesystem::last_write_time(checkpoints.front());
            found.push_back(std::move(run));
        } catch (const std::exception&) { // no run of ours, or a broken one: nothing to offer
        }
    }
    std::ranges::sort(found, std::ranges::greater(), &UnfinishedRun::lastChange);
    return found;
}

std::vector<std::string> overwriteComplaints(const TrainingPlan& plan) {
    std::vector<std::string> found;
    std::error_code unknown;
    if (plan.resume) return found;
    if (std::string foreign = foreignFolderComplaint(plan.runFolder, "a training run"); !foreign.empty())
        found.push_back(std::move(foreign));
    if (plan.overwrite) return found;
    if (std::filesystem::exists(plan.output, unknown))
        found.push_back(
            fmt::format("There is a model {} already; name another output, or say with --overwrite "
                        "that it is to be replaced when the training has come to its end.",
                        plan.output.string()));
    const json state = hasEnded(plan.runFolder) ? json() : runState(plan.runFolder);
    if (!state.is_object() || !state.contains("step") || !state["step"].is_number_integer()) return found;
    const int64_t step = state["step"];
    const json recipe = state.value("recipe", json::object());
    const json steps = recipe.is_object() ? recipe.value("steps", json()) : json();
    // Older versions did not write down that a run had ended.
    if (step > 0 && (state.contains("card") || json(step) != steps))
        found.push_back(fmt::format("{} holds a training that was stopped at step {} of {}; go on with it by "
                                    "--resume, name another --run-folder, or start anew with --overwrite.",
                                    plan.runFolder.string(), step, steps.dump()));
    return found;
}

} // namespace cristae

// Checks of recipe, network and data against each other.
#include "models/train/plan_complaints.h"

#include "core/learn/recipe.h"
#include "core/learn/run_folder.h"
#include "core/segment/resample.h"
#include "models/loss/loss.h"
#include "models/nn/architecture.h"
#include "models/nn/network_options.h"
#include "models/run/devices.h"
#include "models/train/memory_estimate.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace cristae {

namespace {

using Complaints = std::vector<std::string>;

int64_t nextMultiple(int64_t value, int64_t multiple) {
    return (value / multiple + 1) * multiple;
}

/// The longest side of a training slice, in pixels of the recipe's size.
int64_t longestSide(const TrainingPlan& plan) {
    const double wanted = plan.recipe.at("pixelSizeNm");
    int64_t longest = 0;
    for (const TrainingSlice& slice : plan.set.slices) {
        if (slice.role != Role::train) continue;
        const double scale = wanted > 0 && slice.pixelSizeNm ? *slice.pixelSizeNm / wanted : 1;
        const Extent3& e = slice.image.extent();
        longest = std::max(longest, scaledCount(std::max(e.y, e.x), scale));
    }
    return longest;
}

void addPatchComplaints(const TrainingPlan& plan, const Footprint& print, bool volumetric,
                        Complaints& found) {
    const int64_t patch = plan.recipe.at("patch"), depth = plan.recipe.at("patchDepth"),
                  multiple = print.strideMultiple;
    if (volumetric && depth % print.sliceMultiple != 0)
        found.push_back(fmt::format("The patch depth of {} slices is no multiple of the network's stride "
                                    "multiple of {}; take patchDepth={}.",
                                    depth, print.sliceMultiple, nextMultiple(depth, print.sliceMultiple)));
    if (patch % multiple != 0)
        found.push_back(fmt::format("The patch side of {} px is no multiple of the network's stride multiple "
                                    "of {} px; take patch={}.",
                                    patch, multiple, nextMultiple(patch, multiple)));
    if (const int64_t side = longestSide(plan); side > 0 && patch > 2 * side)
        found.push_back(fmt::format("The patch side of {} px is more than twice the largest training slice "
                                    "({} px), so most of a patch would be mirror images; take patch={}.",
                                    patch, side, std::max(multiple, side / multiple * multiple)));
}

/// Only where the network's memory can be told from its layers, and the machine's from the system.
void addMemoryComplaint(const TrainingPlan& plan, const Architecture& architecture,
                        const nlohmann::json& options, int64_t outputs, Complaints& found) {
    std::optional<double> free;
    try {
        free = freeBytes(chooseDevice(plan.device));
    } catch (const std::exception&) { // the run itself says which device is not there
    }
    if (!free) return;
    const std::vector<LayerSpec> layers = architecture.layers(options, plan.card.channelsIn, outputs);
    const int64_t patch = plan.recipe.at("patch"), batch = plan.recipe.at("batch"),
                  depth = architecture.volumetric() ? plan.recipe.at("patchDepth").get<int64_t>() : 1;
    const int64_t own = (batch + plan.place.count - 1) / plan.place.count;
    if (const std::string sentence = memoryComplaint(stepBytesPerPatch(layers, patch, depth), own, patch,
                                                     footprint(layers).strideMultiple, *free);
        !sentence.empty())
        found.push_back(sentence);
}

void addStartComplaints(const TrainingPlan& plan, const Architecture& architecture,
                        const nlohmann::json& options, Complaints& found) {
    const ModelCard& card = plan.startFrom->card;
    if (card.architecture != architecture.key() || architecture.complete(card.network) != options)
        found.push_back("The model to start from has another network than the recipe; take its options: " +
                        card.network.dump() + ".");
    if (card.classes.size() != plan.set.classNames.size()) {
        std::vector<std::string> known;
        for (const ModelClass& c : card.classes) known.push_back(c.name);
        found.push_back(fmt::format("The model to start from knows {} classes ({}), but the labels have {} "
                                    "({}); give labels of the same classes, or train without startFrom.",
                                    known.size(), fmt::join(known, ", "), plan.set.classNames.size(),
                                    fmt::join(plan.set.classNames, ", ")));
    }
    if (card.channelsIn != plan.card.channelsIn)
        found.push_back(fmt::format("The model to start from takes {} channels, but the training is for {}; "
                                    "take images of as many channels, or train without startFrom.",
                                    card.channelsIn, plan.card.channelsIn));
}

void addNetworkComplaints(const TrainingPlan& plan, Complaints& found) {
    const Architecture& architecture =
        findArchitecture(plan.recipe.at("architecture").get_ref<const std::string&>());
    nlohmann::json options;
    int64_t outputs = int64_t(plan.set.classNames.size());
    try {
        options = architecture.complete(networkOptions(plan.recipe));
        const bool exclusive = makeLoss(plan.recipe)->exclusive();
        outputs += exclusive;
        if (exclusive && architecture.hasOwnLoss())
            found.push_back("The network " + architecture.title() +
                            " gives each class by itself and learns by a loss of its own; take loss=bce.");
    } catch (const Error& error) {
        found.push_back(error.what());
        return;
    }
    const Footprint print = footprint(architecture.layers(options, 1, 1));
    addPatchComplaints(plan, print, architecture.volumetric(), found);
    if (plan.place.count > 1 && plan.recipe.at("batch").get<int64_t>() < plan.place.count)
        found.push_back(fmt::format("A batch of {} patches leaves some of the {} processes without any; take "
                                    "batch={}.",
                                    plan.recipe.at("batch").get<int64_t>(), plan.place.count,
                                    plan.place.count));
    addMemoryComplaint(plan, architecture, options, std::max<int64_t>(1, outputs), found);
    if (plan.startFrom) addStartComplaints(plan, architecture, options, found);
}

void addSliceComplaints(const TrainingPlan& plan, const TrainingSlice& slice,
                        std::array<int64_t, 256>& counts, Complaints& found) {
    const size_t classes = plan.set.classNames.size();
    if (slice.image.extent() != slice.labels.extent()) {
        found.push_back(slice.name + " and its labels differ in size.");
        return;
    }
    if (slice.labels.type() != PixelType::u8) {
        found.push_back("The labels of " + slice.name + " are not class numbers.");
        return;
    }
    uint8_t highest = 0;
    for (const uint8_t value : slice.labels.values<uint8_t>()) {
        if (value != 255) highest = std::max(highest, value);
        if (slice.role == Role::train) ++counts[value];
    }
    if (highest > classes)
        found.push_back(fmt::format("The labels of {} hold class {}, but there {} {}; name {} classes, or "
                                    "say which label values mean which.",
                                    slice.name, highest, classes == 1 ? "is only" : "are only", classes,
                                    highest));
}

void addDataComplaints(const TrainingPlan& plan, Complaints& found) {
    const auto& slices = plan.set.slices;
    const auto any = [&](Role role) {
        return std::ranges::any_of(slices, [&](const TrainingSlice& slice) { return slice.role == role; });
    };
    if (plan.set.classNames.empty()) found.push_back("There is no class to learn; name at least one.");
    std::array<int64_t, 256> counts{};
    for (const TrainingSlice& slice : slices) addSliceComplaints(plan, slice, counts, found);
    if (!any(Role::train))
        found.push_back("There is no slice to train on; mark at least one as training data.");
    else
        for (size_t c = 0; c < std::min<size_t>(254, plan.set.classNames.size()); ++c)
            if (counts[c + 1] == 0)
                found.push_back(fmt::format("No pixel of the training slices is labelled as \"{}\"; label "
                                            "some, or leave the class out.",
                                            plan.set.classNames[c]));
    if (!any(Role::validation) &&
        (plan.recipe.at("patience").get<int64_t>() > 0 || plan.recipe.at("schedule") == "plateau"))
        found.push_back("There is no validation slice to watch for a plateau; hold some out, or take "
                        "patience=0 and schedule=warmup_cosine.");
}

void addPlaceComplaints(const TrainingPlan& plan, Complaints& found) {
    if (plan.output.empty())
        found.push_back("There is no file to write the model to; name one that ends in .safetensors.");
    if (plan.runFolder.empty()) found.push_back("There is no folder for checkpoints and log; name one.");
    if (plan.output.empty() || plan.runFolder.empty() || plan.place.rank > 0) return; // rank 0 writes for all
    std::ranges::move(placeComplaints(plan.output, plan.runFolder), std::back_inserter(found));
    std::ranges::move(overwriteComplaints(plan), std::back_inserter(found));
}

} // namespace

std::vector<std::string> planComplaints(const TrainingPlan& plan) {
    Complaints found = recipeSchema().complaints(plan.recipe);
    for (const Option& option : recipeSchema().options())
        if (plan.recipe.is_object() && !plan.recipe.contains(option.key))
            found.push_back(
                fmt::format("The recipe lacks \"{}\"; {} is usual.", option.key, option.defaultValue.dump()));
    if (!found.empty()) return found;
    addNetworkComplaints(plan, found);
    addDataComplaints(plan, found);
    addPlaceComplaints(plan, found);
    return found;
}

} // namespace cristae

// Trainer: what a plan lacks, and the run itself with LibTorch's errors put into words.
#include "models/train/trainer.h"

#include "core/learn/recipe.h"
#include "models/nn/network_options.h"
#include "models/run/devices.h"
#include "models/train/training_run.h"

#include <algorithm>
#include <set>

namespace cristae {

namespace {

class TorchTrainer : public Trainer {
public:
    std::vector<std::string> complaints(const TrainingPlan& plan) const override {
        std::vector<std::string> found = recipeSchema().complaints(plan.recipe);
        for (const Option& option : recipeSchema().options())
            if (plan.recipe.is_object() && !plan.recipe.contains(option.key))
                found.push_back("The recipe lacks \"" + option.key + "\"; " + option.defaultValue.dump() +
                                " is usual.");
        if (!found.empty()) return found;
        addNetworkComplaints(plan, found);
        addDataComplaints(plan, found);
        if (plan.output.empty())
            found.push_back("There is no file to write the model to; name one that ends in .safetensors.");
        if (plan.runFolder.empty()) found.push_back("There is no folder for checkpoints and log; name one.");
        return found;
    }

    TrainingResult train(const TrainingPlan& plan, TrainingListener& listener,
                         const Progress& progress) override {
        if (const auto found = complaints(plan); !found.empty()) {
            std::string all = "The training cannot start.";
            for (const std::string& sentence : found) all += " " + sentence;
            throw Error(ErrorKind::input, all);
        }
        try {
            return TrainingRun(plan, listener, progress).run();
        } catch (const c10::OutOfMemoryError&) {
            throw Error(ErrorKind::memory,
                        "The GPU has too little memory for this training; lower the recipe's batch (now " +
                            plan.recipe.at("batch").dump() + ") or patch.");
        } catch (const c10::Error& error) {
            throw Error(ErrorKind::device, std::string("LibTorch failed during the training: ") +
                                               error.what_without_backtrace());
        } catch (const std::bad_alloc&) {
            throw Error(ErrorKind::memory,
                        "There is too little memory for this training; lower the recipe's batch (now " +
                            plan.recipe.at("batch").dump() + ") or patch.");
        }
    }

private:
    static void addNetworkComplaints(const TrainingPlan& plan, std::vector<std::string>& found) {
        const Architecture& architecture = findArchitecture(plan.recipe.at("architecture"));
        nlohmann::json options;
        try {
            options = architecture.complete(networkOptions(plan.recipe));
            if (makeLoss(plan.recipe)->exclusive() && architecture.hasOwnLoss())
                found.push_back(
                    "The network " + architecture.title() +
                    " gives each class by itself and learns by a loss of its own; take bce as the "
                    "recipe's loss.");
        } catch (const Error& error) {
            found.push_back(error.what());
            return;
        }
        const Footprint print = footprint(architecture.layers(options, 1, 1));
        const int64_t multiple = print.sizeMultiple, depth = plan.recipe.at("patchDepth");
        if (architecture.volumetric() && depth % print.sliceMultiple != 0)
            found.push_back("The patch depth of " + std::to_string(depth) +
                            " slices is no multiple of the network's " + std::to_string(print.sliceMultiple) +
                            "; take " +
                            std::to_string((depth / print.sliceMultiple + 1) * print.sliceMultiple) + ".");
        if (plan.resume && slicesSeen(plan.recipe).count() > 1 &&
            std::ranges::any_of(plan.set.slices, [](const TrainingSlice& slice) { return !slice.source; }))
            found.push_back(
                "The neighbours of the training slices are not there any more, and the network looks at "
                "several slices; start the training anew with its data.");
        const int64_t patch = plan.recipe.at("patch");
        if (patch % multiple != 0)
            found.push_back("The patch side of " + std::to_string(patch) +
                            " px is no multiple of the network's " + std::to_string(multiple) + " px; take " +
                            std::to_string((patch / multiple + 1) * multiple) + ".");
        if (plan.startFrom) {
            const ModelCard& card = plan.startFrom->card;
            if (card.architecture != plan.recipe.at("architecture").get<std::string>() ||
                architecture.complete(card.network) != options)
                found.push_back(
                    "The model to start from has another network than the recipe; take its options: " +
                    card.network.dump() + ".");
        }
    }

    static void addDataComplaints(const TrainingPlan& plan, std::vector<std::string>& found) {
        const auto& slices = plan.set.slices;
        if (std::none_of(slices.begin(), slices.end(), [](const auto& s) { return s.role == Role::train; }))
            found.push_back("There is no slice to train on; mark at least one as training data.");
        if (plan.set.classNames.empty()) found.push_back("There is no class to learn; name at least one.");
        for (const TrainingSlice& slice : slices) {
            if (slice.image.extent() != slice.labels.extent())
                found.push_back(slice.name + " and its labels differ in size.");
            else if (slice.labels.type() != PixelType::u8)
                found.push_back("The labels of " + slice.name + " are not class numbers.");
            else
                for (const uint8_t value : slice.labels.values<uint8_t>())
                    if (value > plan.set.classNames.size() && value != 255) {
                        found.push_back("The labels of " + slice.name + " hold class " +
                                        std::to_string(value) + ", but there are " +
                                        std::to_string(plan.set.classNames.size()) + " classes.");
                        break;
                    }
        }
    }
};

} // namespace

std::unique_ptr<Trainer> makeTrainer() {
    return std::make_unique<TorchTrainer>();
}

} // namespace cristae

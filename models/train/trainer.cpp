// Trainer: what a plan lacks, and the run itself with LibTorch's errors put into words.
#include "models/train/trainer.h"

#include "models/nn/architecture.h"
#include "models/nn/network_options.h"
#include "models/train/plan_complaints.h"
#include "models/train/step_time.h"
#include "models/train/training_run.h"

namespace cristae {

namespace {

class TorchTrainer : public Trainer {
public:
    std::vector<std::string> complaints(const TrainingPlan& plan) const override {
        return planComplaints(plan);
    }

    SlicesSeen slicesSeen(const nlohmann::json& recipe) const override { return cristae::slicesSeen(recipe); }

    std::vector<std::pair<std::string, Schema>> networkOptions() const override {
        std::vector<std::pair<std::string, Schema>> networks;
        for (const auto& architecture : allArchitectures())
            networks.emplace_back(architecture->key(), architecture->options());
        return networks;
    }

    std::optional<double> secondsPerStep(const TrainingPlan& plan, const Progress& progress) override {
        try {
            return measuredStep(plan, progress);
        } catch (const c10::Error&) { // of too little memory, say: the run itself says so
            return std::nullopt;
        } catch (const std::bad_alloc&) {
            return std::nullopt;
        }
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
};

} // namespace

std::unique_ptr<Trainer> makeTrainer() {
    return std::make_unique<TorchTrainer>();
}

} // namespace cristae

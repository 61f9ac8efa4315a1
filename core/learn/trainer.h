// Trainer: fits a network to a training set; implemented in models/, called by window and command line alike.
#pragma once
#include "core/base/progress.h"
#include "core/base/schema.h"
#include "core/learn/slices_seen.h"
#include "core/learn/training_files.h"
#include "core/learn/training_set.h"
#include "core/segment/engine.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

namespace cristae {

/// One of several processes that train one network together, each with its share of every batch.
struct ProcessPlace {
    int rank = 0, count = 1; // rank 0 validates, reports and writes
    int localRank = 0;       // among the processes of its machine: which GPU "auto" takes
    std::string host = "localhost";
    int port = 29500;            // where rank 0 listens
    double patienceSeconds = 60; // a process that is missing or silent for longer ends the run
};

struct TrainingPlan {
    TrainingSet set;
    nlohmann::json recipe; // complete, of recipeSchema()
    ModelCard card;        // name, title, description, classes, data, licence; the trainer fills the rest
    std::filesystem::path output;    // the model package, written at the end, whole (by Session::train)
    std::filesystem::path runFolder; // recipe, log, checkpoints, and the best network so far
    bool overwrite = false;          // an older model at `output`, an unfinished run in `runFolder`
    std::string device = "auto";
    /// Continue from the last checkpoint in runFolder, bit for bit with the same threads and build. Of its
    /// recipe only the length (steps), schedule, cooldown and learningRate may differ, and what is about the
    /// machine (threads, workers).
    bool resume = false;
    std::optional<ModelPackage> startFrom; // fine-tune this package
    ProcessPlace place;
    double checkpointSeconds = 300;    // from one checkpoint within an epoch to the next; 0 = every step
    std::vector<TrainingInput> inputs; // files that the slices were read from; kept in the run's record
    nlohmann::json request;            // what the caller needs to make the same plan again; kept there too
};

struct EpochReport {
    int64_t epoch = 0, epochs = 0, step = 0, steps = 0;
    double trainingLoss = 0, trainingDice = 0;
    double validationLoss = 0, validationDice = 0, validationIou = 0, validationAccuracy = 0;
    double learningRate = 0, secondsPerStep = 0;
    double secondsWaitingForData = 0; // in this epoch
    double shareWaitingForData = 0;   // of the time of its steps, in [0, 1]
    double shareKnown = 1;            // of the pixels of its patches: the labelled ones
    bool best = false;
    Pixels previewImage, previewTruth,
        previewProbability; // the first validation slice: own type, u8, f32 [K, 1, Y, X]
};

/// Called from the training thread.
class TrainingListener {
public:
    virtual ~TrainingListener() = default;
    virtual void onStep(int64_t step, double loss) = 0;
    virtual void onEpoch(const EpochReport& report) = 0;
    /// Something to know that does not end the run, as a sentence.
    virtual void onRemark(const std::string& /*sentence*/) {}
    /// While true the trainer waits between steps (it stays cancellable).
    virtual bool paused() const { return false; }
    /// "Stop and keep": end now, keep the best network so far.
    virtual bool stopRequested() const { return false; }
};

struct TrainingResult {
    ModelPackage package; // of the trainer: bestPackage() in the run folder; of Session::train: the output
    double bestValidationDice = 0;
    int64_t stepsDone = 0;
    bool stoppedEarly = false;
    std::string ending; // why the run ended, as a sentence
};

class Trainer {
public:
    virtual ~Trainer() = default;
    /// All complaints about a plan, as sentences with a value that would work.
    virtual std::vector<std::string> complaints(const TrainingPlan& plan) const = 0;
    /// The neighbours that the recipe's network sees of each slice. Throws Error{model, usage}.
    virtual SlicesSeen slicesSeen(const nlohmann::json& /*recipe*/) const { return {}; }
    /// The networks by the word that recipes use, each with the options that the recipe's "network" may name;
    /// empty where there is nothing to choose.
    virtual std::vector<std::pair<std::string, Schema>> networkOptions() const { return {}; }
    /// Seconds that one step of the recipe takes on the device, measured on made-up patches within a few
    /// seconds; nothing where that cannot be told. Throws Error{device, memory, model, usage, cancelled}.
    virtual std::optional<double> secondsPerStep(const TrainingPlan& /*plan*/, const Progress& /*progress*/) {
        return std::nullopt;
    }
    /// Trains, validates each epoch, keeps the best as bestPackage() in the run folder, and writes a
    /// checkpoint before the first step, every few minutes and each epoch: a run that is cancelled, killed or
    /// out of disk goes on from there. Throws Error{input, usage, model, device, memory, output, cancelled};
    /// a loss that is not finite stops with the best kept. In ranks other than 0 the result's package is
    /// empty.
    virtual TrainingResult train(const TrainingPlan& plan, TrainingListener& listener,
                                 const Progress& progress) = 0;
};

/// The best network so far of a run, a package that can be tried while the run goes on.
inline std::filesystem::path bestPackage(const std::filesystem::path& runFolder) {
    return runFolder / "best.safetensors";
}

/// The model that a run with an anchor started from, kept so that it can be resumed.
inline std::filesystem::path startPackage(const std::filesystem::path& runFolder) {
    return runFolder / "start.safetensors";
}

/// What the models module hands over.
struct Engine {
    std::unique_ptr<NetworkLoader> networks;
    std::unique_ptr<Trainer> trainer;
};
/// The one C symbol of the module: `extern "C" void cristaeCreateEngine(cristae::Engine* engine)`.
inline constexpr const char* engineSymbol = "cristaeCreateEngine";

} // namespace cristae

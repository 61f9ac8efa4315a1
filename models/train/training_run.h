// TrainingRun: one run from its plan to its package.
#pragma once
#include "core/base/error.h"
#include "core/learn/batch_queue.h"
#include "core/learn/run_lock.h"
#include "core/learn/trainer.h"
#include "models/train/checkpoint.h"
#include "models/train/epoch_watch.h"
#include "models/train/process_group.h"
#include "models/train/validation.h"

#include <chrono>

namespace cristae {

class TrainingRun {
public:
    /// Prepares slices and networks; restores the checkpoint when resuming. The plan has no complaints.
    TrainingRun(const TrainingPlan& plan, TrainingListener& listener, const Progress& progress);
    TrainingResult run();

private:
    void build();
    void resumeFromCheckpoint();
    /// What a resumed run does otherwise than before; throws Error{usage} for what would be another run.
    void takeChanges(const nlohmann::json& before);
    /// Of an untouched run folder or the same run's; throws Error{input} naming slices that have changed.
    void checkData() const;
    /// Throws Error{output} when the disks have too little space for checkpoints and model.
    void checkDiskSpace() const;
    /// What stands in the run folder before the first step, a checkpoint too: a disk that cannot be written
    /// is told now.
    void openRunFolder();
    void chooseThreadsAndPrecision();
    double trainStep(const Batch& batch);
    void averageWeights();
    /// The weights that the run started from, for the recipe's anchor; kept in the run folder.
    void anchorWeights();
    std::vector<int64_t> inputShape() const;
    bool waitWhilePaused(); // true: stop and keep
    // These give why the run ends, as a sentence; empty: it goes on.
    std::string oneStep(BatchQueue& queue);
    std::string finishEpoch();
    /// Throws Error{usage} instead when there is no best network yet.
    std::string endOfNumbers() const;
    /// Looks for errors of the network on some more training slices, if it is time.
    void updateErrorMaps();
    bool errorMapsAreDue() const;
    bool epochIsOver() const;
    int64_t nextErrorMaps() const; // the step
    EpochReport epochReport(const ValidationScores& scores) const;
    std::vector<double> thresholdsOf(const ValidationScores& scores);
    void keepBest(const std::vector<double>& thresholds);
    /// The best network so far as a package in the run folder.
    ModelPackage writeBest() const;
    void checkpoint();
    bool checkpointIsDue() const;
    TrainingResult finish(const std::string& ending);
    /// A failure to write, and what has become of the run.
    Error stoppedBy(const Error& failure) const;

    // Of several processes; nothing happens in a single one.
    bool leads() const { return plan_.place.rank == 0; }
    void joinOthers();
    /// Gradients become the mean over the whole batch; gives its loss.
    double sharedGradients(double loss);
    void shareEpoch();
    void shareScores(ValidationScores& scores);

    const TrainingPlan& plan_;
    TrainingListener& listener_;
    const Progress& progress_;
    const nlohmann::json& recipe_;
    const Architecture& architecture_;
    const std::unique_ptr<const Loss> ownLoss_;
    const Loss& loss_;
    NetworkUse use_;
    SlicesSeen seen_;
    int64_t outputs_ = 1, steps_, side_;
    BatchShare share_;
    uint64_t seed_;
    std::vector<PreparedSlice> slices_;
    size_t firstValidation_ = size_t(-1);
    bool validates_ = false; // a validation slice has labels; else it is only looked at
    std::shared_ptr<NetworkModule> network_, average_;
    std::unique_ptr<Optimiser> optimiser_;
    std::unique_ptr<ProcessGroup> group_;
    std::optional<RunLock> lock_; // of the process that writes
    RunState state_;
    EpochWatch watch_;
    ClassCounts epochCounts_{1};
    double secondsOfSteps_ = 0, secondsWaiting_ = 0;
    int64_t timedSteps_ = 0;
    std::chrono::steady_clock::time_point checkpointEnd_; // of writing the last one
    double checkpointCost_ = 0;                           // seconds it took
    int64_t checkpoints_ = 0;                             // written since this start
    std::vector<std::string> restoreRemarks_;
    std::vector<std::filesystem::path> damagedCheckpoints_;
};

} // namespace cristae

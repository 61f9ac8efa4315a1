// TrainingFeed: what a training run says, kept until the window asks for it, and what the window asks of the
// run.
#pragma once
#include "core/learn/trainer.h"

#include <QImage>

#include <atomic>
#include <mutex>
#include <vector>

namespace cristae {

/// An epoch as the page shows it; pictures are made in the training thread.
struct EpochUpdate {
    EpochReport report; // without its pixels
    QImage image, comparison;
};

/// found: green; missed: red, striped; too much: orange, dotted. truth u8, probability f32 [K, 1, Y, X] of
/// the same size.
QImage comparisonImage(const Pixels& image, const Pixels& truth, const Pixels& probability);
QImage greyImage(const Pixels& image);

class TrainingFeed : public TrainingListener {
public:
    // Training thread.
    void onStep(int64_t step, double loss) override;
    void onEpoch(const EpochReport& report) override;
    void onRemark(const std::string& sentence) override;
    bool paused() const override { return paused_; }
    bool stopRequested() const override { return stop_; }

    // Any thread.
    void setPaused(bool paused) { paused_ = paused; }
    void requestStop() { stop_ = true, paused_ = false; }
    std::vector<EpochUpdate> takeEpochs();
    std::vector<std::string> takeRemarks();
    int64_t lastStep() const { return step_; }
    double lastLoss() const { return loss_; }

private:
    std::atomic<bool> paused_ = false, stop_ = false;
    std::atomic<int64_t> step_ = 0;
    std::atomic<double> loss_ = 0;
    std::mutex mutex_;
    std::vector<EpochUpdate> epochs_;
    std::vector<std::string> remarks_;
};

} // namespace cristae

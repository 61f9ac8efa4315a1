// A training step beside eager LibTorch (NCHW, fp32, its own AdamW) of the same U-Net on the same batch,
// alternating in one run; then augmentation on one thread beside the step on one other.
// Usage: bench_training [BASE] [LEVELS] [PATCH] [BATCH] [ROUNDS] [THREADS]
#include "core/base/parallel.h"
#include "core/base/random.h"
#include "core/learn/augment.h"
#include "core/learn/recipe.h"
#include "models/loss/loss.h"
#include "models/nn/architecture.h"
#include "models/train/trainer.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <filesystem>

using namespace cristae;

namespace {

/// Time of this thread on a processor when it computes alone, so that other programs do not count; else the
/// clock on the wall.
struct Stopwatch {
    bool ofThread = false;
    double now() const {
        timespec time{};
        clock_gettime(ofThread ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &time);
        return double(time.tv_sec) + 1e-9 * double(time.tv_nsec);
    }
};

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values.empty() ? 0 : values[values.size() / 2];
}

/// Discs in noise, one slice to learn from and a small one to validate on.
TrainingSlice slice(int64_t side, Role role) {
    Random random(1);
    TrainingSlice result;
    result.image = Pixels(PixelType::u8, 1, {1, side, side});
    result.labels = Pixels(PixelType::u8, 1, {1, side, side});
    result.role = role;
    for (int64_t i = 0; i < side * side; ++i) {
        const int64_t y = i / side % 64 - 32, x = i % side % 64 - 32;
        const bool inside = y * y + x * x < 400;
        result.labels.values<uint8_t>()[size_t(i)] = inside;
        result.image.values<uint8_t>()[size_t(i)] = uint8_t((inside ? 160 : 60) + random.below(60));
    }
    return result;
}

/// The step as a program on LibTorch would write it.
class EagerStep {
public:
    explicit EagerStep(const nlohmann::json& recipe)
        : network_(findArchitecture("unet").build(
              {{"base", recipe.at("base")}, {"levels", recipe.at("levels")}}, 1, 1)),
          optimiser_(network_->parameters(), torch::optim::AdamWOptions(2e-3)) {
        const int64_t batch = recipe.at("batch"), side = recipe.at("patch");
        images_ = torch::randn({batch, 1, side, side});
        labels_ = torch::rand({batch, side, side}).lt(0.2).to(torch::kByte);
        network_->train();
    }
    void operator()() {
        optimiser_.zero_grad();
        const torch::Tensor loss = findLoss("bce_dice")(network_->forward(images_), labels_);
        loss.backward();
        torch::nn::utils::clip_grad_norm_(network_->parameters(), 1.0);
        optimiser_.step();
    }

private:
    std::shared_ptr<NetworkModule> network_;
    torch::optim::AdamW optimiser_;
    torch::Tensor images_, labels_;
};

/// After each of ours one of the peer's, in the same thread.
struct Alternating : TrainingListener {
    EagerStep* peer = nullptr;
    Stopwatch watch;
    double start = 0;
    std::vector<double> own, eager;
    double share = 0;
    void onStep(int64_t step, double) override {
        const double mine = watch.now() - start;
        if (step > 2) own.push_back(mine); // the first ones warm up
        start = watch.now();
        if (peer) (*peer)();
        if (peer && step > 2) eager.push_back(watch.now() - start);
        start = watch.now();
    }
    void onEpoch(const EpochReport& report) override { share = report.shareWaitingForData; }
};

/// What this machine's matrix product reaches, as a measure for both.
double peakGigaflops(const Stopwatch& watch) {
    const torch::Tensor a = torch::randn({1024, 1024}), b = torch::randn({1024, 1024});
    std::vector<double> seconds;
    for (int i = 0; i < 5; ++i) {
        const double start = watch.now();
        torch::mm(a, b);
        seconds.push_back(watch.now() - start);
    }
    return 2 * 1.024 * 1.024 * 1.024 / median(seconds);
}

} // namespace

int main(int argc, char** argv) {
    const auto argument = [&](int i, int standard) { return argc > i ? std::atoi(argv[i]) : standard; };
    const int rounds = argument(5, 7), threads = argument(6, processorCount());
    const auto folder = std::filesystem::temp_directory_path() / "bench_training.run";
    TrainingPlan plan;
    plan.set.slices = {slice(768, Role::train), slice(128, Role::validation)};
    plan.set.classNames = {"discs"};
    plan.recipe = recipeSchema().defaults();
    plan.recipe.update({{"base", argument(1, 16)},
                        {"levels", argument(2, 5)},
                        {"patch", argument(3, 256)},
                        {"batch", argument(4, 4)},
                        {"steps", rounds + 2},
                        {"stepsPerEpoch", rounds + 2},
                        {"threads", threads}});
    plan.card.name = "bench";
    plan.device = "cpu";
    plan.runFolder = folder;
    plan.output = folder / "bench.safetensors";
    plan.overwrite = true; // the second run stands in the folder of the first
    const auto trainer = makeTrainer();

    EagerStep peer(plan.recipe);
    Alternating both;
    both.peer = &peer;
    both.watch.ofThread = threads == 1;
    both.start = both.watch.now();
    const TrainingResult result = trainer->train(plan, both, Progress::none());
    const double pixels = double(argument(4, 4)) * argument(3, 256) * argument(3, 256);
    // Forward once, and twice as much on the way back.
    const double gigaflop =
        3e-3 * pixels *
        footprint(findArchitecture("unet").layers(
                      {{"base", plan.recipe.at("base")}, {"levels", plan.recipe.at("levels")}}, 1, 1))
            .megaflopPerPixel;
    std::printf("U-Net base %d, %d levels, batch %d of %d px, %d threads, %s; medians of %d steps, %s\n",
                argument(1, 16), argument(2, 5), argument(4, 4), argument(3, 256), threads,
                result.package.card.training.at("precision").get<std::string>().c_str(), rounds,
                threads == 1 ? "processor time" : "wall time");
    const double own = median(both.own), eager = median(both.eager), peak = peakGigaflops(both.watch);
    std::printf("  our step, statistics and mean of weights included %8.1f ms  %6.1f GFLOP/s\n", own * 1e3,
                gigaflop / own);
    std::printf("  eager LibTorch, NCHW, fp32                        %8.1f ms  %6.1f GFLOP/s  ratio %.2f\n",
                eager * 1e3, gigaflop / eager, eager / own);
    std::printf("  a matrix product of 1024 rows                     %8s     %6.1f GFLOP/s\n", "", peak);

    // One thread computes, one prepares.
    plan.recipe["threads"] = plan.recipe["workers"] = 1;
    Alternating alone;
    alone.watch.ofThread = true;
    alone.start = alone.watch.now();
    trainer->train(plan, alone, Progress::none());
    const std::vector<PreparedSlice> prepared =
        prepareSlices(plan.set.slices, 1, plan.recipe, {}, Progress::none());
    const PatchSampler sampler(prepared, plan.recipe);
    std::vector<double> patches;
    for (uint64_t n = 0; n < 60; ++n) {
        const double start = alone.watch.now();
        sampler.patch(1, n);
        patches.push_back(alone.watch.now() - start);
    }
    double sum = 0; // patches differ, so the mean counts
    for (const double seconds : patches) sum += seconds;
    const double made = double(patches.size()) / sum, used = argument(4, 4) / median(alone.own);
    std::printf(
        "  augmentation on one thread %8.1f patches/s, the step on one thread takes %.1f: ratio %.1f\n", made,
        used, made / used);
    std::printf("  the step waited %.2f %% of its time for data\n", 100 * alone.share);
    std::filesystem::remove_all(folder);
}

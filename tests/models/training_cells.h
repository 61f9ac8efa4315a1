// Synthetic cells and a small plan to train on them, for the tests of training.
#pragma once
#include "core/base/error.h"
#include "core/base/input_file.h"
#include "core/base/random.h"
#include "core/learn/recipe.h"
#include "core/learn/trainer.h"
#include "core/segment/safetensors.h"

#include <QTemporaryDir>
#include <atomic>
#include <cmath>
#include <cstring>
#include <functional>
#include <sstream>

namespace cristae {

/// Dark ellipses with a bright rim in a noisy, unevenly lit field; class 1 inside (odd ones class 2 when
/// there are two).
inline TrainingSlice cells(uint64_t seed, int classes, Role role) {
    constexpr int64_t side = 128;
    Random random(seed);
    TrainingSlice slice{"cells " + std::to_string(seed),
                        Pixels(PixelType::u8, 1, {1, side, side}),
                        Pixels(PixelType::u8, 1, {1, side, side}),
                        std::nullopt,
                        role,
                        1};
    const auto labels = slice.labels.values<uint8_t>();
    std::vector<double> grey(size_t(side * side), 150);
    for (int cell = 0; cell < 7; ++cell) {
        const double cy = random.uniform(10, side - 10), cx = random.uniform(10, side - 10),
                     ry = random.uniform(7, 15), rx = random.uniform(7, 15);
        for (int64_t y = 0; y < side; ++y)
            for (int64_t x = 0; x < side; ++x) {
                const double distance = std::hypot((double(y) - cy) / ry, (double(x) - cx) / rx);
                const size_t i = size_t(y * side + x);
                if (distance < 1) {
                    labels[i] = uint8_t(classes == 2 ? 1 + cell % 2 : 1);
                    grey[i] = classes == 2 && cell % 2 ? 230 : 80;
                }
            }
    }
    for (size_t i = 0; i < grey.size(); ++i)
        slice.image.values<uint8_t>()[i] =
            uint8_t(std::clamp(grey[i] + 0.2 * double(i % side) + 20 * random.normal(), 0.0, 255.0));
    return slice;
}

struct Listener : TrainingListener {
    std::function<void(int64_t)> afterStep = [](int64_t) {};
    std::atomic<bool> pause = false, stop = false;
    int64_t steps = 0;
    std::vector<EpochReport> epochs;
    void onStep(int64_t step, double) override {
        steps = step;
        afterStep(step);
    }
    void onEpoch(const EpochReport& report) override { epochs.push_back(report); }
    bool paused() const override { return pause; }
    bool stopRequested() const override { return stop; }
};

struct Cancelling : Progress {
    std::atomic<bool> cancel = false;
    void report(double, const std::string&) const override {}
    bool cancelled() const override { return cancel; }
};

inline bool sameWeights(const std::filesystem::path& a, const std::filesystem::path& b) {
    const SafetensorsFile first = readSafetensors(a), second = readSafetensors(b);
    if (first.tensors.size() != second.tensors.size() || first.tensors.empty()) return false;
    for (size_t i = 0; i < first.tensors.size(); ++i)
        if (first.tensors[i].name != second.tensors[i].name ||
            first.tensors[i].bytes != second.tensors[i].bytes ||
            std::memcmp(first.tensors[i].data.get(), second.tensors[i].data.get(), first.tensors[i].bytes) !=
                0)
            return false;
    return true;
}

inline std::string bytesOf(const std::filesystem::path& file) {
    return readTextFile(file, size_t(1) << 30);
}

/// The log of a run, without what depends on how busy the machine is.
inline std::vector<nlohmann::json> withoutTimes(const TrainingPlan& plan) {
    std::vector<nlohmann::json> lines;
    std::istringstream log(readTextFile(plan.runFolder / "log.jsonl"));
    for (std::string line; std::getline(log, line);) {
        lines.push_back(nlohmann::json::parse(line));
        if (lines.back().erase("secondsPerStep") != 1 || lines.back().erase("shareWaitingForData") != 1)
            return {};
    }
    return lines;
}

/// A small U-Net on eight slices, the last two for validation; name and name.safetensors in the folder.
inline TrainingPlan planIn(const QTemporaryDir& folder, const char* name, int classes) {
    TrainingPlan plan;
    for (uint64_t i = 0; i < 8; ++i)
        plan.set.slices.push_back(cells(i + 1, classes, i < 6 ? Role::train : Role::validation));
    plan.set.classNames =
        classes == 1 ? std::vector<std::string>{"cells"} : std::vector<std::string>{"dark", "bright"};
    plan.recipe = recipeSchema().defaults();
    plan.recipe.update({{"levels", 3},
                        {"base", 6},
                        {"patch", 64},
                        {"batch", 4},
                        {"steps", 120},
                        {"stepsPerEpoch", 40},
                        {"warmupSteps", 10},
                        {"learningRate", 8e-3},
                        {"averaging", 0.9},
                        {"threads", 1},
                        {"noise", 0.1},
                        {"gamma", 0},
                        {"blur", 0}});
    plan.card.name = name;
    plan.output = std::filesystem::path(folder.filePath(name).toStdString() + ".safetensors");
    plan.runFolder = folder.filePath(name).toStdString();
    plan.device = "cpu";
    plan.overwrite = true;
    return plan;
}

} // namespace cristae

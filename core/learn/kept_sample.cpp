// The sample of its own training data that is kept beside a model.
#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/own_folder.h"
#include "core/base/random.h"
#include "core/learn/fine_tune.h"
#include "core/learn/run_folder.h"
#include "core/learn/training_slice.h"

#include <algorithm>
#include <fmt/format.h>

namespace cristae {

namespace {

std::filesystem::path sampleFolder(const std::filesystem::path& modelFile) {
    return modelFile.parent_path() / "samples" / modelFile.stem();
}

} // namespace

std::vector<TrainingSlice> sampleOf(const TrainingSet& set, uint64_t seed) {
    constexpr size_t count = 6;
    constexpr int64_t side = 1024;
    std::vector<const TrainingSlice*> slices;
    for (const TrainingSlice& slice : set.slices)
        if (slice.role == Role::train && holdsClass(slice.labels)) slices.push_back(&slice);
    std::vector<TrainingSlice> sample;
    Random random(seed);
    constexpr int tries = 8; // for a square that holds a class
    for (size_t i = 0; i < count && !slices.empty(); ++i) {
        const TrainingSlice& from = *slices[size_t(random.below(int64_t(slices.size())))];
        const Extent3 e = from.image.extent();
        const int64_t height = std::min(side, e.y), width = std::min(side, e.x);
        TrainingSlice square = from;
        for (int t = 0; t < tries; ++t) {
            const int64_t y = random.below(e.y - height + 1), x = random.below(e.x - width + 1);
            const Box3 box{0, y, x, 1, y + height, x + width};
            square.labels = from.labels.cropped(box);
            square.image = from.image.cropped(box);
            if (holdsClass(square.labels)) break;
        }
        square.name = fmt::format("sample {}: {}", i + 1, from.name);
        square.data = "sample";
        square.source.reset();
        square.z = 0;
        square.weight = 1;
        sample.push_back(std::move(square));
    }
    return sample;
}

void addSample(TrainingPlan& plan, std::vector<TrainingSlice> sample) {
    if (sample.empty()) return;
    constexpr int64_t entryOfSample = -1; // no entry of a data list
    for (TrainingSlice& slice : sample) {
        slice.role = Role::train;
        slice.share = keptShare;
        slice.entry = entryOfSample;
        plan.set.slices.push_back(std::move(slice));
    }
    plan.recipe["anchor"] = 1.0;
}

std::vector<TrainingSlice> keptSample(const ModelPackage& model) {
    const std::filesystem::path folder = sampleFolder(model.file);
    if (!keepsItsData(folder)) return {};
    return loadRun(folder, Progress::none()).set.slices;
}

void keepSample(const std::filesystem::path& modelFile, const TrainingSet& sample) {
    if (sample.slices.empty()) return;
    TrainingPlan plan;
    plan.set = sample;
    const std::filesystem::path folder = sampleFolder(modelFile);
    std::error_code failed;
    std::filesystem::create_directories(folder.parent_path(), failed);
    if (failed) throw outputError(folder.parent_path(), failed.value());
    plan.runFolder = folder;
    plan.resume = true; // the folder of an older model of this name is taken over
    plan.recipe = nlohmann::json::object();
    plan.card.name = plan.card.title = modelFile.stem().string();
    saveRun(plan, {}, Progress::none());
}

} // namespace cristae

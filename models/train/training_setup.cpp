// What a run needs before its first step: slices, networks, checkpoint, precision.
#include "core/base/atomic_file.h"
#include "core/base/hash.h"
#include "core/base/input_file.h"
#include "core/base/json.h"
#include "core/base/own_folder.h"
#include "core/base/parallel.h"
#include "core/learn/checkpoint_files.h"
#include "core/learn/recipe.h"
#include "core/learn/run_record.h"
#include "core/segment/package_writer.h"
#include "models/nn/network_options.h"
#include "models/run/devices.h"
#include "models/run/foreign_weights.h"
#include "models/run/weights.h"
#include "models/train/run_log.h"
#include "models/train/training_run.h"

#include <algorithm>
#include <fmt/format.h>

namespace cristae {

namespace {

/// Which data the run saw, with hashes of the pixels as they were read.
nlohmann::json dataList(const TrainingSet& set) {
    nlohmann::json list = nlohmann::json::array();
    for (const TrainingSlice& slice : set.slices)
        list.push_back(
            {{"name", slice.name},
             {"role", slice.role == Role::train        ? "train"
                      : slice.role == Role::validation ? "validation"
                                                       : "test"},
             {"height", slice.image.extent().y},
             {"width", slice.image.extent().x},
             {"pixelSizeNm", slice.pixelSizeNm ? nlohmann::json(*slice.pixelSizeNm) : nlohmann::json()},
             {"imageSha256", sha256(slice.image.asBytes())},
             {"labelsSha256", sha256(slice.labels.asBytes())}});
    return {{"classes", set.classNames}, {"slices", list}};
}

/// The card that the run starts with, with all its classes.
ModelCard startCard(const TrainingPlan& plan) {
    ModelCard card = plan.card;
    for (size_t i = card.classes.size(); i < plan.set.classNames.size(); ++i)
        card.classes.push_back(
            {plan.set.classNames[i], standardColour(plan.set.classNames[i], uint32_t(i + 1)), 0.5});
    return card;
}

void copyInto(torch::nn::Module& from, torch::nn::Module& to) {
    const torch::NoGradGuard guard;
    const auto copy = [](const auto& source, auto target) {
        for (const auto& item : source) target[item.key()].copy_(item.value());
    };
    copy(from.named_parameters(), to.named_parameters());
    copy(from.named_buffers(), to.named_buffers());
}

/// Convolutions on both kinds of device are fastest with channels last.
void toChannelsLast(torch::nn::Module& module) {
    const torch::NoGradGuard guard;
    for (torch::Tensor& parameter : module.parameters())
        if (parameter.dim() == 4) parameter.set_data(parameter.contiguous(at::MemoryFormat::ChannelsLast));
}

} // namespace

TrainingRun::TrainingRun(const TrainingPlan& plan, TrainingListener& listener, const Progress& progress)
    : plan_(plan), listener_(listener), progress_(progress), recipe_(plan.recipe),
      architecture_(findArchitecture(plan.recipe.at("architecture").get_ref<const std::string&>())),
      ownLoss_(makeLoss(plan.recipe)), loss_(*ownLoss_), steps_(recipe_.at("steps")),
      side_(recipe_.at("patch")),
      share_(shareOfBatch(recipe_.at("batch"), plan.place.rank, plan.place.count)),
      seed_(recipe_.at("seed").get<uint64_t>()), watch_(recipe_),
      epochCounts_(int64_t(plan.set.classNames.size())) {
    seen_ = slicesSeen(recipe_);
    slices_ = prepareSlices(plan.set.slices, plan.card.channelsIn, recipe_, seen_, progress);
    for (size_t i = slices_.size(); i-- > 0;)
        if (slices_[i].role == Role::validation) {
            firstValidation_ = i;
            validates_ = validates_ || slices_[i].known > 0;
        }
    build();
}

void TrainingRun::build() {
    use_.classes = int64_t(plan_.set.classNames.size());
    use_.exclusive = loss_.exclusive();
    use_.ownThresholds = recipe_.at("threshold") == "dice";
    use_.seen = seen_;
    use_.device = chooseDevice(plan_.device);
    // Each process of a machine takes a GPU of its own.
    if (plan_.place.count > 1 && use_.device.is_cuda() && !plan_.device.starts_with("cuda:"))
        use_.device = chooseDevice(fmt::format("cuda:{}", plan_.place.localRank));
    outputs_ = use_.classes + (use_.exclusive ? 1 : 0);
    use_.footprint =
        footprint(architecture_.layers(networkOptions(recipe_), plan_.card.channelsIn, outputs_));
    torch::manual_seed(seed_);
    network_ = architecture_.build(networkOptions(recipe_), plan_.card.channelsIn, outputs_);
    average_ = architecture_.build(networkOptions(recipe_), plan_.card.channelsIn, outputs_);
    if (plan_.startFrom && !plan_.resume)
        loadWeights(*network_,
                    tensorsOf(readSafetensors(plan_.startFrom->file), plan_.startFrom->file.string()),
                    plan_.startFrom->file.string());
    if (const std::string weights = recipe_.value("weights", std::string());
        !weights.empty() && !plan_.resume)
        startFromForeign(*network_, architecture_.key() == "maskrcnn", weights);
    copyInto(*network_, *average_);
    for (const auto& network : {network_, average_}) {
        network->to(use_.device);
        toChannelsLast(*network);
    }
    optimiser_ = std::make_unique<Optimiser>(network_->parameters(), recipe_);
    // Both passes are asked at each layer, so that a step ends soon after a cancel.
    for (const auto& network : {network_, average_})
        network->setInterrupt([this] { return progress_.cancelled(); });
    for (const torch::Tensor& parameter : network_->parameters())
        parameter.register_hook([this](const torch::Tensor&) { progress_.throwIfCancelled(); });

    if (leads()) lock_.emplace(plan_.runFolder);
    state_.card = toJson(startCard(plan_));
    if (plan_.resume) resumeFromCheckpoint();
    state_.recipe = recipe_;
    joinOthers();
    chooseThreadsAndPrecision();
    if (leads()) openRunFolder();
    anchorWeights();
}

void TrainingRun::anchorWeights() {
    const double strength = recipe_.at("anchor");
    if (strength <= 0) return;
    const std::filesystem::path file =
        plan_.startFrom && !plan_.resume ? plan_.startFrom->file : startPackage(plan_.runFolder);
    const auto start = architecture_.build(networkOptions(recipe_), plan_.card.channelsIn, outputs_);
    loadWeights(*start, tensorsOf(readSafetensors(file), file.string()), file.string());
    start->to(use_.device);
    toChannelsLast(*start);
    optimiser_->anchorTo(start->parameters(), strength);
}

void TrainingRun::resumeFromCheckpoint() {
    RestoredRun restored = readCheckpoint(plan_, {*network_, *average_, *optimiser_});
    checkData();
    if (restored.state.card.is_null()) restored.state.card = state_.card; // of an older version
    state_ = std::move(restored.state);
    takeChanges(completeRecipe(state_.recipe));
    const size_t n = size_t(use_.classes);
    const auto& counts = state_.epochCounts;
    if (counts.size() == 3 * n)
        for (size_t c = 0; c < n; ++c) {
            epochCounts_.both[c] = counts[3 * c];
            epochCounts_.predicted[c] = counts[3 * c + 1];
            epochCounts_.truth[c] = counts[3 * c + 2];
        }
    watch_.restore(state_.watch);
    damagedCheckpoints_ = std::move(restored.damaged);
    for (const std::filesystem::path& file : damagedCheckpoints_)
        restoreRemarks_.push_back(
            fmt::format("The checkpoint {} is damaged; the training goes on from {}, of step {}.",
                        file.string(), restored.file.string(), state_.step));
}

void TrainingRun::takeChanges(const nlohmann::json& before) {
    const std::vector<std::string> length{"steps", "schedule", "learningRate", "cooldown"},
        machine{"threads", "workers"};
    std::string others;
    for (const std::string& key : changedOptions(before, recipe_)) {
        const std::string change =
            fmt::format("{} {} (was {})", key, recipe_.at(key).dump(), before.at(key).dump());
        if (std::ranges::find(machine, key) != machine.end()) {
            restoreRemarks_.push_back(
                fmt::format("Resumed with {}: the run goes on, but not bit for bit as with "
                            "the number it was started with.",
                            change));
        } else if (std::ranges::find(length, key) != length.end()) {
            restoreRemarks_.push_back(fmt::format("From step {} on the recipe has {}.", state_.step, change));
            state_.changes.push_back(
                {{"step", state_.step}, {"key", key}, {"from", before.at(key)}, {"to", recipe_.at(key)}});
        } else {
            others += (others.empty() ? "" : ", ") + change;
        }
    }
    if (!others.empty())
        throw Error(
            ErrorKind::usage,
            fmt::format("The run in {} was started with another recipe: {}. Only steps, schedule, cooldown "
                        "and learningRate, threads and workers may change; resume with its recipe.json, "
                        "or start anew.",
                        plan_.runFolder.string(), others));
    if (steps_ < state_.step)
        throw Error(ErrorKind::usage,
                    fmt::format("The run in {} has done {} steps already; give steps={} or more.",
                                plan_.runFolder.string(), state_.step, state_.step));
}

void TrainingRun::checkData() const {
    std::error_code unknown;
    const auto file = plan_.runFolder / "data.json";
    if (!std::filesystem::exists(file, unknown)) return;
    const nlohmann::json before = parseJson(readTextFile(file)), now = dataList(plan_.set);
    if (before.is_discarded() || before == now) return;
    std::string changed;
    const nlohmann::json was =
        before.is_object() ? before.value("slices", nlohmann::json::array()) : nlohmann::json::array();
    for (const nlohmann::json& slice : now.at("slices"))
        if (std::ranges::find(was, slice) == was.end())
            changed += (changed.empty() ? "" : ", ") + slice.at("name").get<std::string>();
    throw Error(
        ErrorKind::input,
        fmt::format("The data are not those that the run in {} was started with (new or changed: {}). "
                    "Give the old data, or start a new training, with --start-from for its model.",
                    plan_.runFolder.string(),
                    changed.empty() ? "none; slices or classes are missing" : changed));
}

void TrainingRun::checkDiskSpace() const {
    uint64_t weights = 0;
    for (const torch::Tensor& tensor : network_->parameters()) weights += tensor.nbytes();
    for (const torch::Tensor& tensor : network_->buffers()) weights += tensor.nbytes();
    constexpr uint64_t small = 1 << 20; // headers, log and record
    // A checkpoint holds the network, its mean, the best one and two moments; three of them lie there for a
    // moment. A resumed run has two of them already.
    const uint64_t checkpoint = 5 * weights, checkpoints = plan_.resume ? checkpoint : 3 * checkpoint;
    std::string found;
    const auto check = [&](const std::filesystem::path& folder, uint64_t bytes, const char* what) {
        if (const auto sentence = spaceComplaint(folder, bytes, what)) found += " " + *sentence;
    };
    check(plan_.runFolder, checkpoints + weights + small, "the run folder");
    if (!plan_.output.empty()) check(plan_.output.parent_path(), weights + small, "the model");
    if (!found.empty()) throw Error(ErrorKind::output, "The training cannot start." + found);
}

void TrainingRun::openRunFolder() {
    checkDiskSpace();
    takeOwnFolder(plan_.runFolder, "a training run", plan_.resume);
    for (const std::filesystem::path& file : damagedCheckpoints_) setAsideCheckpoint(file);
    for (const std::string& sentence : restoreRemarks_) listener_.onRemark(sentence);
    if (!plan_.resume) {
        std::error_code failed;
        removeCheckpoints(plan_.runFolder);
        for (const char* old : {"log.jsonl", "curves.csv", "best.safetensors"})
            std::filesystem::remove(plan_.runFolder / old, failed);
        if (plan_.startFrom && recipe_.at("anchor").get<double>() > 0)
            copyPackage(plan_.startFrom->file, ownFile(startPackage(plan_.runFolder)));
        writeFileAtomically(ownFile(plan_.runFolder / "data.json"), dataList(plan_.set).dump(2) + "\n");
    }
    writeFileAtomically(ownFile(plan_.runFolder / "recipe.json"), recipe_.dump(2) + "\n");
    recordStart(plan_, computedBy(use_), state_.step);
    checkpointEnd_ = std::chrono::steady_clock::now();
    if (!plan_.resume) checkpoint();
}

void TrainingRun::chooseThreadsAndPrecision() {
    const int threads = recipe_.at("threads").get<int>();
    at::set_num_threads(threads > 0 ? threads : processorCount());
    if (!state_.precision.empty()) { // resumed: as it began
        use_.bf16 = state_.precision == "bf16";
        return;
    }
    const std::string wanted = recipe_.at("precision");
    const bool automatic = takesBf16(use_.device, use_.footprint.megaflopPerPixel) &&
                           (use_.device.is_cuda() || !architecture_.hasOwnLoss());
    use_.bf16 = wanted == "bf16" || (wanted == "auto" && automatic);
    if (group_) { // their processors may differ
        torch::Tensor chosen = torch::tensor(int64_t(use_.bf16));
        group_->takeFromFirst(chosen);
        use_.bf16 = chosen.item<int64_t>() != 0;
    }
    state_.precision = use_.bf16 ? "bf16" : "fp32";
}

std::vector<int64_t> TrainingRun::inputShape() const {
    const int64_t channels = plan_.card.channelsIn, slices = seen_.count();
    if (seen_.labelled) return {share_.count, channels, slices, side_, side_};
    return {share_.count, channels * slices, side_, side_};
}

} // namespace cristae

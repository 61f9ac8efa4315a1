// Checkpoints as safetensors: "network.…", "average.…", "best.…", "optimiser.0", … and the state as JSON in
// the metadata.
#include "models/train/checkpoint.h"

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/learn/checkpoint_files.h"
#include "core/segment/model_card.h"
#include "models/run/weights.h"

#include <cstring>
#include <fmt/format.h>

namespace cristae {

namespace {

void add(SafetensorsFile& content, const std::string& prefix, std::vector<NamedTensor> tensors) {
    for (NamedTensor& tensor : tensors) {
        tensor.name = prefix + tensor.name;
        content.tensors.push_back(std::move(tensor));
    }
}

TensorMap part(const TensorMap& all, const std::string& prefix) {
    TensorMap result;
    for (const auto& [name, tensor] : all)
        if (name.starts_with(prefix)) result[name.substr(prefix.size())] = tensor;
    return result;
}

std::string errorMapName(size_t slice) {
    return "errors." + std::to_string(slice);
}

void addErrorMaps(SafetensorsFile& content, const std::vector<ErrorMap>& maps) {
    for (size_t i = 0; i < maps.size(); ++i) {
        if (maps[i].empty()) continue;
        const size_t bytes = maps[i].cells.size();
        NamedTensor tensor{errorMapName(i),
                           "U8",
                           {maps[i].rows, maps[i].columns},
                           std::shared_ptr<std::byte[]>(new std::byte[bytes]),
                           bytes};
        std::memcpy(tensor.data.get(), maps[i].cells.data(), bytes);
        content.tensors.push_back(std::move(tensor));
    }
}

RunState stateFrom(const SafetensorsFile& content, const std::string& file, int64_t& optimiserSteps) {
    const auto text = content.metadata.find(runStateKey);
    const nlohmann::json json = text == content.metadata.end() ? nlohmann::json() : parseJson(text->second);
    RunState state;
    try {
        state.step = json.at("step");
        state.bestStep = json.at("bestStep");
        state.bestDice = json.at("bestDice");
        state.epochLoss = json.at("epochLoss");
        state.epochSteps = json.at("epochSteps");
        state.epochCounts = json.at("epochCounts").get<std::vector<double>>();
        state.precision = json.at("precision");
        state.watch = json.value("watch", nlohmann::json::object());
        state.recipe = json.at("recipe");
        state.history = json.at("history");
        state.card = json.value("card", nlohmann::json());
        state.bestCard = json.value("bestCard", nlohmann::json());
        state.epochKnown = json.value("epochKnown", 0.0);
        state.epochPixels = json.value("epochPixels", 0.0);
        state.changes = json.value("changes", nlohmann::json::array());
        state.errorMaps.resize(json.value("errorMaps", size_t(0)));
        state.errorMapsMade = json.value("errorMapsMade", int64_t(0));
        optimiserSteps = json.at("optimiserSteps");
    } catch (const nlohmann::json::exception&) {
        throw Error(ErrorKind::input,
                    "The checkpoint " + file +
                        " is not one of Cristae's training runs; start anew, without resuming.");
    }
    for (const NamedTensor& tensor : content.tensors)
        if (tensor.name.starts_with("best.")) {
            state.best.push_back(tensor);
            state.best.back().name.erase(0, 5);
        }
    for (size_t i = 0; i < state.errorMaps.size(); ++i)
        if (const NamedTensor* tensor = content.find(errorMapName(i)); tensor && tensor->shape.size() == 2) {
            state.errorMaps[i] = {tensor->shape[0], tensor->shape[1], std::vector<uint8_t>(tensor->bytes)};
            std::memcpy(state.errorMaps[i].cells.data(), tensor->data.get(), tensor->bytes);
        }
    return state;
}

/// Older versions kept the best network in the model alone, those of the window in the run folder.
void takeBestFromModel(RunState& state, const TrainingPlan& plan) {
    if (state.bestStep < 0 || !state.best.empty()) return;
    std::error_code unknown;
    std::filesystem::path file = plan.runFolder / "model.safetensors";
    if (!std::filesystem::exists(file, unknown)) file = plan.output;
    try {
        state.bestCard = toJson(openModelPackage(file).card);
        state.best = readSafetensors(file).tensors;
    } catch (const Error& error) {
        throw Error(ErrorKind::input,
                    fmt::format("The best network of the run in {} was kept in its model alone, which cannot "
                                "be read ({}) Name its place with --output, or start a new training.",
                                plan.runFolder.string(), error.what()));
    }
}

void restoreInto(const RunNetworks& networks, const SafetensorsFile& content, const std::string& file) {
    const TensorMap tensors = tensorsOf(content, file);
    loadWeights(networks.network, part(tensors, "network."), file);
    loadWeights(networks.average, part(tensors, "average."), file);
    const torch::NoGradGuard guard;
    std::vector<torch::Tensor>& moments = networks.optimiser.state();
    for (size_t i = 0; i < moments.size(); ++i) {
        const auto found = tensors.find("optimiser." + std::to_string(i));
        if (found == tensors.end() || found->second.sizes() != moments[i].sizes())
            throw Error(ErrorKind::input, "The checkpoint " + file +
                                              " belongs to another network; start anew, without resuming.");
        moments[i].copy_(found->second);
    }
}

/// Reads the newest checkpoint that is sound into `content`; newer ones become `damaged`.
std::filesystem::path newestSound(const std::filesystem::path& runFolder, SafetensorsFile& content,
                                  std::vector<std::filesystem::path>& damaged) {
    std::string names;
    for (const std::filesystem::path& file : checkpointFiles(runFolder)) {
        try {
            content = readSafetensors(file);
            return file;
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::model) throw;
            damaged.push_back(file);
            names += (names.empty() ? "" : ", ") + file.filename().string();
        }
    }
    if (names.empty())
        throw Error(ErrorKind::input, "There is no checkpoint in " + runFolder.string() +
                                          " to resume from; start without resuming.");
    throw Error(ErrorKind::input,
                fmt::format("No checkpoint in {} is sound ({} damaged); start the training anew, without "
                            "resuming.",
                            runFolder.string(), names));
}

} // namespace

void writeCheckpoint(const std::filesystem::path& runFolder, const RunState& state,
                     const RunNetworks& networks) {
    SafetensorsFile content;
    content.metadata[runStateKey] = nlohmann::json{
        {"step", state.step},
        {"bestStep", state.bestStep},
        {"bestDice", state.bestDice},
        {"epochLoss", state.epochLoss},
        {"epochSteps", state.epochSteps},
        {"epochCounts", state.epochCounts},
        {"precision", state.precision},
        {"watch", state.watch},
        {"recipe", state.recipe},
        {"history", state.history},
        {"card", state.card},
        {"bestCard", state.bestCard},
        {"epochKnown", state.epochKnown},
        {"epochPixels", state.epochPixels},
        {"changes", state.changes},
        {"errorMaps", state.errorMaps.size()},
        {"errorMapsMade", state.errorMapsMade},
        {"optimiserSteps",
         networks.optimiser.stepsDone}}.dump();
    add(content, "network.", weightsOf(networks.network));
    add(content, "average.", weightsOf(networks.average));
    add(content, "best.", state.best);
    addErrorMaps(content, state.errorMaps);
    const std::vector<torch::Tensor>& moments = networks.optimiser.state();
    for (size_t i = 0; i < moments.size(); ++i)
        content.tensors.push_back(namedTensor("optimiser." + std::to_string(i), moments[i]));
    writeCheckpointFile(runFolder, content);
}

RestoredRun readCheckpoint(const TrainingPlan& plan, const RunNetworks& networks) {
    RestoredRun restored;
    SafetensorsFile content;
    restored.file = newestSound(plan.runFolder, content, restored.damaged);
    restored.state = stateFrom(content, restored.file.string(), networks.optimiser.stepsDone);
    restoreInto(networks, content, restored.file.string());
    takeBestFromModel(restored.state, plan);
    return restored;
}

} // namespace cristae

// Checkpoints as safetensors: "network.…", "average.…", "optimiser.0", … and the state as JSON in the
// metadata.
#include "models/train/checkpoint.h"

#include "core/base/error.h"
#include "core/base/json.h"
#include "models/run/weights.h"

namespace cristae {

namespace {

void add(SafetensorsFile& content, const std::string& prefix, const torch::nn::Module& module) {
    for (NamedTensor& tensor : weightsOf(module)) {
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

} // namespace

void writeCheckpoint(const std::filesystem::path& file, const RunState& state, NetworkModule& network,
                     NetworkModule& average, Optimiser& optimiser) {
    SafetensorsFile content;
    content.metadata["cristae.run"] = nlohmann::json{
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
        {"optimiserSteps",
         optimiser.stepsDone}}.dump();
    add(content, "network.", network);
    add(content, "average.", average);
    for (size_t i = 0; i < optimiser.state().size(); ++i)
        content.tensors.push_back(namedTensor("optimiser." + std::to_string(i), optimiser.state()[i]));
    writeSafetensors(file, content);
}

RunState readCheckpoint(const std::filesystem::path& file, NetworkModule& network, NetworkModule& average,
                        Optimiser& optimiser) {
    const SafetensorsFile content = readSafetensors(file);
    const auto text = content.metadata.find("cristae.run");
    const nlohmann::json json = text == content.metadata.end()
                                    ? nlohmann::json()
                                    : parseJson(text->second);
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
        optimiser.stepsDone = json.at("optimiserSteps");
    } catch (const nlohmann::json::exception&) {
        throw Error(ErrorKind::input,
                    "The checkpoint " + file.string() +
                        " is not one of Cristae's training runs; start anew, without resuming.");
    }
    const TensorMap tensors = tensorsOf(content, file.string());
    loadWeights(network, part(tensors, "network."), file.string());
    loadWeights(average, part(tensors, "average."), file.string());
    const torch::NoGradGuard guard;
    for (size_t i = 0; i < optimiser.state().size(); ++i) {
        const auto found = tensors.find("optimiser." + std::to_string(i));
        if (found == tensors.end() || found->second.sizes() != optimiser.state()[i].sizes())
            throw Error(ErrorKind::input, "The checkpoint " + file.string() +
                                              " belongs to another network; start anew, without resuming.");
        optimiser.state()[i].copy_(found->second);
    }
    return state;
}

} // namespace cristae

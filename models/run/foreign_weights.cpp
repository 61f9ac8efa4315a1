// Names and shapes of other tools' weights.
#include "models/run/foreign_weights.h"

#include "core/base/error.h"
#include "models/run/state_dict.h"

#include <fmt/format.h>

namespace cristae {

namespace {

void replaceFirst(std::string& text, const std::string& from, const std::string& to) {
    if (const size_t at = text.find(from); at != std::string::npos) text.replace(at, from.size(), to);
}

bool isResnetName(const std::string& name) {
    for (const char* begin : {"conv1.", "bn1.", "layer1.", "layer2.", "layer3.", "layer4."})
        if (name.starts_with(begin)) return true;
    return false;
}

} // namespace

std::string ownName(const std::string& foreign, bool isMaskRcnn) {
    if (foreign.ends_with("num_batches_tracked")) return {};
    std::string name = foreign;
    if (name.starts_with("module.")) name.erase(0, 7); // from a data-parallel run
    if (!isMaskRcnn) return name;
    if (isResnetName(name)) return "backbone.body." + name;
    for (const char* list : {"inner_blocks", "layer_blocks"})
        for (int i = 0; i < 4; ++i)
            replaceFirst(name, fmt::format("fpn.{}.{}.0.", list, i), fmt::format("fpn.{}.{}.", list, i));
    replaceFirst(name, "rpn.head.conv.0.0.", "rpn.head.conv.");
    for (int i = 0; i < 4; ++i)
        replaceFirst(name, fmt::format("roi_heads.mask_head.{}.0.", i),
                     fmt::format("roi_heads.mask_head.mask_fcn{}.", i + 1));
    return name;
}

ForeignWeights startFromForeign(torch::nn::Module& module, bool isMaskRcnn,
                                const std::filesystem::path& file) {
    const TensorMap tensors = file.extension() == ".safetensors"
                                  ? tensorsOf(readSafetensors(file), file.string())
                                  : readStateDict(file);
    TensorMap own;
    for (const auto& item : module.named_parameters()) own[item.key()] = item.value();
    for (const auto& item : module.named_buffers()) own[item.key()] = item.value();
    const torch::NoGradGuard noGradients;
    ForeignWeights result;
    std::map<std::string, bool> taken;
    for (const auto& [foreign, tensor] : tensors) {
        const std::string name = ownName(foreign, isMaskRcnn);
        const auto found = own.find(name);
        torch::Tensor value = tensor;
        if (found != own.end() && value.dim() == 4 && value.size(1) == 3 && found->second.size(1) == 1)
            value = value.sum(1, true);
        if (found == own.end() || value.sizes() != found->second.sizes()) {
            result.ignored.push_back(foreign);
            continue;
        }
        if (value.is_floating_point() && !torch::isfinite(value).all().item<bool>())
            throw Error(ErrorKind::model,
                        fmt::format("The tensor \"{}\" of {} holds values that are no numbers; "
                                    "take other weights.",
                                    foreign, file.string()));
        found->second.copy_(value);
        taken[name] = true;
        result.taken.push_back(name);
    }
    if (taken.empty())
        throw Error(
            ErrorKind::model,
            fmt::format("None of the {} tensors of {} fits the network; choose weights of a network of the "
                        "same kind.",
                        tensors.size(), file.string()));
    for (const auto& [name, tensor] : own)
        if (!taken.count(name)) result.fresh.push_back(name);
    return result;
}

} // namespace cristae

// Tensors in and out of safetensors files.
#include "models/run/weights.h"

#include "core/base/error.h"

#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace cristae {
namespace {

struct TypeName {
    const char* name;
    torch::Dtype type;
};
constexpr TypeName typeNames[] = {
    {"F32", torch::kFloat32}, {"F16", torch::kFloat16}, {"BF16", torch::kBFloat16}, {"F64", torch::kFloat64},
    {"I64", torch::kInt64},   {"I32", torch::kInt32},   {"I16", torch::kInt16},     {"I8", torch::kInt8},
    {"U8", torch::kUInt8},    {"BOOL", torch::kBool}};

std::string shapeText(torch::IntArrayRef shape) {
    return fmt::format("[{}]", fmt::join(shape.vec(), ", "));
}

} // namespace

TensorMap tensorsOf(const SafetensorsFile& content, const std::string& file) {
    TensorMap tensors;
    for (const NamedTensor& item : content.tensors) {
        const TypeName* found = nullptr;
        for (const TypeName& candidate : typeNames)
            if (item.dtype == candidate.name) found = &candidate;
        if (!found)
            throw Error(ErrorKind::model,
                        fmt::format("The tensor \"{}\" of {} has the type {}, which this program cannot use.",
                                    item.name, file, item.dtype));
        torch::Tensor tensor = torch::empty(item.shape, found->type);
        if (item.bytes > 0) std::memcpy(tensor.data_ptr(), item.data.get(), item.bytes);
        tensors[item.name] = tensor.is_floating_point() ? tensor.to(torch::kFloat32) : tensor;
    }
    return tensors;
}

NamedTensor namedTensor(const std::string& name, const torch::Tensor& tensor) {
    const torch::Tensor whole = tensor.detach().to(torch::kCPU).contiguous();
    NamedTensor result;
    result.name = name;
    for (const TypeName& candidate : typeNames)
        if (whole.scalar_type() == candidate.type) result.dtype = candidate.name;
    if (result.dtype.empty())
        throw Error(ErrorKind::internal,
                    fmt::format("The tensor \"{}\" has a type that cannot be stored.", name));
    result.shape = whole.sizes().vec();
    result.bytes = whole.nbytes();
    result.data = std::make_shared<std::byte[]>(std::max<size_t>(result.bytes, 1));
    if (result.bytes > 0) std::memcpy(result.data.get(), whole.data_ptr(), result.bytes);
    return result;
}

std::vector<NamedTensor> weightsOf(const torch::nn::Module& module) {
    std::vector<NamedTensor> result;
    for (const auto& item : module.named_parameters())
        result.push_back(namedTensor(item.key(), item.value()));
    for (const auto& item : module.named_buffers()) result.push_back(namedTensor(item.key(), item.value()));
    return result;
}

void loadWeights(torch::nn::Module& module, const TensorMap& weights, const std::string& file) {
    const torch::NoGradGuard noGradients;
    TensorMap own;
    for (const auto& item : module.named_parameters()) own[item.key()] = item.value();
    for (const auto& item : module.named_buffers()) own[item.key()] = item.value();
    for (auto& [name, tensor] : own) {
        const auto found = weights.find(name);
        if (found == weights.end())
            throw Error(
                ErrorKind::model,
                fmt::format(
                    "{} lacks the tensor \"{}\" that its network needs; the file does not fit its card.",
                    file, name));
        if (found->second.sizes() != tensor.sizes())
            throw Error(
                ErrorKind::model,
                fmt::format(
                    "The tensor \"{}\" of {} has the shape {}, but its network needs {}; the file does "
                    "not fit its card.",
                    name, file, shapeText(found->second.sizes()), shapeText(tensor.sizes())));
        if (found->second.is_floating_point() && !torch::isfinite(found->second).all().item<bool>())
            throw Error(
                ErrorKind::model,
                fmt::format(
                    "The tensor \"{}\" of {} holds values that are no numbers; train the model again.", name,
                    file));
        tensor.copy_(found->second);
    }
    for (const auto& [name, tensor] : weights)
        if (!own.count(name))
            throw Error(
                ErrorKind::model,
                fmt::format(
                    "{} holds the tensor \"{}\" that its network does not know; the file does not fit "
                    "its card.",
                    file, name));
}

} // namespace cristae

// Seg-Grad-CAM without a word in any network: LibTorch tells of every operation, and the deepest map is kept.
#include "models/run/torch_explainer.h"

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/segment/ensemble.h"

#include <ATen/record_function.h>
#include <limits>

namespace cristae {

namespace {

/// The activation of the smallest area that passed, the last one of them.
struct DeepestMap {
    torch::Tensor map;
    int64_t area = std::numeric_limits<int64_t>::max();
};
thread_local DeepestMap* deepest = nullptr;

std::unique_ptr<at::ObserverContext> operationBegins(const at::RecordFunction&) {
    return nullptr;
}

void operationEnds(const at::RecordFunction& operation, at::ObserverContext*) {
    if (!deepest) return;
    const std::string_view name = operation.name();
    if (name != "aten::relu" && name != "aten::relu_" && name != "aten::conv2d" && name != "aten::conv3d" &&
        name != "aten::batch_norm")
        return;
    for (const c10::IValue& value : operation.outputs()) {
        if (!value.isTensor()) continue;
        const torch::Tensor& map = value.toTensor();
        if (map.dim() < 4 || !map.requires_grad()) continue;
        const int64_t area = map.size(-1) * map.size(-2);
        if (area > deepest->area) continue;
        deepest->area = area;
        deepest->map = map;
    }
}

/// Watches the operations of this thread while it lives.
class Watch {
public:
    explicit Watch(DeepestMap& map)
        : handle_(at::addThreadLocalCallback(
              at::RecordFunctionCallback(operationBegins, operationEnds).needsOutputs(true))),
          enabled_(true) {
        deepest = &map;
    }
    ~Watch() {
        deepest = nullptr;
        at::removeCallback(handle_);
    }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

private:
    at::CallbackHandle handle_;
    at::RecordFunctionGuard enabled_;
};

} // namespace

TorchExplainer::TorchExplainer(const ModelPackage& package, torch::Device device, int threads)
    : device_(device), threads_(threads > 0 ? threads : processorCount()),
      exclusive_(package.card.exclusive) {
    const std::string file = package.file.string();
    const TensorMap weights = tensorsOf(readSafetensors(package.file), file);
    if (package.card.architecture != ensembleArchitecture) {
        addMember(package.card, weights, file);
        return;
    }
    const std::vector<ModelCard> cards = ensembleMembers(package.card);
    for (size_t i = 0; i < cards.size(); ++i) {
        TensorMap own;
        for (const auto& [name, tensor] : weights)
            if (name.starts_with(memberPrefix(i))) own[name.substr(memberPrefix(i).size())] = tensor;
        addMember(cards[i], own, file);
    }
}

void TorchExplainer::addMember(const ModelCard& card, const TensorMap& weights, const std::string& file) {
    const Architecture& architecture = findArchitecture(card.architecture);
    Member member;
    member.module = architecture.build(card.network, card.channelsIn,
                                       int64_t(card.classes.size()) + (card.exclusive ? 1 : 0));
    loadWeights(*member.module, weights, file);
    member.module->eval();
    member.module->to(device_);
    member.slicesIn = architecture.slicesIn(card.network);
    member.volumetric = architecture.volumetric();
    members_.push_back(std::move(member));
}

torch::Tensor TorchExplainer::activation(Member& member, const torch::Tensor& input, int64_t channel,
                                         int64_t y, int64_t x) {
    // [1, C, Z, Y, X] → what the member takes: the middle slices, those of a channel side by side.
    torch::Tensor own = input;
    if (!member.volumetric) {
        own = own.narrow(2, (input.size(2) - member.slicesIn) / 2, member.slicesIn);
        own = own.reshape({1, own.size(1) * own.size(2), own.size(3), own.size(4)});
    }
    DeepestMap seen;
    torch::Tensor logits;
    {
        const Watch watch(seen);
        logits = member.module->forward(own);
    }
    const torch::Tensor slice = member.volumetric ? logits.select(2, logits.size(2) / 2) : logits;
    const torch::Tensor score = slice[0][channel + (exclusive_ ? 1 : 0)][y][x];
    if (!seen.map.defined() || !score.requires_grad())
        throw Error(ErrorKind::model,
                    "This network gives no gradients for a class activation map; take occlusion instead.");
    const auto gradients = torch::autograd::grad({score}, {seen.map}, {}, /*retain_graph=*/false,
                                                 /*create_graph=*/false, /*allow_unused=*/true);
    if (!gradients.front().defined())
        throw Error(ErrorKind::model,
                    "This network gives no gradients for a class activation map; take occlusion instead.");
    torch::Tensor map = seen.map.detach(), gradient = gradients.front();
    if (map.dim() == 5) {
        map = map.select(2, map.size(2) / 2);
        gradient = gradient.sum(2);
    }
    const torch::Tensor cam = torch::relu((gradient.mean({2, 3}, true) * map).sum(1, true));
    const torch::Tensor large = torch::upsample_bilinear2d(cam, {input.size(3), input.size(4)}, false);
    return large / large.max().clamp_min(1e-12);
}

Pixels TorchExplainer::classActivation(const Pixels& input, int64_t channel, int64_t y, int64_t x) {
    at::set_num_threads(threads_);
    const Extent3 extent = input.extent();
    try {
        const torch::AutoGradMode gradients(true);
        const torch::Tensor tensor =
            torch::from_blob(const_cast<std::byte*>(input.data()),
                             {1, input.channels(), extent.z, extent.y, extent.x}, torch::kFloat32)
                .to(device_);
        torch::Tensor sum = torch::zeros({1, 1, extent.y, extent.x}, torch::TensorOptions(device_));
        for (Member& member : members_) sum += activation(member, tensor, channel, y, x);
        const torch::Tensor mean = (sum / double(members_.size())).to(torch::kCPU).contiguous();
        Pixels result(PixelType::f32, 1, {1, extent.y, extent.x});
        std::memcpy(result.data(), mean.const_data_ptr<float>(), result.bytes());
        return result;
    } catch (const c10::OutOfMemoryError&) {
        throw Error(ErrorKind::memory,
                    "There is not enough memory for the gradients; choose a smaller side, or occlusion.");
    } catch (const c10::Error& error) {
        throw Error(ErrorKind::device, std::string("LibTorch failed to compute the gradients: ") +
                                           error.what_without_backtrace());
    }
}

} // namespace cristae

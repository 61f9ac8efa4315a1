// TorchNetwork: weights in, probabilities out; LibTorch's failures become sentences here.
#include "models/run/torch_network.h"
#include "models/run/devices.h"

#include "core/base/error.h"
#include "core/base/parallel.h"

#include <ATen/DeviceAccelerator.h>
#include <ATen/Parallel.h>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <fmt/format.h>

namespace cristae {
namespace {

/// The first line of LibTorch's message; the rest is a stack of its own frames.
std::string firstLine(const std::exception& error) {
    const std::string text = error.what();
    return text.substr(0, std::min<size_t>(text.find('\n'), 300));
}

/// Calls f and translates what LibTorch throws.
template <class F> decltype(auto) translated(torch::Device device, F&& f) {
    try {
        return f();
    } catch (const Error&) {
        throw;
    } catch (const c10::OutOfMemoryError& error) {
        if (device.is_cuda()) at::accelerator::emptyCache();
        throw Error(
            ErrorKind::memory,
            fmt::format("The memory of {} is not enough for this tile; choose a smaller tile or the CPU.",
                        device.str()));
    } catch (const std::bad_alloc&) {
        throw Error(
            ErrorKind::memory,
            "There is not enough memory for this tile; choose a smaller tile or close other programs.");
    } catch (const std::exception& error) {
        // The CPU's allocator has no exception type of its own.
        if (std::strstr(error.what(), "can't allocate memory") || std::strstr(error.what(), "out of memory"))
            throw Error(
                ErrorKind::memory,
                "There is not enough memory for this tile; choose a smaller tile or close other programs.");
        throw Error(ErrorKind::device,
                    fmt::format("The computation on {} failed: {} Try the CPU, or start the program again.",
                                device.str(), firstLine(error)));
    }
}

} // namespace

TorchNetwork::TorchNetwork(const ModelCard& card, const TensorMap& weights, const std::string& file,
                           torch::Device device, int threads)
    : device_(device), threads_(threads > 0 ? threads : processorCount()) {
    const Architecture& architecture = findArchitecture(card.architecture);
    const int64_t outputs = int64_t(card.classes.size()) + (card.exclusive ? 1 : 0);
    useThisThread();
    translated(device_, [&] {
        const torch::InferenceMode inference;
        std::shared_ptr<NetworkModule> module = architecture.build(card.network, card.channelsIn, outputs);
        loadWeights(*module, weights, file); // also checks names and shapes for the program
        info_.slicesIn = architecture.slicesIn(card.network);
        info_.volumetric = architecture.volumetric();
        info_.findsObjects = architecture.findsObjects();
        describe(card, footprint(architecture.layers(card.network, card.channelsIn, outputs)));
        const Program program = architecture.program(card.network);
        if (program.empty()) {
            module->eval();
            module->to(device_);
            for (torch::Tensor& weight : module->parameters())
                if (weight.dim() == 4) weight.set_data(weight.contiguous(torch::MemoryFormat::ChannelsLast));
            module_ = std::move(module);
        } else {
            choosePrecision(program, weights);
        }
    });
}

void TorchNetwork::describe(const ModelCard& card, const Footprint& footprint) {
    info_.channelsIn = card.channelsIn;
    info_.classesOut = int64_t(card.classes.size());
    info_.exclusive = card.exclusive;
    info_.strideMultiple = footprint.strideMultiple;
    info_.receptiveRadius = footprint.receptiveRadius;
    info_.sliceMultiple = footprint.sliceMultiple;
    info_.sliceRadius = footprint.sliceRadius;
    info_.device = device_.str();
    info_.precision = "fp32";
    info_.megaflopPerPixel = footprint.megaflopPerPixel;
    // The larger the tile, the less of it is border; but a cancel waits for one step, and a step should take
    // 0.2 s at most on a slow core (20 GFLOP/s). The rule depends on nothing measured, so that equal runs
    // give equal bytes.
    const double budget = device_.is_cpu() ? 4e3 * threads_ : 4e6; // MFLOP
    double step = footprint.largestStep;
    if (info_.volumetric) {
        const int64_t halo =
            (info_.sliceRadius + info_.sliceMultiple - 1) / info_.sliceMultiple * info_.sliceMultiple;
        const int64_t inner = std::max<int64_t>(8, halo);
        info_.tileDepth =
            2 * halo + (inner + info_.sliceMultiple - 1) / info_.sliceMultiple * info_.sliceMultiple;
        step *= double(info_.tileDepth);
    }
    const double side = std::sqrt(budget / std::max(step, 1e-9));
    const int64_t halo =
        (info_.receptiveRadius + info_.strideMultiple - 1) / info_.strideMultiple * info_.strideMultiple;
    const int64_t smallest = std::max<int64_t>(info_.volumetric ? 64 : 256, 4 * halo),
                  largest = std::max<int64_t>(smallest, device_.is_cpu() ? 1024 : 2048);
    info_.tileSide =
        std::clamp<int64_t>(int64_t(side), smallest, largest) / info_.strideMultiple * info_.strideMultiple;
    // Tiles would disagree, so few and large ones.
    if (footprint.dependsOnWholeInput && !info_.volumetric)
        info_.tileSide = std::max<int64_t>(info_.tileSide, 1024);
}

void TorchNetwork::choosePrecision(const Program& program, const TensorMap& weights) {
    if (device_.is_cuda()) {
        info_.precision = "bf16";
        runner_.emplace(program, weights, device_, torch::kBFloat16);
        return;
    }
    runner_.emplace(program, weights, device_, torch::kFloat32);
    if (!takesBf16(device_, info_.megaflopPerPixel)) return;
    ProgramRunner half(program, weights, device_, torch::kBFloat16);
    const int64_t side = std::max<int64_t>(128, info_.strideMultiple);
    const auto generator =
        at::make_generator<at::CPUGeneratorImpl>(1); // does not touch the random numbers of training
    const torch::Tensor sample = torch::randn({1, info_.channelsIn * info_.slicesIn, side, side}, generator);
    const torch::Tensor exact = torch::sigmoid(runner_->run(sample, {})),
                        rough = torch::sigmoid(half.run(sample, {}));
    // The same answer but for rounding.
    if ((exact - rough).abs().mean().item<double>() < 0.01) {
        info_.precision = "bf16";
        runner_.emplace(std::move(half));
    }
}

void TorchNetwork::useThisThread() const {
    static thread_local int set = 0;
    if (set == threads_) return;
    at::set_num_threads(threads_);
    set = threads_;
}

torch::Tensor TorchNetwork::probabilities(const torch::Tensor& input) {
    const torch::Tensor onDevice = device_.is_cpu() ? input : input.to(device_, /*non_blocking=*/true);
    torch::Tensor logits;
    if (runner_) {
        logits = runner_->run(onDevice, interrupted_);
    } else {
        module_->setInterrupt(interrupted_);
        logits = module_->forward(onDevice.dim() == 4 ? onDevice.contiguous(torch::MemoryFormat::ChannelsLast)
                                                      : onDevice);
    }
    // The background of an exclusive network is its first channel.
    torch::Tensor result =
        info_.exclusive ? torch::softmax(logits, 1).narrow(1, 1, info_.classesOut) : torch::sigmoid(logits);
    result = result.to(torch::kFloat32).contiguous();
    if (device_.is_cpu()) return result;
    if (!pinnedOutput_.defined() || pinnedOutput_.sizes() != result.sizes())
        pinnedOutput_ = torch::empty(result.sizes(), torch::TensorOptions().pinned_memory(true));
    pinnedOutput_.copy_(result, /*non_blocking=*/true);
    at::accelerator::synchronizeDevice(device_.index());
    return pinnedOutput_;
}

void TorchNetwork::run(std::span<const Pixels> in, std::span<Pixels> out) {
    if (in.empty() || in.size() != out.size())
        throw Error(ErrorKind::internal, "A network was given no tiles or no memory for results.");
    const Extent3 extent = in.front().extent();
    for (const Pixels& block : in)
        if (block.type() != PixelType::f32 || block.channels() != info_.channelsIn ||
            (info_.volumetric ? extent.z % info_.sliceMultiple != 0 : extent.z != info_.slicesIn) ||
            !(block.extent() == extent) || extent.y % info_.strideMultiple || extent.x % info_.strideMultiple)
            throw Error(
                ErrorKind::internal,
                fmt::format(
                    "A network was given a tile of {} × {} pixels and {} slices; it takes multiples of {} "
                    "and {} slices.",
                    extent.x, extent.y, extent.z, info_.strideMultiple,
                    info_.volumetric ? fmt::format("multiples of {}", info_.sliceMultiple)
                                     : std::to_string(info_.slicesIn)));
    useThisThread();
    translated(device_, [&] {
        const torch::InferenceMode inference;
        std::vector<int64_t> shape = {int64_t(in.size()), info_.channelsIn * info_.slicesIn, extent.y,
                                      extent.x};
        if (info_.volumetric) shape = {int64_t(in.size()), info_.channelsIn, extent.z, extent.y, extent.x};
        if (!pinnedInput_.defined() || pinnedInput_.sizes() != torch::IntArrayRef(shape))
            pinnedInput_ = torch::empty(shape, torch::TensorOptions().pinned_memory(device_.is_cuda()));
        auto* input = reinterpret_cast<std::byte*>(pinnedInput_.data_ptr<float>());
        for (const Pixels& block : in) {
            std::memcpy(input, block.data(), block.bytes());
            input += block.bytes();
        }
        const torch::Tensor result = probabilities(pinnedInput_);
        const auto* values = reinterpret_cast<const std::byte*>(result.const_data_ptr<float>());
        for (Pixels& block : out) {
            block = Pixels(PixelType::f32, info_.classesOut,
                           {info_.volumetric ? extent.z : 1, extent.y, extent.x});
            std::memcpy(block.data(), values, block.bytes());
            values += block.bytes();
        }
    });
}

std::vector<Pixels> TorchNetwork::objects() const {
    std::vector<Pixels> result;
    if (!info_.findsObjects || !module_) return result;
    const torch::InferenceMode inference;
    const torch::Tensor found = module_->objects().to(torch::kCPU).contiguous();
    for (int64_t n = 0; n < found.size(0); ++n) {
        result.emplace_back(PixelType::u32, 1, Extent3{1, found.size(1), found.size(2)});
        std::memcpy(result.back().data(), found[n].const_data_ptr<int32_t>(), result.back().bytes());
    }
    return result;
}

} // namespace cristae

// Engine: what the LibTorch module offers to the program: devices, loading of networks, training. Implemented
// in models/.
#pragma once
#include "core/segment/model_card.h"
#include "core/segment/network.h"

#include <memory>
#include <string>
#include <vector>

namespace cristae {

struct DeviceInfo {
    std::string id;    // "cpu", "cuda:0"
    std::string label; // "CPU, 2 threads", "NVIDIA H200"
    int64_t memoryBytes = 0;
};

/// Says what made a network decide; slower than the network itself, whose weights it holds with what
/// gradients need.
class Explainer {
public:
    virtual ~Explainer() = default;
    /// Class activation (Seg-Grad-CAM, Vinogradova, Dibrov, Myers 2020, doi:10.1609/aaai.v34i10.7244): how
    /// much each place of the deepest feature maps speaks for `channel` at the given pixel of the input's
    /// middle slice. `input` as Network::run() takes it → f32 [1, 1, Y, X], 0 … 1. Throws Error{model} where
    /// gradients cannot be had, Error{memory, device, cancelled}.
    virtual Pixels classActivation(const Pixels& input, int64_t channel, int64_t y, int64_t x) = 0;
};

/// How networks are made ready to run. "auto" takes the first CUDA device, else the CPU.
class NetworkLoader {
public:
    virtual ~NetworkLoader() = default;
    /// CUDA devices first, the CPU last.
    virtual std::vector<DeviceInfo> devices() const = 0;
    /// Sentences about devices: "An NVIDIA GPU is here but CUDA libraries are missing: run …".
    virtual std::vector<std::string> remarks() const = 0;
    /// Reads the weights, folds, packs, chooses the precision. device: "auto", "cpu", "cuda", "cuda:N";
    /// threads 0 = all. Throws Error{model} or Error{device}.
    virtual std::unique_ptr<Network> load(const ModelPackage& package, const std::string& device,
                                          int threads) = 0;
    /// Likewise for explanations. Throws Error{model} where the engine has none.
    virtual std::unique_ptr<Explainer> explainer(const ModelPackage& package, const std::string& device,
                                                 int threads);
    /// Version of LibTorch and of this module, for provenance.
    virtual std::string version() const = 0;
};

} // namespace cristae

// Devices: what there is to compute on, found without linking CUDA.
#pragma once
#include "core/segment/engine.h"

#include <c10/core/Device.h>

namespace cristae {

/// What was found at the first call of findDevices(); CUDA devices first, the CPU last.
struct DeviceSearch {
    std::vector<DeviceInfo> devices;
    std::vector<std::string> remarks;
};

/// Loads the CUDA part of LibTorch if it and an NVIDIA driver are there. Once a process; thread-safe; never
/// throws: what is missing becomes a remark.
const DeviceSearch& findDevices();

/// "auto", "cpu", "cuda", "cuda:N" → a device that is there. Throws Error{device} naming what is there
/// instead.
c10::Device chooseDevice(const std::string& device);

/// Whether bf16 is taken where nobody asks for a precision: on GPUs, and on processors with the instructions
/// for networks large enough to win by it. A rule and no stopwatch, so that equal runs give equal bytes. On
/// such a processor (AVX512_BF16, LibTorch 2.11) training steps of all architectures were 1.4 to 15 times as
/// fast as in fp32, predictions 1.3 times; without the instructions bf16 is emulated and slower.
bool takesBf16(const c10::Device& device, double megaflopPerPixel);

/// "LibTorch 2.11.0".
std::string torchVersion();

} // namespace cristae

// Devices: loads the CUDA backend at run time, lists devices, chooses one.
#include "models/run/devices.h"

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/base/text.h"

#include <ATen/Context.h>
#include <ATen/DeviceAccelerator.h>
#include <dlfcn.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <torch/version.h>
#include <unistd.h>

namespace cristae {
namespace {

/// The folder of libtorch_cpu, where libtorch_cuda would lie.
std::filesystem::path torchFolder() {
    Dl_info info{};
    if (!dladdr(reinterpret_cast<const void*>(&at::globalContext), &info) || !info.dli_fname) return {};
    return std::filesystem::path(info.dli_fname).parent_path();
}

bool nvidiaDriverIsThere() {
    std::error_code ignored;
    return std::filesystem::exists("/proc/driver/nvidia/version", ignored) ||
           std::filesystem::exists("/dev/nvidiactl", ignored);
}

/// The names that the driver gives its cards, in its order.
std::vector<std::string> nvidiaNames() {
    std::vector<std::string> names;
    std::error_code ignored;
    std::vector<std::filesystem::path> folders;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/driver/nvidia/gpus", ignored))
        folders.push_back(entry.path());
    std::sort(folders.begin(), folders.end());
    for (const auto& folder : folders) {
        std::ifstream file(folder / "information");
        for (std::string line; std::getline(file, line);)
            if (line.starts_with("Model:")) {
                const size_t begin = line.find_first_not_of(" \t", 6);
                if (begin != std::string::npos) names.push_back(line.substr(begin));
            }
    }
    return names;
}

void addCudaDevices(DeviceSearch& search) {
    if (!nvidiaDriverIsThere()) return;
    const std::filesystem::path folder = torchFolder();
    std::error_code ignored;
    if (!std::filesystem::exists(folder / "libtorch_cuda.so", ignored)) {
        search.remarks.push_back(
            "An NVIDIA GPU is here, but this build of LibTorch has no CUDA part: run "
            "CRISTAE_CUDA=1 packaging/build.sh to fetch it. Work is done on the CPU meanwhile.");
        return;
    }
    // RTLD_GLOBAL because the backend registers itself with libtorch_cpu through shared symbols.
    if (!dlopen((folder / "libtorch_cuda.so").c_str(), RTLD_NOW | RTLD_GLOBAL)) {
        const char* reason = dlerror();
        search.remarks.push_back(
            fmt::format("An NVIDIA GPU is here, but CUDA libraries are missing ({}): run "
                        "CRISTAE_CUDA=1 packaging/build.sh to fetch them. Work is done on the CPU meanwhile.",
                        reason ? reason : "no reason given"));
        return;
    }
    try {
        const int count = at::hasCUDA() ? int(at::accelerator::deviceCount()) : 0;
        if (count == 0) {
            search.remarks.push_back(
                "An NVIDIA driver is here, but CUDA finds no device it can use: the driver may be older than "
                "CUDA 13 needs (580). Work is done on the CPU meanwhile.");
            return;
        }
        const std::vector<std::string> names = nvidiaNames();
        for (int i = 0; i < count; ++i) {
            DeviceInfo device;
            device.id = fmt::format("cuda:{}", i);
            // CUDA_VISIBLE_DEVICES may hide cards, so names are used only when the counts agree.
            device.label = names.size() == size_t(count) ? names[size_t(i)] : fmt::format("NVIDIA GPU {}", i);
            device.memoryBytes = int64_t(at::accelerator::getMemoryInfo(c10::DeviceIndex(i)).second);
            search.devices.push_back(device);
        }
    } catch (const std::exception& error) {
        search.devices.clear();
        search.remarks.push_back(
            fmt::format("The NVIDIA GPU cannot be used: {} Work is done on the CPU meanwhile.",
                        std::string(error.what()).substr(0, 200)));
    }
}

DeviceSearch search() {
    DeviceSearch result;
    addCudaDevices(result);
    DeviceInfo cpu;
    cpu.id = "cpu";
    cpu.label = fmt::format("CPU, {}", countText(processorCount(), "thread", "threads"));
    const long pages = sysconf(_SC_PHYS_PAGES), pageSize = sysconf(_SC_PAGE_SIZE);
    if (pages > 0 && pageSize > 0) cpu.memoryBytes = int64_t(pages) * int64_t(pageSize);
    result.devices.push_back(cpu);
    return result;
}

} // namespace

const DeviceSearch& findDevices() {
    static const DeviceSearch found = search();
    return found;
}

c10::Device chooseDevice(const std::string& device) {
    const DeviceSearch& found = findDevices();
    std::string wanted = device;
    if (device.empty() || device == "auto") wanted = found.devices.front().id;
    if (device == "cuda" || device == "gpu") wanted = "cuda:0";
    for (const DeviceInfo& info : found.devices)
        if (info.id == wanted) return c10::Device(wanted);
    std::string known;
    for (const DeviceInfo& info : found.devices) known += (known.empty() ? "" : ", ") + info.id;
    std::string message =
        fmt::format("The device \"{}\" is not here; choose one of: auto, {}.", device, known);
    for (const std::string& remark : found.remarks) message += " " + remark;
    throw Error(ErrorKind::device, message);
}

bool takesBf16(const c10::Device& device, double megaflopPerPixel) {
    if (device.is_cuda()) return true;
#if defined(__x86_64__)
    return megaflopPerPixel > 0.03 && __builtin_cpu_supports("avx512bf16");
#else
    return false;
#endif
}

std::string torchVersion() {
    return fmt::format("LibTorch {}", TORCH_VERSION);
}

} // namespace cristae

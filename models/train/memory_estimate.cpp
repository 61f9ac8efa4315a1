// Memory of a step from the layers' outputs.
#include "models/train/memory_estimate.h"

#include <ATen/DeviceAccelerator.h>
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <fstream>

namespace cristae {

namespace {

/// The number behind a name in one of Linux's small tables, or the first number of a file.
std::optional<double> numberIn(const char* file, const std::string& name) {
    std::ifstream stream(file);
    for (std::string word; stream >> word;)
        if (name.empty() || word == name) {
            double value = 0;
            if (name.empty() && word == "max") return {};
            if (name.empty()) return std::atof(word.c_str());
            if (stream >> value) return value;
        }
    return {};
}

std::string gigabytes(double bytes) {
    return fmt::format("{:.3g} GB", bytes / 1e9);
}

} // namespace

double stepBytesPerPatch(const std::vector<LayerSpec>& layers, int64_t side, int64_t depth) {
    using Kind = LayerSpec::Kind;
    double values = 0, scale = 1, scaleZ = 1; // of the input's sides
    for (const LayerSpec& layer : layers) {
        switch (layer.kind) {
        case Kind::convolution:
            scale /= double(layer.stride);
            break;
        case Kind::maxPool:
            scale /= double(layer.factor);
            scaleZ /= double(layer.factorZ);
            break;
        case Kind::unpool:
        case Kind::transposedConvolution:
        case Kind::nearestUpsample:
        case Kind::bilinearUpsample:
            scale *= double(layer.factor);
            scaleZ *= double(layer.factorZ);
            break;
        case Kind::globalNormalisation:
            break;
        case Kind::otherWay:
            scale = scaleZ = 1;
            break;
        }
        values += double(layer.channelsOut) * scale * scale * scaleZ;
    }
    // Of each layer the result, and what normalisation and activation make of it.
    return 2 * sizeof(float) * values * double(side) * double(side) * double(depth);
}

std::optional<double> freeBytes(const c10::Device& device) {
    if (device.is_cuda()) {
        const auto index = device.has_index() ? device.index() : c10::DeviceIndex(0);
        return double(at::accelerator::getMemoryInfo(index).first);
    }
    std::optional<double> available = numberIn("/proc/meminfo", "MemAvailable:");
    if (!available) return {};
    *available *= 1024;
    // A container may be allowed less than the machine has.
    const auto limit = numberIn("/sys/fs/cgroup/memory.max", ""),
               used = numberIn("/sys/fs/cgroup/memory.current", ""),
               cached = numberIn("/sys/fs/cgroup/memory.stat", "inactive_file");
    if (limit && used) available = std::min(*available, *limit - *used + cached.value_or(0));
    return std::max(0.0, *available);
}

std::string memoryComplaint(double bytesPerPatch, int64_t batch, int64_t patch, int64_t multiple,
                            double freeBytes) {
    const double needed = bytesPerPatch * double(batch);
    if (needed <= freeBytes) return {};
    const auto fitting = int64_t(0.8 * freeBytes / bytesPerPatch);
    if (fitting >= 1)
        return fmt::format("A batch of {} patches needs about {} of memory, and {} are free; take batch={}.",
                           batch, gigabytes(needed), gigabytes(freeBytes), std::min(fitting, batch - 1));
    const double side = double(patch) * std::sqrt(0.8 * freeBytes / bytesPerPatch);
    const int64_t smaller = std::max(multiple, int64_t(side) / multiple * multiple);
    return fmt::format("One patch of {} px needs about {} of memory, and {} are free; take batch=1 and "
                       "patch={}, or a smaller network.",
                       patch, gigabytes(bytesPerPatch), gigabytes(freeBytes), smaller);
}

} // namespace cristae

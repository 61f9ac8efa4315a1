// Every metric on a volume of 165 × 768 × 1024 voxels, each group against counting the four pixel numbers of
// the same volumes.
#include "core/base/random.h"
#include "core/image/memory_source.h"
#include "core/measure/metrics.h"

#include <chrono>
#include <cmath>
#include <fmt/format.h>

using namespace cristae;

namespace {

/// 400 ellipsoids, about 7 % of the volume, as mitochondria fill it; `shift` moves every second one by a few
/// voxels.
Pixels volume(const Extent3& extent, int64_t shift) {
    Pixels result(PixelType::u8, 1, extent);
    const auto values = result.values<uint8_t>();
    Random random(1);
    const double share = double(extent.count()) / (165.0 * 768 * 1024);
    for (int i = 0; i < int(400 * share); ++i) {
        const int64_t move = i % 2 ? shift : 0;
        const int64_t z0 = random.below(extent.z), y0 = random.below(extent.y), x0 = random.below(extent.x);
        const double rz = random.uniform(8, 30), ry = random.uniform(10, 30), rx = random.uniform(10, 40);
        for (int64_t z = std::max<int64_t>(0, int64_t(double(z0) - rz));
             z < std::min(extent.z, int64_t(double(z0) + rz)); ++z)
            for (int64_t y = std::max<int64_t>(0, int64_t(double(y0) - ry));
                 y < std::min(extent.y, int64_t(double(y0) + ry)); ++y)
                for (int64_t x = std::max<int64_t>(0, int64_t(double(x0) - rx));
                     x < std::min(extent.x, int64_t(double(x0) + rx)); ++x) {
                    const double dz = double(z - z0) / rz, dy = double(y - y0) / ry,
                                 dx = double(x - x0 - move) / rx;
                    if (dz * dz + dy * dy + dx * dx <= 1)
                        values[size_t((z * extent.y + y) * extent.x + x)] = 255;
                }
    }
    return result;
}

double seconds(const TileSource& prediction, const TileSource& truth, const std::string& group) {
    EvaluationOptions options;
    options.metrics = {group};
    const auto start = std::chrono::steady_clock::now();
    const auto metrics = evaluate(prediction, truth, options, Progress::none());
    const double taken = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    fmt::print("{:<12} {:>8.2f} s   {} figures, the first {} = {:.4f}\n", group, taken, metrics.size(),
               metrics.front().name, metrics.front().value);
    return taken;
}

} // namespace

int main(int count, char** words) {
    const Extent3 extent{count > 1 ? std::stoll(words[1]) : 165, 768, 1024};
    ImageInfo info;
    info.voxelSize = {5.0, 5.0, 5.0, "made up"};
    const MemorySource truth(volume(extent, 0), info), prediction(volume(extent, 4), info);
    fmt::print("{} x {} x {} voxels\n", extent.z, extent.y, extent.x);
    const double pixels = seconds(prediction, truth, "pixels");
    double all = pixels;
    for (const char* group : {"objects", "surfaces", "partitions"}) all += seconds(prediction, truth, group);
    const double together = seconds(prediction, truth, "all");
    fmt::print("one after the other {:.1f} s, together {:.1f} s: {:.0f} times the pixel numbers\n", all,
               together, together / pixels);
    return 0;
}

// Predictor: slices in ascending order, tasks within a slice, tiles within a task.
#include "core/segment/predictor.h"

#include "core/base/error.h"
#include "core/segment/averaging.h"
#include "core/segment/object_plane.h"
#include "core/segment/resample.h"
#include "core/segment/slice_planes.h"
#include "core/segment/slice_result.h"
#include "core/segment/tile_counter.h"
#include "core/segment/tiler.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace cristae {
namespace {

struct Range {
    int64_t first = 0, end = 0;
};

Range sliceRange(const Extent3& extent, const PredictionSettings& settings) {
    const Range range = {settings.firstSlice, settings.endSlice < 0 ? extent.z : settings.endSlice};
    if (range.first < 0 || range.end > extent.z || range.first >= range.end)
        throw Error(ErrorKind::usage,
                    fmt::format("Slices {} to {} are not in the image, which has slices 0 to {}.",
                                range.first, range.end - 1, extent.z - 1));
    return range;
}

Box3 imageRegion(const Extent3& extent, const PredictionSettings& settings) {
    Box3 region = settings.region.value_or(Box3{0, 0, 0, 1, extent.y, extent.x});
    region.z0 = 0;
    region.z1 = 1;
    if (region.empty() || region.y0 < 0 || region.x0 < 0 || region.y1 > extent.y || region.x1 > extent.x)
        throw Error(ErrorKind::usage,
                    fmt::format("The region y {}–{}, x {}–{} does not lie in the image of {} × {} pixels.",
                                region.y0, region.y1, region.x0, region.x1, extent.x, extent.y));
    return region;
}

/// The part of the plane that a task computes, in its model pixels, and how it becomes the region's image
/// pixels.
struct ModelRegion {
    ModelScale scale;
    Extent3 plane;
    Box3 region;
    AxisWeights backY, backX; // empty when the scale is 1
    bool scaled() const { return scale.y != 1 || scale.x != 1; }
};

ModelRegion modelRegion(const ImageInfo& image, const ModelCard& card, const Box3& region) {
    ModelRegion result;
    result.scale = modelScale(image.voxelSize, card);
    result.plane = {1, image.extent().y, image.extent().x};
    result.region = region;
    if (!result.scaled()) return result;
    result.plane.y = scaledCount(image.extent().y, result.scale.y);
    result.plane.x = scaledCount(image.extent().x, result.scale.x);
    result.backY = axisWeights(result.plane.y, region.y0, region.y1, 1.0 / result.scale.y);
    result.backX = axisWeights(result.plane.x, region.x0, region.x1, 1.0 / result.scale.x);
    result.region = {0, result.backY.inputBegin, result.backX.inputBegin,
                     1, result.backY.inputEnd,   result.backX.inputEnd};
    return result;
}

/// How often a network of this kind sees each tile.
double timesSeen(const NetworkInfo& info, const PredictionSettings& settings) {
    return double(orientations(settings.averaging, info.volumetric || info.slicesIn > 1).size());
}

double workOfTiles(const Tiling& tiling, const NetworkInfo& info, const PredictionSettings& settings) {
    return double(tiling.tiles.size()) * double(tiling.inputHeight) * double(tiling.inputWidth) *
           timesSeen(info, settings);
}

/// Pixels to compute for slices [first, end).
double workOfSlices(const Tiling& tiling, const NetworkInfo& info, const PredictionSettings& settings,
                    Range slices) {
    double depth = double(slices.end - slices.first);
    if (info.volumetric) {
        const SlabTiling slabs = makeSlabs(slices.first, slices.end, info, info.tileDepth);
        depth = double(slabs.inputDepth) * double(slabs.slabs.size());
    }
    return workOfTiles(tiling, info, settings) * depth;
}

/// The channels' slice z of a block, f32 [K, 1, Y, X].
Pixels sliceOf(const Pixels& block, int64_t z) {
    if (block.extent().z == 1) return block;
    Pixels slice(PixelType::f32, block.channels(), {1, block.extent().y, block.extent().x});
    for (int64_t k = 0; k < block.channels(); ++k)
        std::ranges::copy(block.plane<float>(k, z), slice.plane<float>(k, 0).begin());
    return slice;
}

/// One task through all slices; remembers the tile size that fits the device.
class TaskRunner {
public:
    TaskRunner(const PlannedTask& plan, const ModelRegion& where, const PredictionSettings& settings)
        : plan_(plan), network_(*plan.task->network), where_(where), settings_(settings) {
        retile(usedTileSide(network_.info(), settings));
    }
    const Tiling& tiling() const { return tiling_; }

    /// Computes the slices of the results, which begin at `first`, and adds them. Throws as predict() does.
    void run(int64_t first, int64_t depth, SlicePlanes& planes, std::span<SliceResult> results,
             TileCounter& counter, std::vector<std::string>& remarks, const Progress& progress) {
        const NetworkInfo& info = network_.info();
        const int64_t end = first + int64_t(results.size());
        if (info.volumetric) {
            const SlabTiling tiling = makeSlabs(first, end, info, info.tileDepth);
            for (const Slab& slab : tiling.slabs)
                runBlock(slab.inputZ, tiling.inputDepth, slab.first - slab.inputZ, depth, planes,
                         results.subspan(size_t(slab.first - first), size_t(slab.end - slab.first)), counter,
                         remarks, progress);
            return;
        }
        for (int64_t z = first; z < end; ++z) {
            counter.beginSlice(z);
            runBlock(z - info.slicesIn / 2, info.slicesIn, 0, depth, planes,
                     results.subspan(size_t(z - first), 1), counter, remarks, progress);
        }
    }

private:
    /// Slices [inputZ, inputZ + count), mirrored at the ends of the stack, through the network; the results
    /// are the slices of its answer from `offset` on.
    void runBlock(int64_t inputZ, int64_t count, int64_t offset, int64_t depth, SlicePlanes& planes,
                  std::span<SliceResult> results, TileCounter& counter, std::vector<std::string>& remarks,
                  const Progress& progress) {
        std::vector<std::shared_ptr<const SlicePlane>> slices;
        for (int64_t z = inputZ; z < inputZ + count; ++z)
            slices.push_back(planes.plane(reflectedIndex(z, depth), plan_.task->card, progress));
        const double before = counter.done();
        while (true) {
            try {
                runTiles(slices, offset, results, counter, progress);
                return;
            } catch (const Error& error) {
                if (error.kind() != ErrorKind::memory || !halveTile(remarks)) throw;
                counter.goBackTo(before);
            }
        }
    }

    void retile(int64_t side) {
        side_ = side;
        tiling_ = makeTiling(where_.plane, where_.region, network_.info(), side);
    }

    bool halveTile(std::vector<std::string>& remarks) {
        const int64_t multiple = network_.info().strideMultiple, smallest = 2 * tiling_.halo + multiple;
        const int64_t now = std::max(tiling_.inputHeight, tiling_.inputWidth);
        if (now <= smallest) return false;
        retile(std::max(smallest, now / 2 / multiple * multiple));
        remarks.push_back(fmt::format(
            "The tile was halved to {} pixels because the memory of the device ({}) was not enough.",
            std::max(tiling_.inputHeight, tiling_.inputWidth), network_.info().device));
        return true;
    }

    void runTiles(std::span<const std::shared_ptr<const SlicePlane>> planes, int64_t offset,
                  std::span<SliceResult> results, TileCounter& counter, const Progress& progress) {
        std::vector<Pixels> canvases; // in model pixels, only when the result has to be scaled back
        const Box3& region = where_.region;
        if (where_.scaled())
            for (size_t i = 0; i < results.size(); ++i)
                canvases.emplace_back(PixelType::f32, network_.info().classesOut,
                                      Extent3{1, region.y1 - region.y0, region.x1 - region.x0});
        std::optional<ObjectPlane> objects;
        if (settings_.wantObjects) objects.emplace(region);
        const double deep = network_.info().volumetric ? double(planes.size()) : 1;
        for (size_t i = 0; i < tiling_.tiles.size(); ++i) {
            progress.throwIfCancelled();
            const Tile& tile = tiling_.tiles[i];
            const Pixels input =
                cutTile(planes, tile.inputY, tile.inputX, tiling_.inputHeight, tiling_.inputWidth);
            const Pixels output = averagedRun(input, progress);
            if (objects) objects->add(objectsOfLastRun(input), tile);
            for (size_t z = 0; z < results.size(); ++z) {
                const Pixels slice = sliceOf(output, offset + int64_t(z));
                if (where_.scaled())
                    paste(canvases[z], slice, tile);
                else
                    results[z].add(plan_, slice, tile.inputY, tile.inputX, tile.output);
            }
            counter.tileDone(i + 1, tiling_.tiles.size(),
                             double(tiling_.inputHeight) * double(tiling_.inputWidth) * deep *
                                 timesSeen(network_.info(), settings_));
        }
        for (size_t z = 0; z < canvases.size(); ++z) {
            const Pixels back = resampled(canvases[z], where_.backY, where_.backX, progress);
            const Box3& box = results[z].slice().box;
            results[z].add(plan_, back, box.y0, box.x0, box);
        }
        if (objects)
            results.front().setObjects(
                where_.scaled() ? objects->finish(results.front().slice().box, where_.scale.y, where_.scale.x)
                                : objects->finish());
    }

    Pixels averagedRun(const Pixels& input, const Progress& progress) {
        const NetworkInfo& info = network_.info();
        const auto ways = orientations(settings_.averaging, info.volumetric || info.slicesIn > 1);
        if (ways.size() == 1) return runOnce(input);
        Pixels sum(PixelType::f32, info.classesOut, promised(input));
        for (const Orientation& way : ways) {
            progress.throwIfCancelled();
            addLaidBack(sum, runOnce(oriented(input, way)), way);
        }
        const float share = 1.f / float(ways.size());
        for (float& value : sum.values<float>()) value *= share;
        return sum;
    }

    Pixels runOnce(const Pixels& input) {
        Pixels output;
        network_.run({&input, 1}, {&output, 1});
        if (output.empty() || output.channels() != network_.info().classesOut ||
            !(output.extent() == promised(input)))
            throw Error(ErrorKind::internal, "A network gave a block of another size than it promised.");
        return output;
    }

    Pixels objectsOfLastRun(const Pixels& input) const {
        const std::vector<Pixels> objects = network_.objects();
        if (objects.size() != 1 || !(objects.front().extent() == promised(input)))
            throw Error(ErrorKind::internal, "A network that finds objects gave none.");
        return objects.front();
    }

    /// Size of the network's answer.
    Extent3 promised(const Pixels& input) const {
        const Extent3 extent = input.extent();
        return {network_.info().volumetric ? extent.z : 1, extent.y, extent.x};
    }

    void paste(Pixels& canvas, const Pixels& output, const Tile& tile) const {
        const Box3& part = tile.output;
        for (int64_t k = 0; k < canvas.channels(); ++k) {
            const auto from = std::as_const(output).plane<float>(k, 0);
            const auto to = canvas.plane<float>(k, 0);
            for (int64_t y = part.y0; y < part.y1; ++y)
                std::copy_n(from.begin() + ((y - tile.inputY) * output.extent().x + part.x0 - tile.inputX),
                            part.x1 - part.x0,
                            to.begin() +
                                ((y - where_.region.y0) * canvas.extent().x + part.x0 - where_.region.x0));
        }
    }

    const PlannedTask& plan_;
    Network& network_;
    const ModelRegion& where_;
    const PredictionSettings& settings_;
    int64_t side_ = 0;
    Tiling tiling_;
};

/// Networks ask the progress while they compute, and forget it afterwards.
class Interrupts {
public:
    Interrupts(std::span<const NetworkTask> tasks, const Progress& progress) : tasks_(tasks) {
        for (const NetworkTask& task : tasks_)
            task.network->setInterrupt([&progress] { return progress.cancelled(); });
    }
    ~Interrupts() {
        for (const NetworkTask& task : tasks_) task.network->setInterrupt({});
    }
    Interrupts(const Interrupts&) = delete;
    Interrupts& operator=(const Interrupts&) = delete;

private:
    std::span<const NetworkTask> tasks_;
};

} // namespace

int64_t usedTileSide(const NetworkInfo& info, const PredictionSettings& settings) {
    if (settings.tileSide > 0) return settings.tileSide;
    // With a network that names no size: half of a tile's side at most goes into its borders.
    return info.tileSide > 0 ? info.tileSide : std::max<int64_t>(512, 4 * info.receptiveRadius);
}

ModelScale modelScale(const VoxelSize& image, const ModelCard& card) {
    if (!image.knownInPlane() || !card.pixelSizeNm || !(*card.pixelSizeNm > 0) || !(*image.yNm > 0) ||
        !(*image.xNm > 0))
        return {};
    ModelScale scale = {*image.yNm / *card.pixelSizeNm, *image.xNm / *card.pixelSizeNm};
    if (std::abs(scale.y - 1) <= 0.01 && std::abs(scale.x - 1) <= 0.01) return {};
    return scale;
}

std::vector<std::string> predict(const TileSource& image, std::span<const NetworkTask> tasks,
                                 const PredictionSettings& settings, const SliceConsumer& consume,
                                 const Progress& progress) {
    const std::vector<PlannedTask> planned = planTasks(tasks);
    const Extent3 extent = image.info().extent();
    const Range slices = sliceRange(extent, settings);
    const Box3 region = imageRegion(extent, settings);
    if (settings.wantObjects && (tasks.size() != 1 || !tasks.front().network->info().findsObjects ||
                                 settings.averaging != Averaging::none))
        throw Error(ErrorKind::usage,
                    "Objects come from one model that tells them apart, without averaging.");
    std::vector<ModelRegion> regions;
    int64_t wanted = 0, slicesAround = 0;
    int64_t atOnce = 1; // slices that are finished together
    for (const PlannedTask& plan : planned) {
        regions.push_back(modelRegion(image.info(), plan.task->card, region));
        wanted += int64_t(plan.classes.size());
        const NetworkInfo& info = plan.task->network->info();
        slicesAround = std::max(slicesAround, info.slicesIn / 2);
        if (!info.volumetric) continue;
        const SlabTiling slabs = makeSlabs(slices.first, slices.end, info, info.tileDepth);
        slicesAround = std::max(slicesAround, (slabs.inputDepth + 1) / 2);
        atOnce = std::max(atOnce, slabs.slabs.front().end - slabs.slabs.front().first);
    }
    std::vector<TaskRunner> runners;
    TileCounter counter(progress, slices.first, slices.end);
    double work = 0;
    for (size_t i = 0; i < planned.size(); ++i) {
        runners.emplace_back(planned[i], regions[i], settings);
        work += workOfSlices(runners.back().tiling(), planned[i].task->network->info(), settings, slices);
    }
    counter.setTotal(work);
    const Interrupts interrupts(tasks, progress);
    SlicePlanes planes(image, slicesAround);
    std::vector<std::string> remarks;
    for (int64_t first = slices.first; first < slices.end; first += atOnce) {
        progress.throwIfCancelled();
        counter.beginSlice(first);
        if (first == slices.first) counter.report("reading the image");
        std::vector<SliceResult> results;
        for (int64_t z = first; z < std::min(first + atOnce, slices.end); ++z) {
            Box3 box = region;
            box.z0 = z;
            box.z1 = z + 1;
            results.emplace_back(z, box, wanted, settings.wantProbabilities, planned.size() > 1);
        }
        for (TaskRunner& runner : runners)
            runner.run(first, extent.z, planes, results, counter, remarks, progress);
        for (const SliceResult& result : results) consume(result.slice());
    }
    remarks.insert(remarks.end(), planes.remarks().begin(), planes.remarks().end());
    return remarks;
}

double predictionWork(const ImageInfo& image, std::span<const NetworkTask> tasks,
                      const PredictionSettings& settings) {
    const Range slices = sliceRange(image.extent(), settings);
    const Box3 region = imageRegion(image.extent(), settings);
    double work = 0;
    for (const NetworkTask& task : tasks) {
        const ModelRegion where = modelRegion(image, task.card, region);
        const NetworkInfo info = task.network ? task.network->info() : NetworkInfo{};
        work += workOfSlices(makeTiling(where.plane, where.region, info, usedTileSide(info, settings)), info,
                             settings, slices);
    }
    return work;
}

int64_t predictionBytes(const ImageInfo& image, std::span<const NetworkTask> tasks,
                        const PredictionSettings& settings) {
    constexpr double valueBytes = 4;
    const Box3 region = imageRegion(image.extent(), settings);
    const double pixels = double(image.extent().y) * double(image.extent().x);
    const double regionPixels = double(region.extent().count());
    double kept = 0, most = 0;
    for (const NetworkTask& task : tasks) {
        const ModelRegion where = modelRegion(image, task.card, region);
        const NetworkInfo info = task.network ? task.network->info() : NetworkInfo{};
        const double classes = double(std::max<size_t>(1, task.card.classes.size()));
        const double own = pixels * double(image.channels) * double(byteSize(image.type));
        const double plane = double(where.plane.y) * double(where.plane.x) * double(task.card.channelsIn) *
                             (where.scaled() ? valueBytes : double(byteSize(image.type)));
        kept += plane * double(std::max<int64_t>(1, info.volumetric ? info.tileDepth : info.slicesIn));
        double once = own;
        if (where.scaled()) {
            const double rows = double(where.plane.y) * double(image.extent().x) * valueBytes;
            const double canvas = double(where.region.extent().count()) * classes * valueBytes;
            once += std::max(rows, canvas + regionPixels * classes * valueBytes);
        }
        most = std::max(most, once);
        if (settings.wantProbabilities || tasks.size() > 1) kept += regionPixels * classes * valueBytes;
    }
    return int64_t(std::min(kept + most + 2 * regionPixels, 9e18));
}

} // namespace cristae

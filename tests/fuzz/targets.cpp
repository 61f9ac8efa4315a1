// Reading as the program reads: open, every remark, slices up to a budget, the pyramid, the sentence of a
// refusal.
#include "tests/fuzz/targets.h"

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/image/pyramid.h"
#include "core/image/readable.h"
#include "core/io/format.h"
#include "core/segment/pickled_weights.h"
#include "core/segment/safetensors.h"

#include <fmt/format.h>
#include <functional>
#include <new>
#include <stdexcept>

namespace fuzz {

using namespace cristae;

namespace {

constexpr int64_t bytesOfSlice = int64_t(4) << 20, bytesOfFile = int64_t(8) << 20, mostSlices = 12;

/// Runs `action`; false for an honest refusal.
bool refusedOrDone(const std::filesystem::path& file, const std::function<void()>& action) {
    try {
        action();
        return true;
    } catch (const Error& error) {
        const std::string text = error.what();
        if (error.kind() == ErrorKind::internal) throw std::runtime_error("a broken promise: " + text);
        if (error.kind() != ErrorKind::memory && text.find(file.filename().string()) == std::string::npos)
            throw std::runtime_error("a sentence that does not name the file: " + text);
    } catch (const std::bad_alloc&) { // caught at the borders of the program, with a sentence
    }
    return false;
}

void readPixels(const TileSource& source) {
    const ImageInfo& info = source.info();
    const Extent3 extent = info.extent();
    const int64_t perPixel = info.channels * int64_t(byteSize(info.type));
    const int64_t width = std::min<int64_t>(extent.x, std::max<int64_t>(1, bytesOfSlice / perPixel)),
                  height = std::min<int64_t>(extent.y, std::max<int64_t>(1, bytesOfSlice / perPixel / width));
    int64_t budget = bytesOfFile;
    for (int64_t z = 0; z < std::min(extent.z, mostSlices) && budget > 0;
         ++z, budget -= width * height * perPixel) {
        const Pixels pixels = source.read(0, {z, 0, 0, z + 1, height, width});
        if (pixels.extent() != Extent3{1, height, width} || pixels.channels() != info.channels)
            throw std::runtime_error("a box of another size came back");
    }
    // The far corner, where sizes that lie show.
    const Box3 corner{extent.z - 1, extent.y - 1, extent.x - 1, extent.z, extent.y, extent.x};
    source.read(0, corner);
}

bool readImage(const std::filesystem::path& file, const OpenOptions& options) {
    TileSourcePtr source;
    const bool opened = refusedOrDone(file, [&] {
        source = openImage(file, options);
        const ImageInfo& info = source->info();
        if (info.levels.empty() || info.extent().count() < 1 || info.channels < 1)
            throw std::runtime_error("an image without pixels was opened");
        jsonText(
            {info.remarks, info.format, info.dataset, info.axes, info.voxelSize.source}); // as info prints it
    });
    if (!opened) return false;
    bool whole = refusedOrDone(file, [&] { readPixels(*source); });
    const int64_t slice = source->info().extent().y * source->info().extent().x * source->info().channels;
    if (slice * int64_t(byteSize(source->info().type)) > bytesOfFile) return whole;
    whole &= refusedOrDone(file, [&] {
        const Extent3 extent = source->info().extent();
        readReadable(*source, 0, {0, 0, 0, 1, extent.y, extent.x});
        const TileSourcePtr pyramid = withPyramid(source);
        const int level = int(pyramid->info().levels.size()) - 1;
        const Extent3 small = pyramid->info().levels[size_t(level)];
        pyramid->read(level, {0, 0, 0, 1, small.y, small.x});
    });
    return whole;
}

bool readPicture(const std::filesystem::path& file) {
    return readImage(file, {});
}

bool readHdf5(const std::filesystem::path& file) {
    std::vector<SceneInfo> datasets;
    if (!refusedOrDone(file, [&] { datasets = listScenes(file); })) return false;
    bool any = readImage(file, {});
    for (size_t i = 0; i < std::min<size_t>(datasets.size(), 6); ++i)
        any |= readImage(file, {.scene = datasets[i].name});
    return any;
}

bool readJson(const std::filesystem::path& file) {
    return refusedOrDone(file, [&] {
        const nlohmann::json value = readJsonFile(file);
        const nlohmann::json copy = value;
        if (copy != value && value.dump(-1, ' ', true) != copy.dump(-1, ' ', true))
            throw std::runtime_error("a copy is not equal");
    });
}

bool readWeights(const std::filesystem::path& file) {
    return refusedOrDone(file, [&] {
        readSafetensorsHeader(file);
        const SafetensorsFile content = readSafetensors(file);
        for (const auto& [key, text] : content.metadata) static_cast<void>(parseJson(text));
    });
}

bool readPickle(const std::filesystem::path& file) {
    return refusedOrDone(file, [&] { readPickledWeights(file); });
}

void changeTiff(Bytes& bytes, const std::vector<Bytes>& seeds, Random& random) {
    for (size_t i = 0, tags = random.below(4); i < tags; ++i) mutateTiffTag(bytes, random);
    if (random.chance(60)) mutate(bytes, seeds, random);
}
void changePng(Bytes& bytes, const std::vector<Bytes>& seeds, Random& random) {
    mutate(bytes, seeds, random);
    if (random.chance(80)) repairPng(bytes);
}
void changeJson(Bytes& bytes, const std::vector<Bytes>& seeds, Random& random) {
    if (random.chance(70)) mutateJson(bytes, random);
    if (random.chance(50)) mutate(bytes, seeds, random);
}
void changeSafetensors(Bytes& bytes, const std::vector<Bytes>& seeds, Random& random) {
    if (random.chance(60) && bytes.size() > 8) { // the text of the header, with its length made right
        size_t length =
            std::min<size_t>(uint8_t(bytes[0]) | size_t(uint8_t(bytes[1])) << 8, bytes.size() - 8);
        Bytes header = bytes.substr(8, length);
        mutateJson(header, random);
        bytes = Bytes(8, '\0') + header + bytes.substr(8 + length);
        for (size_t i = 0; i < 8; ++i) bytes[i] = char(uint64_t(header.size()) >> (8 * i));
    }
    if (random.chance(60)) mutate(bytes, seeds, random);
}
void changePickle(Bytes& bytes, const std::vector<Bytes>& seeds, Random& random) {
    if (random.chance(80)) {
        Bytes pickle = pickleIn(bytes);
        mutatePickle(pickle, random);
        if (random.chance(30)) mutate(pickle, {pickle}, random);
        bytes = pickleArchive(pickle);
    }
    if (random.chance(30)) mutate(bytes, seeds, random);
}

} // namespace

const std::vector<Target>& targets() {
    static const std::vector<Target> all{
        {"tiff", ".tif", tiffSeeds, changeTiff, readPicture},
        {"png", ".png", pngSeeds, changePng, readPicture},
        {"jpeg", ".jpg", jpegSeeds, mutate, readPicture},
        {"bmp", ".bmp", bmpSeeds, mutate, readPicture},
        {"hdf5", ".h5", hdf5Seeds, mutate, readHdf5},
        {"json", ".json", jsonSeeds, changeJson, readJson},
        {"safetensors", ".safetensors", safetensorsSeeds, changeSafetensors, readWeights},
        {"pickle", ".pt", pickleSeeds, changePickle, readPickle},
    };
    return all;
}

} // namespace fuzz

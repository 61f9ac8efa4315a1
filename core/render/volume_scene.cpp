// Blocks of voxels to one each: mean grey, commonest label, share that is labelled.
#include "core/render/volume_scene.h"

#include "core/base/error.h"
#include "core/render/compose.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>

namespace cristae {

namespace {

/// How many voxels along z, y and x become one.
using Factors = std::array<int64_t, 3>;

Factors factorsFor(const Extent3& extent, const std::array<double, 3>& size, int64_t mostVoxels) {
    const auto factorsOf = [&](double edge) {
        Factors factors;
        for (size_t axis = 0; axis < 3; ++axis)
            factors[axis] = std::max<int64_t>(1, std::llround(edge / size[axis]));
        return factors;
    };
    const auto blocks = [](int64_t count, int64_t factor) { return (count + factor - 1) / factor; };
    double edge = *std::ranges::min_element(size);
    while (true) {
        const Factors f = factorsOf(edge);
        if (blocks(extent.z, f[0]) * blocks(extent.y, f[1]) * blocks(extent.x, f[2]) <= mostVoxels) return f;
        edge *= 1.1;
    }
}

/// Colours by their place in the scene, given out as values are met.
class Palette {
public:
    Palette(const ClassTable& classes, std::vector<Colour>& colours) : classes_(classes), colours_(colours) {}
    /// 0 for what is not shown. Objects share colours when there are more of them than a byte can tell apart.
    uint8_t place(uint32_t value) {
        if (value == last_) return lastPlace_; // neighbours mostly agree
        last_ = value;
        return lastPlace_ = find(value);
    }

private:
    uint8_t find(uint32_t value) {
        if (const auto found = places_.find(value); found != places_.end()) return found->second;
        const LabelClass* known = classes_.find(value);
        uint8_t place = 0;
        if (!known || known->visible) {
            if (colours_.size() < 255) colours_.push_back(known ? known->colour : instanceColour(value));
            place = colours_.size() < 255 ? uint8_t(colours_.size()) : uint8_t(1 + value % 255);
        }
        places_[value] = place;
        return place;
    }

    const ClassTable& classes_;
    std::vector<Colour>& colours_;
    std::map<uint32_t, uint8_t> places_{{0, 0}};
    uint32_t last_ = 0;
    uint8_t lastPlace_ = 0;
};

/// Mean over the channels of each pixel, as it is shown.
std::vector<float> shownGrey(const Pixels& slice, const DisplayRange& range) {
    std::vector<uint32_t> rgb;
    greyToRgb(slice, range, rgb);
    std::vector<float> grey(rgb.size());
    std::ranges::transform(rgb, grey.begin(), [](uint32_t c) {
        return float((c >> 16 & 255) + (c >> 8 & 255) + (c & 255)) / 3;
    });
    return grey;
}

/// What one slice of blocks collects.
struct Layer {
    std::vector<float> grey;
    std::vector<uint32_t> voxels, labelled;
    std::vector<std::array<std::pair<uint8_t, uint32_t>, 4>> votes; // the first four labels of a block
    explicit Layer(size_t size) : grey(size), voxels(size), labelled(size), votes(size) {}
    void vote(size_t block, uint8_t label) {
        ++labelled[block];
        for (auto& [known, count] : votes[block])
            if (known == label || count == 0) {
                known = label;
                ++count;
                return;
            }
    }
};

/// A tent of three voxels along one axis, mirrored at the ends.
void smoothAlong(std::vector<uint8_t>& values, int64_t count, int64_t stride, int64_t lines,
                 const auto& firstOfLine) {
    std::vector<uint8_t> line(static_cast<size_t>(count));
    for (int64_t l = 0; l < lines; ++l) {
        uint8_t* first = values.data() + firstOfLine(l);
        for (int64_t i = 0; i < count; ++i) line[size_t(i)] = first[i * stride];
        for (int64_t i = 0; i < count; ++i) {
            const int before = line[size_t(std::max<int64_t>(0, i - 1))],
                      after = line[size_t(std::min(count - 1, i + 1))];
            first[i * stride] = uint8_t((before + 2 * line[size_t(i)] + after + 2) / 4);
        }
    }
}

void smooth(std::vector<uint8_t>& values, const Extent3& e) {
    smoothAlong(values, e.x, 1, e.z * e.y, [&](int64_t l) { return l * e.x; });
    smoothAlong(values, e.y, e.x, e.z * e.x, [&](int64_t l) { return l / e.x * e.y * e.x + l % e.x; });
    smoothAlong(values, e.z, e.y * e.x, e.y * e.x, [](int64_t l) { return l; });
}

} // namespace

VolumeScene volumeScene(const TileSource& image, const TileSource* labels, const ClassTable& classes,
                        const VoxelSize& voxelSize, int64_t mostVoxels, const Progress& progress) {
    VolumeScene scene;
    const Extent3 full = scene.imageExtent = image.info().extent();
    if (labels && labels->info().extent() != full) {
        const Extent3& other = labels->info().extent();
        throw Error(
            ErrorKind::input,
            fmt::format("The labels have {} × {} × {} voxels and the image {} × {} × {}; take labels of the "
                        "same image.",
                        other.z, other.y, other.x, full.z, full.y, full.x));
    }
    std::array<double, 3> size{1, 1, 1};
    if (voxelSize.knownInPlane()) {
        size = {voxelSize.zNm.value_or(*voxelSize.xNm), *voxelSize.yNm, *voxelSize.xNm};
        if (voxelSize.zNm || full.z == 1) scene.nmPerStep = 1;
    }
    const Factors factor = factorsFor(full, size, mostVoxels);
    scene.block = {factor[0], factor[1], factor[2]};
    const auto blocks = [&](int64_t count, size_t axis) { return (count + factor[axis] - 1) / factor[axis]; };
    Extent3& extent = scene.extent = {blocks(full.z, 0), blocks(full.y, 1), blocks(full.x, 2)};
    double smallest = INFINITY;
    for (size_t axis = 0; axis < 3; ++axis) {
        scene.step[axis] = double(factor[axis]) * size[axis];
        smallest = std::min(smallest, scene.step[axis]);
    }
    for (double& step : scene.step) step /= smallest;
    if (scene.nmPerStep) scene.nmPerStep = smallest;

    const auto area = size_t(extent.y * extent.x);
    scene.grey.reserve(area * size_t(extent.z));
    Palette palette(classes, scene.colours);
    const DisplayRange range = autoRange(image.read(0, Box3::ofSlice(full, full.z / 2), progress));
    Layer layer(area);
    for (int64_t z = 0; z < full.z; ++z) {
        progress.throwIfCancelled();
        const Box3 box = Box3::ofSlice(full, z);
        const std::vector<float> grey = shownGrey(image.read(0, box, progress), range);
        Pixels values;
        if (labels) {
            values = labels->read(0, box, progress);
            if (!isInteger(values.type()))
                throw Error(ErrorKind::input,
                            "The labels are fractions, which are probabilities or grey values and "
                            "no labels; give a label map or a mask.");
            values = values.converted(PixelType::u32);
        }
        const auto there = labels ? std::as_const(values).values<uint32_t>() : std::span<const uint32_t>();
        for (int64_t y = 0; y < full.y; ++y)
            for (int64_t x = 0; x < full.x; ++x) {
                const auto block = size_t(y / factor[1] * extent.x + x / factor[2]);
                const auto i = size_t(y * full.x + x);
                layer.grey[block] += grey[i];
                ++layer.voxels[block];
                if (!labels) continue;
                if (const uint8_t place = palette.place(there[i])) layer.vote(block, place);
            }
        progress.report(double(z + 1) / double(full.z), fmt::format("slice {} of {}", z + 1, full.z));
        if ((z + 1) % factor[0] != 0 && z + 1 != full.z) continue;
        for (size_t b = 0; b < area; ++b) {
            const double voxels = layer.voxels[b];
            scene.grey.push_back(uint8_t(std::lround(layer.grey[b] / voxels)));
            const auto best =
                std::ranges::max_element(layer.votes[b], {}, &std::pair<uint8_t, uint32_t>::second);
            scene.label.push_back(best->second ? best->first : 0);
            scene.density.push_back(uint8_t(std::lround(255.0 * layer.labelled[b] / voxels)));
        }
        layer = Layer(area);
    }
    smooth(scene.density, extent);
    return scene;
}

} // namespace cristae

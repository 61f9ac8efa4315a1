// Two looks at a part of an image.
#include "core/segment/probe.h"

#include "core/base/error.h"
#include "core/segment/averaging.h"

#include <algorithm>
#include <cmath>

namespace cristae {

namespace {

/// The middle slice of what a network answered.
Pixels middleOf(const Pixels& block) {
    const Extent3 e = block.extent();
    if (e.z == 1) return block;
    Pixels slice(PixelType::f32, block.channels(), {1, e.y, e.x});
    for (int64_t k = 0; k < block.channels(); ++k)
        std::ranges::copy(block.plane<float>(k, e.z / 2), slice.plane<float>(k, 0).begin());
    return slice;
}

Pixels answerOf(Network& network, const Pixels& input) {
    Pixels output;
    network.run({&input, 1}, {&output, 1});
    return middleOf(output);
}

std::vector<int64_t> wantedOf(const NetworkTask& task) {
    if (!task.classes.empty()) return task.classes;
    std::vector<int64_t> all;
    for (size_t k = 0; k < task.card.classes.size(); ++k) all.push_back(int64_t(k));
    return all;
}

/// The least probability at which a pixel belongs to its most probable class.
double thresholdOf(const NetworkTask& task, size_t wanted, int64_t channel) {
    if (wanted < task.thresholds.size()) return task.thresholds[wanted];
    return task.card.classes[size_t(channel)].threshold;
}

} // namespace

double binaryEntropy(double p) {
    if (p <= 0 || p >= 1) return 0;
    return -(p * std::log2(p) + (1 - p) * std::log2(1 - p));
}

TwoLooks lookTwice(Network& network, const Pixels& input, const Progress& progress) {
    constexpr Orientation mirror{.mirrorX = true};
    TwoLooks looks{answerOf(network, input), {}};
    progress.throwIfCancelled();
    const Pixels turned = answerOf(network, oriented(input, mirror));
    looks.mirrored = Pixels(PixelType::f32, turned.channels(), turned.extent());
    addLaidBack(looks.mirrored, turned, mirror);
    return looks;
}

namespace {

/// Each pixel's most probable wanted class, 1…n in their order where its probability is at least the
/// threshold, else 0; and that probability.
struct Found {
    std::vector<uint16_t> labels;
    std::vector<float> best;
};

Found foundIn(const NetworkTask& task, const Pixels& probabilities) {
    const std::vector<int64_t> wanted = wantedOf(task);
    const size_t count = size_t(probabilities.extent().count());
    Found found{std::vector<uint16_t>(count), std::vector<float>(count)};
    for (size_t w = 0; w < wanted.size(); ++w) {
        const auto p = probabilities.plane<float>(wanted[w], 0);
        const double threshold = thresholdOf(task, w, wanted[w]);
        for (size_t i = 0; i < count; ++i) {
            if (p[i] < found.best[i]) continue;
            found.best[i] = p[i];
            found.labels[i] = double(p[i]) >= threshold ? uint16_t(w + 1) : 0;
        }
    }
    return found;
}

} // namespace

Confidence confidenceOf(const NetworkTask& task, const TwoLooks& looks) {
    const Found plain = foundIn(task, looks.plain), mirrored = foundIn(task, looks.mirrored);
    double entropy = 0;
    int64_t pixels = 0, others = 0, common = 0;
    for (size_t i = 0; i < plain.labels.size(); ++i) {
        others += mirrored.labels[i] != 0;
        if (plain.labels[i] == 0) continue;
        ++pixels;
        common += mirrored.labels[i] == plain.labels[i];
        entropy += binaryEntropy(double(plain.best[i]));
    }
    Confidence result;
    if (!plain.labels.empty()) result.found = double(pixels) / double(plain.labels.size());
    if (pixels > 0) result.entropy = entropy / double(pixels);
    result.agreement = pixels + others > 0 ? 2 * double(common) / double(pixels + others) : 1;
    return result;
}

namespace {

/// A network asks the progress while it computes, and forgets it afterwards.
class Interrupt {
public:
    Interrupt(Network& network, const Progress& progress) : network_(network) {
        network_.setInterrupt([&progress] { return progress.cancelled(); });
    }
    ~Interrupt() { network_.setInterrupt({}); }
    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;

private:
    Network& network_;
};

} // namespace

Probe probe(const TileSource& image, const NetworkTask& task, int64_t z, const Box3& region, int64_t side,
            const Progress& progress) {
    Network& network = *task.network;
    const Interrupt interrupt(network, progress);
    const ModelScale scale = modelScale(image.info().voxelSize, task.card);
    const double height = double(region.y1 - region.y0) * scale.y,
                 width = double(region.x1 - region.x0) * scale.x;
    const auto fitting = int64_t(std::ceil(std::min({double(side), height, width})));
    const Surroundings at =
        surroundingsOf(image, task.card, network.info(), z, (region.y0 + region.y1) / 2,
                       (region.x0 + region.x1) / 2, std::max<int64_t>(1, fitting), progress);
    progress.throwIfCancelled();
    const Pixels& input = at.input;
    Pixels middle(PixelType::f32, 1, {1, input.extent().y, input.extent().x});
    std::ranges::copy(input.plane<float>(0, input.extent().z / 2), middle.values<float>().begin());
    Probe result;
    result.box = at.box;
    result.statistics = imageStatistics(middle);
    result.confidence = confidenceOf(task, lookTwice(network, input, progress));
    return result;
}

} // namespace cristae

// Whole slices through the network, in tiles that agree with the whole.
#include "models/train/validation.h"

#include "core/segment/tiler.h"

#include <ATen/autocast_mode.h>

#include <array>
#include <cmath>

namespace cristae {

ClassCounts::ClassCounts(int64_t classes)
    : both(size_t(classes)), predicted(size_t(classes)), truth(size_t(classes)), correct(size_t(classes)) {}

void ClassCounts::add(const torch::Tensor& probability, const torch::Tensor& labels, bool exclusive) {
    const torch::NoGradGuard guard;
    const torch::Tensor knownHere = labels.ne(255);
    torch::Tensor winner;
    if (exclusive) // the background takes what the classes leave
        winner = torch::cat({1 - probability.sum(1, true), probability}, 1).argmax(1);
    for (size_t c = 0; c < both.size(); ++c) {
        const torch::Tensor is = labels.eq(int64_t(c) + 1);
        const torch::Tensor says =
            (exclusive ? winner.eq(int64_t(c) + 1) : probability.select(1, int64_t(c)).gt(0.5))
                .logical_and(knownHere);
        both[c] += double(says.logical_and(is).sum().item<int64_t>());
        predicted[c] += double(says.sum().item<int64_t>());
        truth[c] += double(is.sum().item<int64_t>());
        correct[c] += double(says.eq(is).logical_and(knownHere).sum().item<int64_t>());
    }
    known += double(knownHere.sum().item<int64_t>());
}

double ClassCounts::dice() const {
    double sum = 0;
    for (size_t c = 0; c < both.size(); ++c)
        sum += predicted[c] + truth[c] > 0 ? 2 * both[c] / (predicted[c] + truth[c]) : 1;
    return both.empty() ? 0 : sum / double(both.size());
}

MeanScores meanScores(const CountsByData& counts) {
    MeanScores mean;
    if (counts.empty()) return mean;
    const size_t classes = counts.begin()->second.both.size();
    for (size_t c = 0; c < classes; ++c) {
        double dice = 0, iou = 0, accuracy = 0, showing = 0, falsely = 0;
        for (const auto& [name, one] : counts) {
            accuracy += one.known > 0 ? one.correct[c] / one.known : 1;
            falsely += one.predicted[c];
            if (one.truth[c] == 0) continue;
            ++showing;
            dice += 2 * one.both[c] / (one.predicted[c] + one.truth[c]);
            iou += one.both[c] / (one.predicted[c] + one.truth[c] - one.both[c]);
        }
        const double nowhere = falsely > 0 ? 0 : 1;
        mean.dice += (showing > 0 ? dice / showing : nowhere) / double(classes);
        mean.iou += (showing > 0 ? iou / showing : nowhere) / double(classes);
        mean.accuracy += accuracy / double(counts.size() * classes);
    }
    return mean;
}

void ThresholdSearch::add(const std::string& data, const torch::Tensor& probability,
                          const torch::Tensor& labels) {
    const torch::NoGradGuard guard;
    Histograms& own = found_[data];
    if (!own.all.defined())
        own = {torch::zeros({classes_, bins}, torch::kLong), torch::zeros({classes_, bins}, torch::kLong)};
    const torch::Tensor known = labels.squeeze(0).ne(255);
    const torch::Tensor truth = labels.squeeze(0).masked_select(known);
    for (int64_t c = 0; c < classes_; ++c) {
        const torch::Tensor bin =
            probability[0][c].masked_select(known).mul(bins).to(torch::kLong).clamp_(0, bins - 1);
        own.all[c] += torch::bincount(bin, {}, bins);
        own.inside[c] += torch::bincount(bin.masked_select(truth.eq(c + 1)), {}, bins);
    }
}

std::vector<double> ThresholdSearch::best() const {
    std::vector<double> result;
    for (int64_t c = 0; c < classes_; ++c) {
        std::array<double, bins> sums{}; // of the Dice of each data set, by the first bin that is predicted
        for (const auto& [name, own] : found_) {
            const auto inside = own.inside.accessor<int64_t, 2>()[c], all = own.all.accessor<int64_t, 2>()[c];
            int64_t truth = 0, both = 0, predicted = 0;
            for (int64_t bin = 0; bin < bins; ++bin) truth += inside[bin];
            if (truth == 0) continue;
            // From the highest threshold down; at each everything from `bin` on is predicted.
            for (int64_t bin = bins - 1; bin >= 1; --bin) {
                both += inside[bin];
                predicted += all[bin];
                sums[size_t(bin)] += 2 * double(both) / double(truth + predicted);
            }
        }
        int64_t best = bins / 2;
        for (int64_t bin = bins - 1; bin >= 1; --bin) {
            const bool nearer = std::abs(bin - bins / 2) < std::abs(best - bins / 2);
            const double gain = sums[size_t(bin)] - sums[size_t(best)];
            if (gain > 0 || (gain == 0 && nearer)) best = bin;
        }
        result.push_back(double(best) / double(bins));
    }
    return result;
}

CountsByData ThresholdSearch::countsAt(const std::vector<double>& thresholds) const {
    CountsByData result;
    for (const auto& [name, own] : found_) {
        ClassCounts& counts = result.emplace(name, ClassCounts(classes_)).first->second;
        for (int64_t c = 0; c < classes_; ++c) {
            const auto first = int64_t(std::lround(thresholds[size_t(c)] * double(bins)));
            const auto from = [&](const torch::Tensor& histogram, int64_t bin) {
                return double(histogram[c].slice(0, bin).sum().item<int64_t>());
            };
            const auto at = size_t(c);
            counts.both[at] = from(own.inside, first);
            counts.predicted[at] = from(own.all, first);
            counts.truth[at] = from(own.inside, 0);
            counts.known = from(own.all, 0);
            counts.correct[at] = counts.known - counts.predicted[at] - counts.truth[at] + 2 * counts.both[at];
        }
    }
    return result;
}

torch::Tensor asPlanes(const torch::Tensor& logits) {
    return logits.dim() == 5 ? logits.flatten(2, 3) : logits;
}

torch::Tensor forwardLogits(NetworkModule& network, const torch::Tensor& input, const NetworkUse& use) {
    if (!use.bf16) return network.forward(input);
    const auto type = use.device.type();
    at::autocast::set_autocast_dtype(type, torch::kBFloat16);
    at::autocast::set_autocast_enabled(type, true);
    torch::Tensor logits;
    try {
        logits = network.forward(input);
    } catch (...) {
        at::autocast::set_autocast_enabled(type, false);
        throw;
    }
    at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(type, false);
    return logits.to(torch::kFloat);
}

namespace {

/// What the network sees of a slice, [C · Z, Y, X], or of volumes [C, Z, Y, X].
torch::Tensor seenOf(const PreparedSlice& slice, const NetworkUse& use) {
    const Extent3& extent = slice.image.extent();
    const auto tensor = [&](const Pixels& image) {
        return torch::from_blob(const_cast<float*>(image.values<float>().data()),
                                {image.channels(), extent.y, extent.x}, torch::kFloat);
    };
    if (slice.planes.empty())
        return use.seen.labelled ? tensor(slice.image).unsqueeze(1) : tensor(slice.image);
    std::vector<torch::Tensor> planes;
    for (const Pixels& plane : slice.planes) planes.push_back(tensor(plane));
    const torch::Tensor block = torch::stack(planes, 1);
    return use.seen.labelled ? block : block.flatten(0, 1);
}

/// Logits of a slice on the CPU, [1, outputs, Y, X]; 0 outside the box around its labelled pixels, if it has
/// some.
torch::Tensor sliceLogits(NetworkModule& network, const PreparedSlice& slice, const NetworkUse& use,
                          const std::function<bool()>& interrupted) {
    const Extent3& extent = slice.image.extent();
    NetworkInfo info;
    info.strideMultiple = use.footprint.strideMultiple;
    info.receptiveRadius = use.footprint.receptiveRadius;
    const int64_t inner = use.seen.labelled ? 128 : 1024; // a volume's tile is as deep as its patches
    const int64_t side =
        (use.footprint.dependsOnWholeInput ? std::max(extent.y, extent.x) : inner) + 2 * info.receptiveRadius;
    const Region known = knownPixels(slice.labels).box;
    const bool whole = use.footprint.dependsOnWholeInput || slice.known == 0;
    const Box3 box = whole ? Box3::ofExtent(extent) : Box3{0, known.y0, known.x0, 1, known.y1, known.x1};
    const Tiling tiling = makeTiling(extent, box, info, side);
    const torch::Tensor source = seenOf(slice, use);
    const auto indices = [](int64_t from, int64_t count, int64_t size) {
        std::vector<int64_t> list;
        for (int64_t i = from; i < from + count; ++i) list.push_back(reflectedIndex(i, size));
        return torch::tensor(list, torch::kLong);
    };
    torch::Tensor result;
    for (const Tile& tile : tiling.tiles) {
        if (interrupted()) throw Error(ErrorKind::cancelled, "Cancelled.");
        torch::Tensor input = source.index_select(-2, indices(tile.inputY, tiling.inputHeight, extent.y))
                                  .index_select(-1, indices(tile.inputX, tiling.inputWidth, extent.x))
                                  .unsqueeze(0)
                                  .to(use.device);
        if (input.dim() == 4) input = input.contiguous(at::MemoryFormat::ChannelsLast);
        torch::Tensor logits = forwardLogits(network, input, use).to(torch::kCPU);
        if (logits.dim() == 5) logits = logits.select(2, use.seen.before); // the slice itself
        if (!result.defined()) result = torch::zeros({1, logits.size(1), extent.y, extent.x});
        const Box3& part = tile.output;
        result.slice(2, part.y0, part.y1)
            .slice(3, part.x0, part.x1)
            .copy_(logits.slice(2, part.y0 - tile.inputY, part.y1 - tile.inputY)
                       .slice(3, part.x0 - tile.inputX, part.x1 - tile.inputX));
    }
    return result;
}

} // namespace

Pixels probabilityOf(NetworkModule& network, const PreparedSlice& slice, const NetworkUse& use,
                     const std::function<bool()>& interrupted) {
    const torch::NoGradGuard guard;
    network.eval();
    const torch::Tensor probability =
        classProbabilities(sliceLogits(network, slice, use, interrupted), use.exclusive).contiguous();
    Pixels pixels(PixelType::f32, use.classes, slice.image.extent());
    std::copy_n(probability.data_ptr<float>(), size_t(probability.numel()), pixels.values<float>().data());
    return pixels;
}

ValidationScores validate(NetworkModule& network, const std::vector<PreparedSlice>& slices, const Loss& loss,
                          const NetworkUse& use, const std::function<bool()>& interrupted, Role role) {
    const torch::NoGradGuard guard;
    ValidationScores scores;
    CountsByData winners; // of classes that exclude each other, which have no thresholds
    ThresholdSearch search(use.classes);
    double lossSum = 0, pixels = 0;
    network.eval();
    for (const PreparedSlice& slice : slices) {
        // Of which nothing is known it is predicted only to be looked at.
        if (slice.role != role || (slice.known == 0 && !scores.firstProbability.empty())) continue;
        const Extent3& extent = slice.image.extent();
        const torch::Tensor logits = sliceLogits(network, slice, use, interrupted);
        const torch::Tensor labels =
            torch::from_blob(const_cast<uint8_t*>(slice.labels.values<uint8_t>().data()),
                             {1, extent.y, extent.x}, torch::kByte);
        const torch::Tensor probability = classProbabilities(logits, use.exclusive).contiguous();
        if (use.exclusive && slice.known > 0)
            winners.try_emplace(slice.data, use.classes).first->second.add(probability, labels, true);
        if (slice.known > 0) search.add(slice.data, probability, labels);
        lossSum += loss(logits, labels).item<double>() * double(slice.known);
        pixels += double(slice.known);
        if (scores.firstProbability.empty()) {
            scores.firstProbability = Pixels(PixelType::f32, use.classes, extent);
            std::copy_n(probability.data_ptr<float>(), size_t(probability.numel()),
                        scores.firstProbability.values<float>().data());
        }
    }
    if (pixels > 0) {
        scores.loss = lossSum / pixels;
        scores.thresholds = search.best();
        const std::vector<double> half(size_t(use.classes), 0.5);
        const MeanScores mean = meanScores(
            use.exclusive ? winners : search.countsAt(use.ownThresholds ? scores.thresholds : half));
        scores.dice = mean.dice;
        scores.iou = mean.iou;
        scores.accuracy = mean.accuracy;
    }
    return scores;
}

} // namespace cristae

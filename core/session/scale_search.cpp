// Session's search for a pixel size: one prediction for each assumed one.
#include "core/session/scale_search.h"

#include "core/base/error.h"
#include "core/image/image_part.h"
#include "core/session/prepared.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <tuple>

namespace cristae {

namespace {
constexpr double nothing = -1e3; // the score where there is nothing to judge
}

std::vector<double> assumedPixelSizes(double middleNm, double step) {
    std::vector<double> sizes;
    for (int i = -2; i <= 2; ++i) sizes.push_back(middleNm * std::pow(step, i));
    return sizes;
}

double scaleScore(const Likeness& likeness) {
    const Confidence& sure = likeness.confidence;
    // Nothing found speaks for nothing; nor does a picture full of it.
    if (!sure.foundAny() || sure.found > 0.98) return nothing;
    return sure.agreement - 0.1 * likeness.distance.value_or(0);
}

std::optional<size_t> likeliestScale(std::span<const ScaleCandidate> candidates) {
    const auto best = std::ranges::max_element(candidates, {}, &ScaleCandidate::score);
    if (best == candidates.end() || best->score <= nothing) return std::nullopt;
    return size_t(best - candidates.begin());
}

Box3 scaleRegion(const Extent3& extent, const ScaleRequest& request) {
    if (request.z < 0 || request.z >= extent.z)
        throw Error(ErrorKind::usage, fmt::format("Slice {} is not in the image, which has slices 0 to {}.",
                                                  request.z, extent.z - 1));
    Box3 region = request.region;
    const auto middle = [](int64_t length) {
        const int64_t side = std::min(length, scaleSide);
        return std::pair((length - side) / 2, (length - side) / 2 + side);
    };
    region.z0 = request.z;
    region.z1 = request.z + 1;
    if (request.region.y1 <= request.region.y0 || request.region.x1 <= request.region.x0) {
        std::tie(region.y0, region.y1) = middle(extent.y);
        std::tie(region.x0, region.x1) = middle(extent.x);
    }
    if (!Box3::ofSlice(extent, request.z).contains(region))
        throw Error(ErrorKind::usage,
                    fmt::format("The region y {}–{}, x {}–{} does not lie in the image of {} × {} pixels.",
                                region.y0, region.y1, region.x0, region.x1, extent.x, extent.y));
    return region;
}

std::vector<ScaleCandidate>
Session::scaleCandidates(const TileSourcePtr& image, const ScaleRequest& request,
                         const std::function<void(const ScaleCandidate&)>& consume,
                         const Progress& progress) {
    const ModelCard& card = request.model.package.card;
    if (!card.pixelSizeNm)
        throw Error(
            ErrorKind::usage,
            fmt::format("The model {} takes images of any pixel size, so it cannot tell one; choose a "
                        "model with a pixel size (cristae-cli models).",
                        card.name));
    const Box3 region = scaleRegion(image->info().extent(), request);
    std::vector<double> sizes = request.pixelSizesNm;
    if (sizes.empty()) sizes = assumedPixelSizes(*card.pixelSizeNm);
    progress.report(0, "loading the model");
    PredictionRequest wanted;
    wanted.models = {request.model};
    wanted.device = request.device;
    wanted.threads = request.threads;
    const Prepared prepared = prepareTasks(wanted);
    const std::optional<Domain> domain = domainFromJson(card.domain);

    // Networks of several slices find the neighbours in the part.
    Box3 block = region;
    block.z0 = 0;
    block.z1 = image->info().extent().z;
    double work = 0, done = 0;
    for (const double size : sizes) work += size * size;
    std::vector<ScaleCandidate> candidates(sizes.size());
    std::vector<size_t> order(sizes.size()); // the quick ones first
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::sort(order, {}, [&](size_t i) { return sizes[i]; });
    for (const size_t i : order) {
        const double end = done + sizes[i] * sizes[i];
        const PartProgress part(progress, done / work, end / work);
        candidates[i] = scaleCandidate(partOf(image, block, VoxelSize{{}, sizes[i], sizes[i], chosenByEye}),
                                       prepared.tasks, domain, request.z, part);
        candidates[i].pixelSizeNm = sizes[i];
        candidates[i].box = region;
        if (consume) consume(candidates[i]);
        done = end;
    }
    return candidates;
}

ScaleCandidate Session::scaleCandidate(const TileSourcePtr& image, const std::vector<NetworkTask>& tasks,
                                       const std::optional<Domain>& domain, int64_t z,
                                       const Progress& progress) {
    ScaleCandidate result;
    PredictionSettings settings;
    settings.firstSlice = z;
    settings.endSlice = z + 1;
    predict(
        *image, tasks, settings,
        [&](const PredictedSlice& slice) { result.labels = slice.labels.converted(PixelType::u8); },
        progress);
    result.likeness = likenessOf(
        probe(*image, tasks.front(), z, Box3::ofSlice(image->info().extent(), z), domainSide, progress),
        domain);
    result.score = scaleScore(result.likeness);
    return result;
}

} // namespace cristae

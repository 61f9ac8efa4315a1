// Sentences on scale, memory and time of a prediction.
#include "core/session/forecast.h"

#include "core/base/error.h"
#include "core/segment/slice_planes.h"

#include <algorithm>
#include <fmt/format.h>
#include <new>

namespace cristae {

namespace {

constexpr double mostSeconds = 60;
constexpr int64_t mostBytes = int64_t(2) << 30;

/// Of the two directions the one that is farther from 1.
double worse(const ModelScale& scale) {
    const auto distance = [](double s) { return std::max(s, 1 / s); };
    return distance(scale.y) > distance(scale.x) ? scale.y : scale.x;
}

std::string scaleWords(const ImageInfo& image, const ModelCard& card) {
    const double scale = worse(modelScale(image.voxelSize, card));
    const std::string change = scale > 1 ? fmt::format("enlarged {:.3g} times", scale)
                                         : fmt::format("reduced to 1/{:.3g}", 1 / scale);
    return fmt::format(
        "The model “{}” works at {:.4g} nm per pixel, and this image has {:.4g} nm: it would be "
        "{}.",
        card.name, *card.pixelSizeNm, *image.voxelSize.xNm, change);
}

std::string durationWords(double seconds) {
    const auto minutes = int64_t(seconds / 60 + 0.5);
    return minutes < 60 ? fmt::format("{} min", minutes)
                        : fmt::format("{} h {} min", minutes / 60, minutes % 60);
}

} // namespace

std::vector<std::string> predictionConcerns(const ImageInfo& image, const PredictionRequest& request,
                                            std::optional<double> seconds) {
    std::vector<std::string> sentences;
    std::vector<NetworkTask> tasks;
    for (const ModelRequest& model : request.models) {
        const ModelCard& card = model.package.card;
        if (isAbsurd(modelScale(image.voxelSize, card)))
            sentences.push_back(scaleWords(image, card) +
                                " What it finds there means little; check the pixel size.");
        tasks.push_back({nullptr, card, {}, {}});
    }
    if (const int64_t bytes = predictionBytes(image, tasks, request.settings); bytes > mostBytes)
        sentences.push_back(
            fmt::format("The prediction needs about {:.1f} GB of memory.", double(bytes) / double(1 << 30)));
    if (seconds && *seconds > mostSeconds)
        sentences.push_back(fmt::format("The prediction takes about {}.", durationWords(*seconds)));
    return sentences;
}

std::vector<std::string> predictNamingCause(const TileSource& image, std::span<const NetworkTask> tasks,
                                            const PredictionSettings& settings, const SliceConsumer& consume,
                                            const Progress& progress) {
    const auto enlarged = std::ranges::find_if(tasks, [&](const NetworkTask& task) {
        return isAbsurd(modelScale(image.info().voxelSize, task.card));
    });
    try {
        return predict(image, tasks, settings, consume, progress);
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::memory || enlarged == tasks.end()) throw;
    } catch (const std::bad_alloc&) {
        if (enlarged == tasks.end()) throw;
    }
    throw Error(ErrorKind::memory, reasonOfSize(image.info(), enlarged->card));
}

} // namespace cristae

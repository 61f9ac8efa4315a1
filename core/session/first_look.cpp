// Session's first look at an image: whether it suits the models, and where their result is doubtful.
#include "core/learn/training_slice.h"
#include "core/segment/domain.h"
#include "core/session/prepared.h"

#include <algorithm>
#include <cmath>

namespace cristae {

namespace {

/// Training images that are looked at, evenly spread over the set.
constexpr size_t mostSamples = 64;

NetworkTask invertedTask(NetworkTask task) {
    task.card.normalisation["invert"] = !task.card.normalisation.value("invert", false);
    return task;
}

/// Means over `side` numbers around each of a row or column; fewer at its ends.
void smoothLine(std::vector<double>& line, int64_t side) {
    const auto count = int64_t(line.size());
    std::vector<double> sums(line.size() + 1);
    for (int64_t i = 0; i < count; ++i) sums[size_t(i + 1)] = sums[size_t(i)] + line[size_t(i)];
    for (int64_t i = 0; i < count; ++i) {
        const int64_t from = std::max<int64_t>(0, i - side / 2), to = std::min(count, i + side / 2 + 1);
        line[size_t(i)] = (sums[size_t(to)] - sums[size_t(from)]) / double(to - from);
    }
}

void smooth(Pixels& map, int64_t height, int64_t width) {
    const auto values = map.values<float>();
    const int64_t rows = map.extent().y, columns = map.extent().x;
    std::vector<double> line(static_cast<size_t>(columns));
    for (int64_t y = 0; y < rows; ++y) {
        for (int64_t x = 0; x < columns; ++x) line[size_t(x)] = double(values[size_t(y * columns + x)]);
        smoothLine(line, width);
        for (int64_t x = 0; x < columns; ++x) values[size_t(y * columns + x)] = float(line[size_t(x)]);
    }
    line.resize(size_t(rows));
    for (int64_t x = 0; x < columns; ++x) {
        for (int64_t y = 0; y < rows; ++y) line[size_t(y)] = double(values[size_t(y * columns + x)]);
        smoothLine(line, height);
        for (int64_t y = 0; y < rows; ++y) values[size_t(y * columns + x)] = float(line[size_t(y)]);
    }
}

} // namespace

std::vector<Likeness> Session::likeness(const TileSource& image, const PredictionRequest& request,
                                        const Progress& progress) {
    const Prepared prepared = prepareTasks(request);
    const Extent3 extent = image.info().extent();
    const PredictionSettings& settings = request.settings;
    const int64_t end = settings.endSlice < 0 ? extent.z : settings.endSlice;
    const int64_t z = std::clamp((settings.firstSlice + end) / 2, int64_t(0), extent.z - 1);
    const Box3 region = settings.region.value_or(Box3::ofSlice(extent, z));
    std::vector<Likeness> result;
    for (size_t i = 0; i < prepared.tasks.size(); ++i) {
        const NetworkTask& task = prepared.tasks[i];
        progress.report(double(i) / double(prepared.tasks.size()), "comparing with the training data");
        const Probe plain = probe(image, task, z, region, domainSide, progress);
        const Probe inverted = probe(image, invertedTask(task), z, region, domainSide, progress);
        result.push_back(likenessOf(plain, domainFromJson(task.card.domain), inverted));
    }
    return result;
}

ExplanationMap Session::doubtMap(const TileSource& image, const PredictionRequest& request,
                                 const Progress& progress) {
    constexpr double around = 16; // model pixels
    progress.report(0, "loading the model");
    const Prepared prepared = prepareTasks(request);
    PredictionSettings settings = request.settings;
    settings.endSlice = settings.firstSlice + 1;
    settings.averaging = Averaging::flips;
    settings.wantProbabilities = true;
    settings.wantObjects = false;
    ExplanationMap result;
    const auto take = [&](const PredictedSlice& slice) {
        result.box = slice.box;
        result.map = Pixels(PixelType::f32, 1, slice.probabilities.extent());
        const auto out = result.map.values<float>();
        for (int64_t k = 0; k < slice.probabilities.channels(); ++k) {
            const auto p = slice.probabilities.plane<float>(k, 0);
            for (size_t i = 0; i < out.size(); ++i) out[i] = std::max(out[i], p[i]);
        }
        for (float& value : out) value = float(binaryEntropy(double(value)));
    };
    predict(image, prepared.tasks, settings, take, progress);
    const ModelScale scale = modelScale(image.info().voxelSize, prepared.tasks.front().card);
    smooth(result.map, std::lround(around / scale.y), std::lround(around / scale.x));
    return result;
}

nlohmann::json Session::domainFor(const ModelPackage& package, const std::vector<TrainingSlice>& slices,
                                  const std::string& device, int threads, const Progress& progress) {
    std::vector<const TrainingSlice*> training;
    for (const TrainingSlice& slice : slices)
        if (slice.role == Role::train) training.push_back(&slice);
    if (training.empty()) return nlohmann::json::object();
    PredictionRequest request;
    request.models = {{package, {}, {}}};
    request.device = device;
    request.threads = threads;
    const Prepared prepared = prepareTasks(request);
    const size_t count = std::min(mostSamples, training.size());
    std::vector<DomainSample> samples;
    for (size_t i = 0; i < count; ++i) {
        progress.throwIfCancelled();
        progress.report(double(i) / double(count), "describing the training images");
        const TrainingSlice& slice = *training[i * training.size() / count];
        const auto [image, z] = imageOf(slice);
        const Probe seen = probe(*image, prepared.tasks.front(), z, Box3::ofSlice(image->info().extent(), z),
                                 domainSide, progress);
        samples.push_back({slice.data, seen.statistics});
    }
    return toJson(domainOf(samples));
}

} // namespace cristae

// Slices as a network sees them: channels, pixel size, normalisation, neighbours.
#include "core/learn/augment.h"

#include "core/segment/model_card.h"
#include "core/segment/preparation.h"
#include "core/segment/resample.h"
#include "core/segment/tiler.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <utility>

namespace cristae {

namespace {

/// The label at the centre of every new pixel: mixing labels would invent classes.
Pixels nearestLabels(const Pixels& labels, double scale) {
    const auto& e = labels.extent();
    const int64_t height = scaledCount(e.y, scale), width = scaledCount(e.x, scale);
    Pixels result(PixelType::u8, 1, {1, height, width});
    const auto from = labels.values<uint8_t>();
    const auto to = result.values<uint8_t>();
    for (int64_t y = 0; y < height; ++y) {
        const int64_t row = std::min(e.y - 1, int64_t((double(y) + 0.5) / scale));
        for (int64_t x = 0; x < width; ++x)
            to[size_t(y * width + x)] =
                from[size_t(row * e.x + std::min(e.x - 1, int64_t((double(x) + 0.5) / scale)))];
    }
    return result;
}

/// Where the labels of the slice show a class, and where they say anything at all.
void collectPlaces(PreparedSlice& prepared) {
    constexpr int64_t most = 8192; // places that are kept of each
    const auto labels = std::as_const(prepared.labels).values<uint8_t>();
    std::array<int64_t, 256> counts{};
    for (const uint8_t label : labels) ++counts[label];
    prepared.known = int64_t(labels.size()) - counts[255];
    std::array<int64_t, 255> seen{};
    std::array<ObjectPixels*, 255> ofClass{};
    for (size_t label = 1; label < 255; ++label)
        if (counts[label] > 0) prepared.objects.push_back({uint8_t(label), counts[label], {}});
    for (ObjectPixels& object : prepared.objects) ofClass[object.label] = &object;
    for (size_t i = 0; i < labels.size(); ++i) {
        const uint8_t label = labels[i];
        if (label == 0 || label == 255) continue;
        const int64_t every = std::max<int64_t>(1, counts[label] / most);
        if (seen[label]++ % every == 0) ofClass[label]->pixels.push_back(int64_t(i));
    }
    if (double(prepared.known) >= 0.95 * double(labels.size())) return;
    const int64_t every = std::max<int64_t>(1, prepared.known / most);
    int64_t at = 0;
    for (size_t i = 0; i < labels.size(); ++i)
        if (labels[i] != 255 && at++ % every == 0) prepared.knownPixels.push_back(int64_t(i));
}

} // namespace

PreparedSlice prepareSlice(const TrainingSlice& slice, int64_t channels, const nlohmann::json& recipe) {
    PreparedSlice prepared;
    prepared.name = slice.name;
    prepared.data = slice.data;
    prepared.image = withChannels(slice.image, channels);
    prepared.labels = slice.labels;
    prepared.role = slice.role;
    prepared.weight = slice.weight;
    prepared.share = slice.share;
    prepared.entry = slice.entry;
    const double wanted = recipe.value("pixelSizeNm", 0.0);
    if (wanted > 0 && slice.pixelSizeNm && std::abs(*slice.pixelSizeNm / wanted - 1) > 0.01) {
        const double scale = *slice.pixelSizeNm / wanted;
        prepared.image = resampledPlane(prepared.image.converted(PixelType::f32), scale, scale);
        prepared.labels = nearestLabels(prepared.labels, scale);
    }
    prepared.image = normalised(prepared.image, normalisationOf(prepared.image, ModelCard().normalisation));
    collectPlaces(prepared);
    return prepared;
}

std::vector<PreparedSlice> prepareSlices(const std::vector<TrainingSlice>& slices, int64_t channels,
                                         const nlohmann::json& recipe, const SlicesSeen& seen,
                                         const Progress& progress) {
    std::vector<PreparedSlice> prepared;
    std::vector<const TrainingSlice*> used;
    using Place = std::pair<const TileSource*, int64_t>;
    std::map<Place, std::vector<size_t>> there; // prepared slices at a place
    std::map<std::pair<const std::byte*, std::optional<double>>, size_t> ofImage;
    for (const TrainingSlice& slice : slices) {
        if (slice.role == Role::test) continue; // never seen here
        progress.throwIfCancelled();
        if (slice.source) there[{slice.source.get(), slice.z}].push_back(prepared.size());
        prepared.push_back(prepareSlice(slice, channels, recipe));
        // Parts of one slice share its image.
        const auto [same, isNew] =
            ofImage.try_emplace({slice.image.data(), slice.pixelSizeNm}, prepared.size() - 1);
        if (!isNew) prepared.back().image = prepared[same->second].image;
        used.push_back(&slice);
    }
    if (seen.count() == 1 && !seen.labelled) return prepared;
    std::map<Place, Pixels> images;
    for (const auto& [place, indices] : there) images[place] = prepared[indices.front()].image;
    for (size_t i = 0; i < prepared.size(); ++i) {
        const TrainingSlice& slice = *used[i];
        PreparedSlice& own = prepared[i];
        Pixels unknown(PixelType::u8, 1, own.labels.extent());
        std::ranges::fill(unknown.values<uint8_t>(), uint8_t(255));
        for (int64_t d = -seen.before; d <= seen.after; ++d) {
            const int64_t z =
                slice.source ? reflectedIndex(slice.z + d, slice.source->info().extent().z) : slice.z;
            const bool itself = z == slice.z;
            Pixels image = own.image, labels = itself ? own.labels : unknown;
            if (!itself) {
                const Place place{slice.source.get(), z};
                auto found = images.find(place);
                if (found == images.end()) {
                    progress.throwIfCancelled();
                    TrainingSlice neighbour = slice;
                    neighbour.image =
                        slice.source->read(0, Box3::ofSlice(slice.source->info().extent(), z), progress);
                    found = images.emplace(place, prepareSlice(neighbour, channels, recipe).image).first;
                }
                image = found->second;
                if (const auto at = there.find(place); at != there.end())
                    for (const size_t other : at->second)
                        if (prepared[other].role == own.role) labels = prepared[other].labels;
            }
            own.planes.push_back(std::move(image));
            if (seen.labelled) own.planeLabels.push_back(std::move(labels));
        }
    }
    return prepared;
}

} // namespace cristae

// Random patches: a place, a geometry for image and labels alike, then changes of grey values.
#include "core/learn/augment.h"

#include "core/base/error.h"
#include "core/learn/augment_ranges.h"
#include "core/learn/grey_changes.h"
#include "core/learn/warp.h"

#include <algorithm>
#include <set>

namespace cristae {

namespace {

std::set<uint8_t> labelsOf(const std::vector<const PreparedSlice*>& slices) {
    std::set<uint8_t> labels;
    for (const PreparedSlice* slice : slices)
        for (const ObjectPixels& object : slice->objects) labels.insert(object.label);
    return labels;
}

/// Index i with a probability in proportion to cumulative[i] − cumulative[i − 1].
size_t drawIndex(Random& random, const std::vector<double>& cumulative) {
    const double at = random.uniform() * cumulative.back();
    return std::min(size_t(std::upper_bound(cumulative.begin(), cumulative.end(), at) - cumulative.begin()),
                    cumulative.size() - 1);
}

} // namespace

PatchSampler::PatchSampler(const std::vector<PreparedSlice>& slices, const nlohmann::json& recipe)
    : side_(recipe.at("patch")), ranges_(std::make_shared<const AugmentRanges>(augmentRanges(recipe))) {
    double total = 0;
    for (const PreparedSlice& slice : slices) {
        if (slice.role != Role::train) continue;
        total += slice.weight * double(slice.image.extent().count());
        slices_.push_back(&slice);
        cumulative_.push_back(total);
    }
    if (slices_.empty())
        throw Error(ErrorKind::input, "There is no slice to train on; mark at least one as training data.");
    for (const uint8_t label : labelsOf(slices_)) {
        ClassPlaces places{label, {}};
        double sum = 0;
        for (const PreparedSlice* slice : slices_) {
            const auto found = std::ranges::find(slice->objects, label, &ObjectPixels::label);
            if (found != slice->objects.end()) sum += slice->weight * double(found->count);
            places.cumulative.push_back(sum);
        }
        classes_.push_back(std::move(places));
    }
}

PatchSampler::Place PatchSampler::drawPlace(Random& random) const {
    const PreparedSlice* slice = slices_[drawIndex(random, cumulative_)];
    const bool objectsHere = classes_.size() > 1 || !slice->objects.empty();
    if (objectsHere && random.chance(ranges_->foregroundFraction)) {
        uint8_t label = classes_.front().label;
        if (classes_.size() > 1) { // rare classes as often as common ones
            const ClassPlaces& places = classes_[size_t(random.below(int64_t(classes_.size())))];
            label = places.label;
            slice = slices_[drawIndex(random, places.cumulative)];
        }
        const auto& pixels = std::ranges::find(slice->objects, label, &ObjectPixels::label)->pixels;
        const int64_t pixel = pixels[size_t(random.below(int64_t(pixels.size())))];
        const int64_t columns = slice->image.extent().x;
        const double x = double(pixel % columns) + random.uniform(-ranges_->shift, ranges_->shift);
        return {slice, double(pixel / columns) + random.uniform(-ranges_->shift, ranges_->shift), x};
    }
    // Anywhere, so that the patch mostly lies inside.
    const auto along = [&](int64_t size) {
        const double margin = std::min(0.35 * double(side_), 0.5 * double(size));
        return random.uniform(margin, double(size) - margin);
    };
    const auto& e = slice->image.extent();
    const double x = along(e.x);
    return {slice, along(e.y), x};
}

Patch PatchSampler::patch(uint64_t seed, uint64_t n) const {
    Random random = Random::forItem(seed, n);
    const Place place = drawPlace(random);
    const PreparedSlice& slice = *place.slice;
    const Warp warp = drawWarp(random, *ranges_, side_, place.x, place.y, slice.image.extent());

    const int64_t planes = std::max<int64_t>(1, int64_t(slice.planes.size())),
                  labelled = std::max<int64_t>(1, int64_t(slice.planeLabels.size()));
    Patch patch{Pixels(PixelType::f32, slice.image.channels(), {planes, side_, side_}),
                Pixels(PixelType::u8, 1, {labelled, side_, side_})};
    GreyChanges changes = drawGreyChanges(random, *ranges_);
    const bool reversed = planes > 1 && random.chance(ranges_->reverseZ);
    drawLaterGreyChanges(random, *ranges_, changes);

    const auto from = [&](int64_t z) { return size_t(reversed ? planes - 1 - z : z); };
    for (int64_t z = 0; z < labelled; ++z)
        warpLabels(labelled > 1 ? slice.planeLabels[from(z)] : slice.labels, warp, patch.labels, z);
    for (int64_t c = 0; c < slice.image.channels(); ++c)
        for (int64_t z = 0; z < planes; ++z) {
            warpGrey(planes > 1 ? slice.planes[from(z)] : slice.image, c, warp, patch.image, z);
            changeGrey(changes, random, patch.image.plane<float>(c, z), side_);
        }
    return patch;
}

} // namespace cristae

// Random patches: a place, a geometry for image and labels alike, then changes of grey values.
#include "core/learn/augment.h"

#include "core/base/error.h"
#include "core/learn/augment_ranges.h"
#include "core/learn/grey_changes.h"
#include "core/learn/warp.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace cristae {

namespace {

std::set<uint8_t> labelsOf(const std::vector<const PreparedSlice*>& slices) {
    std::set<uint8_t> labels;
    for (const PreparedSlice* slice : slices)
        for (const ObjectPixels& object : slice->objects) labels.insert(object.label);
    return labels;
}

/// The pixels at which patches may be centred.
int64_t areaOf(const PreparedSlice& slice) {
    return slice.knownPixels.empty() ? slice.image.extent().count() : slice.known;
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
    for (size_t i = 0; i < slices.size(); ++i) {
        if (slices[i].role != Role::train || slices[i].known == 0) continue;
        slices_.push_back(&slices[i]);
        places_.push_back(i);
    }
    if (slices_.empty())
        throw Error(ErrorKind::input, "There is no labelled slice to train on; mark at least one as training "
                                      "data.");
    weigh();
    for (const uint8_t label : labelsOf(slices_)) {
        ClassPlaces places{label, {}};
        double sum = 0;
        for (size_t i = 0; i < slices_.size(); ++i) {
            const auto found = std::ranges::find(slices_[i]->objects, label, &ObjectPixels::label);
            if (found != slices_[i]->objects.end()) sum += density_[i] * double(found->count);
            places.cumulative.push_back(sum);
        }
        classes_.push_back(std::move(places));
    }
}

void PatchSampler::weigh() {
    struct Entry {
        double mass = 0, share = 0; // weight × labelled pixels
    };
    std::map<int64_t, Entry> named; // entries that say their share
    double others = 0, shares = 0;
    for (const PreparedSlice* slice : slices_) {
        const double mass = slice->weight * double(areaOf(*slice));
        if (slice->share <= 0) {
            others += mass;
            continue;
        }
        Entry& entry = named[slice->entry];
        entry.mass += mass;
        entry.share = slice->share;
    }
    for (const auto& [number, entry] : named) shares += entry.share;
    shares_ = !named.empty();
    double total = 0;
    for (const PreparedSlice* slice : slices_) {
        double factor = 1;
        if (slice->share > 0)
            factor = slice->share / named[slice->entry].mass;
        else if (shares_)
            factor = std::max(0.0, 1 - shares) / others;
        density_.push_back(slice->weight * factor);
        total += density_.back() * double(areaOf(*slice));
        cumulative_.push_back(total);
    }
}

void PatchSampler::setErrorMaps(const std::vector<ErrorMap>& maps) {
    hard_.clear();
    hardCumulative_.clear();
    double total = 0;
    for (size_t i = 0; i < slices_.size(); ++i) {
        if (places_[i] >= maps.size()) continue;
        const ErrorMap& map = maps[places_[i]];
        for (size_t cell = 0; cell < map.cells.size(); ++cell) {
            if (map.cells[cell] == 0) continue;
            total += density_[i] * double(map.cells[cell]) * double(map.cells[cell]);
            hard_.push_back({i, int64_t(cell) / map.columns, int64_t(cell) % map.columns});
            hardCumulative_.push_back(total);
        }
    }
}

PatchSampler::Place PatchSampler::drawObject(Random& random, const PreparedSlice* slice) const {
    uint8_t label = classes_.front().label;
    if (classes_.size() > 1 && shares_) {
        label = slice->objects[size_t(random.below(int64_t(slice->objects.size())))].label;
    } else if (classes_.size() > 1) { // rare classes as often as common ones
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

PatchSampler::Place PatchSampler::drawHard(Random& random) const {
    const HardCell& cell = hard_[drawIndex(random, hardCumulative_)];
    const PreparedSlice* slice = slices_[cell.slice];
    const Extent3& e = slice->image.extent();
    const auto within = [&](int64_t index, int64_t size) {
        const int64_t first = index * ErrorMap::cellSide;
        return random.uniform(double(first), double(std::min(first + ErrorMap::cellSide, size)));
    };
    const double x = within(cell.column, e.x);
    return {slice, within(cell.row, e.y), x};
}

PatchSampler::Place PatchSampler::drawAnywhere(Random& random, const PreparedSlice& slice) const {
    const auto& e = slice.image.extent();
    // So that the patch mostly lies inside.
    const auto marginOf = [&](int64_t size) { return std::min(0.35 * double(side_), 0.5 * double(size)); };
    if (!slice.knownPixels.empty()) { // where something is labelled
        const int64_t pixel = slice.knownPixels[size_t(random.below(int64_t(slice.knownPixels.size())))];
        const auto inside = [&](int64_t at, int64_t size) {
            const double margin = marginOf(size);
            return int64_t(std::clamp(double(at), margin, double(size) - margin));
        };
        int64_t y = pixel / e.x, x = pixel % e.x;
        const int64_t innerY = std::min(inside(y, e.y), e.y - 1), innerX = std::min(inside(x, e.x), e.x - 1);
        if (std::as_const(slice.labels).values<uint8_t>()[size_t(innerY * e.x + innerX)] != 255) {
            y = innerY;
            x = innerX;
        }
        return {&slice, double(y), double(x)};
    }
    const auto along = [&](int64_t size) {
        const double margin = marginOf(size);
        return random.uniform(margin, double(size) - margin);
    };
    const double x = along(e.x);
    return {&slice, along(e.y), x};
}

PatchSampler::Place PatchSampler::drawPlace(Random& random) const {
    if (!hard_.empty() && happens(random, ranges_->hardFraction)) return drawHard(random);
    const PreparedSlice* slice = slices_[drawIndex(random, cumulative_)];
    const bool objectsHere = (classes_.size() > 1 && !shares_) || !slice->objects.empty();
    if (objectsHere && random.chance(ranges_->foregroundFraction)) return drawObject(random, slice);
    return drawAnywhere(random, *slice);
}

Patch PatchSampler::patch(uint64_t seed, uint64_t n) const {
    Random random = Random::forItem(seed, n);
    constexpr int tries = 20; // geometry may move the few labelled pixels of a sparse slice out of the patch
    for (int i = 1;; ++i) {
        Patch patch = patchAt(random, drawPlace(random));
        const auto labels = std::as_const(patch.labels).values<uint8_t>();
        if (i == tries || std::ranges::any_of(labels, [](uint8_t v) { return v != 255; })) return patch;
    }
}

Patch PatchSampler::patchAt(Random& random, const Place& place) const {
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

// Distances between held-out and training pixels, and likeness between files.
#include "core/learn/leak_guard.h"

#include "core/base/text.h"
#include "core/segment/model_card.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <opencv2/imgproc.hpp>

namespace cristae {

namespace {

/// The labelled pixels of a slice; how far every pixel is from them is computed when it is first asked for.
struct Labelled {
    KnownPixels known;
    cv::Mat distance; // f32, px
};

class Finder {
public:
    Finder(const TrainingSet& set, const Progress& progress) : set_(set), progress_(progress) {
        std::vector<Thumbnail> thumbnails;
        for (size_t i = 0; i < set.slices.size(); ++i) {
            progress.throwIfCancelled();
            progress.report(0.8 * double(i) / double(set.slices.size()), "comparing slices");
            thumbnails_.push_back(thumbnailOf(set.slices[i].image));
            labelled_.push_back({knownPixels(set.slices[i].labels), {}});
        }
        places_ = slicePlaces(set, thumbnails_);
        for (size_t i = 0; i < set.slices.size(); ++i)
            if (set.slices[i].role == Role::train && labelled_[i].known.count > 0)
                training_[places_[i].stack].push_back(i);
    }

    std::optional<Leak> leakOf(size_t heldOut) {
        if (labelled_[heldOut].known.count == 0) return {};
        std::optional<Leak> nearest = nearestInStack(heldOut);
        return nearest ? nearest : likestElsewhere(heldOut);
    }

private:
    /// Gap between the labelled pixels of two slices of one size, in px; 0: they lie over each other. Where
    /// it is `enough` it need not be exact.
    double gap(size_t a, size_t b, double enough) {
        const Region &one = labelled_[a].known.box, &other = labelled_[b].known.box;
        const auto between = [](int64_t b0, int64_t e0, int64_t b1, int64_t e1) {
            return double(std::max<int64_t>({0, b1 - e0, b0 - e1}));
        };
        const double boxes = std::hypot(between(one.y0, one.y1, other.y0, other.y1),
                                        between(one.x0, one.x1, other.x0, other.x1));
        if (boxes >= enough || (labelled_[a].known.fillsBox() && labelled_[b].known.fillsBox())) return boxes;
        const auto first = set_.slices[a].labels.values<uint8_t>(),
                   second = set_.slices[b].labels.values<uint8_t>();
        for (size_t i = 0; i < std::min(first.size(), second.size()); ++i)
            if (first[i] != 255 && second[i] != 255) return 0;
        const cv::Mat& distance = distanceFrom(b);
        double least = enough + 1;
        const auto* at = distance.ptr<float>();
        for (size_t i = 0; i < first.size(); ++i)
            if (first[i] != 255) least = std::min(least, double(at[i]));
        return std::max(0.0, least - 1);
    }

    const cv::Mat& distanceFrom(size_t slice) {
        cv::Mat& distance = labelled_[slice].distance;
        if (!distance.empty()) return distance;
        const Extent3& e = set_.slices[slice].labels.extent();
        cv::Mat unknown(int(e.y), int(e.x), CV_8U);
        std::ranges::transform(set_.slices[slice].labels.values<uint8_t>(), unknown.ptr<uint8_t>(),
                               [](uint8_t v) { return uint8_t(v == 255); });
        cv::distanceTransform(unknown, distance, cv::DIST_L2, cv::DIST_MASK_PRECISE);
        return distance;
    }

    std::optional<Leak> nearestInStack(size_t heldOut) {
        const auto found = training_.find(places_[heldOut].stack);
        if (found == training_.end()) return {};
        const TrainingSlice& slice = set_.slices[heldOut];
        const double enoughSlices =
                         slice.sliceDistanceNm ? independentNm / *slice.sliceDistanceNm : independentSlices,
                     enoughPixels =
                         slice.pixelSizeNm ? independentNm / *slice.pixelSizeNm : independentPixels;
        const auto slicesTo = [&](size_t i) { return std::abs(places_[i].z - places_[heldOut].z); };
        std::vector<size_t> order;
        for (const size_t i : found->second)
            if (double(slicesTo(i)) < enoughSlices) order.push_back(i);
        std::ranges::stable_sort(order, {}, slicesTo);
        double nearest = 1; // 1: far enough
        std::optional<Leak> leak;
        for (const size_t i : order) {
            progress_.throwIfCancelled();
            const double along = double(slicesTo(i)) / enoughSlices;
            if (along >= nearest) break;
            const double pixels = gap(heldOut, i, enoughPixels),
                         distance = std::hypot(along, pixels / enoughPixels);
            if (distance >= nearest) continue;
            nearest = distance;
            leak = Leak{heldOut, i, LeakReason::neighbour, {}, slicesTo(i), int64_t(pixels)};
            if (leak->slices == 0 && leak->pixels == 0) leak->reason = LeakReason::overlap;
            const bool knownHere =
                (leak->slices == 0 || slice.sliceDistanceNm) && (leak->pixels == 0 || slice.pixelSizeNm);
            if (knownHere)
                leak->distanceNm = std::hypot(double(leak->slices) * slice.sliceDistanceNm.value_or(0),
                                              double(leak->pixels) * slice.pixelSizeNm.value_or(0));
        }
        return leak;
    }

    std::optional<Leak> likestElsewhere(size_t heldOut) {
        const Extent3& e = set_.slices[heldOut].image.extent();
        std::optional<Leak> leak;
        for (const auto& [stack, slices] : training_) {
            if (stack == places_[heldOut].stack) continue;
            progress_.throwIfCancelled();
            for (const size_t i : slices) {
                const double value = likeness(thumbnails_[heldOut], thumbnails_[i]);
                if (!looksAlike(value, e) || (leak && value <= leak->likeness)) continue;
                const TrainingSlice& slice = set_.slices[heldOut];
                const double enough =
                    slice.pixelSizeNm ? independentNm / *slice.pixelSizeNm : independentPixels;
                // The same place in another file: what is labelled there may still lie far away.
                if (set_.slices[i].image.extent() == e && gap(heldOut, i, enough) >= enough) continue;
                leak = Leak{heldOut, i, LeakReason::alike, {}, 0, 0, value};
            }
        }
        return leak;
    }

    const TrainingSet& set_;
    const Progress& progress_;
    std::vector<Thumbnail> thumbnails_;
    std::vector<Labelled> labelled_;
    std::vector<SlicePlace> places_;
    std::map<int64_t, std::vector<size_t>> training_; // slices that train, by stack
};

/// "15 nm", "3 slices", "12 px".
std::string distanceText(const Leak& leak) {
    if (leak.distanceNm) return fmt::format("{:.3g} nm", *leak.distanceNm);
    std::string text;
    if (leak.slices > 0) text = countText(leak.slices, "slice", "slices");
    if (leak.pixels > 0) text += fmt::format("{}{} px", text.empty() ? "" : " and ", leak.pixels);
    return text;
}

double comparable(const Leak& leak) {
    return leak.distanceNm.value_or(double(leak.slices) * independentNm / double(independentSlices) +
                                    double(leak.pixels) * independentNm / double(independentPixels));
}

std::string needed(const Leak& leak, const TrainingSlice& slice) {
    if (leak.distanceNm) return fmt::format("at least {} are needed", lengthText(independentNm));
    if (leak.slices > 0 && !slice.sliceDistanceNm)
        return fmt::format("the distance of slices is not known, so at least {} slices are needed",
                           independentSlices);
    return fmt::format("the pixel size is not known, so at least {} px are needed", independentPixels);
}

/// What stands behind a score.
std::string noteOf(const Leak& leak) {
    switch (leak.reason) {
    case LeakReason::neighbour:
        return fmt::format("neighbours of training slices ({})", distanceText(leak));
    case LeakReason::overlap:
        return "trained on: the same pixels";
    case LeakReason::alike:
        return fmt::format("nearly equal to training images (correlation {:.2f})", leak.likeness);
    }
    return {};
}

struct Group {
    Leak worst;
    int64_t count = 0;
};

std::string sentenceOf(const Group& group, const TrainingSet& set) {
    const TrainingSlice &slice = set.slices[group.worst.heldOut],
                        &training = set.slices[group.worst.training];
    const char* role = slice.role == Role::validation ? "validation" : "test";
    const std::string who = fmt::format(
        "{} of “{}”", countText(group.count, fmt::format("{} slice", role), fmt::format("{} slices", role)),
        slice.data);
    const bool one = group.count == 1;
    switch (group.worst.reason) {
    case LeakReason::neighbour:
        return fmt::format("{} {} ({}{}; {}), so {} flatter the model.", who,
                           one ? "is a neighbour of training slices" : "are neighbours of training slices",
                           one ? "" : "as near as ", distanceText(group.worst), needed(group.worst, slice),
                           one ? "its scores" : "their scores");
    case LeakReason::overlap:
        return fmt::format("{} {} trained on (the same pixels as {}), so {} say nothing about new images.",
                           who, one ? "is" : "are", training.name, one ? "its scores" : "their scores");
    case LeakReason::alike:
        return fmt::format("{} {} nearly the same as training images ({} and {}: correlation {:.2f}), so {} "
                           "flatter the model.",
                           who, one ? "looks" : "look", slice.name, training.name, group.worst.likeness,
                           one ? "its scores" : "their scores");
    }
    return {};
}

} // namespace

LeakReport findLeaks(const TrainingSet& set, const Progress& progress) {
    LeakReport report;
    const auto held = [](const TrainingSlice& slice) { return slice.role != Role::train; };
    if (std::ranges::none_of(set.slices, held)) return report;
    Finder finder(set, progress);
    for (size_t i = 0; i < set.slices.size(); ++i) {
        if (!held(set.slices[i])) continue;
        progress.report(0.8 + 0.2 * double(i) / double(set.slices.size()), "comparing slices");
        if (auto leak = finder.leakOf(i)) report.leaks.push_back(*leak);
    }
    std::map<std::tuple<std::string, Role, LeakReason>, Group> groups;
    for (const Leak& leak : report.leaks) {
        const TrainingSlice& slice = set.slices[leak.heldOut];
        Group& group = groups[{slice.data, slice.role, leak.reason}];
        const bool worse = leak.reason == LeakReason::alike ? leak.likeness > group.worst.likeness
                                                            : comparable(leak) < comparable(group.worst);
        if (group.count++ == 0 || worse) group.worst = leak;
    }
    for (const auto& [key, group] : groups) report.sentences.push_back(sentenceOf(group, set));
    return report;
}

LeakReport markLeaks(TrainingSet& set, ModelCard& card, const Progress& progress) {
    const LeakReport report = findLeaks(set, progress);
    for (TrainingSlice& slice : set.slices) slice.leak.clear();
    for (const Leak& leak : report.leaks) set.slices[leak.heldOut].leak = noteOf(leak);
    set.remarks.insert(set.remarks.end(), report.sentences.begin(), report.sentences.end());
    if (report.sentences.empty()) return report;
    card.training["leaks"] = report.sentences;
    for (TrainingData& data : card.data)
        for (const std::string& sentence : report.sentences)
            if (sentence.find(fmt::format("of “{}” ", data.name)) != std::string::npos)
                data.slices += "; " + sentence.substr(0, sentence.size() - 1);
    return report;
}

} // namespace cristae

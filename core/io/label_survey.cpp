// Counting the values of an image, and how many of them lie inside areas of one value.
#include "core/io/label_survey.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace cristae {

int64_t LabelSurvey::distinct(int64_t first, int64_t last) const {
    return std::count_if(count.begin() + first, count.begin() + last + 1, [](int64_t n) { return n > 0; });
}

int64_t LabelSurvey::sum(const std::vector<int64_t>& counts, int64_t first, int64_t last) {
    return std::accumulate(counts.begin() + first, counts.begin() + last + 1, int64_t(0));
}

namespace {

/// Notes a value that is no label: true if it is one.
template <class T> bool isLabel(T value, const std::set<int64_t>& unlabelled, LabelSurvey& survey) {
    if constexpr (std::is_floating_point_v<T>) {
        if (std::isnan(value)) {
            ++survey.unlabelled;
            return false;
        }
        if (value != std::floor(value) || std::isinf(value)) {
            if (!survey.fraction) survey.fraction = double(value);
            return false;
        }
    }
    if (!unlabelled.empty() && std::abs(double(value)) < 1e15 && unlabelled.contains(int64_t(value))) {
        ++survey.unlabelled;
        return false;
    }
    if constexpr (std::is_signed_v<T>) {
        if (value == T(-1)) {
            ++survey.unlabelled;
            return false;
        }
        if (value < T(0)) {
            if (!survey.negative) survey.negative = double(value);
            return false;
        }
    }
    survey.largest = std::max(survey.largest, double(value));
    return true;
}

template <class T> void addRange(std::span<const T> plane, LabelSurvey& survey) {
    if constexpr (std::is_floating_point_v<T>)
        for (const T value : plane) {
            if (!std::isfinite(value)) continue;
            survey.smallestFraction = std::min(survey.smallestFraction, double(value));
            survey.largestFraction = std::max(survey.largestFraction, double(value));
        }
}

template <class T>
void addBorders(std::span<const T> plane, int64_t height, int64_t width, LabelSurvey& survey) {
    const auto compare = [&](T a, T b) {
        if (!(a > T(0)) || !(b > T(0)) || a == b) return;
        ++survey.borders;
        survey.steps += std::abs(double(a) - double(b)) <= 2;
    };
    for (int64_t y = 0; y < height; ++y)
        for (int64_t x = 0; x < width; ++x) {
            const size_t i = size_t(y * width + x);
            if (x + 1 < width) compare(plane[i], plane[i + 1]);
            if (y + 1 < height) compare(plane[i], plane[i + size_t(width)]);
        }
}

/// Values strictly between those of their neighbours on both sides: the slopes that smoothing leaves.
template <class T>
void addBetween(std::span<const T> plane, int64_t height, int64_t width, LabelSurvey& survey) {
    const auto lies = [&](size_t i, size_t step) {
        const T before = plane[i - step], value = plane[i], behind = plane[i + step];
        return (before < value && value < behind) || (before > value && value > behind);
    };
    for (int64_t y = 0; y < height; ++y)
        for (int64_t x = 0; x < width; ++x) {
            const size_t i = size_t(y * width + x);
            if (!(double(plane[i]) > 0 && double(plane[i]) < double(LabelSurvey::counted))) continue;
            if ((x > 0 && x + 1 < width && lies(i, 1)) || (y > 0 && y + 1 < height && lies(i, size_t(width))))
                ++survey.between[size_t(plane[i])];
        }
}

template <class T>
void addSlice(std::span<const T> plane, int64_t height, int64_t width, const std::set<int64_t>& unlabelled,
              LabelSurvey& survey) {
    survey.voxels += int64_t(plane.size());
    addRange(plane, survey);
    std::set<int64_t> few; // of a slice with at most two values nothing else needs to be known
    T last{};
    bool known = false, label = false;
    for (const T value : plane) {
        if (!known || value != last || !label) label = isLabel(value, unlabelled, survey);
        last = value;
        known = true;
        if (!label || !(double(value) < double(LabelSurvey::counted))) continue;
        ++survey.count[size_t(value)];
        if (few.size() < 3) few.insert(int64_t(value));
    }
    if (few.size() < 3) {
        for (const T value : plane)
            if (double(value) >= 0 && double(value) < double(LabelSurvey::counted))
                ++survey.inside[size_t(value)];
        return;
    }
    addBorders(plane, height, width, survey);
    addBetween(plane, height, width, survey);
    addPixels(plane.data(), height, width, [&](T value, bool inside, bool alone) {
        if (!(double(value) >= 0 && double(value) < double(LabelSurvey::counted))) return;
        survey.inside[size_t(value)] += inside;
        survey.alone[size_t(value)] += alone;
    });
}

} // namespace

LabelSurvey surveyLabels(const TileSource& source, const std::set<int64_t>& unlabelled,
                         const Progress& progress) {
    const Extent3& e = source.info().extent();
    LabelSurvey survey;
    for (int64_t z = 0; z < e.z; ++z) {
        progress.throwIfCancelled();
        progress.report(double(z) / double(e.z), "checking labels");
        const Pixels slice = source.read(0, Box3::ofSlice(e, z), progress);
        withPixelType(slice.type(), [&](auto tag) {
            using T = decltype(tag);
            addSlice<T>(slice.plane<T>(0, 0), e.y, e.x, unlabelled, survey);
        });
    }
    for (const int64_t value : unlabelled)
        if (value >= 0 && value < LabelSurvey::counted)
            survey.inside[size_t(value)] = survey.alone[size_t(value)] = 0;
    return survey;
}

} // namespace cristae

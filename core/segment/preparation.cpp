// Channels and normalisation of a slice.
#include "core/segment/preparation.h"

#include "core/base/parallel.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>

namespace cristae {
namespace {

/// Sums of one row; rows are added in order, so that the result does not depend on the number of threads.
struct Sums {
    double sum = 0, squares = 0, least = std::numeric_limits<double>::infinity(),
           greatest = -std::numeric_limits<double>::infinity();
    int64_t count = 0;
};

/// Values outside are left out of the sums.
struct Bounds {
    double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
};

template <class T> Sums sumsOfRow(const T* row, int64_t width, double origin, const Bounds& bounds) {
    Sums sums;
    for (int64_t i = 0; i < width; ++i) {
        const double value = double(row[i]) - origin;
        if constexpr (std::is_floating_point_v<T>)
            if (!std::isfinite(value)) continue;
        if (double(row[i]) < bounds.low || double(row[i]) > bounds.high) continue;
        sums.least = std::min(sums.least, value);
        sums.greatest = std::max(sums.greatest, value);
        sums.sum += value;
        sums.squares += value * value;
        ++sums.count;
    }
    return sums;
}

struct Moments {
    double mean = 0, deviation = 0, least = 0, greatest = 0;
    int64_t count = 0; // of finite values within the bounds
};

/// Mean and standard deviation (of the population) of the finite values of a channel within the bounds.
template <class T>
Moments momentsOf(std::span<const T> plane, int64_t width, const Bounds& bounds, const Progress& progress) {
    const int64_t height = width > 0 ? int64_t(plane.size()) / width : 0;
    std::vector<Sums> rows(static_cast<size_t>(height));
    // A value of the image as origin keeps the squares small, so that nothing cancels.
    double origin = 0;
    for (const T value : plane)
        if (double(value) - double(value) == 0) {
            origin = double(value);
            break;
        }
    constexpr int64_t band = 64;
    parallelFor((height + band - 1) / band,
                [&](int64_t b) {
                    progress.throwIfCancelled();
                    for (int64_t y = b * band; y < std::min(height, (b + 1) * band); ++y)
                        rows[size_t(y)] = sumsOfRow(plane.data() + y * width, width, origin, bounds);
                },
                plane.size() < (1u << 18) ? 1 : 0);
    Sums all;
    for (const Sums& row : rows) {
        all.sum += row.sum;
        all.squares += row.squares;
        all.count += row.count;
        all.least = std::min(all.least, row.least);
        all.greatest = std::max(all.greatest, row.greatest);
    }
    const double n = double(std::max<int64_t>(all.count, 1));
    return {origin + all.sum / n, std::sqrt(std::max(0.0, all.squares / n - (all.sum / n) * (all.sum / n))),
            origin + all.least, origin + all.greatest, all.count};
}

/// Values at two fractions of the sorted finite values; of planes above 2^24 pixels every k-th pixel is
/// taken.
template <class T>
std::pair<double, double> quantiles(std::span<const T> plane, double low, double high, bool& nonFinite) {
    const size_t stride = plane.size() / (size_t(1) << 24) + 1;
    std::vector<T> values;
    values.reserve(plane.size() / stride + 1);
    for (size_t i = 0; i < plane.size(); i += stride) {
        if (double(plane[i]) - double(plane[i]) == 0)
            values.push_back(plane[i]);
        else
            nonFinite = true;
    }
    if (values.empty()) return {0, 1};
    const auto at = [&](double fraction) {
        const auto nth = values.begin() + std::ptrdiff_t(std::lround(fraction * double(values.size() - 1)));
        std::nth_element(values.begin(), nth, values.end());
        return double(*nth);
    };
    const double first = at(low);
    return {first, at(high)};
}

/// Where ordinary values end: the range of all but 0.05 % on either side (at least one value), and three
/// times its width beyond.
template <class T> Bounds ordinaryBounds(std::span<const T> plane) {
    const double share = std::max(0.0005, 1.0 / double(std::max<size_t>(plane.size(), 2) - 1));
    bool nonFinite = false;
    const auto [low, high] = quantiles(plane, share, 1 - share, nonFinite);
    const double width = high - low;
    return width > 0 ? Bounds{low - 3 * width, high + 3 * width} : Bounds();
}

/// Mean and deviation of a channel; outliers are left out where they decide it, and noted in `result`.
template <class T>
Moments robustMoments(std::span<const T> plane, int64_t width, size_t channel, Normalisation& result,
                      const Progress& progress) {
    constexpr double suspicious = 8, widened = 1.1;
    const Moments all = momentsOf(plane, width, {}, progress);
    result.hadNonFinite = result.hadNonFinite || all.count < int64_t(plane.size());
    if (std::max(all.greatest - all.mean, all.mean - all.least) <= suspicious * all.deviation) return all;
    const Bounds bounds = ordinaryBounds(plane);
    const Moments ordinary = momentsOf(plane, width, bounds, progress);
    if (ordinary.count == all.count || ordinary.deviation * widened > all.deviation) return all;
    result.outliers += all.count - ordinary.count;
    if (result.low.empty()) {
        result.low.assign(result.shift.size(), Bounds().low);
        result.high.assign(result.shift.size(), Bounds().high);
    }
    result.low[channel] = bounds.low;
    result.high[channel] = bounds.high;
    return ordinary;
}

double number(const nlohmann::json& json, const char* key, double standard) {
    const auto found = json.find(key);
    if (found == json.end()) return standard;
    if (!found->is_number())
        throw Error(ErrorKind::model,
                    fmt::format("The model card's normalisation has a \"{}\" that is not a number.", key));
    return found->get<double>();
}

/// One number a channel from a number or a list.
std::vector<double> numbers(const nlohmann::json& json, const char* key, int64_t channels) {
    const auto found = json.find(key);
    if (found != json.end() && found->is_number())
        return std::vector<double>(size_t(channels), found->get<double>());
    if (found != json.end() && found->is_array() && int64_t(found->size()) == channels &&
        std::all_of(found->begin(), found->end(),
                    [](const nlohmann::json& item) { return item.is_number(); }))
        return found->get<std::vector<double>>();
    throw Error(ErrorKind::model,
                fmt::format("The model card's normalisation lacks \"{}\" for {} channels.", key, channels));
}

} // namespace

Pixels withChannels(const Pixels& slice, int64_t channelsIn, std::string* remark) {
    const int64_t channels = slice.channels();
    if (channels == channelsIn) return slice;
    const Extent3 extent = slice.extent();
    const size_t planeCount = size_t(extent.count());
    if (channelsIn == 1 && channels == 3) {
        Pixels grey(PixelType::f32, 1, extent);
        bool coloured = false;
        withPixelType(slice.type(), [&](auto t) {
            using T = decltype(t);
            const std::span<const T> values = slice.values<T>();
            const std::span<float> out = grey.values<float>();
            for (size_t i = 0; i < planeCount; ++i) {
                const T red = values[i], green = values[planeCount + i], blue = values[2 * planeCount + i];
                out[i] = float(0.299 * double(red) + 0.587 * double(green) + 0.114 * double(blue));
                coloured = coloured || red != green || red != blue;
            }
        });
        if (coloured && remark)
            *remark =
                "The image has three channels that differ; the model works on their luminance (0.299 red + "
                "0.587 green + 0.114 blue).";
        return grey;
    }
    if (channelsIn != 1 && channels != 1)
        throw Error(ErrorKind::input,
                    fmt::format("The image has {} channels, but the model wants {}; choose another model or "
                                "convert the image.",
                                channels, channelsIn));
    if (channels != 1 && remark)
        *remark = fmt::format("The image has {} channels; the first was taken as grey values.", channels);
    Pixels result(slice.type(), channelsIn, extent);
    const size_t bytes = planeCount * byteSize(slice.type());
    for (int64_t c = 0; c < channelsIn; ++c)
        std::copy_n(slice.data(), bytes, result.data() + size_t(c) * bytes);
    return result;
}

namespace {

/// Without what "invert" asks for.
Normalisation plainNormalisation(const Pixels& slice, const nlohmann::json& settings,
                                 const Progress& progress) {
    const std::string kind = settings.is_object() ? settings.value("kind", "zero-mean-unit-variance") : "";
    const int64_t channels = slice.channels();
    Normalisation result;
    result.shift.assign(size_t(channels), 0.0);
    result.scale.assign(size_t(channels), 1.0);
    if (kind == "none") return result;
    if (kind == "fixed") {
        result.shift = numbers(settings, "mean", channels);
        const std::vector<double> deviations = numbers(settings, "std", channels);
        for (size_t c = 0; c < deviations.size(); ++c) {
            if (!(deviations[c] > 0))
                throw Error(ErrorKind::model,
                            "The model card's normalisation has a \"std\" that is not positive.");
            result.scale[c] = 1.0 / deviations[c];
        }
        return result;
    }
    if (kind != "zero-mean-unit-variance" && kind != "percentile")
        throw Error(
            ErrorKind::model,
            fmt::format("The model card's normalisation \"{}\" is unknown; a newer Cristae may know it.",
                        kind));
    const double low = number(settings, "low", 1), high = number(settings, "high", 99);
    if (!(low >= 0 && low < high && high <= 100))
        throw Error(ErrorKind::model, "The model card's normalisation needs 0 ≤ low < high ≤ 100.");
    for (int64_t c = 0; c < channels; ++c)
        withPixelType(slice.type(), [&](auto t) {
            using T = decltype(t);
            const std::span<const T> plane = slice.plane<T>(c, 0);
            double shift = 0, width = 0;
            if (kind == "percentile") {
                const auto [first, last] = quantiles(plane, low / 100, high / 100, result.hadNonFinite);
                shift = first;
                width = last - first;
            } else {
                const Moments moments = robustMoments(plane, slice.extent().x, size_t(c), result, progress);
                shift = moments.mean;
                width = moments.deviation;
            }
            result.shift[size_t(c)] = shift;
            result.scale[size_t(c)] = width > 1e-12 ? 1.0 / width : 1.0; // a plain slice becomes all zeros
        });
    return result;
}

} // namespace

Normalisation normalisationOf(const Pixels& slice, const nlohmann::json& settings, const Progress& progress) {
    const Normalisation result = plainNormalisation(slice, settings, progress);
    if (!settings.is_object() || !settings.value("invert", false)) return result;
    return result.inverted(settings.value("kind", "zero-mean-unit-variance"), slice.type());
}

namespace {
/// v + mirrored value, of a type's range; numbers with a fraction are taken to be 0 … 1.
double rangeSum(PixelType type) {
    double sum = 1;
    withPixelType(type, [&](auto t) {
        using T = decltype(t);
        if constexpr (std::is_integral_v<T>)
            sum = double(std::numeric_limits<T>::max()) + double(std::numeric_limits<T>::lowest());
    });
    return sum;
}
} // namespace

Normalisation Normalisation::inverted(const std::string& kind, PixelType type) const {
    Normalisation result = *this;
    for (size_t c = 0; c < shift.size(); ++c) {
        result.scale[c] = -scale[c];
        if (kind == "percentile") result.shift[c] = shift[c] + 1 / scale[c]; // 0 … 1 stays 0 … 1
        if (kind == "none") result.shift[c] = rangeSum(type);
    }
    return result;
}

std::string Normalisation::remark() const {
    std::string text;
    if (hadNonFinite) text = "The image has values that are no numbers; they were taken as the mean.";
    if (outliers > 0)
        text += fmt::format("{}{} far outside the others (hot or dead pixels?); left out of the "
                            "normalisation and clamped.",
                            text.empty() ? "" : " ",
                            outliers == 1 ? "One value of the image is"
                                          : fmt::format("{} values of the image are", outliers));
    return text;
}

Pixels normalised(const Pixels& slice, const Normalisation& normalisation) {
    Pixels result(PixelType::f32, slice.channels(), slice.extent());
    const size_t planeCount = size_t(slice.extent().count());
    withPixelType(slice.type(), [&](auto t) {
        using T = decltype(t);
        const std::span<const T> values = slice.values<T>();
        const std::span<float> out = result.values<float>();
        for (size_t i = 0; i < values.size(); ++i)
            out[i] = normalisation.apply(i / planeCount, double(values[i]));
    });
    return result;
}

} // namespace cristae

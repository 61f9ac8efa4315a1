// LabelSurvey: which values an image holds, and whether they lie in areas, seen in one pass over its slices.
#pragma once
#include "core/image/tile_source.h"

#include <cstdint>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

namespace cristae {

/// The end of the remark of a reader whose pixels went through a lossy compression, as in TIFF with JPEG.
inline constexpr std::string_view lossyRemark = "which changes values.";

struct LabelSurvey {
    static constexpr int64_t counted = 65536; // values below are counted one by one
    std::vector<int64_t> count;               // [counted] voxels of each value
    std::vector<int64_t> inside; // of these, those whose eight neighbours in the slice have the value too
    std::vector<int64_t> alone;  // of these, those that no neighbour to the left, right, above, below equals
    std::vector<int64_t>
        between;         // of these, those between two different labels beside them, or above and below
    int64_t borders = 0; // pairs of neighbours to the right or below with different labels
    int64_t steps = 0;   // of these, those whose labels differ by 1 or 2
    int64_t voxels = 0;
    int64_t unlabelled = 0;                           // voxels of −1, NaN or a value that was named
    double largest = 0;                               // label, beside those
    std::optional<double> negative, fraction;         // the first such value; infinity counts as a fraction
    double smallestFraction = 0, largestFraction = 0; // range of all values, if there are fractions

    LabelSurvey() : count(counted), inside(counted), alone(counted), between(counted) {}
    /// How many different values below `counted` there are from `first` to `last`.
    int64_t distinct(int64_t first, int64_t last) const;
    /// Sum of one of the counts over the values from `first` to `last`.
    static int64_t sum(const std::vector<int64_t>& counts, int64_t first, int64_t last);
};

/// Reads all slices of channel 0. `unlabelled`: values that are set apart.
LabelSurvey surveyLabels(const TileSource& source, const std::set<int64_t>& unlabelled,
                         const Progress& progress);

/// add(value, inside, alone) for every pixel of a plane [height, width]: whether all eight neighbours have
/// its value, and whether none of the four beside it has.
template <class T, class Add> void addPixels(const T* plane, int64_t height, int64_t width, Add&& add) {
    for (int64_t y = 0; y < height; ++y) {
        const T* row = plane + y * width;
        for (int64_t x = 0; x < width; ++x) {
            const T value = row[x];
            const bool left = x == 0 || row[x - 1] == value, right = x + 1 == width || row[x + 1] == value;
            const bool up = y == 0 || row[x - width] == value,
                       down = y + 1 == height || row[x + width] == value;
            bool inside = left && right && up && down;
            if (inside && x > 0)
                inside = (y == 0 || row[x - width - 1] == value) &&
                         (y + 1 == height || row[x + width - 1] == value);
            if (inside && x + 1 < width)
                inside = (y == 0 || row[x - width + 1] == value) &&
                         (y + 1 == height || row[x + width + 1] == value);
            const bool friends =
                (x > 0 && left) || (x + 1 < width && right) || (y > 0 && up) || (y + 1 < height && down);
            add(value, inside, !friends);
        }
    }
}

} // namespace cristae

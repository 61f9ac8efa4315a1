// The pixel size that a training is for.
#include "core/learn/training_set.h"

#include "core/base/text.h"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace cristae {

void choosePixelSize(TrainingSet& set, nlohmann::json& recipe) {
    constexpr double same = 1.01, alike = 1.5;
    std::vector<double> known;
    int64_t unknown = 0;
    for (const TrainingSlice& slice : set.slices) {
        if (slice.role == Role::test) continue;
        if (slice.pixelSizeNm)
            known.push_back(*slice.pixelSizeNm);
        else
            ++unknown;
    }
    if (known.empty()) return;
    std::sort(known.begin(), known.end());
    const double smallest = known.front(), largest = known.back(), median = known[known.size() / 2];
    const double wanted = recipe.value("pixelSizeNm", 0.0);
    const bool mixed = largest > smallest * same;
    if (wanted <= 0 && median <= smallest * alike && largest <= median * alike)
        recipe["pixelSizeNm"] = median;
    const double size = recipe.value("pixelSizeNm", 0.0);
    const std::string range =
        mixed ? fmt::format("{:.4g} to {:.4g} nm", smallest, largest) : fmt::format("{:.4g} nm", median);
    if (size <= 0)
        set.remarks.push_back(fmt::format(
            "The pixel sizes of the training data differ by more than a factor of {} ({}): the slices are "
            "used as they are, and the model knows no pixel size. Set pixelSizeNm in the recipe to bring all "
            "to one size.",
            alike, range));
    else if (mixed || largest > size * same || smallest * same < size)
        set.remarks.push_back(fmt::format("The pixel size of the training data is {}; slices of another size "
                                          "are rescaled to {:.4g} nm, for which the model is trained.",
                                          range, size));
    if (unknown > 0)
        set.remarks.push_back(
            fmt::format("The pixel size of {} of {} is not known; they are used as they are, as if it were "
                        "that of the others ({}).",
                        unknown, countText(unknown + int64_t(known.size()), "slice", "slices"), range));
}

} // namespace cristae

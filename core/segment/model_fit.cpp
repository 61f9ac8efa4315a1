// ModelFit: pixel sizes compared.
#include "core/segment/model_fit.h"

#include <algorithm>
#include <cmath>

namespace cristae {

namespace {
constexpr double mostScale = 4, mostEnlarged = 1.5;
}

bool isAbsurd(const ModelScale& scale) {
    return std::ranges::any_of(std::initializer_list<double>{scale.y, scale.x},
                               [](double s) { return s > mostScale || s < 1 / mostScale; });
}

ModelFit modelFit(const ModelCard& card, const VoxelSize& image) {
    if (!card.pixelSizeNm) return {Fit::anySize};
    if (!image.knownInPlane()) return {Fit::unknown};
    const ModelScale scale = modelScale(image, card);
    const auto distance = [](double s) { return std::abs(std::log(s)); };
    const double ratio = distance(scale.y) > distance(scale.x) ? scale.y : scale.x;
    ModelFit fit{Fit::fits, ratio, distance(ratio)};
    if (isAbsurd(scale))
        fit.fit = ratio > 1 ? Fit::farTooCoarse : Fit::farTooFine;
    else if (ratio > mostEnlarged)
        fit.fit = Fit::coarser;
    return fit;
}

std::string madeFor(const ModelCard& card) {
    const size_t open = card.title.rfind('(');
    if (open == std::string::npos || !card.title.ends_with(')')) return {};
    return card.title.substr(open + 1, card.title.size() - open - 2);
}

} // namespace cristae

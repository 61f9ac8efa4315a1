// Domain: what a model's training images look like, and how unlike them another image is.
#pragma once
#include "core/segment/probe.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace cristae {

/// The side of the parts of images that are compared, in model pixels.
inline constexpr int64_t domainSide = 256;

/// Statistics of the training images, kept in the model's card. A card of an older model has none.
struct Domain {
    struct Group {
        std::string data; // the data set
        ImageStatistics mean{};
    };
    std::vector<Group> groups;
    ImageStatistics spread{}; // standard deviation of the images of a group around its mean
};

/// One image that was trained on.
struct DomainSample {
    std::string data;
    ImageStatistics statistics{};
};

/// Throws Error{usage} without samples.
Domain domainOf(std::span<const DomainSample> samples);
nlohmann::json toJson(const Domain& domain);
/// Nothing where the JSON is empty. Throws Error{model} for what is no domain.
std::optional<Domain> domainFromJson(const nlohmann::json& json);

/// Root mean square of the differences from the nearest group in standard deviations: about 1 for the
/// training images (a Mahalanobis distance with a diagonal covariance that all groups share; after Lee et al.
/// 2018, arXiv:1807.03888).
double distanceFrom(const Domain& domain, const ImageStatistics& statistics);

/// How an image suits a model, judged from a part of it.
struct Likeness {
    std::optional<double> distance; // distanceFrom(); nothing for a model whose card has no domain
    Confidence confidence;
    std::optional<Confidence> inverted; // with dark and bright exchanged, where that was tried
    /// 1 − agreement with the mirrored image, the measure that tells wrong results best (METHODS.md); 0 where
    /// nothing is found.
    double doubt = 0;
    bool unlike() const { return doubt > 0.09; }
    /// The network is clearly surer of the inverted image.
    bool invertHelps() const;
};
/// `inverted`: the probe of the inverted image, if there is one.
Likeness likenessOf(const Probe& probe, const std::optional<Domain>& domain,
                    const std::optional<Probe>& inverted = std::nullopt);

/// What is to be said of an image for the model with this title: that it is unlike the training data, that
/// nothing is found. Empty if nothing.
std::string likenessWords(const Likeness& likeness, const std::string& modelTitle);

} // namespace cristae

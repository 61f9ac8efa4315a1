// Domain: groups of training images, and distances from them.
#include "core/segment/domain.h"

#include "core/base/error.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>

namespace cristae {

namespace {

/// Images of one data set are more alike than those that a model serves equally well; smaller spreads would
/// call every other microscope unlike.
constexpr double leastSpread = 0.1;

[[noreturn]] void refuse(const std::string& why) {
    throw Error(ErrorKind::model, "The model card is wrong: " + why);
}

ImageStatistics statisticsFromJson(const nlohmann::json& json, const char* key) {
    const auto found = json.find(key);
    ImageStatistics result{};
    if (found == json.end() || !found->is_array() || found->size() != result.size())
        refuse(fmt::format("\"domain\" lacks the {} numbers of \"{}\".", result.size(), key));
    for (size_t i = 0; i < result.size(); ++i) {
        if (!(*found)[i].is_number()) refuse(fmt::format("\"domain.{}\" holds what is no number.", key));
        result[i] = (*found)[i].get<double>();
        if (!std::isfinite(result[i])) refuse(fmt::format("\"domain.{}\" holds what is no number.", key));
    }
    return result;
}

/// Four digits are enough, and make equal trainings write equal files on every machine.
nlohmann::json toJson(const ImageStatistics& statistics) {
    nlohmann::json list = nlohmann::json::array();
    for (const double value : statistics) list.push_back(std::round(value * 1e4) / 1e4);
    return list;
}

} // namespace

Domain domainOf(std::span<const DomainSample> samples) {
    if (samples.empty())
        throw Error(ErrorKind::usage,
                    "There are no training images to describe; give some the role \"train\".");
    Domain domain;
    std::vector<double> counts;
    const auto groupOf = [&](const std::string& data) {
        const auto group = std::ranges::find(domain.groups, data, &Domain::Group::data);
        return size_t(group - domain.groups.begin());
    };
    for (const DomainSample& sample : samples) {
        const size_t g = groupOf(sample.data);
        if (g == domain.groups.size()) {
            domain.groups.push_back({sample.data, {}});
            counts.push_back(0);
        }
        ++counts[g];
        for (size_t i = 0; i < sample.statistics.size(); ++i)
            domain.groups[g].mean[i] += (sample.statistics[i] - domain.groups[g].mean[i]) / counts[g];
    }
    for (const DomainSample& sample : samples)
        for (size_t i = 0; i < sample.statistics.size(); ++i) {
            const double off = sample.statistics[i] - domain.groups[groupOf(sample.data)].mean[i];
            domain.spread[i] += off * off;
        }
    for (double& spread : domain.spread)
        spread = std::max(leastSpread, std::sqrt(spread / double(samples.size())));
    return domain;
}

nlohmann::json toJson(const Domain& domain) {
    nlohmann::json groups = nlohmann::json::array();
    for (const Domain::Group& group : domain.groups)
        groups.push_back({{"data", group.data}, {"mean", toJson(group.mean)}});
    return {{"statistics", imageStatisticNames}, {"groups", groups}, {"spread", toJson(domain.spread)}};
}

std::optional<Domain> domainFromJson(const nlohmann::json& json) {
    if (json.is_null() || json.empty()) return std::nullopt;
    const auto groups = json.find("groups");
    if (groups == json.end() || !groups->is_array() || groups->empty())
        refuse("\"domain\" has no \"groups\".");
    Domain domain;
    for (const nlohmann::json& group : *groups) {
        if (!group.is_object()) refuse("\"domain.groups\" has an entry that is not a table.");
        const auto data = group.find("data");
        domain.groups.push_back({data != group.end() && data->is_string() ? data->get<std::string>() : "",
                                 statisticsFromJson(group, "mean")});
    }
    domain.spread = statisticsFromJson(json, "spread");
    if (std::ranges::any_of(domain.spread, [](double s) { return !(s > 0); }))
        refuse("\"domain.spread\" is not positive.");
    return domain;
}

double distanceFrom(const Domain& domain, const ImageStatistics& statistics) {
    double nearest = std::numeric_limits<double>::infinity();
    for (const Domain::Group& group : domain.groups) {
        double sum = 0;
        for (size_t i = 0; i < statistics.size(); ++i) {
            const double off = (statistics[i] - group.mean[i]) / domain.spread[i];
            sum += off * off;
        }
        nearest = std::min(nearest, std::sqrt(sum / double(statistics.size())));
    }
    return nearest;
}

Likeness likenessOf(const Probe& probe, const std::optional<Domain>& domain,
                    const std::optional<Probe>& inverted) {
    Likeness result;
    result.confidence = probe.confidence;
    if (domain) result.distance = distanceFrom(*domain, probe.statistics);
    if (inverted) result.inverted = inverted->confidence;
    if (probe.confidence.foundAny()) result.doubt = 1 - probe.confidence.agreement;
    return result;
}

bool Likeness::invertHelps() const {
    constexpr double clearly = 0.05;
    const auto sure = [](const Confidence& c) { return c.foundAny() ? c.agreement : 0; };
    return inverted && sure(*inverted) > sure(confidence) + clearly;
}

std::string likenessWords(const Likeness& likeness, const std::string& modelTitle) {
    if (likeness.unlike())
        return fmt::format("This image looks unlike the training data of “{}”: check the result.",
                           modelTitle);
    if (!likeness.confidence.foundAny())
        return fmt::format("“{}” finds nothing in the middle of this image: check the pixel size and the "
                           "model.",
                           modelTitle);
    return {};
}

} // namespace cristae

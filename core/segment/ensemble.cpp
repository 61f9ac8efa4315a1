// Putting model packages together, and telling their members apart again.
#include "core/segment/ensemble.h"

#include "core/base/error.h"
#include "core/segment/package_writer.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace cristae {

namespace {

bool samePixelSize(const ModelCard& a, const ModelCard& b) {
    if (!a.pixelSizeNm || !b.pixelSizeNm) return !a.pixelSizeNm && !b.pixelSizeNm;
    return std::abs(*a.pixelSizeNm / *b.pixelSizeNm - 1) < 1e-3;
}

bool sameClasses(const ModelCard& a, const ModelCard& b) {
    return std::ranges::equal(a.classes, b.classes, {}, &ModelClass::name, &ModelClass::name);
}

} // namespace

std::string memberPrefix(size_t member) {
    return fmt::format("member.{}.", member);
}

std::vector<std::string> ensembleComplaints(const std::vector<ModelPackage>& members) {
    std::vector<std::string> found;
    if (members.size() < 2) found.push_back("An ensemble needs at least two models.");
    for (const ModelPackage& member : members) {
        const ModelCard &first = members.front().card, &card = member.card;
        const auto differs = [&](const char* what) {
            found.push_back(
                fmt::format("{} has {} than {}; take models that agree.", card.name, what, first.name));
        };
        if (card.architecture == ensembleArchitecture)
            found.push_back(fmt::format("{} is an ensemble itself; take its members instead.", card.name));
        if (!sameClasses(first, card)) differs("other classes");
        if (card.exclusive != first.exclusive)
            differs("another kind of classes (exclusive or each by itself)");
        if (card.channelsIn != first.channelsIn) differs("another number of channels");
        if (!samePixelSize(first, card)) differs("another pixel size");
        if (card.normalisation != first.normalisation) differs("another normalisation");
    }
    return found;
}

ModelPackage writeEnsemble(const std::vector<ModelPackage>& members, const std::string& name,
                           const std::filesystem::path& output) {
    if (const auto found = ensembleComplaints(members); !found.empty())
        throw Error(ErrorKind::model,
                    fmt::format("These models cannot be combined. {}", fmt::join(found, " ")));
    ModelCard card = members.front().card;
    card.name = card.title = name;
    card.architecture = ensembleArchitecture;
    card.description = "The mean of the probabilities of";
    card.scores.clear();
    nlohmann::json list = nlohmann::json::array();
    std::vector<NamedTensor> all;
    for (size_t i = 0; i < members.size(); ++i) {
        const ModelCard& member = members[i].card;
        card.description += (i ? ", " : " ") + member.name;
        list.push_back(
            {{"name", member.name}, {"architecture", member.architecture}, {"network", member.network}});
        SafetensorsFile weights = readSafetensors(members[i].file);
        for (NamedTensor& tensor : weights.tensors) {
            tensor.name = memberPrefix(i) + tensor.name;
            all.push_back(std::move(tensor));
        }
        if (i == 0) continue;
        for (const TrainingData& data : member.data)
            if (std::ranges::find(card.data, data.name, &TrainingData::name) == card.data.end())
                card.data.push_back(data);
        if (!member.licence.empty() && card.licence.find(member.licence) == std::string::npos)
            card.licence += (card.licence.empty() ? "" : " ") + member.licence;
    }
    card.description += ".";
    for (size_t c = 0; c < card.classes.size(); ++c) {
        double sum = 0;
        for (const ModelPackage& member : members) sum += member.card.classes[c].threshold;
        card.classes[c].threshold = sum / double(members.size());
    }
    card.network = {{"members", list}};
    card.training = nlohmann::json::object();
    return writePackage(output, card, std::move(all));
}

std::vector<ModelCard> ensembleMembers(const ModelCard& card) {
    const nlohmann::json list = card.network.value("members", nlohmann::json::array());
    std::vector<ModelCard> members;
    for (const nlohmann::json& entry : list) {
        const bool legal = entry.is_object() && entry.contains("architecture") &&
                           entry["architecture"].is_string() &&
                           entry["architecture"] != ensembleArchitecture && entry.contains("network") &&
                           entry["network"].is_object();
        if (!legal)
            throw Error(
                ErrorKind::model,
                fmt::format("The ensemble {} has a member without a network; make it again.", card.name));
        ModelCard member = card;
        member.architecture = entry["architecture"];
        member.network = entry["network"];
        members.push_back(std::move(member));
    }
    if (members.empty())
        throw Error(ErrorKind::model,
                    fmt::format("The ensemble {} has no members; make it again.", card.name));
    return members;
}

} // namespace cristae

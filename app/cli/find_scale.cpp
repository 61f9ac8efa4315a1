// The table of assumed pixel sizes.
#include "app/cli/find_scale.h"

#include "app/cli/console.h"

#include "core/base/error.h"
#include "core/base/json.h"

namespace cristae {

namespace {

std::string scaleRow(const ScaleCandidate& candidate, double modelNm, bool likeliest) {
    const Likeness& like = candidate.likeness;
    return fmt::format("{:>7.4g} nm  {:>6.3g}  {:>5.1f} %  {:>9.2f}  {:>7.2f}  {:>8}  {:>6.2f}{}\n",
                       candidate.pixelSizeNm, candidate.pixelSizeNm / modelNm, 100 * like.confidence.found,
                       like.confidence.agreement, like.confidence.entropy,
                       like.distance ? fmt::format("{:.2f}", *like.distance) : "-", candidate.score,
                       likeliest ? "  likeliest" : "");
}

nlohmann::json scaleJson(const ScaleCandidate& candidate, double modelNm) {
    const Likeness& like = candidate.likeness;
    nlohmann::json json = {{"pixelSizeNm", candidate.pixelSizeNm},
                           {"scale", candidate.pixelSizeNm / modelNm},
                           {"found", like.confidence.found},
                           {"agreement", like.confidence.agreement},
                           {"entropy", like.confidence.entropy},
                           {"distance", nullptr},
                           {"score", candidate.score}};
    if (like.distance) json["distance"] = *like.distance;
    return json;
}

} // namespace

int findScale(CommandLine& line, const std::string& input, const TileSourcePtr& image,
              const ScaleRequest& request, const Progress& progress) {
    const ModelCard& card = request.model.package.card;
    const auto candidates = line.session.scaleCandidates(image, request, {}, progress);
    const std::optional<size_t> likeliest = likeliestScale(candidates);
    if (!likeliest)
        addRemark(line, fmt::format("{}: {} finds nothing at any of these sizes; try another model or give "
                                    "--pixel-size.",
                                    input, card.name));
    if (line.json) {
        nlohmann::json list = nlohmann::json::array();
        for (const ScaleCandidate& candidate : candidates)
            list.push_back(scaleJson(candidate, *card.pixelSizeNm));
        nlohmann::json result = {{"input", input},
                                 {"model", card.name},
                                 {"slice", request.z},
                                 {"candidates", list},
                                 {"likeliestNm", nullptr}};
        if (likeliest) result["likeliestNm"] = candidates[*likeliest].pixelSizeNm;
        printJson(line, result);
        return 0;
    }
    printResult("pixel size   scale    found  agreement  entropy  distance   score\n");
    for (size_t i = 0; i < candidates.size(); ++i)
        printText(scaleRow(candidates[i], *card.pixelSizeNm, likeliest == i));
    if (likeliest)
        printResult("Predict with --pixel-size {:.4g} after a look at the results, in the window best.\n",
                    candidates[*likeliest].pixelSizeNm);
    return 0;
}

} // namespace cristae

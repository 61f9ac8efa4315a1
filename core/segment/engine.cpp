// What an engine does not have, it says.
#include "core/segment/engine.h"

#include "core/base/error.h"

namespace cristae {

std::unique_ptr<Explainer> NetworkLoader::explainer(const ModelPackage& package, const std::string&, int) {
    throw Error(ErrorKind::model, "This engine gives no class activations for " + package.card.name +
                                      "; take occlusion instead.");
}

} // namespace cristae

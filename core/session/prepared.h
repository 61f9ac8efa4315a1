// Prepared: the loaded networks of a prediction request with the classes wanted of them.
#pragma once
#include "core/session/session.h"

namespace cristae {

struct Session::Prepared {
    std::vector<NetworkTask> tasks;
    std::vector<std::shared_ptr<Network>> networks; // keep the tasks' networks alive
    std::vector<std::string> hashes;                // SHA-256 of each package
    std::vector<ModelClass> classes; // wanted classes of all tasks, in order: label values 1…n
};

/// The classes that a request asks for, in order, as the cards tell them. Throws Error{usage} where there is
/// none, or for one that a model does not find.
std::vector<ModelClass> wantedClasses(const PredictionRequest& request);

} // namespace cristae

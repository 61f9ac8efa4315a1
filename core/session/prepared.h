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

} // namespace cristae

// Where the program finds its models, samples and engine, in the build tree and when installed.
#pragma once
#include "core/learn/trainer.h"
#include "core/session/session.h"

#include <filesystem>
#include <functional>

namespace cristae {

/// Folder of the running executable.
std::filesystem::path executableFolder();
/// Zoo, samples and the user's model folder. CRISTAE_MODELS (environment) replaces the user's folder.
SessionPaths sessionPaths();
/// Loads the engine module that lies in ../lib beside the executable. The returned function throws
/// Error{device} with the remedy.
std::function<Engine()> engineLoader();

} // namespace cristae

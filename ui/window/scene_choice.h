// sceneChoices: what a person may choose among when a file with several datasets could not be opened.
#pragma once
#include "core/base/error.h"
#include "core/io/format.h"

namespace cristae {

/// The datasets of a file whose opening failed with `error` because it has several; empty when the error has
/// another reason. Reads the file.
std::vector<SceneInfo> sceneChoices(const Error& error, const std::filesystem::path& file,
                                    const OpenOptions& options);

} // namespace cristae

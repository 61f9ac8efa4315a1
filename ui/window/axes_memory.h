// Axes that a person set for a file, kept in the settings until the file changes.
#pragma once
#include "core/io/format.h"

namespace cristae {

/// Keeps the axes of `options` for this file and scene; the oldest of a hundred goes.
void rememberAxes(const std::filesystem::path& file, const OpenOptions& options);
/// The axes kept for this file and scene; empty if there are none or the file is another by now. Any thread;
/// looks at the file's size and time.
std::string rememberedAxes(const std::filesystem::path& file, const std::string& scene);

} // namespace cristae

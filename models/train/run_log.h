// What a run tells beside its record: what computes it, and its epochs as log.jsonl and as a table.
#pragma once
#include "models/train/validation.h"

#include <filesystem>

namespace cristae {

/// {"program", "engine", "device", "precision", "threads"}: what a result says of how it was computed. No
/// times, so that equal runs give equal models.
nlohmann::json computedBy(const NetworkUse& use);
/// "log.jsonl" in the folder, an object a line, and "curves.csv", a row an epoch with losses, scores and
/// learning rate. Throws Error{output}.
void writeLog(const std::filesystem::path& folder, const nlohmann::json& history);

} // namespace cristae

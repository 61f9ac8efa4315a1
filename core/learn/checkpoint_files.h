// The checkpoints of a run on the disk: the newest and the one before it, so that a damaged one costs
// minutes.
#pragma once
#include "core/segment/safetensors.h"

namespace cristae {

/// Those that are there, newest first: "checkpoint-next.safetensors", which only a kill between writing and
/// renaming leaves, "checkpoint.safetensors", "checkpoint-previous.safetensors".
std::vector<std::filesystem::path> checkpointFiles(const std::filesystem::path& runFolder);
inline bool hasCheckpoint(const std::filesystem::path& runFolder) {
    return !checkpointFiles(runFolder).empty();
}
/// Makes `content` the newest checkpoint and keeps the one before it; both are whole at every moment. Throws
/// Error{output}; then the newest is the one that was.
void writeCheckpointFile(const std::filesystem::path& runFolder, const SafetensorsFile& content);
/// Renames a damaged checkpoint to "checkpoint-damaged.safetensors", so that it does not take the place of a
/// sound one.
void setAsideCheckpoint(const std::filesystem::path& file);
void removeCheckpoints(const std::filesystem::path& runFolder);

/// Where a checkpoint keeps the state of its run, in the metadata.
inline constexpr const char* runStateKey = "cristae.run";
/// The state in the newest checkpoint whose header is sound; null where there is none.
nlohmann::json runState(const std::filesystem::path& runFolder);

} // namespace cristae

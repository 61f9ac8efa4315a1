// Two generations of checkpoints by renaming.
#include "core/learn/checkpoint_files.h"

#include "core/base/json.h"
#include "core/base/own_folder.h"

namespace cristae {

namespace fs = std::filesystem;

namespace {

constexpr const char* nextName = "checkpoint-next.safetensors";
constexpr const char* newestName = "checkpoint.safetensors";
constexpr const char* previousName = "checkpoint-previous.safetensors";
constexpr const char* damagedName = "checkpoint-damaged.safetensors";

void renameTo(const fs::path& from, const fs::path& to) {
    std::error_code failed;
    fs::rename(from, to, failed);
    if (failed) throw outputError(to, failed.value());
}

} // namespace

std::vector<fs::path> checkpointFiles(const fs::path& runFolder) {
    std::vector<fs::path> files;
    std::error_code unknown;
    for (const char* name : {nextName, newestName, previousName})
        if (fs::is_regular_file(runFolder / name, unknown)) files.push_back(runFolder / name);
    return files;
}

void writeCheckpointFile(const fs::path& runFolder, const SafetensorsFile& content) {
    const fs::path next = runFolder / nextName, newest = runFolder / newestName;
    std::error_code unknown;
    writeSafetensors(ownFile(next), content);
    if (fs::exists(newest, unknown)) renameTo(newest, runFolder / previousName);
    renameTo(next, newest);
}

void setAsideCheckpoint(const fs::path& file) {
    std::error_code ignored;
    fs::rename(file, file.parent_path() / damagedName, ignored);
}

void removeCheckpoints(const fs::path& runFolder) {
    std::error_code ignored;
    for (const char* name : {nextName, newestName, previousName, damagedName})
        fs::remove(runFolder / name, ignored);
}

nlohmann::json runState(const fs::path& runFolder) {
    for (const fs::path& file : checkpointFiles(runFolder)) {
        try {
            const auto metadata = readSafetensorsHeader(file).metadata;
            const auto text = metadata.find(runStateKey);
            nlohmann::json state = text == metadata.end() ? nlohmann::json() : parseJson(text->second);
            if (state.is_object()) return state;
        } catch (const Error&) { // damaged: the one before it
        }
    }
    return nullptr;
}

} // namespace cristae

// Looking at the files and folders of a training.
#include "core/learn/training_files.h"

#include "core/base/text.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <unistd.h>

namespace cristae {

namespace fs = std::filesystem;

namespace {

std::optional<uint64_t> bytesOf(const fs::path& path) {
    std::error_code failed;
    if (fs::is_regular_file(path, failed)) {
        const auto size = fs::file_size(path, failed);
        return failed ? std::optional<uint64_t>() : size;
    }
    if (!fs::is_directory(path, failed))
        return fs::exists(path, failed) ? std::optional<uint64_t>(0) : std::nullopt;
    uint64_t sum = 0;
    for (fs::directory_iterator it(path, failed), end; !failed && it != end; it.increment(failed)) {
        std::error_code unknown;
        if (it->is_regular_file(unknown)) sum += it->file_size(unknown);
    }
    return failed ? std::optional<uint64_t>() : sum;
}

/// The folder itself, or the nearest one above it that is there.
fs::path nearestExisting(fs::path folder) {
    std::error_code unknown;
    while (!fs::exists(folder, unknown) && folder.has_relative_path()) folder = folder.parent_path();
    return folder.empty() ? fs::path(".") : folder;
}

/// Why nothing can be written in a folder that is there; empty if it can.
std::string unwritable(const fs::path& folder) {
    std::error_code unknown;
    if (!fs::is_directory(folder, unknown)) return "it is not a folder";
    if (::access(folder.c_str(), W_OK | X_OK) == 0) return {};
    return errno == EROFS    ? "the disk is read-only"
           : errno == EACCES ? "you may not write there"
                             : std::strerror(errno);
}

} // namespace

fs::path withoutDataset(const fs::path& path) {
    std::error_code unknown;
    const std::string text = path.string();
    const size_t colon = text.rfind(":/");
    return colon == std::string::npos || fs::exists(path, unknown) ? path : fs::path(text.substr(0, colon));
}

fs::path absolutePath(const fs::path& path) {
    return path.empty() ? path : fs::absolute(path).lexically_normal();
}

TrainingInput trainingInput(const std::string& what, const fs::path& path) {
    const fs::path absolute = absolutePath(path);
    return {what, absolute, bytesOf(withoutDataset(absolute))};
}

std::vector<std::string> missingInputs(const std::vector<TrainingInput>& inputs) {
    std::vector<std::string> found;
    for (const TrainingInput& input : inputs)
        if (!input.bytes)
            found.push_back(fmt::format("{} ({}) is not there; put it back or name another place.",
                                        input.path.string(), input.what));
    return found;
}

std::vector<std::string> changedInputs(const std::vector<TrainingInput>& now,
                                       const std::vector<TrainingInput>& atStart) {
    std::vector<std::string> found = missingInputs(now);
    for (const TrainingInput& input : now) {
        const auto before = std::ranges::find_if(atStart, [&](const TrainingInput& other) {
            return other.what == input.what && other.path == input.path;
        });
        if (before == atStart.end() || !before->bytes || !input.bytes || before->bytes == input.bytes)
            continue;
        found.push_back(fmt::format("{} ({}) has {} now and had {} when the training started; put the old "
                                    "data back, or start a new training.",
                                    input.path.string(), input.what, byteText(*input.bytes),
                                    byteText(*before->bytes)));
    }
    return found;
}

nlohmann::json toJson(const std::vector<TrainingInput>& inputs) {
    nlohmann::json list = nlohmann::json::array();
    for (const TrainingInput& input : inputs)
        list.push_back({{"what", input.what},
                        {"path", input.path.string()},
                        {"bytes", input.bytes ? nlohmann::json(*input.bytes) : nlohmann::json()}});
    return list;
}

std::vector<TrainingInput> trainingInputsFromJson(const nlohmann::json& json) {
    std::vector<TrainingInput> inputs;
    if (!json.is_array()) return inputs;
    for (const nlohmann::json& entry : json) {
        if (!entry.is_object() || !entry.contains("what") || !entry["what"].is_string() ||
            !entry.contains("path") || !entry["path"].is_string())
            continue;
        TrainingInput input{entry["what"], entry["path"].get<std::string>(), {}};
        if (entry.contains("bytes") && entry["bytes"].is_number_unsigned()) input.bytes = entry["bytes"];
        inputs.push_back(std::move(input));
    }
    return inputs;
}

std::vector<std::string> placeComplaints(const fs::path& output, const fs::path& runFolder) {
    std::vector<std::string> found;
    std::error_code unknown;
    const fs::path folder = absolutePath(output).parent_path();
    // The window's models lie in the run folder until they are moved, and that is made later.
    const bool later = folder == absolutePath(runFolder);
    if (fs::is_directory(output, unknown))
        found.push_back(fmt::format("The model cannot be written to {}: a folder has that name. Choose "
                                    "another name.",
                                    output.string()));
    else if (!later && !fs::exists(folder, unknown))
        found.push_back(fmt::format("The model cannot be written to {}: the folder {} is not there. Make it, "
                                    "or name another place for the model.",
                                    output.string(), folder.string()));
    else if (const std::string why = later ? std::string() : unwritable(folder); !why.empty())
        found.push_back(fmt::format("The model cannot be written to {}: {} ({}). Name another place for the "
                                    "model.",
                                    output.string(), why, folder.string()));
    if (std::string why = folderComplaint(runFolder); !why.empty()) found.push_back(std::move(why));
    return found;
}

std::string folderComplaint(const fs::path& folder) {
    const fs::path there = nearestExisting(absolutePath(folder));
    const std::string why = unwritable(there);
    return why.empty() ? why
                       : fmt::format("The folder {} cannot be written: {} ({}). Name another folder.",
                                     folder.string(), why, there.string());
}

std::optional<std::string> spaceComplaint(const fs::path& folder, uint64_t bytes, const std::string& what) {
    std::error_code failed;
    const fs::path there = nearestExisting(absolutePath(folder));
    const fs::space_info space = fs::space(there, failed);
    if (failed || space.available >= bytes) return {};
    return fmt::format("The disk of {} has {} free, and {} needs about {}. Free some space, or name another "
                       "place.",
                       folder.string(), byteText(space.available), what, byteText(bytes));
}

} // namespace cristae

// Marks of folders that this program made.
#include "core/base/own_folder.h"
#include "core/base/input_file.h"
#include "core/base/json.h"

#include "core/base/atomic_file.h"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace cristae {

namespace fs = std::filesystem;

namespace {

nlohmann::json markOf(const fs::path& folder) {
    try {
        return parseJson(readTextFile(folder / folderMarkName));
    } catch (const Error&) {
        return nullptr;
    }
}

bool isMarked(const fs::path& folder) {
    const nlohmann::json mark = markOf(folder);
    return mark.is_object() && mark.contains("program");
}

bool isTemporary(const std::string& name) {
    return name.starts_with(temporaryPrefix);
}

void writeMark(const fs::path& folder, nlohmann::json mark) {
    mark["program"] = "Cristae";
    writeFileAtomically({folder / folderMarkName, Existing::replace}, mark.dump(1) + "\n");
}

} // namespace

void markResultFolder(const fs::path& folder, const std::vector<std::string>& files) {
    writeMark(folder, {{"holds", "a stack"}, {"files", files}});
}

std::string foreignEntry(const fs::path& folder) {
    const nlohmann::json mark = markOf(folder);
    const auto files = mark.is_object() ? mark.find("files") : mark.end();
    if (!mark.is_object() || files == mark.end() || !files->is_array()) return folder.filename().string();
    std::error_code failed;
    for (fs::directory_iterator it(folder, failed), end; !failed && it != end; it.increment(failed)) {
        const std::string name = it->path().filename().string();
        std::error_code ignored;
        if (name == folderMarkName || isTemporary(name)) continue;
        if (!fs::is_regular_file(it->symlink_status(ignored)) ||
            std::find(files->begin(), files->end(), name) == files->end())
            return name;
    }
    return failed ? folder.filename().string() : std::string();
}

std::string foreignFolderComplaint(const fs::path& folder, const std::string& holds) {
    std::error_code failed;
    if (!fs::is_directory(folder, failed) || isMarked(folder)) return {};
    for (fs::directory_iterator it(folder, failed), end; !failed && it != end; it.increment(failed))
        if (!isTemporary(it->path().filename().string()))
            return fmt::format("The folder “{}” holds files that are not of {}; they could be written over. "
                               "Choose a new or empty folder.",
                               folder.string(), holds);
    return failed ? fmt::format("The folder “{}” cannot be read ({}); choose another.", folder.string(),
                                failed.message())
                  : std::string();
}

void takeOwnFolder(const fs::path& folder, const std::string& holds, bool adopt) {
    std::error_code failed;
    fs::create_directories(folder, failed);
    if (!failed && !fs::is_directory(folder, failed))
        failed = std::make_error_code(std::errc::not_a_directory);
    if (failed)
        throw Error(ErrorKind::output, fmt::format("The folder “{}” cannot be made ({}); choose another.",
                                                   folder.string(), failed.message()));
    if (isMarked(folder)) return;
    const std::string complaint = adopt ? std::string() : foreignFolderComplaint(folder, holds);
    if (!complaint.empty()) throw Error(ErrorKind::output, complaint);
    writeMark(folder, {{"holds", holds}});
}

Destination ownFile(const fs::path& file) {
    std::error_code unknown;
    if (!fs::exists(folderOf(file), unknown)) throw outputError(file, ENOENT);
    for (fs::path folder = folderOf(fs::absolute(file)); folder.has_relative_path();
         folder = folder.parent_path())
        if (isMarked(folder)) return {file, Existing::replace};
    throw Error(ErrorKind::output, fmt::format("“{}” was not written: its folder is not one of this program. "
                                               "Choose another folder.",
                                               file.string()));
}

} // namespace cristae

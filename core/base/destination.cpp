// Checks of where a job may write: inputs are known by device and inode, links resolved.
#include "core/base/destination.h"

#include "core/base/own_folder.h"
#include "core/base/slice_names.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <mutex>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

namespace cristae {

namespace fs = std::filesystem;

namespace {

using FileId = std::pair<dev_t, ino_t>;

fs::path resolved(const fs::path& path) {
    std::error_code failed;
    const fs::path place = fs::weakly_canonical(path, failed);
    return failed ? fs::absolute(path) : place;
}

/// True if `inner` is `outer` or lies somewhere in it; both resolved.
bool liesIn(const fs::path& inner, const fs::path& outer) {
    const auto rest = std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end());
    return rest.first == outer.end();
}

Error refusal(const fs::path& target, const std::string& why) {
    return {ErrorKind::output, fmt::format("“{}” was not written: {}", target.string(), why)};
}

} // namespace

struct JobFiles::Known {
    std::mutex mutex;
    std::set<FileId> inputs;
    std::set<fs::path> inputFiles, inputFolders; // resolved
    std::set<fs::path> results;                  // begun by this job

    void add(const fs::path& path) {
        struct stat status {};
        if (::stat(path.c_str(), &status) != 0) return;
        inputs.emplace(status.st_dev, status.st_ino);
        if (!S_ISDIR(status.st_mode)) {
            inputFiles.insert(resolved(path));
            return;
        }
        inputFolders.insert(resolved(path));
        std::error_code failed; // an unreadable folder has no members that could be read
        for (fs::directory_iterator it(path, failed), end; !failed && it != end; it.increment(failed))
            if (::stat(it->path().c_str(), &status) == 0 && S_ISREG(status.st_mode))
                inputs.emplace(status.st_dev, status.st_ino);
    }
};

JobFiles::JobFiles(Existing existing) : known_(std::make_shared<Known>()), existing_(existing) {}

void JobFiles::addInput(const fs::path& path) {
    const std::lock_guard lock(known_->mutex);
    known_->add(path);
}

Destination JobFiles::to(const fs::path& target) const {
    return {target, existing_, known_};
}

Destination::Destination(fs::path target)
    : Destination(std::move(target), Existing::refuse, std::make_shared<JobFiles::Known>()) {}

Destination::Destination(const fs::path& target, Existing existing)
    : Destination(target, existing, std::make_shared<JobFiles::Known>()) {}

Destination::Destination(fs::path target, Existing existing, std::shared_ptr<JobFiles::Known> known)
    : path_(std::move(target)), existing_(existing), known_(std::move(known)) {}

Destination Destination::at(const fs::path& other) const {
    return {other, existing_, known_};
}

Destination Destination::reading(const fs::path& input) const {
    const std::lock_guard lock(known_->mutex);
    known_->add(input);
    return *this;
}

void Destination::requireNoInput(const fs::path& place) const {
    struct stat status {};
    const bool exists = ::stat(place.c_str(), &status) == 0;
    const std::lock_guard lock(known_->mutex);
    if (exists && known_->inputs.contains({status.st_dev, status.st_ino}))
        throw refusal(path_,
                      "it is an input of this job, and inputs are never replaced. Choose another name.");
    for (const fs::path& folder : known_->inputFolders)
        if (exists && liesIn(place, folder))
            throw refusal(path_, fmt::format("it lies in the folder “{}”, which is an input of this job. "
                                             "Choose another folder.",
                                             folder.string()));
        else if (isSliceName(place) && resolved(folderOf(place)) == folder)
            throw refusal(path_, fmt::format("among the images of the folder “{}”, an input of this job, it "
                                             "would be taken for a slice. Choose another folder.",
                                             folder.string()));
    if (!exists || !S_ISDIR(status.st_mode)) return;
    for (const auto* inputs : {&known_->inputFiles, &known_->inputFolders})
        for (const fs::path& input : *inputs)
            if (liesIn(input, place))
                throw refusal(path_,
                              fmt::format("the folder of that name holds the input “{}”. Choose another "
                                          "name.",
                                          input.string()));
}

fs::path Destination::checkedPlace(bool folder) const {
    fs::path target = path_;
    if (folder && !target.has_filename()) target = target.parent_path(); // "folder/"
    if (target.filename().empty() || target.filename() == "." || target.filename() == "..")
        throw Error(ErrorKind::output,
                    fmt::format("“{}” is not the name of a file. Give a file name.", path_.string()));
    fs::path place = target;
    struct stat status {};
    if (::lstat(place.c_str(), &status) == 0) {
        if (S_ISLNK(status.st_mode)) {
            std::error_code failed;
            place = fs::canonical(place, failed);
            if (failed || ::stat(place.c_str(), &status) != 0)
                throw refusal(path_, "a link of that name leads nowhere. Remove it or choose another name.");
        }
        requireNoInput(place);
        if (S_ISDIR(status.st_mode) && !folder) throw outputError(path_, EISDIR);
        if (!S_ISDIR(status.st_mode) && folder)
            throw refusal(path_, "a file has that name, but a stack needs a folder. Choose another name.");
        if (!S_ISDIR(status.st_mode) && !S_ISREG(status.st_mode))
            throw refusal(path_, "a device, pipe or socket has that name. Give the name of a file.");
        if (S_ISREG(status.st_mode) && status.st_nlink > 1)
            throw refusal(path_, fmt::format("the file has {} names (hard links), which would become two "
                                             "different files. Choose another name.",
                                             status.st_nlink));
        if (folder) {
            if (const std::string foreign = foreignEntry(place); !foreign.empty())
                throw refusal(path_, fmt::format("the folder of that name holds “{}”, which this program did "
                                                 "not write there. Choose another name.",
                                                 foreign));
        }
        if (existing_ == Existing::refuse)
            throw refusal(path_, "it exists already. Choose another name, or add --overwrite to replace it.");
    } else if (errno == ENAMETOOLONG) {
        throw outputError(path_, ENAMETOOLONG);
    } else if (!folder) {
        requireNoInput(place);
    }
    const fs::path parent = folderOf(place);
    if (::stat(parent.c_str(), &status) != 0) throw outputError(path_, errno);
    if (!S_ISDIR(status.st_mode)) throw outputError(path_, ENOTDIR);
    if (::access(parent.c_str(), W_OK | X_OK) != 0) throw outputError(path_, errno);
    return place;
}

fs::path Destination::checkFile() const {
    return checkedPlace(false);
}

fs::path Destination::checkFolder() const {
    return checkedPlace(true);
}

void Destination::claim(const fs::path& place) const {
    const std::lock_guard lock(known_->mutex);
    if (!known_->results.insert(resolved(place)).second)
        throw refusal(path_, "another result of this job has that name. Write them to different names.");
}

void Destination::release(const fs::path& place) const {
    const std::lock_guard lock(known_->mutex);
    known_->results.erase(resolved(place));
}

fs::path folderOf(const fs::path& path) {
    return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

Error outputError(const fs::path& target, int errorNumber) {
    const std::string name = target.string(), folder = folderOf(target).string();
    switch (errorNumber) {
    case ENOSPC:
    case EDQUOT:
        return {
            ErrorKind::output,
            fmt::format(
                "“{}” was not written: the disk is full. Free some space or choose a folder on another disk; "
                "what stood there before is unchanged.",
                name)};
    case EACCES:
    case EPERM:
        return {ErrorKind::output, fmt::format("“{}” was not written: you may not write in the folder “{}”. "
                                               "Choose another folder or change its permissions.",
                                               name, folder)};
    case EROFS:
        return {ErrorKind::output,
                fmt::format("“{}” was not written: the disk is read-only. Choose a folder on another disk.",
                            name)};
    case ENOENT:
    case ENOTDIR:
        return {ErrorKind::output, fmt::format("“{}” was not written: the folder “{}” does not exist. "
                                               "Create it or choose another folder.",
                                               name, folder)};
    case ENAMETOOLONG:
        return {ErrorKind::output,
                fmt::format("“{}” was not written: the name is too long. Choose a shorter one.", name)};
    case EFBIG:
        return {ErrorKind::output,
                fmt::format("“{}” was not written: it is larger than this disk or your limit for files "
                            "allows. Choose another disk, or export fewer slices at a time.",
                            name)};
    case EISDIR:
        return {ErrorKind::output,
                fmt::format("“{}” was not written: a folder has that name. Choose another name.", name)};
    case EMFILE:
    case ENFILE:
        return {
            ErrorKind::output,
            fmt::format("“{}” was not written: too many files are open. Close other images and try again.",
                        name)};
    default:
        return {ErrorKind::output,
                fmt::format("“{}” was not written: {}. Try another folder or disk.", name,
                            errorNumber ? std::strerror(errorNumber) : "an unknown fault of the disk")};
    }
}

} // namespace cristae

// Names of temporaries, exchange of names, and tidying up after killed processes.
#include "core/base/temporary_files.h"
#include "core/base/input_file.h"
#include "core/base/json.h"

#include "core/base/atomic_file.h"
#include "core/base/hash.h"

#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

namespace cristae {

namespace fs = std::filesystem;

namespace {

constexpr const char* recordExtension = ".steps";

std::string hostName() {
    char name[256] = {};
    return ::gethostname(name, sizeof name - 1) == 0 ? name : "";
}

/// Distinguishes machines and containers that share a folder: process numbers mean something only in one.
const std::string& systemTag() {
    static const std::string tag = [] {
        std::error_code ignored;
        const std::string name = hostName() + fs::read_symlink("/proc/self/ns/pid", ignored).string();
        return sha256(std::as_bytes(std::span(name.data(), name.size()))).substr(0, 8);
    }();
    return tag;
}

/// Whose temporary a name is.
struct Owner {
    pid_t process = 0;
    std::string system; // empty in names of version 0.1
};

std::optional<Owner> ownerOf(const std::string& name) {
    const std::string prefix = temporaryPrefix;
    if (!name.starts_with(prefix)) return {};
    const char *at = name.data() + prefix.size(), *end = name.data() + name.size();
    Owner owner;
    unsigned number = 0;
    const auto process = std::from_chars(at, end, owner.process);
    if (process.ec != std::errc() || process.ptr == end || *process.ptr != '-' || owner.process <= 0)
        return {};
    const auto count = std::from_chars(process.ptr + 1, end, number);
    if (count.ec != std::errc()) return {};
    if (count.ptr != end && *count.ptr == '-') {
        owner.system.assign(count.ptr + 1, end);
        owner.system = owner.system.substr(0, owner.system.find('.'));
    } else if (count.ptr != end && *count.ptr != '.') {
        return {};
    }
    return owner;
}

/// When the process began, in seconds since the epoch.
std::optional<double> startOf(pid_t process) {
    std::ifstream status(fmt::format("/proc/{}/stat", process));
    std::string text((std::istreambuf_iterator<char>(status)), {});
    const size_t name = text.rfind(')');
    if (name == std::string::npos) return {};
    std::istringstream fields(text.substr(name + 1));
    std::string field;
    for (int i = 0; i < 20; ++i) fields >> field; // state is the first behind the name, the start the 20th
    std::ifstream system("/proc/stat");
    for (std::string word; system >> word;)
        if (word == "btime") {
            double boot = 0;
            system >> boot;
            return boot + std::strtod(field.c_str(), nullptr) / double(::sysconf(_SC_CLK_TCK));
        }
    return {};
}

/// True if the process that wrote this has ended. A process of the same number that began later is another.
bool isLeftOver(const fs::path& path) {
    const auto owner = ownerOf(path.filename().string());
    if (!owner || (!owner->system.empty() && owner->system != systemTag())) return false;
    if (owner->process == ::getpid()) return false;
    if (::kill(owner->process, 0) != 0) return errno == ESRCH;
    struct stat status {};
    const auto start = startOf(owner->process);
    constexpr double clockSlack = 2;
    return start && ::lstat(path.c_str(), &status) == 0 && double(status.st_mtime) + clockSlack < *start;
}

ino_t inodeOf(const fs::path& path) {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

bool cannotExchange(int failure) {
    return failure == EINVAL || failure == ENOSYS || failure == ENOTSUP || failure == EOPNOTSUPP;
}

/// Gives `from` the name `to`. With `exchange` what stood there has the name `from` afterwards, otherwise
/// nothing may stand there. False with errno set.
bool giveName(const fs::path& from, const fs::path& to, bool exchange) {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(),
                    exchange ? RENAME_EXCHANGE : RENAME_NOREPLACE) == 0)
        return true;
    if (!cannotExchange(errno)) return false;
    if (!exchange) { // file systems without the call: a look, then the rename
        if (inodeOf(to) != 0) {
            errno = EEXIST;
            return false;
        }
        return ::rename(from.c_str(), to.c_str()) == 0;
    }
    const fs::path aside = from.native() + ".old";
    if (::rename(to.c_str(), aside.c_str()) != 0) return false;
    if (::rename(from.c_str(), to.c_str()) != 0) {
        const int failure = errno;
        [[maybe_unused]] const int restored = ::rename(aside.c_str(), to.c_str());
        errno = failure;
        return false;
    }
    return ::rename(aside.c_str(), from.c_str()) == 0;
}

/// The steps on the disk, for whoever comes after a kill.
class StepRecord {
public:
    StepRecord(const std::vector<NameStep>& steps, const fs::path& target)
        : path_(temporaryName(steps.front().place).replace_extension(recordExtension)) {
        nlohmann::json list = nlohmann::json::array();
        for (const NameStep& step : steps)
            list.push_back({{"from", step.temporary.filename().string()},
                            {"to", step.place.filename().string()},
                            {"inode", inodeOf(step.temporary)}});
        const std::string text = list.dump() + "\n";
        const fs::path draft = temporaryName(path_.native() + ".draft");
        try {
            writeNewFile(draft, std::as_bytes(std::span(text.data(), text.size())), target);
        } catch (const Error&) {
            removeTemporary(draft);
            throw;
        }
        if (::rename(draft.c_str(), path_.c_str()) != 0) {
            const int failure = errno;
            removeTemporary(draft);
            throw outputError(target, failure);
        }
    }
    ~StepRecord() { removeTemporary(path_); }
    StepRecord(const StepRecord&) = delete;
    StepRecord& operator=(const StepRecord&) = delete;

private:
    fs::path path_;
};

/// Finishes the steps of a record whose process was killed among them. False if they can't be finished now.
bool finishSteps(const fs::path& record) {
    const fs::path folder = folderOf(record);
    nlohmann::json list;
    try {
        list = parseJson(readTextFile(record, size_t(1) << 20));
    } catch (const Error&) {
        return true; // nothing is known of any steps
    }
    if (!list.is_array()) return true;
    for (const nlohmann::json& step : list) {
        if (!step.is_object() || !step.contains("from") || !step["from"].is_string() ||
            !step.contains("to") || !step["to"].is_string())
            return true;
        const std::string from = step["from"], to = step["to"];
        const bool bareNames = ownerOf(from) && from.find('/') == std::string::npos && !to.empty() &&
                               to.find('/') == std::string::npos && to != "." && to != "..";
        if (!bareNames) return true;
        const ino_t meant = step.value("inode", ino_t(0)), there = inodeOf(folder / to);
        if (there == meant || inodeOf(folder / from) != meant)
            continue; // done already, or never written whole
        if (!giveName(folder / from, folder / to, there != 0)) return false;
    }
    return true;
}

} // namespace

void removeTemporary(const fs::path& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1)
        [[maybe_unused]]
        const int ignored = ::truncate(path.c_str(), 0);
    std::error_code ignored;
    fs::remove_all(path, ignored);
}

bool syncDescriptor(int descriptor) {
    for (;;) {
        if (::fsync(descriptor) == 0) return true;
        if (errno == EINVAL || errno == ENOSYS || errno == ENOTSUP) return true;
        if (errno != EINTR) return false;
    }
}

void syncPath(const fs::path& path, const fs::path& target) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) throw outputError(target, errno);
    const bool synced = syncDescriptor(descriptor);
    const int failure = errno;
    ::close(descriptor);
    if (!synced) throw outputError(target, failure);
}

fs::path temporaryName(const fs::path& target) {
    static std::atomic<unsigned> counter{0};
    struct stat status {};
    fs::path name;
    do {
        name = folderOf(target) / fmt::format("{}{}-{}-{}{}", temporaryPrefix, ::getpid(), ++counter,
                                              systemTag(), target.extension().string());
    } while (::lstat(name.c_str(), &status) == 0);
    return name;
}

void takeNames(const std::vector<NameStep>& steps, const fs::path& target) {
    std::error_code ignored;
    const bool simple =
        steps.size() == 1 && !(steps.front().replaces && fs::is_directory(steps.front().place, ignored));
    std::optional<StepRecord> record;
    if (!simple) record.emplace(steps, target);
    size_t done = 0;
    int failure = 0;
    for (; done < steps.size() && failure == 0; ++done)
        if (!giveName(steps[done].temporary, steps[done].place, steps[done].replaces)) {
            failure = errno;
            break;
        }
    std::optional<Error> error;
    if (failure == EEXIST)
        error =
            Error(ErrorKind::output,
                  fmt::format("“{}” was not written: something of that name has appeared meanwhile. Choose "
                              "another name.",
                              target.string()));
    else if (failure != 0)
        error = outputError(target, failure);
    if (!error) {
        try {
            syncPath(folderOf(steps.front().place), target);
        } catch (const Error& unsynced) {
            error = unsynced;
        }
    }
    if (error) { // everything as before
        while (done-- > 0) giveName(steps[done].place, steps[done].temporary, steps[done].replaces);
        throw Error(*error);
    }
    record.reset();
    std::error_code stays; // what was replaced; it may be open elsewhere and is not cut short
    for (const NameStep& step : steps) fs::remove_all(step.temporary, stays);
}

void tidyFolder(const fs::path& folder) {
    static std::mutex mutex;
    static std::set<fs::path> seen;
    std::error_code failed;
    {
        const std::lock_guard lock(mutex);
        if (!seen.insert(fs::weakly_canonical(folder, failed)).second) return;
    }
    std::vector<fs::path> left;
    for (fs::directory_iterator it(folder, failed), end; !failed && it != end; it.increment(failed))
        if (isLeftOver(it->path())) left.push_back(it->path());
    for (const fs::path& path : left)
        if (path.extension() == recordExtension && !finishSteps(path)) return; // at another time
    for (const fs::path& path : left) fs::remove_all(path, failed);
}

} // namespace cristae

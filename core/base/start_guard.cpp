// StartGuard: marks are files under a lock; the system gives the lock back when their process ends, however
// it ends.
#include "core/base/start_guard.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <list>
#include <mutex>
#include <set>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cristae {

namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds patience(5); // after which an attempt of this process is taken to hang

/// The state of a file that did not even answer the question for it.
const std::string unknown = "unknown";

/// What tells whether a file is still the one that was marked: its size and the time of its last change.
std::string stateOf(const fs::path& file) {
    struct stat facts {};
    if (::stat(file.c_str(), &facts) != 0) return "absent";
    return fmt::format("{} {}.{}", facts.st_size, facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec);
}

/// A mark on the disk: the state of the file in the first line, its path in the rest.
struct Entry {
    fs::path mark, file;
    std::string state;
};

std::optional<Entry> readMark(const fs::path& mark) {
    std::ifstream stream(mark, std::ios::binary);
    Entry entry{mark, {}, {}};
    std::string path;
    if (!std::getline(stream, entry.state) || !std::getline(stream, path, '\0') || path.empty())
        return std::nullopt;
    entry.file = path;
    return entry;
}

} // namespace

struct StartGuard::State {
    fs::path folder;
    mutable std::mutex mutex;
    std::vector<Entry> earlier;                            // of processes that are gone
    std::list<std::pair<fs::path, Clock::time_point>> now; // looked at by this process, since when
    int number = 0;

    bool hangsOn(const fs::path& file) const {
        return std::any_of(now.begin(), now.end(), [&](const auto& each) {
            return each.first == file && Clock::now() - each.second > patience;
        });
    }
};

struct StartGuard::Attempt::Mark {
    /// The state's mutex is held.
    Mark(std::shared_ptr<State> of, const fs::path& looked) : state(std::move(of)), file(looked) {
        place = state->now.emplace(state->now.end(), file, Clock::now());
        do // a mark that an earlier process of the same number left stays
            path = state->folder / fmt::format("{}-{}", ::getpid(), ++state->number);
        while ((descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) < 0 &&
               errno == EEXIST);
        if (descriptor >= 0) ::flock(descriptor, LOCK_EX | LOCK_NB);
        note(unknown);
    }
    Mark(const Mark&) = delete;
    Mark& operator=(const Mark&) = delete;
    ~Mark() {
        const std::lock_guard lock(state->mutex);
        state->now.erase(place);
        if (descriptor < 0) return;
        ::unlink(path.c_str());
        ::close(descriptor);
    }
    /// Without a mark the file is looked at all the same.
    void note(const std::string& fileState) const {
        const std::string words = fileState + "\n" + file.string();
        if (descriptor < 0 || ::ftruncate(descriptor, 0) != 0) return;
        [[maybe_unused]] const ssize_t written = ::pwrite(descriptor, words.data(), words.size(), 0);
    }

    std::shared_ptr<State> state;
    fs::path file, path;
    int descriptor = -1;
    std::list<std::pair<fs::path, Clock::time_point>>::iterator place;
};

StartGuard::StartGuard(fs::path folder) : state_(std::make_shared<State>()) {
    state_->folder = std::move(folder);
    if (state_->folder.empty()) return;
    std::error_code failed;
    fs::create_directories(state_->folder, failed);
    for (fs::directory_iterator it(state_->folder, failed), end; !failed && it != end; it.increment(failed)) {
        const int descriptor = ::open(it->path().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (descriptor < 0) continue;
        const bool gone = ::flock(descriptor, LOCK_EX | LOCK_NB) == 0;
        ::close(descriptor);
        if (!gone) continue; // another window is looking at it just now
        if (auto entry = readMark(it->path()))
            state_->earlier.push_back(std::move(*entry));
        else
            fs::remove(it->path(), failed);
    }
}

StartGuard::~StartGuard() = default;

std::optional<StartGuard::Attempt> StartGuard::attempt(const fs::path& file) {
    Attempt attempt;
    if (state_->folder.empty()) return attempt;
    std::string before; // the state in which an earlier process did not get past it
    {
        const std::lock_guard lock(state_->mutex);
        for (const Entry& each : state_->earlier)
            if (each.file == file) before = each.state;
        if (before == unknown || state_->hangsOn(file)) return std::nullopt;
        attempt.mark_ = std::make_shared<Attempt::Mark>(state_, file);
    }
    const std::string state = stateOf(file); // without the lock: a server that is gone may hold it up
    if (state == before) return std::nullopt;
    attempt.mark_->note(state);
    if (before.empty()) return attempt;
    const std::lock_guard lock(state_->mutex);
    std::erase_if(state_->earlier, [&](const Entry& each) {
        if (each.file != file) return false;
        ::unlink(each.mark.c_str()); // the file has changed since
        return true;
    });
    return attempt;
}

std::vector<fs::path> StartGuard::leftOut() const {
    const std::lock_guard lock(state_->mutex);
    std::set<fs::path> files;
    for (const Entry& each : state_->earlier) files.insert(each.file);
    for (const auto& [file, since] : state_->now)
        if (state_->hangsOn(file)) files.insert(file);
    return {files.begin(), files.end()};
}

void StartGuard::tryAgain() {
    const std::lock_guard lock(state_->mutex);
    for (const Entry& each : state_->earlier) ::unlink(each.mark.c_str());
    state_->earlier.clear();
}

} // namespace cristae

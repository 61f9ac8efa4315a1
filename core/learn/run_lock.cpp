// A lock on the folder itself: nothing is left behind by a kill.
#include "core/learn/run_lock.h"

#include "core/base/error.h"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

namespace cristae {

RunLock::RunLock(const std::filesystem::path& runFolder) {
    std::error_code failed;
    std::filesystem::create_directories(runFolder, failed);
    if (failed)
        throw Error(ErrorKind::output, fmt::format("The folder {} cannot be made ({}); choose another.",
                                                   runFolder.string(), failed.message()));
    folder_ = ::open(runFolder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder_ < 0 || ::flock(folder_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
    ::close(folder_);
    throw Error(
        ErrorKind::usage,
        fmt::format("Another training is at work in {}; wait for its end, or name another run folder.",
                    runFolder.string()));
}

RunLock::~RunLock() {
    if (folder_ >= 0) ::close(folder_);
}

} // namespace cristae

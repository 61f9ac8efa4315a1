// RunLock: one training at a time in a run folder.
#pragma once
#include <filesystem>

namespace cristae {

/// Held as long as the object lives, and gone with the process however it ends.
class RunLock {
public:
    /// Makes the folder where it is missing. Throws Error{usage} while another training holds it,
    /// Error{output} where it cannot be made. A file system without locks gives none.
    explicit RunLock(const std::filesystem::path& runFolder);
    ~RunLock();
    RunLock(const RunLock&) = delete;
    RunLock& operator=(const RunLock&) = delete;

private:
    int folder_ = -1;
};

} // namespace cristae

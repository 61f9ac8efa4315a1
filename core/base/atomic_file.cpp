// Atomic files: write beside, sync, check, rename, sync the folder; every failure says what to do about it.
#include "core/base/atomic_file.h"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace cristae {

namespace {

namespace fs = std::filesystem;

class Descriptor {
public:
    Descriptor(const fs::path& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {}
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int get() const { return fd_; }
    bool valid() const { return fd_ >= 0; }
    /// False with errno set if the last writes did not reach the file.
    bool close() {
        const int fd = fd_;
        fd_ = -1;
        return ::close(fd) == 0;
    }

private:
    int fd_;
};

fs::path folderOf(const fs::path& path) {
    return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

void syncPath(const fs::path& path, const fs::path& target) {
    const Descriptor file(path, O_RDONLY);
    if (!file.valid() || ::fsync(file.get()) != 0) throw outputError(target, errno);
}

/// fsync of a file, or of a folder and everything in it.
void syncTree(const fs::path& path, const fs::path& target) {
    std::error_code failed;
    if (fs::is_directory(path, failed))
        for (const auto& entry : fs::recursive_directory_iterator(path, failed))
            syncPath(entry.path(), target);
    if (failed) throw outputError(target, failed.value());
    syncPath(path, target);
}

/// A new mode of an existing file would surprise; the replacement keeps it.
void keepMode(const fs::path& existing, const fs::path& replacement) {
    struct stat status {};
    if (::stat(existing.c_str(), &status) == 0 && S_ISREG(status.st_mode)) [[maybe_unused]]
        const int ignored = ::chmod(replacement.c_str(), status.st_mode & 07777);
}

void replace(const fs::path& temporary, const fs::path& target) {
    std::error_code ignored;
    if (!fs::is_directory(temporary, ignored) || !fs::is_directory(target, ignored)) {
        if (::rename(temporary.c_str(), target.c_str()) != 0) throw outputError(target, errno);
        return;
    }
    // Two renames cannot be one step; the old folder is put back if the second fails.
    const fs::path aside = temporary.native() + ".old";
    if (::rename(target.c_str(), aside.c_str()) != 0) throw outputError(target, errno);
    if (::rename(temporary.c_str(), target.c_str()) != 0) {
        const int failure = errno;
        [[maybe_unused]] const int restored = ::rename(aside.c_str(), target.c_str());
        throw outputError(target, failure);
    }
    fs::remove_all(aside, ignored);
}

void requireSameBytes(const fs::path& path, const fs::path& target, std::span<const std::byte> expected) {
    const Descriptor file(path, O_RDONLY);
    if (!file.valid()) throw outputError(target, errno);
    ::posix_fadvise(file.get(), 0, 0,
                    POSIX_FADV_DONTNEED); // read what the disk holds, as far as the system allows
    std::vector<std::byte> block(size_t(1) << 20);
    size_t offset = 0;
    for (;;) {
        const ssize_t got = ::read(file.get(), block.data(), block.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw outputError(target, errno);
        if (got == 0) break;
        if (offset + size_t(got) > expected.size() ||
            std::memcmp(block.data(), expected.data() + offset, size_t(got)) != 0)
            break;
        offset += size_t(got);
    }
    if (offset != expected.size())
        throw Error(
            ErrorKind::output,
            fmt::format("“{}” read back differently from what was written, so it was not put in place; "
                        "the disk may be failing. Save to another disk.",
                        target.string()));
}

} // namespace

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

AtomicFile::AtomicFile(fs::path target) : target_(std::move(target)) {
    if (target_.filename().empty() || target_.filename() == "." || target_.filename() == "..")
        throw Error(ErrorKind::output,
                    fmt::format("“{}” is not the name of a file. Give a file name.", target_.string()));
    std::error_code ignored;
    destination_ = fs::is_symlink(target_, ignored) ? fs::weakly_canonical(target_, ignored) : target_;
    if (destination_.empty()) destination_ = target_;
    struct stat status {};
    if (::lstat(destination_.c_str(), &status) != 0 && errno == ENAMETOOLONG)
        throw outputError(target_, ENAMETOOLONG);
    const fs::path folder = folderOf(destination_);
    if (::stat(folder.c_str(), &status) != 0) throw outputError(target_, errno);
    if (!S_ISDIR(status.st_mode)) throw outputError(target_, ENOTDIR);
    if (::access(folder.c_str(), W_OK | X_OK) != 0) throw outputError(target_, errno);
    static std::atomic<unsigned> counter{0};
    do {
        temporary_ =
            folder / fmt::format(".cristae-{}-{}{}", ::getpid(), ++counter, target_.extension().string());
    } while (::lstat(temporary_.c_str(), &status) == 0);
}

AtomicFile::~AtomicFile() {
    std::error_code ignored;
    if (!committed_) fs::remove_all(temporary_, ignored);
}

void AtomicFile::commit(const std::function<void(const fs::path&)>& check) {
    syncTree(temporary_, target_);
    if (check) check(temporary_);
    keepMode(destination_, temporary_);
    replace(temporary_, destination_);
    committed_ = true;
    syncPath(folderOf(destination_), target_);
}

void writeFileAtomically(const fs::path& target, std::span<const std::byte> bytes) {
    AtomicFile file(target);
    Descriptor out(file.temporaryPath(), O_WRONLY | O_CREAT | O_EXCL);
    if (!out.valid()) throw outputError(target, errno);
    size_t written = 0;
    while (written < bytes.size()) {
        const ssize_t count = ::write(out.get(), bytes.data() + written, bytes.size() - written);
        if (count < 0 && errno == EINTR) continue;
        // A write that takes nothing without an error would loop for ever; only a full disk does that.
        if (count <= 0) throw outputError(target, count < 0 ? errno : ENOSPC);
        written += size_t(count);
    }
    if (::fsync(out.get()) != 0) throw outputError(target, errno);
    if (!out.close()) throw outputError(target, errno);
    file.commit([&](const fs::path& path) { requireSameBytes(path, target, bytes); });
}

void writeFileAtomically(const fs::path& target, const std::string& text) {
    writeFileAtomically(target, std::as_bytes(std::span(text.data(), text.size())));
}

} // namespace cristae

// Atomic files: write beside, sync, check, rename, sync the folder; every failure says what to do about it.
#include "core/base/atomic_file.h"

#include "core/base/temporary_files.h"

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

AtomicFile::AtomicFile(const Destination& destination, Kind kind) : destination_(destination), kind_(kind) {
    if (destination_.path().has_filename()) tidyFolder(folderOf(destination_.path()));
    place_ = kind == Kind::file ? destination_.checkFile() : destination_.checkFolder();
    destination_.claim(place_);
    temporary_ = temporaryName(place_);
}

AtomicFile::~AtomicFile() {
    if (committed_) return;
    removeTemporary(temporary_);
    destination_.release(place_);
}

void AtomicFile::commit(const std::function<void(const fs::path&)>& check) {
    syncTree(temporary_, target());
    if (check) check(temporary_);
    commitTogether({this});
}

void AtomicFile::commitTogether(const std::vector<AtomicFile*>& files) {
    std::vector<NameStep> steps;
    for (AtomicFile* file : files) {
        syncTree(file->temporary_, file->target());
        // Whatever has come under the name meanwhile is judged like what was there at the start.
        file->place_ =
            file->kind_ == Kind::file ? file->destination_.checkFile() : file->destination_.checkFolder();
        keepMode(file->place_, file->temporary_);
        struct stat status {};
        steps.push_back({file->temporary_, file->place_, ::lstat(file->place_.c_str(), &status) == 0});
    }
    takeNames(steps, files.front()->target());
    for (AtomicFile* file : files) file->committed_ = true;
}

void writeNewFile(const fs::path& path, std::span<const std::byte> bytes, const fs::path& target) {
    Descriptor out(path, O_WRONLY | O_CREAT | O_EXCL);
    if (!out.valid()) throw outputError(target, errno);
    while (!bytes.empty()) {
        const ssize_t count = ::write(out.get(), bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        // A write that takes nothing without an error would loop for ever; only a full disk does that.
        if (count <= 0) throw outputError(target, count < 0 ? errno : ENOSPC);
        bytes = bytes.subspan(size_t(count));
    }
    if (!syncDescriptor(out.get())) throw outputError(target, errno);
    if (!out.close()) throw outputError(target, errno);
}

void writeFileAtomically(const Destination& destination, std::span<const std::byte> bytes) {
    AtomicFile file(destination);
    writeNewFile(file.temporaryPath(), bytes, file.target());
    file.commit([&](const fs::path& path) { requireSameBytes(path, file.target(), bytes); });
}

void writeFileAtomically(const Destination& destination, const std::string& text) {
    writeFileAtomically(destination, std::as_bytes(std::span(text.data(), text.size())));
}

} // namespace cristae

// Opening for reading without waiting for pipes, reading by offset, and what to say when that fails.
#include "core/base/input_file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace cristae {

namespace {

std::string reasonOf(int errorNumber) {
    switch (errorNumber) {
    case ENOENT:
    case ENOTDIR:
        return "it does not exist. Check the name.";
    case EACCES:
    case EPERM:
        return "you may not read it. Change its permissions or copy it.";
    case EMFILE:
    case ENFILE:
        return "too many files are open. Close other images.";
    case ENAMETOOLONG:
        return "the name is too long. Check the name.";
    case ELOOP:
        return "it is a link that leads back to itself. Check the link.";
    case ENXIO: // a socket
        return "it is not an ordinary file. Choose another.";
    default:
        return fmt::format("{}. Copy it to another disk and try again.", std::strerror(errorNumber));
    }
}

} // namespace

Error inputError(const std::filesystem::path& path, const std::string& why, ErrorKind kind) {
    return {kind, fmt::format("“{}” cannot be read: {}", path.string(), why)};
}

InputFile::InputFile(std::filesystem::path path, ErrorKind kind) : path_(std::move(path)), kind_(kind) {
    // Non-blocking, so that a named pipe does not hang the opening.
    fd_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd_ < 0) throw inputError(path_, reasonOf(errno), kind_);
    struct stat status {};
    const bool known = ::fstat(fd_, &status) == 0;
    if (!known || !S_ISREG(status.st_mode)) {
        ::close(fd_);
        throw inputError(path_,
                         known && S_ISDIR(status.st_mode) ? "it is a folder. Choose a file in it."
                                                          : "it is not an ordinary file. Choose another.",
                         kind_);
    }
    size_ = uint64_t(status.st_size);
}

InputFile::~InputFile() {
    if (fd_ >= 0) ::close(fd_);
}

size_t InputFile::readSome(uint64_t offset, std::span<std::byte> into) const {
    size_t done = 0;
    while (done < into.size() && offset + done <= uint64_t(INT64_MAX)) {
        const ssize_t got = ::pread(fd_, into.data() + done, into.size() - done, off_t(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw inputError(path_, reasonOf(errno), kind_);
        if (got == 0) break;
        done += size_t(got);
    }
    return done;
}

void InputFile::read(uint64_t offset, std::span<std::byte> into) const {
    if (offset > uint64_t(INT64_MAX) || readSome(offset, into) != into.size())
        throw inputError(path_, "it ends before its data do. It was cut off; copy or download it again.",
                         kind_);
}

std::string readTextFile(const std::filesystem::path& path, size_t maxBytes, ErrorKind kind) {
    const InputFile file(path, kind);
    const auto requireSmall = [&](uint64_t bytes) {
        if (bytes > maxBytes)
            throw inputError(path,
                             fmt::format("it is larger than {} bytes and is surely not what is wanted here. "
                                         "Choose another file.",
                                         maxBytes),
                             kind);
    };
    requireSmall(file.size());
    // The size is not believed: tables under /proc have none, and a file may grow.
    std::string text;
    std::vector<std::byte> block(size_t(1) << 16);
    while (const size_t got = file.readSome(text.size(), block)) {
        requireSmall(text.size() + got);
        text.append(reinterpret_cast<const char*>(block.data()), got);
    }
    return text;
}

} // namespace cristae

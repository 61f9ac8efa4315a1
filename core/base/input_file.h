// InputFile: reading anywhere in an ordinary file, and the sentences for files that cannot be read.
#pragma once
#include "core/base/error.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace cristae {

/// "“name” cannot be read: why"; `why` says what is wrong and what to do.
Error inputError(const std::filesystem::path& path, const std::string& why,
                 ErrorKind kind = ErrorKind::input);

/// The way to every file that the user names for reading. Ordinary files only: a pipe, a socket or a device
/// is refused without waiting for it. Read-only and thread-safe (pread).
class InputFile {
public:
    /// Throws Error{kind}: missing, a folder, not an ordinary file, no permission.
    explicit InputFile(std::filesystem::path path, ErrorKind kind = ErrorKind::input);
    ~InputFile();
    InputFile(const InputFile&) = delete;
    InputFile& operator=(const InputFile&) = delete;

    const std::filesystem::path& path() const { return path_; }
    /// In bytes, when it was opened; 0 for the tables of Linux under /proc, which still can be read.
    uint64_t size() const { return size_; }
    /// Reads up to into.size() bytes; fewer only at the end of the file. Throws Error{kind} when the disk
    /// fails.
    size_t readSome(uint64_t offset, std::span<std::byte> into) const;
    /// Throws Error{kind} if the file ends before.
    void read(uint64_t offset, std::span<std::byte> into) const;

private:
    std::filesystem::path path_;
    ErrorKind kind_;
    int fd_ = -1;
    uint64_t size_ = 0;
};

/// The whole file as text; throws Error{kind} if it is missing, unreadable, not an ordinary file or larger
/// than maxBytes.
std::string readTextFile(const std::filesystem::path& path, size_t maxBytes = size_t(64) << 20,
                         ErrorKind kind = ErrorKind::input);

} // namespace cristae

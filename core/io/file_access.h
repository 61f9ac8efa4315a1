// RandomFile: reading anywhere in a file from any thread, and the sentences for files that cannot be read.
#pragma once
#include "core/image/image_info.h"
#include "core/io/format.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace cristae {

/// "“name” cannot be read: why" as Error{input}; `why` says what is wrong and what to do.
Error inputError(const std::filesystem::path& path, const std::string& why);

/// Read-only and thread-safe (pread).
class RandomFile {
public:
    /// Throws Error{input}: missing, a folder, no permission.
    explicit RandomFile(std::filesystem::path path);
    ~RandomFile();
    RandomFile(const RandomFile&) = delete;
    RandomFile& operator=(const RandomFile&) = delete;

    const std::filesystem::path& path() const { return path_; }
    uint64_t size() const { return size_; }
    /// Reads up to into.size() bytes; fewer only at the end of the file. Throws Error{input} when the disk
    /// fails.
    size_t readSome(uint64_t offset, std::span<std::byte> into) const;
    /// Throws Error{input} if the file ends before.
    void read(uint64_t offset, std::span<std::byte> into) const;

private:
    std::filesystem::path path_;
    int fd_ = -1;
    uint64_t size_ = 0;
};

/// The first bytes of a file, at most `count`.
std::vector<std::byte> headOf(const std::filesystem::path& path, size_t count = 1024);
/// Path, size and time of change: the same as long as the file is.
std::string fileId(const std::filesystem::path& path);
/// Lower-case extension without the dot.
std::string extensionOf(const std::filesystem::path& path);
/// Product of sizes, or an Error{input} that calls the file lying when it is beyond 2^62 or a size is not
/// positive.
int64_t checkedBytes(const std::filesystem::path& path, std::initializer_list<int64_t> factors);
/// Fills in path, format, the remarks of the options and the voxel size the user entered.
void finishInfo(ImageInfo& info, const std::filesystem::path& path, const std::string& format,
                const OpenOptions& options);
/// Throws Error{internal} unless the box lies in level 0 of the image.
void requireBox(const ImageInfo& info, int level, const Box3& box);

} // namespace cristae

// Reading anywhere in a file, and what to say when that fails.
#include "core/io/file_access.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

namespace cristae {

Error inputError(const std::filesystem::path& path, const std::string& why) {
    return {ErrorKind::input, fmt::format("“{}” cannot be read: {}", path.string(), why)};
}

namespace {
Error openError(const std::filesystem::path& path, int number) {
    switch (number) {
    case ENOENT:
    case ENOTDIR:
        return inputError(path, "it does not exist. Check the name.");
    case EACCES:
    case EPERM:
        return inputError(path, "you may not read it. Change its permissions or copy it.");
    case EMFILE:
    case ENFILE:
        return inputError(path, "too many files are open. Close other images.");
    case ENAMETOOLONG:
        return inputError(path, "the name is too long. Check the name.");
    default:
        return inputError(path,
                          fmt::format("{}. Copy it to another disk and try again.", std::strerror(number)));
    }
}
} // namespace

RandomFile::RandomFile(std::filesystem::path path) : path_(std::move(path)) {
    // Non-blocking, so that a named pipe does not hang the opening.
    fd_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd_ < 0) throw openError(path_, errno);
    struct stat status {};
    const bool known = ::fstat(fd_, &status) == 0;
    if (!known || !S_ISREG(status.st_mode)) {
        ::close(fd_);
        throw inputError(path_, known && S_ISDIR(status.st_mode)
                                    ? "it is a folder. Choose a file in it."
                                    : "it is not an ordinary file. Choose another.");
    }
    size_ = uint64_t(status.st_size);
}

RandomFile::~RandomFile() {
    if (fd_ >= 0) ::close(fd_);
}

size_t RandomFile::readSome(uint64_t offset, std::span<std::byte> into) const {
    size_t done = 0;
    while (done < into.size()) {
        const ssize_t got = ::pread(fd_, into.data() + done, into.size() - done, off_t(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw openError(path_, errno);
        if (got == 0) break;
        done += size_t(got);
    }
    return done;
}

void RandomFile::read(uint64_t offset, std::span<std::byte> into) const {
    if (offset > uint64_t(INT64_MAX) || readSome(offset, into) != into.size())
        throw inputError(path_,
                         "the file ends before its image does. It was cut off; copy or download it again.");
}

std::vector<std::byte> headOf(const std::filesystem::path& path, size_t count) {
    std::vector<std::byte> head(count);
    const RandomFile file(path);
    head.resize(file.readSome(0, head));
    return head;
}

std::string fileId(const std::filesystem::path& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) throw openError(path, errno);
    std::error_code ignored;
    const auto absolute = std::filesystem::absolute(path, ignored);
    return fmt::format("{}|{}|{}.{:09}", absolute.string(), status.st_size, status.st_mtim.tv_sec,
                       status.st_mtim.tv_nsec);
}

std::string extensionOf(const std::filesystem::path& path) {
    std::string text = path.extension().string();
    if (!text.empty()) text.erase(0, 1);
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return char(std::tolower(c)); });
    return text;
}

int64_t checkedBytes(const std::filesystem::path& path, std::initializer_list<int64_t> factors) {
    int64_t product = 1;
    for (const int64_t factor : factors)
        if (factor <= 0 || __builtin_mul_overflow(product, factor, &product) || product > (int64_t(1) << 62))
            throw inputError(path, "it states an impossible image size. The file is damaged; get it again.");
    return product;
}

void finishInfo(ImageInfo& info, const std::filesystem::path& path, const std::string& format,
                const OpenOptions& options) {
    info.path = path;
    info.format = format;
    info.remarks.insert(info.remarks.begin(), options.remarks.begin(), options.remarks.end());
    // A file that Cristae wrote keeps the voxel size to the last digit.
    const auto metadata = nlohmann::json::parse(info.cristaeMetadata, nullptr, false);
    if (metadata.is_object() && metadata.contains("voxelSizeNm") && metadata["voxelSizeNm"].is_object()) {
        const auto& stored = metadata["voxelSizeNm"];
        const auto length = [&](const char* axis) -> std::optional<double> {
            if (!stored.contains(axis) || !stored[axis].is_number() || stored[axis].get<double>() <= 0)
                return std::nullopt;
            return stored[axis].get<double>();
        };
        info.voxelSize = {length("z"), length("y"), length("x"), format + " written by Cristae"};
    }
    if (options.voxelSize) info.voxelSize = *options.voxelSize;
}

void requireBox(const ImageInfo& info, int level, const Box3& box) {
    if (level != 0 || box.empty() || !Box3::ofExtent(info.extent()).contains(box))
        throw Error(ErrorKind::internal,
                    fmt::format("A part outside the image “{}” was asked for.", info.path.string()));
}

} // namespace cristae

// libtiff on pread and write, with its complaints collected per handle and its allocations capped.
#include "core/io/tiff_handle.h"

#include "core/base/atomic_file.h"

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace cristae {

struct TiffFile::Client {
    std::shared_ptr<const InputFile> file; // reading
    int fd = -1;                           // writing
    std::filesystem::path target;          // writing: the name for messages
    uint64_t position = 0, size = 0;
    int writeError = 0;
    std::string complaints, warnings;
};

namespace {

using Client = TiffFile::Client;

tmsize_t readProc(thandle_t handle, void* into, tmsize_t count) {
    auto& client = *static_cast<Client*>(handle);
    if (count <= 0) return 0;
    if (!client.file) {
        const ssize_t got = ::pread(client.fd, into, size_t(count), off_t(client.position));
        if (got > 0) client.position += uint64_t(got);
        return got;
    }
    try {
        const size_t got =
            client.file->readSome(client.position, {static_cast<std::byte*>(into), size_t(count)});
        client.position += got;
        return tmsize_t(got);
    } catch (const Error& error) {
        client.complaints = error.what();
        return -1;
    }
}

tmsize_t writeProc(thandle_t handle, void* from, tmsize_t count) {
    auto& client = *static_cast<Client*>(handle);
    if (client.fd < 0) return -1;
    tmsize_t done = 0;
    while (done < count) {
        const ssize_t wrote = ::pwrite(client.fd, static_cast<char*>(from) + done, size_t(count - done),
                                       off_t(client.position));
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) {
            if (!client.writeError) client.writeError = wrote < 0 ? errno : ENOSPC;
            return -1;
        }
        done += wrote;
        client.position += uint64_t(wrote);
    }
    client.size = std::max(client.size, client.position);
    return done;
}

toff_t seekProc(thandle_t handle, toff_t offset, int whence) {
    auto& client = *static_cast<Client*>(handle);
    const uint64_t size = client.file ? client.file->size() : client.size;
    if (whence == SEEK_SET)
        client.position = offset;
    else if (whence == SEEK_CUR)
        client.position += offset;
    else
        client.position = size + offset;
    if (client.position > uint64_t(INT64_MAX)) client.position = uint64_t(INT64_MAX);
    return client.position;
}

int closeProc(thandle_t) {
    return 0;
}

toff_t sizeProc(thandle_t handle) {
    const auto& client = *static_cast<Client*>(handle);
    return client.file ? client.file->size() : client.size;
}

int keepComplaint(TIFF*, void* userData, const char*, const char* format, va_list arguments) {
    char text[400];
    std::vsnprintf(text, sizeof text, format, arguments);
    std::string& complaints = static_cast<Client*>(userData)->complaints;
    if (!complaints.empty()) return 1;
    complaints = text; // the first names the cause, the others follow from it
    return 1;
}

int keepWarning(TIFF*, void* userData, const char*, const char* format, va_list arguments) {
    char text[400];
    std::vsnprintf(text, sizeof text, format, arguments);
    std::string& warnings = static_cast<Client*>(userData)->warnings;
    // Stray bytes between the parts of a JPEG are harmless.
    if (warnings.empty() && !std::strstr(text, "extraneous bytes")) warnings = text;
    return 1;
}

TIFF* open(Client& client, const std::string& name, const char* mode) {
    TIFFOpenOptions* options = TIFFOpenOptionsAlloc();
    if (!options) throw Error(ErrorKind::memory, "There is not enough memory to open a TIFF file.");
    TIFFOpenOptionsSetErrorHandlerExtR(options, keepComplaint, &client);
    TIFFOpenOptionsSetWarningHandlerExtR(options, keepWarning, &client);
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, tmsize_t(1) << 30);
    TIFF* tiff = TIFFClientOpenExt(name.c_str(), mode, &client, readProc, writeProc, seekProc, closeProc,
                                   sizeProc, nullptr, nullptr, options);
    TIFFOpenOptionsFree(options);
    return tiff;
}

} // namespace

TiffFile::TiffFile(std::shared_ptr<const InputFile> file) : client_(std::make_unique<Client>()) {
    client_->file = std::move(file);
    // m: no memory map, a file cut by others while mapped would kill the program.
    tiff_ = cristae::open(*client_, client_->file->path().string(), "rm");
    if (!tiff_)
        throw inputError(client_->file->path(),
                         fmt::format("its first TIFF directory is damaged ({}). Copy or download it again.",
                                     takeComplaints()));
}

TiffFile::TiffFile(const std::filesystem::path& path, const std::filesystem::path& target, bool big)
    : client_(std::make_unique<Client>()) {
    client_->target = target;
    client_->fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (client_->fd < 0) throw outputError(target, errno);
    tiff_ = cristae::open(*client_, path.string(), big ? "w8l" : "wl");
    if (!tiff_) {
        const int failure = client_->writeError;
        ::close(client_->fd);
        throw outputError(target, failure);
    }
}

TiffFile::~TiffFile() {
    if (tiff_) TIFFClose(tiff_);
    if (client_->fd >= 0) ::close(client_->fd);
}

std::string TiffFile::takeComplaints() {
    std::string text = std::move(client_->complaints);
    client_->complaints.clear();
    return text.empty() ? "no reason given" : text;
}

std::string TiffFile::takeDoubts() {
    // An error that did not end the decoding tells more than a warning.
    std::string doubts = client_->complaints.empty() ? client_->warnings : client_->complaints;
    client_->complaints.clear();
    client_->warnings.clear();
    return doubts;
}

int TiffFile::writeError() const {
    return client_->writeError;
}

void TiffFile::finishWriting() {
    TIFFClose(tiff_);
    tiff_ = nullptr;
    const int fd = client_->fd;
    client_->fd = -1;
    if (::close(fd) != 0 && !client_->writeError) client_->writeError = errno;
    if (client_->writeError) throw outputError(client_->target, client_->writeError);
    if (!client_->complaints.empty())
        throw Error(ErrorKind::output, fmt::format("“{}” was not written: {}. Try another format.",
                                                   client_->target.string(), client_->complaints));
}

} // namespace cristae

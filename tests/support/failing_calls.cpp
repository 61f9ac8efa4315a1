// Preloaded into a program under test: lets a chosen call on files of a chosen folder fail.
// CRISTAE_FAULT="CALL NUMBER ERRNO once|ever" with CALL one of open, write, sync, name; CRISTAE_FAULT_FOLDER
// is the folder, CRISTAE_FAULT_SEEN a file that is made when the fault happens.
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <string>
#include <unistd.h>

namespace {

template <typename F> F next(const char* name) {
    return reinterpret_cast<F>(dlsym(RTLD_NEXT, name));
}

struct Fault {
    std::string call, folder, seen;
    long number = 0;
    int error = 0;
    bool ever = false;

    Fault() {
        const char *text = std::getenv("CRISTAE_FAULT"), *in = std::getenv("CRISTAE_FAULT_FOLDER"),
                   *mark = std::getenv("CRISTAE_FAULT_SEEN");
        char name[16] = {}, how[16] = {};
        if (!text || !in || !mark || std::sscanf(text, "%15s %ld %d %15s", name, &number, &error, how) != 4)
            return;
        call = name;
        folder = in;
        seen = mark;
        ever = std::strcmp(how, "ever") == 0;
    }
};

const Fault& fault() {
    static const Fault one;
    return one;
}

bool isThere(const std::string& path) {
    return !fault().folder.empty() && path.compare(0, fault().folder.size(), fault().folder) == 0;
}

std::string absolute(const char* path) {
    if (path[0] == '/') return path;
    char here[PATH_MAX] = {};
    return std::string(::getcwd(here, sizeof here) ? here : "") + "/" + path;
}

std::string pathOf(int descriptor) {
    char path[PATH_MAX] = {};
    const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
    return ::readlink(link.c_str(), path, sizeof path - 1) > 0 ? path : "";
}

/// True, with errno set, if this call is to fail.
bool fails(const char* call, const std::string& path) {
    static std::atomic<long> count{0};
    if (fault().call != call || !isThere(path)) return false;
    const long number = ++count;
    if (number != fault().number && !(fault().ever && number > fault().number)) return false;
    static const auto realOpen = next<int (*)(const char*, int, ...)>("open");
    const int mark = realOpen(fault().seen.c_str(), O_WRONLY | O_CREAT, 0600);
    if (mark >= 0) ::close(mark);
    errno = fault().error;
    return true;
}

mode_t modeFrom(int flags, va_list list) {
    return flags & O_CREAT ? va_arg(list, mode_t) : 0;
}

} // namespace

extern "C" {

#define CRISTAE_OPEN(NAME)                                                                                   \
    int NAME(const char* path, int flags, ...) {                                                             \
        va_list list;                                                                                        \
        va_start(list, flags);                                                                               \
        const mode_t mode = modeFrom(flags, list);                                                           \
        va_end(list);                                                                                        \
        if ((flags & O_ACCMODE) != O_RDONLY && fails("open", absolute(path))) return -1;                     \
        return next<int (*)(const char*, int, ...)>(#NAME)(path, flags, mode);                               \
    }
CRISTAE_OPEN(open)
CRISTAE_OPEN(open64)

FILE* fopen(const char* path, const char* mode) {
    if (mode[0] != 'r' && fails("open", absolute(path))) return nullptr;
    return next<FILE* (*)(const char*, const char*)>("fopen")(path, mode);
}

ssize_t write(int descriptor, const void* data, size_t size) {
    if (fault().call == "write" && fails("write", pathOf(descriptor))) return -1;
    return next<ssize_t (*)(int, const void*, size_t)>("write")(descriptor, data, size);
}

ssize_t pwrite(int descriptor, const void* data, size_t size, off_t offset) {
    if (fault().call == "write" && fails("write", pathOf(descriptor))) return -1;
    return next<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite")(descriptor, data, size, offset);
}

ssize_t pwrite64(int descriptor, const void* data, size_t size, off64_t offset) {
    if (fault().call == "write" && fails("write", pathOf(descriptor))) return -1;
    return next<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64")(descriptor, data, size, offset);
}

size_t fwrite(const void* data, size_t size, size_t count, FILE* file) {
    if (fault().call == "write" && fails("write", pathOf(fileno(file)))) return 0;
    return next<size_t (*)(const void*, size_t, size_t, FILE*)>("fwrite")(data, size, count, file);
}

int fsync(int descriptor) {
    if (fault().call == "sync" && fails("sync", pathOf(descriptor))) return -1;
    return next<int (*)(int)>("fsync")(descriptor);
}

int rename(const char* from, const char* to) {
    if (fails("name", absolute(to))) return -1;
    return next<int (*)(const char*, const char*)>("rename")(from, to);
}

int renameat2(int fromFolder, const char* from, int toFolder, const char* to, unsigned flags) {
    if (fails("name", absolute(to))) return -1;
    return next<int (*)(int, const char*, int, const char*, unsigned)>("renameat2")(fromFolder, from,
                                                                                    toFolder, to, flags);
}

} // extern "C"

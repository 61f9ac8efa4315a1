// Finding models, samples and the engine module.
#include "app/locations.h"

#include "core/base/error.h"

#include <cstdlib>
#include <dlfcn.h>
#include <fmt/format.h>
#include <sys/auxv.h>

namespace cristae {

namespace fs = std::filesystem;

fs::path executableFolder() {
    std::error_code failed;
    const fs::path file = fs::read_symlink("/proc/self/exe", failed);
    if (!failed) return file.parent_path();
    // Where /proc is not mounted: what the kernel was asked to run, from the folder that was the current one.
    static const fs::path started = [] {
        const auto* name = reinterpret_cast<const char*>(getauxval(AT_EXECFN));
        std::error_code unknown;
        fs::path place = fs::canonical(name ? name : "", unknown); // links followed, as /proc/self/exe does
        if (unknown)
            throw Error(ErrorKind::internal,
                        "The folder of the program is not known because /proc is not mounted; mount it, or "
                        "start the program by its whole path.");
        return place;
    }();
    return started.parent_path();
}

namespace {

/// The first of the candidates that exists; the last one if none does.
fs::path firstExisting(std::initializer_list<fs::path> candidates) {
    for (const fs::path& candidate : candidates)
        if (fs::exists(candidate)) return fs::weakly_canonical(candidate);
    return *(candidates.end() - 1);
}

/// A folder of the program among those of the user: what the variable says, or the place under HOME.
fs::path userFolder(const char* variable, const char* underHome) {
    if (const char* given = std::getenv(variable); given && *given) return fs::path(given) / "cristae";
    const char* home = std::getenv("HOME");
    return fs::path(home && *home ? home : "/tmp") / underHome / "cristae";
}

fs::path userModelFolder() {
    if (const char* given = std::getenv("CRISTAE_MODELS"); given && *given) return given;
    return userFolder("XDG_DATA_HOME", ".local/share") / "models";
}

} // namespace

SessionPaths sessionPaths() {
    const fs::path bin = executableFolder();
    const fs::path source = CRISTAE_SOURCE_DIR;
    SessionPaths paths;
    paths.zoo = firstExisting({bin / "../share/cristae/models", source / "models/zoo"});
    paths.samples = firstExisting({bin / "../share/cristae/samples", source / "resources/samples"});
    paths.userModels = userModelFolder();
    paths.recovered = userFolder("XDG_DATA_HOME", ".local/share") / "recovered";
    paths.marks = userFolder("XDG_STATE_HOME", ".local/state") / "looking-at";
    return paths;
}

std::function<Engine()> engineLoader() {
    return [] {
        const fs::path bin = executableFolder();
        const fs::path file =
            firstExisting({bin / "../lib/libcristae_models.so", bin / "../lib/cristae/libcristae_models.so"});
        // Local scope: LibTorch's symbols must not meet the window's libraries. CUDA libraries are opened
        // globally by the module itself.
        void* module = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (!module)
            throw Error(
                ErrorKind::device,
                fmt::format("The engine could not be loaded ({}); run packaging/build.sh again.", dlerror()));
        const auto create = reinterpret_cast<void (*)(Engine*)>(dlsym(module, engineSymbol));
        if (!create)
            throw Error(ErrorKind::device,
                        fmt::format("{} is not an engine of this program; run packaging/build.sh again.",
                                    file.string()));
        Engine engine;
        create(&engine);
        return engine;
    };
}

} // namespace cristae

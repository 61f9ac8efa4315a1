// Opening an image: finds the format that knows the file's first bytes.
#include "core/io/format.h"

#include "core/base/text.h"
#include "core/io/file_access.h"

#include <algorithm>
#include <fmt/format.h>

namespace cristae {

namespace fs = std::filesystem;

namespace {

const std::vector<std::unique_ptr<Format>>& formats() {
    static const auto all = allFormats(); // stateless readers
    return all;
}

std::string knownNames() {
    std::vector<std::string> names;
    for (const auto& format : formats()) names.push_back(format->name());
    return fmt::format("{}", fmt::join(names, ", "));
}

const Format* formatForExtension(const std::string& extension) {
    for (const auto& format : formats()) {
        const auto known = format->extensions();
        if (std::find(known.begin(), known.end(), extension) != known.end()) return format.get();
    }
    return nullptr;
}

/// The format whose probe accepts the path; throws the sentence for what it is instead.
const Format& findFormat(const fs::path& path) {
    std::error_code failed;
    const fs::file_status status = fs::status(path, failed);
    if (status.type() == fs::file_type::not_found)
        throw inputError(path, "it does not exist. Check the name.");
    std::vector<std::byte> head;
    if (!fs::is_directory(status)) {
        head = headOf(path);
        if (head.empty()) throw inputError(path, "the file is empty (0 bytes). Copy or download it again.");
    }
    for (const auto& format : formats())
        if (format->probe(path, head)) return *format;
    if (fs::is_directory(status))
        throw inputError(path,
                         "the folder holds no images. Choose a folder of TIFF, PNG, JPEG or BMP images.");
    if (std::string_view(reinterpret_cast<const char*>(head.data()), head.size())
            .starts_with("MATLAB 5.0 MAT"))
        throw inputError(path,
                         "it is a MATLAB file of version 5 to 7, which is no HDF5. Save it in MATLAB with "
                         "save(…, '-v7.3'), or as TIFF.");
    if (const Format* named = formatForExtension(extensionOf(path)))
        throw inputError(path, fmt::format("its name says {}, but its first bytes do not. The file is "
                                           "damaged or misnamed; get it again.",
                                           named->name()));
    throw inputError(path, fmt::format("no known format. Cristae opens {}.", knownNames()));
}

/// Throws where a choice was made that the file does not offer, so that none is passed over in silence.
void requireObeyed(const fs::path& path, const Format& format, const OpenOptions& options,
                   const ImageInfo& info) {
    if (!options.axes.empty() && options.axes != info.axes)
        throw Error(
            ErrorKind::usage,
            fmt::format("The axes of “{}” are {} and cannot be set to “{}”: axes are set of arrays, as in "
                        "HDF5 files. Leave --axes out.",
                        path.string(), info.axes, options.axes));
    if (!options.scene.empty() && options.scene != "0" && info.dataset.empty() && format.scenes(path).empty())
        throw Error(ErrorKind::usage, fmt::format("“{}” holds one image and none of the name “{}”. Leave "
                                                  "--scene out.",
                                                  path.string(), options.scene));
}

} // namespace

std::vector<SceneInfo> Format::scenes(const fs::path&) const {
    return {};
}

TileSourcePtr openImage(const fs::path& path, const OpenOptions& options) {
    const Format& format = findFormat(path);
    OpenOptions used = options;
    const Format* named = formatForExtension(extensionOf(path));
    if (named && named != &format && !fs::is_directory(path))
        used.remarks.push_back(
            fmt::format("The name ends in .{}, but this is a {} file.", extensionOf(path), format.name()));
    used.axes = lowerCase(used.axes);
    try {
        TileSourcePtr source = format.open(path, used);
        requireObeyed(path, format, used, source->info());
        return source;
    } catch (const std::bad_alloc&) {
        throw Error(
            ErrorKind::memory,
            fmt::format("There is not enough memory to open “{}”; close other programs.", path.string()));
    }
}

std::vector<SceneInfo> listScenes(const fs::path& path) {
    const Format& format = findFormat(path);
    std::vector<SceneInfo> scenes = format.scenes(path);
    if (!scenes.empty()) return scenes;
    const auto source = format.open(path, {});
    const Extent3& extent = source->info().extent();
    return {{.name = "",
             .shape = {extent.z, extent.y, extent.x},
             .type = std::string(cristae::name(source->info().type)),
             .axes = source->info().axes}};
}

std::vector<SceneInfo> scenesToChoose(const fs::path& path, const OpenOptions& options) {
    if (!options.scene.empty()) return {};
    std::vector<SceneInfo> scenes = findFormat(path).scenes(path);
    const auto whole = std::count_if(scenes.begin(), scenes.end(), [](const auto& s) { return !s.reduced; });
    // One image and its coarser copies: nothing to ask.
    if (scenes.size() < 2 || whole == 1) return {};
    return scenes;
}

ImageOrScenes openOrList(const fs::path& path, const OpenOptions& options) {
    try {
        return {openImage(path, options), {}};
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::input || !options.scene.empty()) throw;
        std::vector<SceneInfo> scenes;
        try {
            scenes = scenesToChoose(path, options);
        } catch (const Error&) { // the first error says what is wrong
        }
        if (scenes.empty()) throw;
        return {nullptr, std::move(scenes)};
    }
}

std::vector<std::string> openableExtensions() {
    std::vector<std::string> extensions;
    for (const auto& format : formats())
        for (const std::string& extension : format->extensions()) extensions.push_back(extension);
    return extensions;
}

} // namespace cristae

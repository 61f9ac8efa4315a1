// First bytes, identity, checked sizes, and the end of every opening.
#include "core/io/file_access.h"

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/image/with_voxel_size.h"
#include "core/io/calibration.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <sys/stat.h>

namespace cristae {

namespace {

/// "0: /raw (6×12×13, uint8, zyx); 1: /labels (…)", at most 20 of them.
std::string listOf(const std::vector<SceneInfo>& scenes) {
    constexpr size_t most = 20;
    std::vector<std::string> lines;
    for (size_t i = 0; i < std::min(scenes.size(), most); ++i) {
        const SceneInfo& one = scenes[i];
        std::vector<std::string> facts{fmt::format("{}", fmt::join(one.shape, "×"))};
        for (const std::string& fact : {one.type, one.axes})
            if (!fact.empty()) facts.push_back(fact);
        lines.push_back(
            fmt::format("{}{}{} ({})", i, one.name.empty() ? "" : ": ", one.name, fmt::join(facts, ", ")));
    }
    if (scenes.size() > most) lines.push_back(fmt::format("and {} more", scenes.size() - most));
    return fmt::format("{}", fmt::join(lines, "; "));
}

/// A file that Cristae wrote keeps the voxel size to the last digit. Programs that scale or crop it may keep
/// the description; then its size in the plane differs, and the pixel size may.
void stateOwnLengths(ImageInfo& info, const std::string& format) {
    const auto metadata = parseJson(info.cristaeMetadata);
    if (!metadata.is_object() || !metadata.contains("voxelSizeNm") || !metadata["voxelSizeNm"].is_object())
        return;
    std::string doubt;
    if (const auto of = metadata.find("sizeYX"); of != metadata.end() && !info.levels.empty())
        if (*of != nlohmann::json{info.extent().y, info.extent().x})
            doubt =
                fmt::format("it was written for an image of another size than the {} × {} px of this one; "
                            "it holds if the image was cropped, not if it was scaled",
                            info.extent().x, info.extent().y);
    const auto& stored = metadata["voxelSizeNm"];
    const std::string source = fmt::format("{} {}", format, stated::byCristae);
    for (const char* axis : {"z", "y", "x"})
        if (stored.contains(axis) && stored[axis].is_number()) {
            stateExactly(info, *axis, stored[axis].get<double>(), source);
            if (*axis != 'z') info.statedLengths.back().doubt = doubt;
        }
}

} // namespace

std::optional<size_t> findScene(const std::vector<std::string>& names, const std::string& wanted) {
    for (size_t i = 0; i < names.size(); ++i)
        if (names[i] == wanted || names[i] == "/" + wanted) return i;
    size_t number = 0;
    const auto [end, failed] = std::from_chars(wanted.data(), wanted.data() + wanted.size(), number);
    if (failed == std::errc() && end == wanted.data() + wanted.size() && number < names.size()) return number;
    return std::nullopt;
}

size_t chooseScene(const std::filesystem::path& path, const std::vector<SceneInfo>& scenes,
                   const std::string& wanted) {
    if (wanted.empty()) {
        std::vector<size_t> whole;
        for (size_t i = 0; i < scenes.size(); ++i)
            if (!scenes[i].reduced) whole.push_back(i);
        if (whole.size() == 1 || scenes.size() == 1) return scenes.size() == 1 ? 0 : whole.front();
        throw inputError(path, fmt::format("it holds {} images; choose one by its name or number (--scene on "
                                           "the command line). It has {}.",
                                           scenes.size(), listOf(scenes)));
    }
    std::vector<std::string> names;
    for (const SceneInfo& scene : scenes) names.push_back(scene.name);
    if (const auto found = findScene(names, wanted)) return *found;
    throw inputError(path, fmt::format("it has no image “{}”. It has {}.", wanted,
                                       scenes.empty() ? "none" : listOf(scenes)));
}

std::vector<std::byte> headOf(const std::filesystem::path& path, size_t count) {
    std::vector<std::byte> head(count);
    const InputFile file(path);
    head.resize(file.readSome(0, head));
    return head;
}

std::string fileId(const std::filesystem::path& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0)
        throw inputError(path, "it does not exist any more. Check the name.");
    std::error_code ignored;
    const auto absolute = std::filesystem::absolute(path, ignored);
    return fmt::format("{}|{}|{}.{:09}", absolute.string(), status.st_size, status.st_mtim.tv_sec,
                       status.st_mtim.tv_nsec);
}

std::string extensionOf(const std::filesystem::path& path) {
    const std::string text = lowerCase(path.extension().string());
    return text.empty() ? text : text.substr(1);
}

int64_t checkedBytes(const std::filesystem::path& path, std::initializer_list<int64_t> factors) {
    int64_t product = 1;
    for (const int64_t factor : factors)
        if (factor <= 0 || __builtin_mul_overflow(product, factor, &product) || product > (int64_t(1) << 62))
            throw inputError(path, "it states an impossible image size. The file is damaged; get it again.");
    return product;
}

void checkSlices(const std::filesystem::path& path, int64_t slices) {
    constexpr int64_t most = 1'000'000;
    if (slices > most)
        throw inputError(
            path, fmt::format("it claims {} slices, more than the {} that Cristae handles. The file is "
                              "damaged, or its axes are in another order; say which.",
                              slices, most));
}

void finishInfo(ImageInfo& info, const std::filesystem::path& path, const std::string& format,
                const OpenOptions& options) {
    if (!info.levels.empty()) checkSlices(path, info.extent().z);
    info.path = path;
    info.format = format;
    info.remarks.insert(info.remarks.begin(), options.remarks.begin(), options.remarks.end());
    stateOwnLengths(info, format);
    settleVoxelSize(info);
    if (options.voxelSize) info.voxelSize = checkedVoxelSize(*options.voxelSize, path.string());
}

void requireBox(const ImageInfo& info, int level, const Box3& box) {
    if (level != 0 || box.empty() || !Box3::ofExtent(info.extent()).contains(box))
        throw Error(ErrorKind::internal,
                    fmt::format("A part outside the image “{}” was asked for.", info.path.string()));
}

} // namespace cristae

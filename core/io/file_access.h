// What the readers of all formats share: first bytes, identity, checked sizes, and the end of every opening.
#pragma once
#include "core/base/input_file.h"
#include "core/image/image_info.h"
#include "core/io/format.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace cristae {

/// The first bytes of a file, at most `count`.
std::vector<std::byte> headOf(const std::filesystem::path& path, size_t count = 1024);
/// Path, size and time of change: the same as long as the file is.
std::string fileId(const std::filesystem::path& path);
/// Lower-case extension without the dot.
std::string extensionOf(const std::filesystem::path& path);
/// Product of sizes, or an Error{input} that calls the file lying when it is beyond 2^62 or a size is not
/// positive.
int64_t checkedBytes(const std::filesystem::path& path, std::initializer_list<int64_t> factors);
/// Throws Error{input} for more slices than any stack has; to be called before anything is made for each of
/// them.
void checkSlices(const std::filesystem::path& path, int64_t slices);
/// The place of the scene that `wanted` names, with or without a leading "/", or else numbers from 0.
std::optional<size_t> findScene(const std::vector<std::string>& names, const std::string& wanted);
/// Which of several images `wanted` means: a name, with or without a leading "/", else a number from 0; empty
/// means the only one that is not reduced. Throws Error{input} with a list where that is none, or more than
/// one.
size_t chooseScene(const std::filesystem::path& path, const std::vector<SceneInfo>& scenes,
                   const std::string& wanted);
/// Fills in path, format, the remarks of the options and the voxel size the user entered.
void finishInfo(ImageInfo& info, const std::filesystem::path& path, const std::string& format,
                const OpenOptions& options);
/// Throws Error{internal} unless the box lies in level 0 of the image.
void requireBox(const ImageInfo& info, int level, const Box3& box);

} // namespace cristae
